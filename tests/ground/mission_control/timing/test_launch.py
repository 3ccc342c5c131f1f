"""When the MAV is launched: the node of a launch, how planes drift, and when they coincide."""

import math

import pytest

from ground.mission_control.timing.launch import (
    SECONDS_PER_DAY,
    launch_time,
    node_of_launch,
    node_rate,
)

SOL = 88_775.244  # s
LATITUDE, LONGITUDE = math.radians(18.45263), math.radians(77.407753)
INCLINATION = math.radians(25.0)
CONTAINER, ORBITER = 343_000.0, 300_000.0  # altitudes, m
DEGREE = math.radians(1.0)


def apart(first: float, second: float) -> float:
    """Angle between two directions, rad."""
    return abs(math.remainder(first - second, math.tau))


def plan(earliest: float, node: float, meeting: float = 4.0 * SECONDS_PER_DAY) -> float:
    return launch_time(
        earliest, node, ORBITER, CONTAINER, LATITUDE, LONGITUDE, INCLINATION, meeting
    )


def test_the_node_is_the_one_that_a_launch_in_simulation_reached() -> None:
    node = node_of_launch(14.5083 * SOL, LATITUDE, LONGITUDE, INCLINATION)
    assert apart(node, math.radians(222.34)) < 1.0 * DEGREE


def test_a_launch_from_the_equator_has_its_node_at_the_site() -> None:
    assert node_of_launch(0.0, 0.0, LONGITUDE, INCLINATION) == pytest.approx(LONGITUDE)


def test_a_site_at_the_highest_latitude_of_the_orbit_lies_a_quarter_past_the_node() -> None:
    latitude = INCLINATION - 1e-12
    node = node_of_launch(0.0, latitude, math.radians(100.0), INCLINATION)
    assert apart(node, math.radians(10.0)) < 1e-4


def test_a_site_too_far_north_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(ValueError, match="allowed is at least the latitude of the site, 30"):
        node_of_launch(0.0, math.radians(30.0), LONGITUDE, INCLINATION)


def test_planes_drift_westward_and_the_faster_the_lower() -> None:
    # -3/2 n J2 (R / a)^2 cos i, Vallado, Fundamentals of Astrodynamics, 4th ed., eq. 9-37.
    day = SECONDS_PER_DAY
    assert math.degrees(node_rate(CONTAINER, INCLINATION)) * day == pytest.approx(-9.888, abs=0.01)
    assert node_rate(ORBITER, INCLINATION) < node_rate(CONTAINER, INCLINATION) < 0.0
    assert node_rate(CONTAINER, math.radians(90.0)) == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("node_degrees", range(0, 360, 15))
def test_the_launch_is_the_first_from_the_earliest_time_on(node_degrees: int) -> None:
    earliest = 14.0 * SOL
    wait = plan(earliest, math.radians(node_degrees)) - earliest
    assert 0.0 <= wait <= SOL


@pytest.mark.parametrize("meeting_days", [0.0, 4.0, 9.0])
@pytest.mark.parametrize("node_degrees", [0, 100, 222, 359])
def test_the_planes_coincide_when_the_two_meet(node_degrees: int, meeting_days: float) -> None:
    meeting, at_zero = meeting_days * SECONDS_PER_DAY, math.radians(node_degrees)
    launch = plan(14.0 * SOL, at_zero, meeting)
    reached = node_of_launch(launch, LATITUDE, LONGITUDE, INCLINATION)
    container = reached + node_rate(CONTAINER, INCLINATION) * meeting
    orbiter = at_zero + node_rate(ORBITER, INCLINATION) * (launch + meeting)
    assert apart(container, orbiter) < 1e-6
