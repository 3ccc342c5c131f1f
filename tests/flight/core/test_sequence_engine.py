"""Sequences run in order, on the right clock, as their policies say, and go on after a reboot."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from flight.core.sequence_engine import SequenceEngine
from flight.core.sequence_store import RunState
from flight.core.sequences import SequenceRefusal
from flight.core.storage import Storage
from flight.runtime.loop import VirtualLoop, run
from flight.runtime.nursery import Nursery, end


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

    async def issue(
        self, command_id: str, target: str, command: str, arguments: dict[str, Any]
    ) -> str:
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


# --------------------------------------------------------------------- relative


def test_a_delay_begins_when_the_command_before_has_ended() -> None:
    vehicle = Vehicle()
    vehicle.durations["a"] = 30.0
    vehicle.load(relative("a", 5.0), relative("b", 10.0))

    async def main() -> None:
        assert await vehicle.engine.execute("seq") is RunState.COMPLETED

    fly(main)
    assert vehicle.times() == [(5.0, "a"), (45.0, "b")]
    assert [command_id for _, command_id, _ in vehicle.issued] == ["seq/1/0", "seq/1/1"]
    assert vehicle.names() == ["sequence_started", "sequence_completed"]


@pytest.mark.parametrize("jump", [-1e6, -7.0, 7.0, 1e6])
def test_a_clock_step_neither_fires_nor_stretches_a_delay(jump: float) -> None:
    vehicle = Vehicle()
    vehicle.load(relative("a"), relative("b", 100.0), wait_until("never", "==", 1, timeout=50.0))

    def step_clock() -> None:
        vehicle.clock_offset += jump
        vehicle.engine.clock_stepped()

    async def main() -> None:
        async with Nursery("test") as nursery:
            await at(nursery, 40.0, step_clock)
            await at(nursery, 120.0, step_clock)
            await vehicle.engine.execute("seq")
            assert asyncio.get_running_loop().time() == 150.0

    fly(main)
    assert vehicle.times() == [(0.0, "a"), (100.0, "b")]


def test_a_failed_command_aborts_unless_the_entry_says_continue() -> None:
    vehicle = Vehicle()
    vehicle.rungs.update(a="TIMED_OUT", b="FAILED")
    vehicle.load(relative("a", on_failure="continue"), relative("b"), relative("c"))

    async def main() -> None:
        assert await vehicle.engine.execute("seq") is RunState.ABORTED

    fly(main)
    assert vehicle.executed == ["a", "b"]
    assert vehicle.names()[1:] == ["sequence_entry_failed"] * 2 + ["sequence_aborted"]
    assert vehicle.events[-1][1]["reason"] == "the command b of entry 1 ended FAILED"


# --------------------------------------------------------------------- absolute


def test_an_absolute_entry_waits_for_the_spacecraft_time() -> None:
    vehicle = Vehicle()
    vehicle.load(absolute("a", 1200.0))

    async def main() -> None:
        await vehicle.engine.execute("seq")

    fly(main)
    assert vehicle.times() == [(200.0, "a")]


@pytest.mark.parametrize("told", [True, False])
def test_an_absolute_entry_follows_the_spacecraft_clock_when_it_is_set(told: bool) -> None:
    vehicle = Vehicle()
    vehicle.load(absolute("a", 1200.0))

    def step_clock() -> None:
        vehicle.clock_offset += 80.0
        if told:
            vehicle.engine.clock_stepped()

    async def main() -> None:
        async with Nursery("test") as nursery:
            await at(nursery, 30.0, step_clock)
            await vehicle.engine.execute("seq")

    fly(main)
    assert vehicle.times() == [(120.0, "a")]


@pytest.mark.parametrize(
    ("late", "executed", "state"),
    [
        ("run", ["long", "a", "b"], RunState.COMPLETED),
        ("skip", ["long", "b"], RunState.COMPLETED),
        ("abort", ["long"], RunState.ABORTED),
    ],
)
def test_a_late_absolute_entry_does_what_its_policy_says(
    late: str, executed: list[str], state: RunState
) -> None:
    vehicle = Vehicle()
    vehicle.durations["long"] = 300.0
    vehicle.load(relative("long"), absolute("a", 1200.0, late), relative("b"))

    async def main() -> None:
        assert await vehicle.engine.execute("seq") is state

    fly(main)
    assert vehicle.executed == executed
    assert ("sequence_entry_late", 100.0) in [
        (event, details.get("lateness")) for event, details in vehicle.events
    ]


def test_an_entry_within_its_tolerance_is_not_late() -> None:
    vehicle = Vehicle()
    vehicle.durations["long"] = 300.0
    vehicle.load(relative("long"), absolute("a", 1200.0, "abort", late_tolerance=100.0))

    async def main() -> None:
        assert await vehicle.engine.execute("seq") is RunState.COMPLETED

    fly(main)


def test_a_spacecraft_clock_that_runs_slow_is_waited_for() -> None:
    vehicle = Vehicle()
    vehicle.engine._spacecraft_time = lambda: asyncio.get_running_loop().time() * 0.5
    vehicle.load(absolute("a", 100.0))

    async def main() -> None:
        await vehicle.engine.execute("seq")

    fly(main)
    assert vehicle.times()[0][0] == pytest.approx(200.0, abs=2e-3)


# -------------------------------------------------------------------- wait-until


def test_a_wait_ends_when_telemetry_shows_the_value() -> None:
    vehicle = Vehicle()
    vehicle.load(wait_until("charge", ">=", 0.5), relative("a"))

    async def main() -> None:
        async with Nursery("test") as nursery:
            await at(nursery, 10.0, lambda: vehicle.channels.update(charge=None))
            await at(nursery, 20.0, lambda: vehicle.channels.update(charge=0.4))
            await at(nursery, 30.2, lambda: vehicle.channels.update(charge=0.6))
            await vehicle.engine.execute("seq")

    fly(main)
    assert vehicle.times() == [(31.0, "a")]


@pytest.mark.parametrize(
    ("policy", "executed", "state"),
    [("continue", ["a"], RunState.COMPLETED), ("abort", [], RunState.ABORTED)],
)
def test_a_wait_that_times_out_does_what_its_policy_says(
    policy: str, executed: list[str], state: RunState
) -> None:
    vehicle = Vehicle()
    vehicle.channels["charge"] = 0.4
    vehicle.load(wait_until("charge", ">=", 0.5, on_timeout=policy), relative("a"))

    async def main() -> None:
        assert await vehicle.engine.execute("seq") is state
        assert asyncio.get_running_loop().time() == 100.0

    fly(main)
    assert vehicle.executed == executed
    failed = vehicle.events[1]
    assert failed[0] == "sequence_entry_failed"
    assert (failed[1]["what"], failed[1]["value"]) == ("charge", 0.4)


# ------------------------------------------------------------ pause, step, abort


def test_a_paused_sequence_holds_the_next_command_until_resumed() -> None:
    vehicle = Vehicle()
    vehicle.durations["a"] = 20.0
    vehicle.load(relative("a"), relative("b", 5.0))

    async def main() -> None:
        async with Nursery("test") as nursery:
            await at(nursery, 10.0, lambda: vehicle.engine.pause("seq"))
            await at(nursery, 100.0, lambda: vehicle.engine.resume("seq"))
            await vehicle.engine.execute("seq")

    fly(main)
    assert vehicle.times() == [(0.0, "a"), (100.0, "b")]


def test_a_step_does_one_entry() -> None:
    vehicle = Vehicle()
    vehicle.load(relative("a"), relative("b"), wait_until("never", "==", 1, on_timeout="continue"))
    vehicle.engine.pause("seq")

    async def main() -> None:
        async with Nursery("test") as nursery:
            for time in (10.0, 20.0, 30.0):
                await at(nursery, time, lambda: vehicle.engine.step("seq"))
            await vehicle.engine.execute("seq")
            assert asyncio.get_running_loop().time() == 130.0

    fly(main)
    assert vehicle.times() == [(10.0, "a"), (20.0, "b")]


def test_an_absolute_entry_that_becomes_late_in_a_pause_follows_its_policy() -> None:
    vehicle = Vehicle()
    vehicle.load(absolute("a", 1010.0, "skip"), relative("b"))
    vehicle.engine.pause("seq")

    async def main() -> None:
        async with Nursery("test") as nursery:
            await at(nursery, 50.0, lambda: vehicle.engine.resume("seq"))
            await vehicle.engine.execute("seq")

    fly(main)
    assert vehicle.times() == [(50.0, "b")]


@pytest.mark.parametrize("time", [10.0, 30.0, 60.0], ids=["in delay", "in command", "in wait"])
def test_abort_ends_the_run_and_nothing_is_issued_after_it(time: float) -> None:
    vehicle = Vehicle()
    vehicle.durations["a"] = 20.0
    vehicle.load(relative("a", 20.0), wait_until("never", "==", 1), relative("b"))

    async def main() -> None:
        async with Nursery("test") as nursery:
            await at(nursery, time, lambda: vehicle.engine.abort("seq", "the node went safe"))
            assert await vehicle.engine.execute("seq") is RunState.ABORTED
            assert asyncio.get_running_loop().time() == (40.0 if time == 30.0 else time)

    fly(main)
    assert "b" not in vehicle.executed
    assert vehicle.events[-1][1]["reason"] == "the node went safe"


def test_a_run_that_was_aborted_before_its_task_began_just_ends() -> None:
    vehicle = Vehicle()
    vehicle.load(relative("a"))
    vehicle.engine.abort("seq", "changed our mind")

    async def main() -> None:
        assert await vehicle.engine.execute("seq") is RunState.ABORTED

    fly(main)
    assert vehicle.issued == []


def test_an_aborted_sequence_can_run_again_while_its_last_command_still_ends() -> None:
    vehicle = Vehicle()
    vehicle.durations["a"] = 50.0
    vehicle.load(relative("a"), relative("b"))

    def again() -> None:
        vehicle.engine.abort("seq", "again")
        vehicle.engine.start("seq")

    async def main() -> None:
        async with Nursery("test") as nursery:
            nursery.start(vehicle.engine.execute("seq"), name="first")
            await asyncio.sleep(10.0)
            again()
            assert await vehicle.engine.execute("seq") is RunState.COMPLETED

    fly(main)
    assert [command_id for _, command_id, _ in vehicle.issued] == [
        "seq/1/0",
        "seq/2/0",
        "seq/2/1",
    ]


def test_two_sequences_run_side_by_side() -> None:
    vehicle = Vehicle()
    vehicle.load(relative("a", 10.0), relative("b", 10.0))
    vehicle.engine.load({"name": "other", "entries": [relative("c", 15.0)]})
    vehicle.engine.validate("other")
    vehicle.engine.start("other")

    async def main() -> None:
        async with Nursery("test") as nursery:
            for name in vehicle.engine.unfinished():
                nursery.start(vehicle.engine.execute(name), name=name)

    fly(main)
    assert vehicle.times() == [(10.0, "a"), (15.0, "c"), (20.0, "b")]


# --------------------------------------------------------------------- refusals


def test_operations_out_of_order_are_refused_with_a_sentence() -> None:
    vehicle = Vehicle()
    engine = vehicle.engine
    with pytest.raises(SequenceRefusal, match="'seq' is no stored sequence: allowed are none"):
        engine.start("seq")
    engine.load({"name": "seq", "entries": [relative("a")]})
    with pytest.raises(SequenceRefusal, match="validate it before its start"):
        engine.start("seq")
    with pytest.raises(SequenceRefusal, match="seq was never started"):
        engine.pause("seq")
    engine.validate("seq")
    engine.start("seq")
    with pytest.raises(SequenceRefusal, match="RUNNING already"):
        engine.start("seq")
    with pytest.raises(SequenceRefusal, match="abort it before loading another"):
        engine.load({"name": "seq", "entries": [relative("b")]})
    with pytest.raises(SequenceRefusal, match="not paused"):
        engine.step("seq")
    engine.pause("seq")
    with pytest.raises(SequenceRefusal, match="paused already"):
        engine.pause("seq")
    engine.abort("seq", "enough")
    with pytest.raises(SequenceRefusal, match="seq is ABORTED"):
        engine.resume("seq")
    engine.load({"name": "seq", "entries": [relative("b")]})
    with pytest.raises(SequenceRefusal, match="not validated"):
        engine.start("seq")


def test_the_dictionary_can_refuse_an_entry() -> None:
    vehicle = Vehicle()
    vehicle.boot(check=lambda entry: "no such command." if entry.command == "b" else None)
    with pytest.raises(SequenceRefusal, match=r"seq, entry 1: no such command\."):
        vehicle.load(relative("a"), relative("b"))


# --------------------------------------------------------------------- reboots


async def killed_at(vehicle: Vehicle, time: float) -> None:
    """Execute until `time`, then lose all that is not in storage."""
    async with Nursery("node") as nursery:
        task = nursery.start(vehicle.engine.execute("seq"), name="seq")
        await asyncio.sleep(time - asyncio.get_running_loop().time())
        await end(task)
    vehicle.boot()


def test_a_delay_that_a_reboot_interrupts_is_never_shorter_and_grows_by_a_checkpoint() -> None:
    vehicle = Vehicle()
    vehicle.load(relative("a"), relative("b", 1000.0))

    async def main() -> None:
        await killed_at(vehicle, 410.0)
        await asyncio.sleep(5000.0)
        assert vehicle.engine.unfinished() == ["seq"]
        await vehicle.engine.execute("seq")

    fly(main)
    # The last checkpoint was at 360 s; the node was down for 5000 s.
    assert vehicle.times() == [(0.0, "a"), (5410.0 + 640.0, "b")]
    assert "sequence_resumed" in vehicle.names()


def test_a_wait_that_has_ended_is_not_repeated_after_a_reboot() -> None:
    vehicle = Vehicle()
    vehicle.channels["charge"] = 0.6
    vehicle.load(wait_until("charge", ">=", 0.5), relative("a", 50.0))

    async def main() -> None:
        await killed_at(vehicle, 20.0)
        vehicle.channels["charge"] = 0.1
        await vehicle.engine.execute("seq")

    fly(main)
    assert vehicle.times() == [(70.0, "a")]


def test_a_pause_and_the_end_of_a_run_survive_a_reboot() -> None:
    vehicle = Vehicle()
    vehicle.load(relative("a"), relative("b", 10.0))

    async def main() -> None:
        async with Nursery("test") as nursery:
            await at(nursery, 5.0, lambda: vehicle.engine.pause("seq"))
            await killed_at(vehicle, 100.0)
            await at(nursery, 500.0, lambda: vehicle.engine.resume("seq"))
            await vehicle.engine.execute("seq")

    fly(main)
    assert vehicle.times() == [(0.0, "a"), (500.0, "b")]
    vehicle.boot()
    assert vehicle.engine.unfinished() == []
    status = vehicle.engine.status("seq")
    assert status is not None
    assert (status.number, status.state) == (1, RunState.COMPLETED)


@pytest.mark.parametrize(("received", "executed"), [(True, ["burn"]), (False, [])])
def test_a_command_that_never_reached_the_ladder_is_judged_late_anew(
    received: bool, executed: list[str]
) -> None:
    vehicle = Vehicle()
    vehicle.load(absolute("burn", 1010.0, "skip"))

    async def main() -> None:
        real_issue = vehicle.issue

        async def dead_issue(*_: Any) -> str:
            if received:
                return await real_issue("seq/1/0", "rover", "burn", {})
            await asyncio.sleep(1e6)
            return ""

        vehicle.engine._issue = dead_issue
        vehicle.durations["burn"] = 1e5
        await killed_at(vehicle, 20.0)
        vehicle.history.update({"seq/1/0": "ABORTED"} if received else {})
        vehicle.boot(was_received=vehicle.history.__contains__)
        await vehicle.engine.execute("seq")

    fly(main)
    assert vehicle.executed == executed
    assert ("sequence_entry_late" in vehicle.names()) is not received


@pytest.mark.parametrize(
    "record", ["nonsense", {"number": 1, "state": "RUNNING", "cursor": 7}, {"number": "x"}]
)
def test_a_run_whose_record_is_no_good_is_reported_as_lost(record: Any) -> None:
    vehicle = Vehicle()
    vehicle.load(relative("a"))
    vehicle.storage.put("sequence_runs", "seq", record)
    vehicle.boot()
    assert vehicle.engine.unfinished() == []
    assert vehicle.names()[-1] == "sequence_lost"
    assert vehicle.engine.start("seq").number == 2


def test_the_engine_survives_being_killed_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite"
    vehicle = Vehicle(Storage(path))
    vehicle.load(relative("a", 10.0))
    vehicle.storage.crash()
    vehicle.storage = Storage(path)
    vehicle.boot()

    async def main() -> None:
        await vehicle.engine.execute("seq")

    fly(main)
    assert vehicle.times() == [(10.0, "a")]
