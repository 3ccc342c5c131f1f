"""Declared commands: what is declared, what is checked, and how a refusal reads."""

from typing import Annotated, Any, Literal

import msgspec
import pytest

from flight.core.commanding.commands import (
    CommandRejected,
    Hazard,
    Restart,
    argument_unit,
    command,
    declared_commands,
)

Metres = Annotated[float, msgspec.Meta(ge=-100.0, le=100.0, extra={"unit": "m"})]


class Base:
    @command(deadline=10.0)
    def stop(self) -> None:
        """Stops."""


class Vehicle(Base):
    @command(deadline=3600.0, starts="driving", restart=Restart.RESUME)
    def drive_to(self, east: Metres, north: Metres = 0.0, mode: Literal["a", "b"] = "a") -> None:
        """Drives."""

    @command(deadline=60.0, allowed_in=("idle", "safe"), hazard=Hazard.RELEASE)
    def release(self, tubes: list[str], count: int = 1) -> None:
        """Releases."""

    @command(deadline=60.0)
    def follow(self, path: list[list[float]], options: dict[str, Any] | None = None) -> None:
        """Follows."""

    @command(deadline=60.0, harmless=True)
    def ask(self) -> None:
        """Asks."""

    def helper(self) -> None:
        """No command."""


COMMANDS = declared_commands(Vehicle)


def refusal(name: str, arguments: dict[str, Any]) -> str:
    with pytest.raises(CommandRejected) as caught:
        COMMANDS[name].check(arguments)
    return str(caught.value)


def test_commands_are_found_base_classes_first_in_order_of_declaration() -> None:
    assert list(COMMANDS) == ["stop", "drive_to", "release", "follow", "ask"]


def test_a_declaration_says_all() -> None:
    spec = COMMANDS["drive_to"]
    assert (spec.deadline, spec.starts, spec.restart) == (3600.0, "driving", Restart.RESUME)
    assert (spec.hazard, spec.doc) == (Hazard.NONE, "Drives.")
    assert COMMANDS["release"].allowed_in == ("idle", "safe")
    assert COMMANDS["stop"].allowed_in == ()


def test_a_command_of_a_base_class_can_be_redeclared() -> None:
    class Careful(Vehicle):
        @command(deadline=99.0)
        def stop(self) -> None:
            """Stops slowly."""

    assert declared_commands(Careful)["stop"].deadline == 99.0
    assert COMMANDS["stop"].deadline == 10.0


def test_defaults_are_filled_in_and_integers_become_floats() -> None:
    checked = COMMANDS["drive_to"].check({"east": 5})
    assert checked == {"east": 5.0, "north": 0.0, "mode": "a"}
    assert type(checked["east"]) is float


@pytest.mark.parametrize("value", [-100.0, 100.0])
def test_the_ends_of_a_range_belong_to_it(value: float) -> None:
    assert COMMANDS["drive_to"].check({"east": value})["east"] == value


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ({"east": 100.5}, ["argument east = 100.5", "-100", "100", "m"]),
        ({"east": "5"}, ['argument east = "5"', "number"]),
        ({"east": True}, ["argument east"]),
        ({"east": 1.0, "mode": "c"}, ['argument mode = "c"', '"a"', '"b"']),
        ({}, ["argument east", "missing"]),
        ({"east": 1.0, "up": 2.0}, ["'up'", "east", "north"]),
    ],
)
@pytest.mark.requirement("CMD-07")
def test_a_refusal_names_the_argument_its_value_and_what_is_allowed(
    arguments: dict[str, Any], parts: list[str]
) -> None:
    sentence = refusal("drive_to", arguments)
    assert sentence.startswith("drive_to")
    for part in parts:
        assert part in sentence, sentence


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("place", ["plain", "in a list", "in a table"])
def test_numbers_are_finite_wherever_they_are(value: float, place: str) -> None:
    arguments: dict[str, Any] = {"path": [[1.0, 2.0]]}
    if place == "plain":
        assert "east" in refusal("drive_to", {"east": value})
        return
    if place == "in a list":
        arguments["path"][0][1] = value
    else:
        arguments["options"] = {"margin": [value]}
    assert "allowed are finite numbers" in refusal("follow", arguments)


def test_items_inside_an_argument_are_checked() -> None:
    assert "argument tubes" in refusal("release", {"tubes": ["a", 7]})


def test_hazardous_commands_come_as_arm_and_fire_and_others_as_run() -> None:
    for stage in ("arm", "fire"):
        COMMANDS["release"].check_stage(stage)
        COMMANDS["drive_to"].check_stage(stage)  # it is, where nothing is safer than going on
        with pytest.raises(CommandRejected, match=f"hazardous anywhere; it takes no {stage}"):
            COMMANDS["ask"].check_stage(stage)
    COMMANDS["drive_to"].check_stage("run")
    with pytest.raises(CommandRejected, match="ARM it, then FIRE"):
        COMMANDS["release"].check_stage("run")
    with pytest.raises(CommandRejected, match="stage = 'ready': allowed are run, arm, fire"):
        COMMANDS["release"].check_stage("ready")


def test_an_argument_has_its_unit() -> None:
    assert argument_unit(Metres) == "m"
    assert argument_unit(float) == "1"
