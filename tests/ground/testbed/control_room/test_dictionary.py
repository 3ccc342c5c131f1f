"""The dictionary comes from the declarations, and refuses what the vehicle would refuse."""

from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight.core.chart.statechart import ANY, On, State, Statechart
from flight.core.commanding.commands import CommandRejected, Hazard, command, declared_commands
from flight.core.node import Node
from flight.core.telling.channels import Channel
from ground.mission_control.dictionary.dictionary import Dictionary, DictionaryRefusal
from ground.testbed.control_room.dictionary import (
    build_dictionary,
    dictionary_json,
    dictionary_markdown,
)
from ground.testbed.participants.vehicles import vehicle_classes


class Speed(StrEnum):
    SLOW = "slow"
    FAST = "fast"


class Waypoint(msgspec.Struct, forbid_unknown_fields=True):
    east: Annotated[float, msgspec.Meta(ge=-100, le=100)]
    north: float = 0.0


class Cart(Node):
    """A cart for tests."""

    name = "cart"
    statechart = Statechart(
        State("idle", initial=True),
        State("driving"),
        State("safe"),
        transitions=[
            On("drive", "idle", "driving"),
            On("done", "driving", "idle"),
            On("enter_safe", ANY, "safe"),
            On("leave_safe", "safe", "idle"),
        ],
        ignored=("abort",),
    )
    charge = Channel(float, unit="1", doc="state of charge", yellow=(0.3, None), red=(0.2, None))

    @command(deadline=200.0, starts="driving")
    def drive(
        self,
        distance: Annotated[float, msgspec.Meta(ge=0, le=100, extra={"unit": "m"})],
        gear: Literal["low", "high", "drive"] = "low",
        speed: Speed = Speed.SLOW,
        attempts: Annotated[int, msgspec.Meta(ge=1, lt=5)] | None = None,
        route: list[Waypoint] | None = None,
        names: Annotated[list[str], msgspec.Meta(max_length=2)] = [],  # noqa: B006 - a declaration
    ) -> None:
        """Drives."""

    @command(deadline=10.0, hazard=Hazard.RELEASE)
    def release(self, tube: Annotated[str, msgspec.Meta(min_length=2, pattern="^M")]) -> None:
        """Drops a tube."""


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 120),
    st.floats(-5, 150),
    st.sampled_from([float("nan"), float("inf"), float("-inf")]),
    st.sampled_from(["low", "M1"]),
)
WAYPOINTS = st.lists(st.dictionaries(st.sampled_from(["east", "north", "up"]), VALUES), max_size=2)
ARGUMENTS = st.dictionaries(
    st.sampled_from(["distance", "gear", "speed", "attempts", "route", "names", "tube", "other"]),
    st.one_of(VALUES, st.sampled_from(["fast", "high"]), WAYPOINTS, st.lists(VALUES, max_size=3)),
)


def dictionary() -> Dictionary:
    plain = build_dictionary([Cart])
    return Dictionary.from_plain(msgspec.json.decode(dictionary_json(plain)))


KNOWN = dictionary()


def on_board(name: str, arguments: dict[str, Any]) -> str:
    try:
        declared_commands(Cart)[name].check(arguments)
    except CommandRejected as refusal:
        return str(refusal)
    return "accepted"


def on_the_ground(name: str, arguments: dict[str, Any]) -> str:
    try:
        KNOWN.check("cart", name, arguments)
    except DictionaryRefusal as refusal:
        return str(refusal)
    return "accepted"


def test_timers_are_known_as_what_they_are_on_board_monitor_and_response() -> None:
    names = Dictionary.from_plain(build_dictionary(vehicle_classes())).vehicles
    for vehicle in ("lander", "rover", "perseverance", "orbiter"):
        assert "command_loss" in names[vehicle].names["monitor"], vehicle
        assert "command_loss" in names[vehicle].names["response"], vehicle
    assert "command_loss" not in names["mav"].names["response"], "it has no radio to restart"


@given(st.sampled_from(["drive", "release"]), ARGUMENTS)
def test_ground_and_vehicle_judge_arguments_with_the_same_sentence(
    name: str, arguments: dict[str, Any]
) -> None:
    assert on_the_ground(name, arguments) == on_board(name, arguments)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "drive: argument distance is missing: allowed is a finite number >= 0"),
        ({"distance": 101.0}, "distance = 101.0: allowed is a finite number >= 0 and <= 100, in m"),
        ({"distance": 1.0, "gear": "up"}, 'gear = "up": allowed is one of "low", "high", "drive"'),
        ({"distance": 1.0, "gears": 1}, "did you mean gear?"),
        ({"distance": 1.0, "route": [{"east": 101.0}]}, "<= 100.0 at route[0].east"),
        ({"distance": float("nan")}, "argument distance = nan: allowed is a finite number"),
        (
            {"distance": 1.0, "route": [{"east": 1.0, "north": float("inf")}]},
            "'north': inf}]: allowed are finite numbers",
        ),
    ],
)
def test_a_refusal_names_argument_value_and_what_is_allowed(
    arguments: dict[str, Any], sentence: str
) -> None:
    assert sentence in on_the_ground("drive", arguments)


def test_valid_arguments_are_accepted() -> None:
    arguments = {"distance": 3, "gear": "high", "speed": "fast", "route": [{"east": 1.0}]}
    assert on_the_ground("drive", arguments) == "accepted"


def test_it_tells_hazards_limits_states_and_units() -> None:
    cart = dictionary().vehicle("cart")
    assert cart.command("release").hazardous
    assert not cart.command("drive").hazardous
    assert cart.command("drive").allowed_in == ("idle",)
    assert cart.command("drive").arguments["distance"].unit == "m"
    assert cart.channel("charge").yellow == (0.3, None)
    assert cart.event("booted").text.startswith("Boot {number}")


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    with pytest.raises(DictionaryRefusal, match="did you mean drive"):
        dictionary().check("cart", "drve", {})
    with pytest.raises(DictionaryRefusal, match="there is no vehicle 'card'"):
        dictionary().vehicle("card")


def test_other_data_are_no_dictionary() -> None:
    with pytest.raises(DictionaryRefusal, match="this is no dictionary"):
        Dictionary.from_plain({"vehicles": {"cart": {"name": 3}}})
    with pytest.raises(DictionaryRefusal, match="format = 99"):
        Dictionary.from_plain({"vehicles": {}, "format": 99})


def test_markdown_lists_commands_with_their_ranges() -> None:
    page = dictionary_markdown(build_dictionary([Cart]))
    assert "| `drive` | `distance`: number, 0 to 100 m<br>" in page
    assert "**release of a tube**" in page
    assert "| `charge` | number | 1 | < 0.3 | < 0.2 | state of charge |" in page
