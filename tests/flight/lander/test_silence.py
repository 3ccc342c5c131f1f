"""What was felt while the lander's computer was down: the way made by it, and how sure that is."""

import math

import pytest

from flight.astrodynamics.gravity import MARS, acceleration
from flight.astrodynamics.integrators import rk4_step
from flight.astrodynamics.site_frame import SiteFrame, local_axes
from flight.astrodynamics.vectors import Vector, add, dot, norm, scale, subtract
from flight.lander import silence
from flight.lander.air_model import density_and_scale_height, wind
from flight.lander.silence import Silence, fill, sum_of

LEAST_GAIN = 0.5

FRAME = SiteFrame(math.radians(18.45), math.radians(77.4), 333.0)
SECONDS = 30.5


def start(height: float, east: float, north: float, up: float) -> tuple[Vector, Vector]:
    position = FRAME.inertial(0.0, 0.0, 0.0, height)
    axes = local_axes(position)
    velocity = FRAME.ground_velocity(position)
    for part, axis in zip((east, north, up), axes, strict=True):
        velocity = add(velocity, scale(part, axis))
    return position, velocity


def fallen(
    position: Vector, velocity: Vector, loading: float, density: float, blowing: float
) -> tuple[Vector, Vector, Vector]:
    """Place, velocity and what was felt after a fall in air that pushes `loading` m2/kg; `density`
    over the expected one, `blowing` m/s to the east beside the expected wind."""

    def derivative(time: float, y: tuple[float, ...]) -> tuple[float, ...]:
        here = (y[0], y[1], y[2])
        height = FRAME.height(here)
        east, north, _ = local_axes(here)
        to_east, to_north = wind(height)
        air = add(scale(to_east + blowing, east), scale(to_north, north))
        through = subtract(subtract((y[3], y[4], y[5]), FRAME.ground_velocity(here)), air)
        rho = density * density_and_scale_height(height)[0]
        push = scale(-loading * rho * norm(through), through)
        pull = acceleration(here, MARS)
        return (y[3], y[4], y[5], *add(push, pull), *push)

    y: tuple[float, ...] = (*position, *velocity, 0.0, 0.0, 0.0)
    for _ in range(round(SECONDS / 0.05)):
        y = rk4_step(derivative, 0.0, y, 0.05)
    return (y[0], y[1], y[2]), (y[3], y[4], y[5]), (y[6], y[7], y[8])


def flown_on(position: Vector, velocity: Vector, found: Silence) -> tuple[Vector, Vector]:
    step = SECONDS / len(found.pushes)
    for push in found.pushes:
        middle = add(position, scale(0.5 * step, velocity))
        change = add(push, scale(step, acceleration(middle, MARS)))
        position = add(position, scale(step, add(velocity, scale(0.5, change))))
        velocity = add(velocity, change)
    return position, velocity


PARACHUTE = start(950.0, 40.0, -10.0, -85.0), 0.028
ENTRY = start(25_000.0, 3_300.0, 100.0, -700.0), 0.0038


@pytest.mark.parametrize(("begin", "loading"), [PARACHUTE, ENTRY], ids=["parachute", "entry"])
@pytest.mark.parametrize("density", [0.9, 1.0, 1.1])
@pytest.mark.parametrize("blowing", [-8.0, 0.0, 8.0])
def test_the_way_is_found_within_what_is_said_of_it(
    begin: tuple[Vector, Vector], loading: float, density: float, blowing: float
) -> None:
    there, speed, felt = fallen(*begin, loading, density, blowing)
    found = fill(FRAME, *begin, felt, SECONDS)
    place, velocity = flown_on(*begin, found)
    assert sum_of(found.pushes) == pytest.approx(felt, abs=1e-9)
    assert norm(subtract(velocity, speed)) < 0.3  # gravity along another way, and nothing else
    off = subtract(place, there)
    evenly = [scale(1.0 / 61, felt)] * 61
    plain = subtract(flown_on(*begin, Silence(evenly, (0.0, 0.0, 0.0)))[0], there)
    for axis, sigma in zip(local_axes(begin[0]), found.doubt, strict=True):
        assert abs(dot(off, axis)) < 3.0 * sigma + 2.0
    assert norm(off) < 0.6 * norm(plain)


def test_where_nothing_pushes_nothing_is_in_doubt() -> None:
    begin = start(200_000.0, 5_000.0, 0.0, -1_000.0)
    found = fill(FRAME, *begin, (0.0, 0.0, 0.0), SECONDS)
    assert found.doubt == (0.0, 0.0, 0.0)
    assert sum_of(found.pushes) == (0.0, 0.0, 0.0)
    little = (0.0, 0.0, 0.9 * LEAST_GAIN)
    assert sum_of(fill(FRAME, *begin, little, SECONDS).pushes) == pytest.approx(little)


def test_a_push_that_no_air_gives_may_have_come_at_any_time() -> None:
    """Engines that go on: along the motion, not against it."""
    begin = start(2_000.0, 0.0, 0.0, -60.0)
    down = scale(-30.0, local_axes(begin[0])[2])
    found = fill(FRAME, *begin, down, SECONDS)
    assert sum_of(found.pushes) == pytest.approx(down)
    assert found.doubt[2] == pytest.approx(30.0 * SECONDS * silence.UNEVEN, rel=0.01)


def test_the_longer_the_silence_the_larger_the_doubt() -> None:
    (begin, loading) = PARACHUTE
    _, _, felt = fallen(*begin, loading, 1.0, 8.0)
    half = fill(FRAME, *begin, scale(0.5, felt), 0.5 * SECONDS).doubt
    whole = fill(FRAME, *begin, felt, SECONDS).doubt
    assert all(a < b for a, b in zip(half, whole, strict=True))
