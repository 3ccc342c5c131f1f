"""A step whose attempts all fell into one disturbance is tried again before it ends the mission."""

import itertools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.messages import Command, Rung
from ground.mission_control.commanding.tracker import Verdict
from ground.mission_control.execution.patience import pause_before_more

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


@pytest.mark.parametrize(
    ("changes", "pause"),
    [
        ({}, 30_000.0), ({"further": 1}, 60_000.0), ({"further": 2}, None),
        ({"limit": 40_000.001}, 30_000.0), ({"limit": 40_000.0}, None),  # it is 10,000 s now
        ({"attempts": 1}, None), ({"on_failure": "continue"}, None), ({"mode": "lost"}, None),
        ({"mode": "lost_time"}, 30_000.0), ({"verdict": Verdict.REJECTED}, 30_000.0),
        ({"verdict": Verdict.ABORTED}, 30_000.0), ({"verdict": Verdict.UNANSWERED}, None),
        ({"verdict": Verdict.CANCELLED}, None), ({"verdict": Verdict.COMPLETED}, None),
    ],
)  # fmt: skip
def test_who_waits_for_another_try_and_for_how_long(
    changes: dict[str, Any], pause: float | None
) -> None:
    case = {
        "further": 0, "limit": 9e9, "attempts": 2, "on_failure": "stop", "mode": "idle",
        "verdict": Verdict.FAILED, **changes,
    }  # fmt: skip
    step: Any = SimpleNamespace(
        attempts=case["attempts"], on_failure=case["on_failure"], vehicle="rover"
    )
    command: Any = SimpleNamespace(verdict=case["verdict"])
    rules: Any = SimpleNamespace(pauses_seconds=[30_000.0, 60_000.0])
    tools: Any = SimpleNamespace(
        clock=SimpleNamespace(now=lambda: 10_000.0),
        telemetry=SimpleNamespace(value=lambda vehicle, name: case["mode"]),
    )
    found = pause_before_more(step, command, case["further"], rules, tools, case["limit"])
    assert found == pause
