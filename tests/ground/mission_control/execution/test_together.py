"""Commands that are independent leave in one pass, and each is waited for in its turn."""

from collections.abc import Callable
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from flight.icd.messages import Command, Rung
from ground.mission_control.execution.hibernations import Hibernations
from ground.mission_control.procedures.program import Program

Fly = Callable[..., Any]
Load = Callable[[str], Program]
HEAD = "  - do: together\n    steps:\n"


def drive(distance: int, more: str = "") -> str:
    what = f"vehicle: rover, command: drive, arguments: {{distance: {distance}}}{more}"
    return f"      - {{do: command, {what}}}\n"


def watched(
    ending: Callable[[Command], Rung] = lambda order: Rung.COMPLETED, *,
    killed: float = 0.0, attended: bool = False,
) -> Any:  # fmt: skip
    """How a procedure ended, and which distances were driven when."""

    async def flight(ground: Any) -> Any:
        vehicle, told = ground.vehicle, []
        take = vehicle.take

        def taken(order: Command) -> None:
            if order.identifier not in vehicle.history:
                told.append((order.arguments.get("distance"), ground.stations.now))
                vehicle.ending = ending(order)
            take(order)

        vehicle.take = taken
        runner = ground.control.runner
        if attended:
            runner.handling.attend("anna")
        if killed:
            await ground.run_and_kill_at(killed)
            ground.start()
        return await ground.run(), told

    return flight


def test_all_leave_at_once(fly: Fly) -> None:
    outcome, told = fly(HEAD + drive(1) + drive(2) + drive(3), watched())
    assert outcome.verdict == "complete"
    assert [distance for distance, _ in told] == [1, 2, 3]
    assert len({time for _, time in told}) == 1


def test_one_after_the_other_they_take_a_pass_each(fly: Fly) -> None:
    steps = (drive(1) + drive(2)).replace("      - ", "  - ")
    _, told = fly(steps, watched())
    assert told[0][1] < told[1][1]


def test_what_follows_waits_for_all_of_them(fly: Fly) -> None:
    after = drive(3).replace("      - ", "  - ")
    outcome, told = fly(HEAD + drive(1) + drive(2) + after, watched())
    assert outcome.verdict == "complete"
    assert [distance for distance, _ in told] == [1, 2, 3]
    assert told[0][1] == told[1][1] < told[2][1]


@pytest.mark.parametrize("killed", [300.0, 1500.0, 12_000.0])
def test_a_ground_that_is_killed_sends_none_again(fly: Fly, killed: float) -> None:
    outcome, told = fly(HEAD + drive(1) + drive(2) + drive(3), watched(killed=killed))
    assert outcome.verdict == "complete"
    assert [distance for distance, _ in told] == [1, 2, 3]


def failing(distance: int) -> Callable[[Command], Rung]:
    return lambda order: (
        Rung.FAILED if order.arguments["distance"] == distance else Rung.COMPLETED
    )


def test_one_that_fails_keeps_no_other(fly: Fly) -> None:
    text = HEAD + drive(1, ", on_failure: continue") + drive(2)
    outcome, told = fly(text, watched(failing(1)))
    assert outcome.verdict == "complete" and len(told) == 2


@pytest.mark.parametrize("distance", [1, 2])
def test_one_without_another_way_ends_the_procedure(fly: Fly, distance: int) -> None:
    outcome, told = fly(HEAD + drive(1) + drive(2), watched(failing(distance)))
    assert outcome.verdict == "failed" and "drive ended FAILED" in outcome.reason
    assert len(told) == 2


def test_each_is_tried_as_often_as_it_says(fly: Fly) -> None:
    text = HEAD + drive(1) + drive(2, ", attempts: 2, on_failure: continue")
    outcome, told = fly(text, watched(failing(2)))
    assert outcome.verdict == "complete"
    assert [distance for distance, _ in told] == [1, 2, 2]


def test_one_that_cannot_be_sent_fails_in_its_turn(fly: Fly) -> None:
    load = "      - {do: command, vehicle: rover, command: load, tubes_at: [mav]}\n"
    outcome, told = fly(HEAD + drive(1) + load + drive(2), watched())
    assert outcome.verdict == "failed" and "load was not sent" in outcome.reason
    assert [distance for distance, _ in told] == [1, 2]


def test_in_a_loop_each_round_sends_its_own(fly: Fly) -> None:
    inner = "".join(f"    {line}\n" for line in (HEAD + drive(9) + drive(2)).splitlines())
    rounds = "  - do: for_each\n    variable: far\n    items: [1, 3]\n    steps:\n"
    outcome, told = fly(rounds + inner.replace("9", "'${far}'"), watched())
    assert outcome.verdict == "complete"
    assert [distance for distance, _ in told] == [1, 2, 3, 2]
    assert told[0][1] == told[1][1] < told[2][1] == told[3][1]


def test_who_hibernates_is_sent_nothing_before_it_is_awake(
    fly: Fly, monkeypatch: pytest.MonkeyPatch
) -> None:
    asleep = iter([[], ["rover"]])  # the first is awake as it is sent, the second is not yet
    monkeypatch.setattr(Hibernations, "keeping", lambda self, vehicle: next(asleep, []))
    outcome, told = fly(HEAD + drive(1) + drive(2), watched())
    assert outcome.verdict == "complete"
    assert [distance for distance, _ in told] == [1, 2]
    assert told[0][1] < told[1][1]


def test_where_somebody_attends_they_go_one_by_one(fly: Fly) -> None:
    outcome, told = fly(HEAD + drive(1) + drive(2), watched(attended=True))
    assert outcome.verdict == "complete"
    assert told[0][1] < told[1][1]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HEAD + drive(1), "steps[0].steps"),
        (HEAD + drive(1) + drive(2, ", on_failure: goto there"), "allowed is stop or continue"),
        (HEAD + drive(1) + "      - {do: pause, sols: 1}\n", "steps[0].steps[1]"),
        (HEAD + drive(1) + drive(500), "steps[0].steps[1].arguments: drive: argument distance"),
    ],
)
def test_what_cannot_be_together_is_refused(procedure: Load, text: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        procedure(text)
    assert sentence in str(refused.value)
