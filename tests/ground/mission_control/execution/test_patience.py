"""A step whose attempts all fell into one disturbance is tried again before it ends the mission."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from flight.icd.messages import Command, Rung

Fly = Callable[..., Any]
DRIVE = "  - {do: command, vehicle: rover, command: drive, arguments: {distance: 5}%s}\n"
PAUSES = "{pauses_seconds: [30000, 60000]}"


def failing(
    times: int, rung: Rung = Rung.FAILED, *, mode: str = "idle", killed: float = 0.0
) -> Any:
    """A rover that fails so often; when it was told to drive, and how the mission ended."""

    async def flight(ground: Any) -> Any:
        vehicle, told = ground.vehicle, []
        take = vehicle.take

        def taken(order: Command) -> None:
            if order.identifier in vehicle.history:
                take(order)
                return
            told.append(ground.stations.now)
            vehicle.ending = rung if len(told) <= times else Rung.COMPLETED
            take(order)

        vehicle.take = taken
        vehicle.telemetry(mode=mode)
        if killed:
            await ground.run_and_kill_at(killed)
            ground.start()
        outcome = await ground.run()
        return outcome, [late - early for early, late in itertools.pairwise(told)]

    return flight


@pytest.fixture(autouse=True)
def pauses(recovering: Callable[[str], None]) -> None:
    recovering(PAUSES)


@pytest.mark.parametrize("rung", [Rung.FAILED, Rung.TIMED_OUT])
def test_after_its_attempts_a_step_is_tried_again_ever_later(fly: Fly, rung: Rung) -> None:
    outcome, apart = fly(DRIVE % ", attempts: 2", failing(3, rung))
    assert outcome.verdict == "complete"
    assert len(apart) == 3 and apart[0] < 30000.0 <= apart[1] < 60000.0 <= apart[2]


def test_what_does_not_pass_ends_the_mission_all_the_same(fly: Fly) -> None:
    outcome, apart = fly(DRIVE % ", attempts: 2", failing(99))
    assert outcome.verdict == "failed" and "drive ended FAILED" in outcome.reason
    assert len(apart) == 3


@pytest.mark.parametrize(
    ("how", "tries"),
    [
        ("", 1),  # what may be tried once is
        (", attempts: 2, on_failure: continue", 2),  # there is another way
        (", attempts: 2, limit_sols: 0.4", 2),  # the pause would end after the limit
    ],
)
def test_where_nothing_is_won_by_it_nobody_waits(fly: Fly, how: str, tries: int) -> None:
    _, apart = fly(DRIVE % how, failing(99))
    assert len(apart) == tries - 1


def test_of_a_vehicle_that_is_lost_nothing_is_waited_for(fly: Fly) -> None:
    outcome, apart = fly(DRIVE % ", attempts: 2", failing(99, mode="lost"))
    assert outcome.verdict == "failed" and len(apart) == 1


def test_a_ground_that_was_killed_in_the_pause_tries_no_oftener(fly: Fly) -> None:
    outcome, apart = fly(DRIVE % ", attempts: 2", failing(99, killed=40_000.0))
    assert outcome.verdict == "failed" and len(apart) == 3
