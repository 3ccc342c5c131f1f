"""An umbilical: commands for nodes without links, and all that they publish."""

import asyncio
from collections.abc import Callable
from typing import Any

from flight.core.node import Node
from flight.icd.messages import (
    TERMINAL_RUNGS,
    Command,
    CommandReport,
    CustodyReport,
    EventReport,
    Message,
    Rung,
    Telemetry,
)
from flight.runtime.bus import Bus
from flight.runtime.client import Client


class Umbilical:
    """Commands `nodes` directly; `events`, `reports`, `telemetry` and `custody` are what they have
    published, and `observers` hear it as it comes."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.events: list[EventReport] = []
        self.reports: list[CommandReport] = []
        self.telemetry: dict[str, dict[str, Any]] = {}
        self.custody: list[CustodyReport] = []
        self.observers: list[Callable[[Message], None]] = []
        self._clients: dict[str, Client] = {}
        self._number = 0
        self._umbilical: Bus | None = None

    def plug_in(self, bus: Bus) -> None:
        """From here on it speaks and hears on a bus."""
        self._umbilical = bus

    def listen_to(self, name: str) -> None:
        """Hears what a node publishes."""
        assert self._umbilical is not None
        self._umbilical.subscribe(f"{name}.telemetry", self._heard)

    def send(
        self,
        target: str,
        name: str,
        /,
        *,
        stage: str = "run",
        lifetime: float = 60.0,
        identifier: str = "",
        **arguments: Any,
    ) -> str:
        """Sends a command over the umbilical and returns its identifier."""
        assert self._umbilical is not None
        if target not in self._clients:
            self._clients[target] = self._umbilical.connect(f"{target}.node", self._heard)
        self._number += 1
        identifier = identifier or f"umbilical/{self._number}"
        self._clients[target].send(
            Command(
                identifier,
                target,
                name,
                arguments,
                "umbilical",
                stage,
                lifetime if stage == "arm" else 0.0,
            )
        )
        return identifier

    async def command(
        self, target: str, name: str, /, *, timeout: float = 1e6, **arguments: Any
    ) -> CommandReport:
        """Sends a command and waits for its terminal rung; hazardous ones are armed and fired."""
        node = self.nodes[target]
        spec = node.commands.get(name)
        if spec is not None and node.hazards.of(spec, arguments) != "none":
            self.send(target, name, stage="arm", **arguments)
            return await self.wait_for_end(
                self.send(target, name, stage="fire", **arguments), timeout
            )
        return await self.wait_for_end(self.send(target, name, **arguments), timeout)

    async def wait_for_end(self, identifier: str, timeout: float = 1e6) -> CommandReport:
        """Waits for the terminal rung of a command that was sent."""
        async with asyncio.timeout(timeout):
            while True:
                for report in self.reports:
                    if report.identifier == identifier and report.rung in TERMINAL_RUNGS:
                        return report
                await self._next_message()

    async def wait_for_state(self, name: str, path: str, timeout: float = 1e6) -> None:
        """Waits until a node is in a state or inside it."""
        async with asyncio.timeout(timeout):
            while not (name in self.nodes and self.nodes[name].is_in(path)):
                await self._next_message()

    async def wait_for_event(self, name: str, event: str, timeout: float = 1e6) -> EventReport:
        """Waits for the next event of that name from a node."""
        seen = len(self.events)
        async with asyncio.timeout(timeout):
            while True:
                for report in self.events[seen:]:
                    if report.source == name and report.name == event:
                        return report
                seen = len(self.events)
                await self._next_message()

    def rungs(self, identifier: str) -> list[Rung]:
        """The rungs that a command was reported on, in order."""
        return [r.rung for r in self.reports if r.identifier == identifier and not r.repeated]

    def event_names(self, source: str) -> list[str]:
        """Names of the events of a node so far, in order."""
        return [event.name for event in self.events if event.source == source]

    # ------------------------------------------------------------- listening

    async def _next_message(self) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def wake(_: Message) -> None:
            if not waiter.done():
                waiter.set_result(None)

        self.observers.append(wake)
        try:
            await waiter
        finally:
            self.observers.remove(wake)

    def _heard(self, message: Message) -> None:
        if isinstance(message, EventReport):
            self.events.append(message)
        elif isinstance(message, CommandReport):
            self.reports.append(message)
        elif isinstance(message, Telemetry):
            self.telemetry.setdefault(message.source, {}).update(message.values)
        elif isinstance(message, CustodyReport):
            self.custody.append(message)
        for observer in list(self.observers):
            observer(message)
