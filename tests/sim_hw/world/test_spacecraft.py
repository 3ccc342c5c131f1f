"""A spacecraft between planets: long coasts, escape, the passage from one centre to the next."""

import math

import pytest

from flight.astrodynamics.ephemeris import relative_state
from flight.astrodynamics.gravity import EARTH, MARS, SUN
from flight.astrodynamics.orbits import elements_from_state
from flight.astrodynamics.time_scales import julian_date
from flight.astrodynamics.vectors import add, dot, norm, scale, subtract
from sim_hw.world.spacecraft import Spacecraft

EARTH_SPHERE = 924600000.0
ENTRY_RADIUS = 6503137.0
MARS_SPHERE = 577300000.0

DAY = 86_400.0
EPOCH = julian_date(2030, 11, 1)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_year_in_low_orbit_keeps_its_shape_and_turns_its_node() -> None:
    clock = Clock()
    radius = 3_789_500.0
    speed = math.sqrt(MARS.gravitational_parameter / radius)
    tilt = math.radians(25.0)
    state = (radius, 0.0, 0.0, 0.0, speed * math.cos(tilt), speed * math.sin(tilt))
    body = Spacecraft("orbiter", clock, EPOCH, state)
    clock.now = 10.0 * DAY
    x, y, z, u, v, w = body.advance()
    elements = elements_from_state((x, y, z), (u, v, w), MARS.gravitational_parameter)
    assert elements.semi_major_axis == pytest.approx(radius, rel=1e-4)
    assert elements.inclination == pytest.approx(tilt, abs=1e-4)
    # -9.38 degrees a day at 400 km by the first-order theory.
    node = math.degrees(math.remainder(elements.ascending_node, math.tau))
    assert node == pytest.approx(math.remainder(-9.38 * 10.0, 360.0), abs=1.0)
    clock.now = 365.0 * DAY
    assert norm(body.position()) == pytest.approx(radius, rel=1e-3)


def test_an_escaping_body_passes_to_the_sun_without_a_jump() -> None:
    clock = Clock()
    radius = 4.0e6
    speed = math.sqrt(2.0 * MARS.gravitational_parameter / radius + 2_300.0**2)
    body = Spacecraft("orbiter", clock, EPOCH, (radius, 0.0, 0.0, 0.0, speed, 0.0))
    while body.centre == "mars":
        clock.now += 3600.0
        body.advance()
    mars, mars_velocity = relative_state("mars", "sun", body.jd(body.time))
    relative = subtract(body.position(), scale(1000.0, mars))
    velocity = subtract(body.velocity(), scale(1000.0, mars_velocity))
    assert MARS_SPHERE <= norm(relative) < MARS_SPHERE + 3600.0 * 3000.0
    away = dot(velocity, velocity) - 2.0 * MARS.gravitational_parameter / MARS_SPHERE
    assert math.sqrt(away) == pytest.approx(2_300.0, rel=2e-3)


def to_earth(miss: float) -> tuple[Spacecraft, Clock]:
    """Twenty days before Earth, coming at 5 km/s on a line that passes it by `miss` m."""
    clock = Clock()
    position, velocity = relative_state("earth", "sun", EPOCH)
    ahead = (0.6, 0.8, 0.0)
    aside = (0.0, 0.0, 1.0)
    start = add(scale(1000.0, position), add(scale(-1.2e9, ahead), scale(miss, aside)))
    speed = add(scale(1000.0, velocity), scale(5_000.0, ahead))
    return Spacecraft("capsule", clock, EPOCH, (*start, *speed), "sun"), clock


def test_it_stops_at_the_entry_interface_and_tells() -> None:
    body, clock = to_earth(5.0e6)
    told: list[float] = []
    body.on_entry.append(lambda: told.append(body.time))
    clock.now = 6.0 * DAY
    body.advance()
    assert body.frozen and body.centre == "earth" and len(told) == 1
    x, y, z, u, v, w = body.state
    assert norm((x, y, z)) == pytest.approx(ENTRY_RADIUS, abs=1.0)
    expected = math.sqrt(5_000.0**2 + 2.0 * EARTH.gravitational_parameter / ENTRY_RADIUS)
    assert norm((u, v, w)) == pytest.approx(expected, rel=6e-3)


def test_one_that_passes_goes_on_around_the_sun() -> None:
    body, clock = to_earth(6.0e7)
    clock.now = 3.5 * DAY
    body.advance()
    assert body.centre == "earth" and norm(body.position()) < EARTH_SPHERE
    clock.now = 30.0 * DAY
    body.advance()
    assert body.centre == "sun" and not body.frozen
    energy = 0.5 * dot(body.velocity(), body.velocity())
    assert energy < SUN.gravitational_parameter / norm(body.position())
