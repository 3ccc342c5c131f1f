"""A vehicle to plug a sequence engine into, and short ways to write entries; for the tests here."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from flight.core.keeping.storage import Storage
from flight.core.sequencing.sequence_engine import SequenceEngine
from flight.core.sequencing.sequences import Absolute, Relative
from flight.runtime.loop import VirtualLoop, run
from flight.runtime.nursery import Nursery


class Vehicle:
    """What the engine is plugged into: a ladder with history, telemetry, a clock that can jump."""

    def __init__(self, storage: Storage | None = None) -> None:
        self.storage = Storage(":memory:") if storage is None else storage
        self.issued: list[tuple[float, str, str]] = []
        self.executed: list[str] = []
        self.rungs: dict[str, str] = {}
        self.durations: dict[str, float] = {}
        self.history: dict[str, str] = {}
        self.channels: dict[str, Any] = {}
        self.clock_offset = 1000.0
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.boot()

    def boot(self, **options: Any) -> None:
        self.engine = SequenceEngine(
            self.storage,
            self.issue,
            self.channels.get,
            lambda: asyncio.get_running_loop().time() + self.clock_offset,
            lambda event, details: self.events.append((event, details)),
            **options,
        )

    async def issue(self, command_id: str, entry: Relative | Absolute) -> str:
        command = entry.command
        self.issued.append((asyncio.get_running_loop().time(), command_id, command))
        if command_id not in self.history:
            self.executed.append(command)
            await asyncio.sleep(self.durations.get(command, 0.0))
            self.history[command_id] = self.rungs.get(command, "COMPLETED")
        return self.history[command_id]

    def load(self, *entries: dict[str, Any], start: bool = True) -> None:
        self.engine.load({"name": "seq", "entries": list(entries)})
        self.engine.validate("seq")
        if start:
            self.engine.start("seq")

    def names(self) -> list[str]:
        return [event for event, _ in self.events]

    def times(self) -> list[tuple[float, str]]:
        return [(time, command) for time, _, command in self.issued]


def relative(command: str, delay: float = 0.0, **more: Any) -> dict[str, Any]:
    return {"kind": "relative", "delay": delay, "target": "rover", "command": command, **more}


def absolute(command: str, time: float, late: str = "run", **more: Any) -> dict[str, Any]:
    base = {"kind": "absolute", "time": time, "late": late}
    return {**base, "target": "rover", "command": command, **more}


def wait_until(channel: str, comparison: str, value: Any, **more: Any) -> dict[str, Any]:
    base = {"kind": "wait_until", "channel": channel, "comparison": comparison, "value": value}
    return {**base, "timeout": 100.0, **more}


def fly(main: Callable[[], Awaitable[None]]) -> None:
    async def body() -> None:
        await main()

    run(body(), VirtualLoop())


async def at(nursery: Nursery, time: float, action: Callable[[], None]) -> None:
    """Do `action` when the loop shows `time`."""

    async def later() -> None:
        await asyncio.sleep(time - asyncio.get_running_loop().time())
        action()

    nursery.start(later(), name=f"at {time}")
