"""What the ground makes of a release that the orbiter could not confirm."""

from types import SimpleNamespace
from typing import Any

from ground.mission_control.execution.conditions import telemetry_is
from ground.mission_control.procedures.steps import Branch, CommandStep
from ground.missions.mission import load_mission
from ground.testbed.control_room.control_room import make_dictionary, make_program

AFTER = {"released": "deflect", "armed": "release_capsule", "safe": "release_capsule"}


def test_a_capsule_that_says_that_it_is_gone_is_let_go_no_second_time() -> None:
    steps = make_program(load_mission("return"), make_dictionary()).instructions
    first = next(
        each for each in steps
        if isinstance(each.step, CommandStep) and each.step.command == "release_capsule"
    )  # fmt: skip
    assert first.on_failure is not None
    branch = steps[first.on_failure]
    for mode, command in AFTER.items():
        assert isinstance(branch.step, Branch) and branch.step.telemetry is not None
        told: Any = SimpleNamespace(telemetry=SimpleNamespace(value=lambda *of, said=mode: said))
        holds = telemetry_is(branch.step.telemetry, told)
        after = steps[branch.then if holds else branch.otherwise].step
        assert isinstance(after, CommandStep) and after.command == command
