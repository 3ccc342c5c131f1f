"""The planet under a vehicle: what falls freely above it."""

from flight.astrodynamics.free_fall import falling
from flight.astrodynamics.gravity import EARTH, MARS
from flight.astrodynamics.vectors import norm
from sim_hw.dynamics.planet import JEZERO, sphere

STATE = (3.7e6, 2.0e5, -4.0e5, 100.0, 3_000.0, 1_500.0)


def test_what_falls_at_mars_is_flown_as_every_orbit_there() -> None:
    assert JEZERO.free_fall() is falling
    assert tuple(falling(0.0, STATE)) == (*STATE[3:], *JEZERO.gravity(STATE[:3]))


def test_above_a_sphere_and_another_planet_it_falls_by_their_own_gravity() -> None:
    for body in (MARS, EARTH):
        ball = sphere(body, 3.0e6)
        fall = ball.free_fall()
        assert fall is not falling
        rate = tuple(fall(5.0, STATE))
        assert rate[:3] == STATE[3:]
        pull = body.gravitational_parameter / norm(STATE[:3]) ** 2
        assert abs(norm(rate[3:]) / pull - 1.0) < 1e-12
