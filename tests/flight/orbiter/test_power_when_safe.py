"""The looks of the safe state at the battery, and when the arrays follow the Sun by themselves."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.fault_protection.structure import Structure
from flight.icd.devices.array_drive import ArrayDriveState
from flight.icd.devices.base import DeviceFault, DeviceTimeout
from flight.icd.devices.power import BatteryState
from tests.flight.orbiter.ship import Answers, Ship, do
from tests.flight.orbiter.test_safe_way_out import settle

LOOK = 600.0
FOLLOWS = ArrayDriveState(angle=0.0, following=True)
HELD = ArrayDriveState(angle=1.0, following=False)
STOP = DeviceFault("stop", "it has run against its stop")
DARK = DeviceFault("no_power", "the drive is dark")


def battery(current: float, valid: bool = True) -> BatteryState:
    return BatteryState(
        state_of_charge=0.9, voltage=99.0, current=current, temperature=293.0, valid=valid,
        reason="" if valid else "the gauge is broken",
    )  # fmt: skip


def safe(
    looks: float, gives: list[Any], turn: list[Any] | None = None, follow: list[Any] | None = None,
    **values: Any,
) -> Any:  # fmt: skip
    """A ship after so many looks in the safe state, on board of which nothing is to be fled."""
    ship: Any = Ship(container_captured=True, arrays_turned=None, **values)
    ship.parameters["safe_array_angle"] = 60.0
    currents = [battery(each) if isinstance(each, float) else each for each in gives]
    ship.devices.battery = Answers(state=currents)
    ship.devices.array_drive = Answers(turn=turn or [HELD], follow=follow or [FOLLOWS])
    do(settle(ship, (looks - 0.5) * LOOK))
    return ship


def why(ship: Any) -> list[str]:
    return [each["reason"] for each in ship.told("losing_power")]


def asked(ship: Any) -> list[str]:
    return [name for name, *_ in ship.devices.array_drive.asked]


def test_three_looks_in_a_row_at_a_battery_that_gives_and_the_arrays_follow_the_sun() -> None:
    two = safe(2, [-1.0])
    assert asked(two) == ["turn", "turn"] and not why(two)
    assert two.arrays_turned == LOOK
    assert two.devices.array_drive.of("turn") == [(math.radians(60.0),)] * 2
    ship = safe(6, [-1.0])
    assert asked(ship) == ["turn", "turn", "turn", "follow"], "then it holds nothing any more"
    assert why(ship) == ["it gives 1.0 A"] and ship.arrays_turned is None


def test_a_look_at_which_it_is_charged_begins_the_count_anew() -> None:
    ship = safe(5, [-1.0, -1.0, 0.0, -1.0, -1.0, 0.0])
    assert asked(ship) == ["turn"] * 5 and not why(ship)


@pytest.mark.parametrize(("current", "follows"), [(-0.05, False), (-0.0501, True), (3.0, False)])
def test_what_counts_as_giving(current: float, follows: bool) -> None:
    assert ("follow" in asked(safe(4, [current]))) == follows


@pytest.mark.parametrize(
    ("says", "words"),
    [(battery(3.0, valid=False), "the gauge is broken"), (DeviceTimeout("mute"), "mute")],
)
def test_a_gauge_that_says_nothing_counts_as_one_that_gives(says: Any, words: str) -> None:
    assert not why(safe(2, [says]))
    [reason] = why(safe(3, [says]))
    assert words in reason


def test_a_stop_is_no_angle_to_be_held_and_is_not_waited_at() -> None:
    ship = safe(1, [3.0], turn=[STOP])
    assert asked(ship) == ["turn", "follow"] and why(ship) == [str(STOP)]
    assert not ship.devices.battery.asked


def test_a_drive_that_refuses_for_another_reason_is_judged_by_the_battery() -> None:
    ship = safe(4, [3.0], turn=[DARK])
    assert asked(ship) == ["turn"] * 4 and ship.arrays_turned == 3.0 * LOOK
    assert [each["reason"] for each in ship.told("device_trouble")] == [str(DARK)] * 4
    assert asked(safe(3, [-1.0], turn=[DARK])) == ["turn", "turn", "turn", "follow"]


@pytest.mark.parametrize("answer", [HELD, DARK])
def test_as_long_as_they_do_not_follow_it_is_asked_for_at_each_look(answer: Any) -> None:
    ship = safe(6, [-1.0], follow=[answer, answer, FOLLOWS])
    assert asked(ship) == ["turn"] * 2 + ["turn", "follow"] * 3
    assert len(why(ship)) == 3 and ship.arrays_turned is None
    never = safe(4, [-1.0], follow=[answer])
    assert never.arrays_turned == 3.0 * LOOK, "they were turned, and held"


def test_without_the_safeguard_they_are_held_at_the_angle_that_was_loaded() -> None:
    without = SimpleNamespace(structure=Structure(left_out=frozenset(["safe_power"])))
    ship = safe(7, [-5.0], context=without)
    assert asked(ship) == ["turn"] * 7 and not why(ship)
