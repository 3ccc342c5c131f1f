"""The fall of a capsule as it is believed on board, against the simulated one."""

import math

import pytest

from flight.astrodynamics.ballistic_fall import FallingCapsule, fall
from sim_hw.dynamics.earth_entry import entry_state, fly
from sim_hw.dynamics.entry_capsule import EARTH_ENTRY_SYSTEM

CAPSULE = FallingCapsule(47.3, 86.6)
GROUND = 1_300.0
RADIUS = 6_371_009.0


def start(
    speed: float = 12_300.0, angle: float = -25.0, heading: float = 90.0
) -> tuple[float, ...]:
    return entry_state(speed, math.radians(angle), math.radians(38.0), 0.0, math.radians(heading))


@pytest.mark.parametrize(
    ("speed", "angle", "heading"),
    [(12_300.0, -25.0, 90.0), (11_500.0, -25.0, 30.0), (12_400.0, -25.0, 250.0)],
)
def test_it_ends_where_the_simulated_fall_ends(speed: float, angle: float, heading: float) -> None:
    state = start(speed, angle, heading)
    believed = fall(CAPSULE, state, 0.4, GROUND)
    true = fly(EARTH_ENTRY_SYSTEM, state, ground_height=GROUND, prime_meridian=0.4)
    north = RADIUS * (believed.latitude - true.latitude)
    east = RADIUS * math.cos(true.latitude) * (believed.longitude - true.east_longitude)
    assert math.hypot(east, north) < 200.0
    assert believed.seconds == pytest.approx(true.duration, abs=5.0)
    assert believed.peak_load == pytest.approx(true.peak_load, rel=0.01)
    assert believed.speed == pytest.approx(true.touchdown_speed, abs=0.5)


def test_the_turning_air_carries_it_along() -> None:
    # In inertial axes it goes on to the east for minutes after it has braked.
    state = start(heading=180.0)
    landed = fall(CAPSULE, state, 0.0, GROUND)
    braked = fall(CAPSULE, state, 0.0, 30_000.0)
    assert landed.seconds - braked.seconds > 200.0
    apart = RADIUS * math.cos(landed.latitude) * (landed.longitude - braked.longitude)
    assert abs(apart) < 1_000.0  # over the ground it comes straight down
    # It flies south; the ground below turns away to the east.
    assert 170.0 < math.degrees(landed.heading) < 190.0


def test_wind_moves_the_touchdown_with_it() -> None:
    still = fall(CAPSULE, start(), 0.0, GROUND)
    blown = fall(FallingCapsule(47.3, 86.6, wind_east=10.0), start(), 0.0, GROUND)
    east = RADIUS * math.cos(still.latitude) * (blown.longitude - still.longitude)
    assert 2_500.0 < east < 4_500.0
    north = fall(FallingCapsule(47.3, 86.6, wind_north=10.0), start(), 0.0, GROUND)
    assert 2_500.0 < RADIUS * (north.latitude - still.latitude) < 4_500.0


def test_what_skips_out_and_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="enter more steeply"):
        fall(CAPSULE, start(angle=-3.0), 0.0)
    with pytest.raises(ValueError, match="must be positive"):
        FallingCapsule(0.0, 86.6)


def test_a_fall_that_begins_on_the_ground_is_refused() -> None:
    with pytest.raises(ValueError, match="not above the ground"):
        fall(CAPSULE, start(), 0.0, 200_000.0)
