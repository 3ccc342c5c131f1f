"""Arm, then fire: only what was armed, exactly, in time, and with nothing in between."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight.core.commanding.arming import ArmingGuard, ArmingRefusal, arguments_hash

TUBE = arguments_hash({"tube": "Malay"})
OTHER_TUBE = arguments_hash({"tube": "Mageik"})


class Armed:
    def __init__(self) -> None:
        self.now = 100.0
        self.guard = ArmingGuard(lambda: self.now)
        self.guard.arm("release_tube", TUBE, 30.0)


@pytest.fixture
def armed() -> Armed:
    return Armed()


def test_the_armed_command_fires_once(armed: Armed) -> None:
    armed.now += 29.9
    armed.guard.fire("release_tube", TUBE)
    with pytest.raises(ArmingRefusal, match=r"nothing is armed.*release_tube was fired"):
        armed.guard.fire("release_tube", TUBE)


def test_the_lifetime_ends_the_arming(armed: Armed) -> None:
    armed.now += 30.0
    assert not armed.guard.status().armed
    with pytest.raises(ArmingRefusal, match="the lifetime of the arming of release_tube ended"):
        armed.guard.fire("release_tube", TUBE)


def test_any_other_command_disarms(armed: Armed) -> None:
    armed.guard.command_seen("drive_to")
    with pytest.raises(ArmingRefusal, match="the command drive_to arrived"):
        armed.guard.fire("release_tube", TUBE)


@pytest.mark.parametrize(
    ("command", "arguments", "reason"),
    [("ignite", TUBE, "release_tube was armed"), ("release_tube", OTHER_TUBE, "its arguments")],
)
def test_another_fire_is_refused_and_disarms(
    armed: Armed, command: str, arguments: str, reason: str
) -> None:
    with pytest.raises(ArmingRefusal, match=reason):
        armed.guard.fire(command, arguments)
    with pytest.raises(ArmingRefusal, match="nothing is armed"):
        armed.guard.fire("release_tube", TUBE)


def test_a_new_arming_replaces_the_old_one(armed: Armed) -> None:
    armed.guard.arm("release_tube", OTHER_TUBE, 10.0)
    armed.guard.fire("release_tube", OTHER_TUBE)


@pytest.mark.parametrize(
    "lifetime",
    [0.0, -1.0, math.nextafter(600.0, 1e9), 600.5, float("inf"), float("nan")],
    ids=lambda value: str(value),
)
def test_an_arming_without_a_bounded_lifetime_is_refused_and_voids_the_old_one(
    armed: Armed, lifetime: float
) -> None:
    with pytest.raises(ArmingRefusal, match=r"allowed is above 0 s and at most 600"):
        armed.guard.arm("release_tube", TUBE, lifetime)
    assert not armed.guard.status().armed


def test_the_status_tells_what_is_armed_and_why_it_is_not(armed: Armed) -> None:
    armed.now += 10.0
    status = armed.guard.status()
    assert (status.armed, status.command, status.remaining) == (True, "release_tube", 20.0)
    armed.guard.disarm("the node went safe")
    status = armed.guard.status()
    assert (status.armed, status.command, status.remaining) == (False, "", 0.0)
    assert status.last_reason == "the node went safe"


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.text(max_size=4), PLAIN), st.dictionaries(st.text(max_size=4), PLAIN))
def test_the_hash_is_equal_for_equal_arguments_only(
    first: dict[str, object], second: dict[str, object]
) -> None:
    reordered = dict(reversed(first.items()))
    assert arguments_hash(first) == arguments_hash(reordered)
    if repr(sorted(first.items())) != repr(sorted(second.items())) and first != second:
        assert arguments_hash(first) != arguments_hash(second)


def test_the_hash_does_not_see_how_a_number_is_written_but_tells_numbers_from_flags() -> None:
    assert arguments_hash({"east": 5}) == arguments_hash({"east": 5.0})
    assert arguments_hash({"east": 1}) != arguments_hash({"east": True})
    assert arguments_hash({"east": 0.1}) != arguments_hash({"east": 0.1000001})


@pytest.mark.parametrize("lifetime", [5e-324, 600.0])
def test_a_lifetime_at_its_limits_arms(armed: Armed, lifetime: float) -> None:
    armed.now = 0.0
    armed.guard.arm("release_tube", TUBE, lifetime)
    assert armed.guard.status().armed and armed.guard.status().remaining == lifetime


def test_the_last_instant_of_an_arming_is_before_its_end(armed: Armed) -> None:
    armed.now = 0.0
    armed.guard.arm("release_tube", TUBE, 600.0)
    armed.now = math.nextafter(600.0, 0.0)
    armed.guard.fire("release_tube", TUBE)
