"""Killed at any instant and started again, a sequence runs each of its commands exactly once."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flight.core.keeping.storage import Storage
from flight.core.sequencing.sequence_engine import SequenceEngine
from flight.core.sequencing.sequence_store import RunState
from flight.core.sequencing.sequences import Absolute, Relative
from flight.runtime.loop import VirtualLoop, run


class Killed(BaseException):
    """The process is gone: nothing of it may catch this."""


@dataclass
class Kill:
    """Kills at the `points`-th point of interest of a boot, or after `seconds` of it."""

    points: int
    seconds: float

    def point(self) -> None:
        self.points -= 1
        if self.points == 0:
            raise Killed


NEVER = Kill(points=0, seconds=1e9)


class MortalStorage(Storage):
    """Storage whose process may be killed just before and just after each write."""

    kill = NEVER

    def put(self, namespace: str, key: str, value: Any) -> None:
        self.kill.point()
        super().put(namespace, key, value)
        self.kill.point()


@dataclass
class Execution:
    """What really happened to one command, in world time."""

    command_id: str
    begun: float
    ended: float


class World:
    """Keeps the truth over the boots of one node with a sequence engine and a ladder."""

    def __init__(self, path: Path, entries: list[dict[str, Any]]) -> None:
        self.path = path
        self.entries = entries
        self.boot_time = 0.0
        self.executions: list[Execution] = []

    def now(self) -> float:
        return self.boot_time + asyncio.get_running_loop().time()

    async def ladder(self, command_id: str, entry: Relative | Absolute) -> str:
        """A command ladder with history: what a reboot interrupted is found and ends ABORTED."""
        arguments = entry.arguments
        self.storage.kill.point()
        rung = self.storage.get("ladder", command_id)
        if rung == "STARTED":
            self.storage.put("ladder", command_id, "ABORTED")
            self.executions[-1].ended = self.now()
            return "ABORTED"
        if rung is not None:
            return str(rung)
        Storage.put(self.storage, "ladder", command_id, "STARTED")
        self.executions.append(Execution(command_id, self.now(), self.now()))
        self.storage.kill.point()
        await asyncio.sleep(arguments["duration"])
        self.storage.put("ladder", command_id, arguments["rung"])
        self.executions[-1].ended = self.now()
        self.storage.kill.point()
        return str(arguments["rung"])

    def boot(self, kill: Kill) -> RunState | None:
        """One life of the node; None when it was killed."""
        self.storage = MortalStorage(self.path)
        self.storage.kill = kill
        loop = VirtualLoop()
        try:
            return run(self.live(kill), loop)
        except (Killed, TimeoutError):
            return None
        finally:
            self.boot_time += loop.time()
            self.storage.crash()

    async def live(self, kill: Kill) -> RunState:
        async with asyncio.timeout(kill.seconds):
            engine = SequenceEngine(
                self.storage, self.ladder, lambda _: None, self.now, lambda *_: None
            )
            if engine.status("seq") is None:
                engine.load({"name": "seq", "entries": self.entries})
                engine.validate("seq")
                engine.start("seq")
            for name in engine.unfinished():
                await engine.execute(name)
            status = engine.status("seq")
            assert status is not None
            return status.state


DURATION = st.sampled_from([0.0, 3.0, 200.0])
ARGUMENTS = st.fixed_dictionaries(
    {"duration": DURATION, "rung": st.sampled_from(["COMPLETED", "FAILED"])}
)
COMMAND = {"target": st.just("rover"), "command": st.just("go"), "arguments": ARGUMENTS}
RELATIVE = st.fixed_dictionaries(
    {"kind": st.just("relative"), "delay": DURATION, "on_failure": st.just("continue"), **COMMAND}
)
ABSOLUTE = st.fixed_dictionaries(
    {
        "kind": st.just("absolute"),
        "time": st.just(500.0),
        "late": st.just("run"),
        "on_failure": st.just("continue"),
        **COMMAND,
    }
)
WAIT = st.just(
    {
        "kind": "wait_until",
        "channel": "none",
        "comparison": "==",
        "value": 1,
        "timeout": 90.0,
        "on_timeout": "continue",
    }
)
ENTRIES = st.lists(RELATIVE | ABSOLUTE | WAIT, min_size=1, max_size=6)
KILLS = st.lists(
    st.builds(Kill, points=st.integers(1, 30), seconds=st.just(1e9))
    | st.builds(Kill, points=st.just(0), seconds=st.floats(1.0, 400.0)),
    max_size=6,
)


def check(world: World) -> None:
    """Each command exactly once and in order; no delay or time cut short."""
    expected = [
        f"seq/1/{index}"
        for index, entry in enumerate(world.entries)
        if entry["kind"] != "wait_until"
    ]
    assert [execution.command_id for execution in world.executions] == expected
    begun = {execution.command_id: execution for execution in world.executions}
    earliest = 0.0
    for index, entry in enumerate(world.entries):
        if entry["kind"] == "wait_until":
            earliest += entry["timeout"]
            continue
        execution = begun[f"seq/1/{index}"]
        if entry["kind"] == "relative":
            assert execution.begun >= earliest + entry["delay"] - 1e-5
        else:
            assert execution.begun >= entry["time"] - 1e-5
        earliest = execution.ended


@settings(max_examples=150)
@given(ENTRIES, KILLS, st.sampled_from([0.0, 7.0, 5000.0]))
def test_each_command_runs_exactly_once_wherever_the_node_is_killed(
    entries: list[dict[str, Any]], kills: list[Kill], down_time: float
) -> None:
    with TemporaryDirectory() as folder:
        world = World(Path(folder) / "node.sqlite", entries)
        state = None
        for kill in [*kills, NEVER]:
            state = world.boot(Kill(kill.points, kill.seconds))
            if state is not None:
                break
            world.boot_time += down_time
        assert state is RunState.COMPLETED
        check(world)


@pytest.mark.parametrize("points", range(1, 31))
def test_each_single_point_of_a_short_sequence_can_be_the_last(tmp_path: Path, points: int) -> None:
    entry = {
        "target": "rover",
        "command": "go",
        "arguments": {"duration": 5.0, "rung": "COMPLETED"},
    }
    entries = [
        {"kind": "relative", "delay": 10.0, "on_failure": "continue", **entry},
        {"kind": "absolute", "time": 40.0, "late": "run", "on_failure": "continue", **entry},
        {"kind": "relative", "delay": 10.0, "on_failure": "continue", **entry},
    ]
    world = World(tmp_path / "node.sqlite", entries)
    if world.boot(Kill(points, 1e9)) is None:
        assert world.boot(NEVER) is RunState.COMPLETED
    check(world)
