"""Each thing that a step cannot mean is refused when its procedure is read, where it stands; what
lies beside it is taken."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError
from ground.mission_control.procedures.program import Program
from ground.mission_control.procedures.reading import load_procedure
from tests.ground.mission_control.conftest import DICTIONARY

VARIABLES = {
    "tubes": ["M1", "M2"], "sol": 7, "wrong": "soon", "again": "${sol}", "one": 3, "far": 1e9,
    "word": "M1", "none": [],
}  # fmt: skip
PROMPT = "  - {do: prompt, label: ask, text: Go on, answers: [yes, no], otherwise: yes}\n"
PAUSE = "  - {do: pause, sols: 1, label: there}\n"


def read(
    folder: Path, text: str, phases: str = "[{name: only, title: Only}]", *,
    tubes: Sequence[str] | None = ("M1", "M2"), vehicles: Sequence[str] | None = ("rover",),
    opportunities: Sequence[str] | None = ("launch",),
) -> Program:  # fmt: skip
    path = folder / "test.yaml"
    path.write_text(f"title: Test\nphases: {phases}\nsteps:\n{text}", encoding="utf-8")
    return load_procedure(path, VARIABLES, DICTIONARY, opportunities, vehicles, tubes)


def command(more: str, name: str = "drive") -> str:
    return f"  - {{do: command, vehicle: rover, command: {name}, {more}}}\n"


def custody(tubes: str) -> str:
    return f"  - {{do: assert_custody, tubes: {tubes}, places: [orbit]}}\n"


def branch(condition: str) -> str:
    return f"  - {{do: branch, then: there, {condition}}}\n" + PAUSE


def event(fields: str, vehicle: str = "rover") -> str:
    return command(f"from_event: {{vehicle: {vehicle}, event: arrived, fields: {fields}}}")


@pytest.mark.parametrize(
    ("wrong", "sentence", "right"),
    [
        ("  - {do: wait_until, sol: '${again}'}\n", "steps[0].sol = '${sol}': allowed is a whole",
         "  - {do: wait_until, sol: '${sol}'}\n"),
        (command("until: {argument: distance, sol: '${again}', lmst: 3.0}"),
         "steps[0].until.sol = '${sol}': allowed is a whole number",
         command("until: {argument: distance, sol: '${sol}', lmst: 3.0}")),
        (event("{distance: plaice}"), "steps[0].from_event.fields", event("{distance: place}")),
        (event("{distance: place, speed: place}"), "drive has no argument 'speed'",
         event("{distance: place}")),
        (custody("'${word}'"), "steps[0].tubes = 'M1': allowed is a list of tubes",
         custody("'${tubes}'")),
        (command("arguments: {tubes: [M1, M3]}", "load"),
         "steps[0].arguments.tubes names 'M3', which the mission has not",
         command("arguments: {tubes: [M1, M2]}", "load")),
        (custody("[M1, M3]"), "steps[0].tubes names 'M3', which the mission has not",
         custody("[M1, M2]")),
        ("  - {do: assert_custody, tubes: [M1], places: []}\n",
         "steps[0].places = []: no tube is ever there", custody("[M1]")),
        ("  - {do: assert_custody, tubes: [M1], places: [orbit], at_least: 2}\n",
         "steps[0].at_least = 2: allowed is at most 1",
         "  - {do: assert_custody, tubes: [M1], places: [orbit], at_least: 1}\n"),
        ("  - {do: end, missing: {tubes: [M3], places: [orbit]}}\n", "steps[0].missing.tubes names",
         "  - {do: end, missing: {tubes: [M1], places: [orbit]}}\n"),
        ("  - {do: end, missing: {tubes: [M1], places: []}}\n", "steps[0].missing.places = []",
         "  - {do: end}\n"),
        (branch("custody: {tubes: [M3], places: [orbit]}"), "steps[0].custody.tubes names 'M3'",
         branch("custody: {tubes: [M2], places: [orbit]}")),
        (branch("custody: {tubes: [M1], places: []}"), "steps[0].custody.places = []",
         branch("custody: {tubes: '${none}', places: [orbit], at_least: 1}")),
        (branch("verdict: {of: here, among: [COMPLETED]}"), "steps[0].verdict.of = 'here'",
         branch("verdict: {of: there, among: [COMPLETED]}")),
        (PROMPT + branch("answer: {of: there, among: [yes]}"),
         "steps[1].answer.of = 'there' is no prompt",
         PROMPT + branch("answer: {of: ask, among: [yes, no]}")),
        (PROMPT + branch("answer: {of: ask, among: [yes, maybe]}"),
         "steps[1].answer.among = 'maybe': allowed is one of",
         PROMPT + branch("answer: {of: ask, among: [no]}")),
        ("  - {do: for_each, variable: tube, items: '${one}', steps: [{do: pause, sols: 1}]}\n",
         "steps[0].items = '${one}': allowed is a list",
         "  - {do: for_each, variable: tube, items: '${tubes}', steps: [{do: pause, sols: 1}]}\n"),
        ("  - {do: pause, sols: 1, label: next}\n", "is what the end of a loop is called", PAUSE),
        (PAUSE + PAUSE, "steps[1].label = 'there' is given twice", PAUSE),
        (command("arguments: {distance: '${far}'}"), "drive: argument distance",
         command("arguments: {distance: '${one}'}")),
        ("  - {do: survey, vehicle: '${wrong}', limit_sols: 1}\n", "steps[0].vehicle",
         "  - {do: survey, vehicle: rover, limit_sols: 1}\n"),
        ("  - {do: wait_for_telemetry, vehicle: rover, channel: charge, comparison: '>', "
         "value: high, limit_sols: 1}\n", "steps[0].value",
         "  - {do: wait_for_telemetry, vehicle: rover, channel: charge, comparison: '>', "
         "value: 0.5, limit_sols: 1}\n"),
    ],
)  # fmt: skip
def test_what_a_step_cannot_mean_is_refused_and_what_lies_beside_it_is_taken(
    wrong: str, sentence: str, right: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(tmp_path, wrong)
    assert sentence in str(refused.value) and "test.yaml:" in str(refused.value)
    assert read(tmp_path, right).instructions


def test_what_the_mission_has_may_be_named_and_anything_where_that_is_not_known(
    tmp_path: Path,
) -> None:
    text = command("arguments: {distance: 1}") + custody("[M9]")
    assert read(tmp_path, text, tubes=None, vehicles=None).instructions
    with pytest.raises(ConfigurationError, match="M9"):
        read(tmp_path, text, vehicles=None)
    with pytest.raises(ConfigurationError, match=r"steps\[0\].vehicle = 'rover': the mission has"):
        read(tmp_path, text, tubes=None, vehicles=("lander",))
    launch = command("opportunity: {of: launch, argument: distance}")
    assert read(tmp_path, launch).instructions and read(tmp_path, launch, opportunities=None)
    with pytest.raises(ConfigurationError, match="'launch': the mission file gives no such one"):
        read(tmp_path, launch, opportunities=())
    with pytest.raises(ConfigurationError, match="names 'M9', which the mission has not"):
        read(tmp_path, custody("[M9]"), tubes=())


@pytest.mark.parametrize(
    ("phases", "sentence"),
    [
        ("[]", "phases: allowed is at least one"),
        ("[{name: a, title: A}, {name: a, title: B}]", "phases[1].name = 'a' is given twice"),
        ("[{name: a, title: A, tubes: [M3]}]", "phases[0].tubes names 'M3'"),
        ("[{name: a, title: A, tubes: '${one}'}]", "phases[0].tubes = 3"),
    ],
)
def test_phases_are_named_once_and_name_the_missions_tubes(
    phases: str, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(tmp_path, PAUSE, phases)
    assert sentence in str(refused.value)
    read(tmp_path, PAUSE, "[{name: a, title: A, tubes: [M1]}, {name: b, title: B}]")


def test_steps_of_no_phase_belong_to_the_first_and_phases_come_in_their_order(
    tmp_path: Path,
) -> None:
    phases = "[{name: a, title: A}, {name: b, title: B}, {name: c, title: C}]"
    program = read(tmp_path, PAUSE + "  - {do: phase, phase: c}\n", phases)
    assert [each.name for each in program.phases] == ["a", "c", "b"]
    assert [each.name for each in read(tmp_path, "  - {do: phase, phase: c}\n", phases).phases] == [
        "c", "a", "b",
    ]  # fmt: skip
