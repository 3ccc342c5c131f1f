"""Entries of sequences run in order, on the right clock, and as their policies say."""

import asyncio

import pytest

from flight.core.sequencing.sequence_store import RunState
from flight.runtime.nursery import Nursery
from tests.flight.core.sequencing.sequence_vehicle import (
    Vehicle,
    absolute,
    at,
    fly,
    relative,
    wait_until,
)

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
@pytest.mark.requirement("RUN-08")
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
