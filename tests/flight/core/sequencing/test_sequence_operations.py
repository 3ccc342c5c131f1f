"""Running sequences are paused, stepped, aborted and refused, and go on after a reboot."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from flight.core.keeping.storage import Storage
from flight.core.sequencing.sequence_store import RunState
from flight.core.sequencing.sequences import SequenceRefusal
from flight.runtime.nursery import Nursery, end
from tests.flight.core.sequencing.sequence_vehicle import (
    Vehicle,
    absolute,
    at,
    fly,
    relative,
    wait_until,
)

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

        async def dead_issue(*order: Any) -> str:
            if received:
                return await real_issue(*order)
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
