"""Under the parachute, with an attitude that a saturated gyroscope has spoilt."""

import math

import pytest

from flight.astrodynamics.quaternions import from_axis_angle, rotate
from flight.astrodynamics.site_frame import SiteFrame
from flight.astrodynamics.vectors import norm
from flight.icd.devices.descent import InertialIncrements
from flight.lander.descent_navigation import DescentNavigation

FRAME = SiteFrame(math.radians(18.4), math.radians(77.4), -2500.0)
LEVEL = FRAME.inertial(0.0, 0.0, 0.0, 8000.0)
FALLING = 200.0  # m/s


def navigation(*, hangs: bool, saturated: bool) -> DescentNavigation:
    up = tuple(each / norm(LEVEL) for each in LEVEL)
    spin = FRAME.body.rotation_rate
    ground = (-spin * LEVEL[1], spin * LEVEL[0], 0.0)
    velocity = tuple(g - FALLING * u for g, u in zip(ground, up, strict=True))
    upside_down = from_axis_angle((0.6, 0.8, 0.0), 2.9)
    found = DescentNavigation(FRAME, 0.0, LEVEL, velocity, upside_down, 1, 50.0, 0.1)
    found.hangs, found.saturated = hangs, saturated
    return found


def felt(seconds: float = 0.1, deceleration: float = 20.0) -> InertialIncrements:
    return InertialIncrements(
        time_ns=round(seconds * 1e9), number=2, interval=seconds, rotation=(0.0, 0.0, 0.0),
        velocity=(0.0, 0.0, deceleration * seconds), saturated=False, gap=False,
    )  # fmt: skip


def change(of: DescentNavigation, seconds: float = 0.1) -> float:
    """How much slower it falls, m/s, gravity apart."""
    before = of.local_velocity()[2]
    of.propagate(felt(seconds))
    return of.local_velocity()[2] - before + 3.71 * seconds


def test_what_is_felt_is_taken_for_drag() -> None:
    assert change(navigation(hangs=True, saturated=True)) == pytest.approx(2.0, abs=0.02)


def test_a_sound_attitude_is_believed_also_under_the_parachute() -> None:
    of = navigation(hangs=True, saturated=False)
    wrong = rotate(of.attitude, (0.0, 0.0, 2.0))
    up = tuple(each / norm(LEVEL) for each in LEVEL)
    along = math.fsum(w * u for w, u in zip(wrong, up, strict=True))
    assert change(of) == pytest.approx(along, abs=0.02)


def test_off_the_parachute_what_is_felt_is_no_drag() -> None:
    of = navigation(hangs=False, saturated=True)
    assert abs(change(of) - 2.0) > 1.0


def test_what_swings_leaves_a_doubt_that_a_sound_attitude_has_not() -> None:
    sound, doubtful = (navigation(hangs=True, saturated=each) for each in (False, True))
    for each in (sound, doubtful):
        each.propagate(felt())
    grown = [each.errors[2].velocity - 0.01 for each in (sound, doubtful)]
    assert grown[1] > 1000.0 * grown[0] > 0.0
