"""Parts that procedures include, and arguments that are found when a command is issued."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError, configs_folder
from ground.mission_control.execution.arguments import arguments_of
from ground.mission_control.procedures.reading import Program
from ground.mission_control.procedures.steps import CommandStep, Until

Fly = Callable[..., Any]
Load = Callable[[str], Program]
Parts = Callable[..., None]

WORK = """title: Work
phases:
  - {name: work, title: Work}
steps:
  - {do: phase, phase: work}
  - {do: pause, label: begun, seconds: 10}
  - {do: command, vehicle: rover, command: drive, arguments: {distance: 3}, on_failure: goto begun}
"""
DRIVE = "do: command, vehicle: rover, command: drive"
REST = "title: Rest\nsteps:\n  - {do: pause, seconds: 5}\n"


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Parts:
    """Lets `include` find these parts and no others."""
    home = tmp_path / "configs" / "procedures" / "parts"
    home.mkdir(parents=True)
    shutil.copy(configs_folder() / "recovery.yaml", tmp_path / "configs")
    monkeypatch.setattr("flight.configuration.files.configs_folder", lambda: tmp_path / "configs")

    def write(**texts: str) -> None:
        for name, text in texts.items():
            (home / f"{name}.yaml").write_text(text)

    return write


def test_a_part_brings_its_steps_its_phases_and_its_labels(procedure: Load, parts: Parts) -> None:
    parts(work=WORK)
    program = procedure(
        "  - {do: pause, seconds: 1}\n"
        "  - {do: include, part: work}\n"
        "  - {do: phase, phase: second}\n"
        "  - {do: goto, to: begun}\n"
    )
    assert [each.path for each in program.instructions] == [
        "steps[0]", "work.steps[0]", "work.steps[1]", "work.steps[2]", "steps[2]", "steps[3]",
    ]  # fmt: skip
    assert [phase.name for phase in program.phases] == ["first", "work", "second"]
    assert [each.phase for each in program.instructions] == [
        "first",
        *["work"] * 3,
        *["second"] * 2,
    ]
    assert program.instructions[3].on_failure == 2
    assert program.instructions[5].then == 2


def test_a_step_that_stops_in_a_part_is_named_by_its_own_file(fly: Fly, parts: Parts) -> None:
    parts(rest=REST + "  - {do: assert_custody, tubes: [M1], places: [orbit]}\n")

    async def flight(ground: Any) -> Any:
        return await ground.run()

    outcome = fly("  - {do: include, part: rest}\n", flight)
    assert "parts/rest.yaml:4, rest.steps[1]: M1 at orbit" in outcome.reason


def test_a_part_without_labels_may_stand_twice(procedure: Load, parts: Parts) -> None:
    parts(rest=REST)
    program = procedure("  - {do: include, part: rest}\n" * 2)
    assert [each.path for each in program.instructions] == ["rest.steps[0]", "rest(2).steps[0]"]


def test_a_part_that_stands_twice_jumps_to_its_own_labels(procedure: Load, parts: Parts) -> None:
    parts(work=WORK)
    program = procedure(
        "  - {do: include, part: work}\n  - {do: include, part: work}\n  - {do: goto, to: begun}\n"
    )
    first, again = program.instructions[2], program.instructions[5]
    assert (first.path, again.path) == ("work.steps[2]", "work(2).steps[2]")
    assert (first.on_failure, again.on_failure) == (1, 4)
    # From outside the label is that of the first.
    assert program.instructions[6].then == 1


@pytest.mark.parametrize(
    ("included", "text", "file", "sentence"),
    [
        ("works", WORK, "test.yaml:6: ", "there is no 'works'"),
        ("work", WORK.replace("distance: 3", "distance: 300"), "work.yaml:7: ", "<= 100"),
        (
            "work",
            WORK.replace("goto begun", "goto bygone"),
            "work.yaml:7: ",
            "is no label: allowed is",
        ),
        ("work", WORK.replace("name: work", "name: first"), "work.yaml:3: ", "is given twice"),
        ("work", WORK + "  - {do: include, part: work}\n", "work.yaml:8: ", "in that part itself"),
    ],
)
def test_what_is_wrong_in_a_part_is_refused_with_its_file_and_line(
    procedure: Load, parts: Parts, included: str, text: str, file: str, sentence: str
) -> None:
    parts(work=text)
    with pytest.raises(ConfigurationError) as refused:
        procedure(f"  - {{do: include, part: {included}}}\n")
    assert file in str(refused.value)
    assert sentence in str(refused.value)


def test_an_opportunity_that_the_mission_does_not_give_is_refused(
    procedure: Callable[..., Program],
) -> None:
    text = f"  - {{{DRIVE}, opportunity: {{of: launch, argument: distance}}}}\n"
    with pytest.raises(ConfigurationError) as refused:
        procedure(text, ())
    assert "test.yaml:6: steps[0].opportunity.of = 'launch'" in str(refused.value)
    assert procedure(text, ("launch",)).instructions


def test_parts_that_include_each_other_are_refused(procedure: Load, parts: Parts) -> None:
    there = "title: There\nsteps:\n  - {do: include, part: back}\n"
    parts(there=there, back=there.replace("part: back", "part: there"))
    with pytest.raises(ConfigurationError) as refused:
        procedure("  - {do: include, part: there}\n")
    assert "back.yaml:3: " in str(refused.value)
    assert "in that part itself" in str(refused.value)


def test_an_opportunity_is_found_anew_for_each_attempt(
    fly: Fly, recovering: Callable[[str], None]
) -> None:
    recovering("{pauses_seconds: []}")
    text = (
        "  - {do: command, vehicle: rover, command: drive, limit_sols: 9, attempts: 2,"
        " opportunity: {of: launch, argument: distance}}\n"
    )

    async def flight(ground: Any) -> Any:
        ground.control.runner._tools.opportunities["launch"] = _counted([7.0, 9.0])
        ground.vehicle.ending = "FAILED"
        await ground.run()
        return [order.arguments["distance"] for order in ground.vehicle.obeyed]

    assert fly(text, flight) == [7.0, 9.0]


@pytest.mark.parametrize(
    ("sol", "more_sols", "seconds"), [(3, 0.0, 3000.0), (3, 1.0, 91_775.244), (0, 0.0, 0.0)]
)
def test_an_argument_can_be_the_time_that_is_left(
    sol: int, more_sols: float, seconds: float
) -> None:
    clock = SimpleNamespace(
        now=lambda: 2000.0, seconds_at=lambda sol, lmst: 1000.0 + sol * 4000 / 3
    )
    tools: Any = SimpleNamespace(clock=clock)
    step = CommandStep(
        vehicle="rover", command="announce_silence",
        until=Until(argument="seconds", sol=sol, lmst=8.0, more_sols=more_sols),
    )  # fmt: skip
    assert arguments_of(step, tools) == pytest.approx({"seconds": seconds})


def test_the_time_until_an_unknown_sol_is_refused(procedure: Load) -> None:
    text = f'  - {{{DRIVE}, until: {{argument: distance, sol: "${{nobody}}", lmst: 8}}}}\n'
    with pytest.raises(ConfigurationError, match=r"test\.yaml:6"):
        procedure(text)
    good = text.replace('"${nobody}"', "4")
    assert procedure(good).instructions


def _counted(values: list[float]) -> Callable[[float], float]:
    waiting = iter(values)
    return lambda earliest: next(waiting)


def test_a_survey_waits_for_the_picture_and_hands_on_what_it_shows(fly: Fly) -> None:
    text = (
        "  - {do: survey, vehicle: rover, limit_sols: 2}\n"
        "  - {do: command, vehicle: rover, command: drive, limit_sols: 9,"
        " from_survey: {of: rover, fields: {distance: east}}}\n"
    )

    async def flight(ground: Any) -> Any:
        outcome = await ground.run()
        return outcome.verdict, [order.arguments for order in ground.vehicle.obeyed]

    assert fly(text, flight) == ("complete", [{"distance": 12.5}])


def test_a_survey_without_a_picture_fails_and_says_why(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        ground.imagery.since = 1e9
        return await ground.run()

    outcome = fly("  - {do: survey, vehicle: rover, limit_sols: 1}\n", flight)
    assert outcome.verdict == "failed"
    assert "not found from orbit" in outcome.reason and "clouds" in outcome.reason


SOME = (
    "  - {do: assert_custody, tubes: [M1, M2], places: [rover_rack], at_least: 1, limit_sols: 1}\n"
)


def test_some_tubes_are_enough_when_the_time_is_over(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        ground.vehicle.custody("M1", "rover_rack")
        outcome = await ground.run()
        return outcome.verdict, ground.stations.now > 80_000.0

    assert fly(SOME, flight) == ("complete", True)


def test_fewer_tubes_than_some_are_not_enough(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        return await ground.run()

    outcome = fly(SOME, flight)
    assert outcome.verdict == "failed" and "M1 is" in outcome.reason


def test_a_vehicle_that_was_only_armed_for_its_end_is_still_waited_for(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        rows = [("arm", "COMPLETED"), ("fire", "FAILED"), ("fire", "COMPLETED")]
        found = []
        for number, (stage, verdict) in enumerate(rows):
            ground.control.archive.rows(
                "INSERT INTO commands (identifier, vehicle, name, arguments, stage, lifetime,"
                " bundle, deadline, step, issued_ns, verdict)"
                " VALUES (?, 'rover', 'decommission', '{}', ?, 0, '', 0, '', 0, ?)",
                (f"test-{number}", stage, verdict),
            )
            ground.control.tracker._load()  # as after a restart
            found.append(ground.control.decommissioned())
        return found

    assert fly("  - {do: pause, seconds: 1}\n", flight) == [set(), set(), {"rover"}]
