"""Several bodies at once, against a Runge-Kutta integration about the Sun with short steps."""

import math

import pytest

from flight.astrodynamics.ephemeris import relative_state
from flight.astrodynamics.gravity import EARTH, MARS, MOON, SUN
from flight.astrodynamics.integrators import rk4_step
from flight.astrodynamics.interplanetary import PLANETS, Pull, coast, longest_step
from flight.astrodynamics.time_scales import SECONDS_PER_DAY, julian_date
from flight.astrodynamics.vectors import add, norm, scale, subtract

START = julian_date(2031, 9, 1)
GM = {
    "earth": EARTH.gravitational_parameter,
    "moon": MOON.gravitational_parameter,
    "mars": MARS.gravitational_parameter,
}


def planet(body: str, centre: str, jd: float):
    position, velocity = relative_state(body, centre, jd)
    return scale(1000.0, position), scale(1000.0, velocity)


def integrated(position, velocity, jd, seconds, light_pressure):
    """Heliocentric, by Runge-Kutta with steps that shrink with the nearest planet's distance."""

    def derivative(time, state):
        place = state[:3]
        size = norm(place)
        total = scale(-SUN.gravitational_parameter * (1.0 - light_pressure) / size**3, place)
        for body, gm in GM.items():
            there, _ = planet(body, "sun", jd + time / SECONDS_PER_DAY)
            line = subtract(there, place)
            total = add(total, scale(gm / norm(line) ** 3, line))
            total = add(total, scale(-gm / norm(there) ** 3, there))
        return (*state[3:6], *total)

    state, time = (*position, *velocity), 0.0
    while time < seconds:
        near = min(
            norm(subtract(state[:3], planet(body, "sun", jd + time / SECONDS_PER_DAY)[0]))
            for body in GM
        )
        step = min(seconds - time, max(0.02 * near / 12_000.0, 30.0), 0.2 * SECONDS_PER_DAY)
        state, time = rk4_step(derivative, time, state, step), time + step
    return state[:3], state[3:6]


def coasted(centre, position, velocity, jd, seconds, pull):
    time = 0.0
    while seconds - time > 1e-6:
        now = jd + time / SECONDS_PER_DAY
        step = min(seconds - time, longest_step(centre, position, velocity, now, pull))
        position, velocity = coast(centre, position, velocity, now, step, pull)
        time += step
    return position, velocity


@pytest.mark.parametrize("light_pressure", [0.0, 4.7e-5])
@pytest.mark.parametrize(("centre", "days", "far"), [("sun", 50.0, 2.6e10), ("earth", 2.0, 1.0e9)])
def test_the_fall_towards_earth_is_that_of_all_bodies_from_either_centre(
    centre, days, far, light_pressure
):
    earth, motion = planet("earth", "sun", START)
    position = add(earth, scale(far, (0.6, 0.64, 0.48)))
    velocity = add(motion, (-4_000.0, -2_500.0, -1_800.0))
    seconds = days * SECONDS_PER_DAY
    expected = integrated(position, velocity, START, seconds, light_pressure)
    pull = Pull(light_pressure)
    if centre == "sun":
        place, speed = coasted("sun", position, velocity, START, seconds, pull)
    else:
        relative = subtract(position, earth), subtract(velocity, motion)
        place, speed = coasted("earth", *relative, START, seconds, pull)
        earth, motion = planet("earth", "sun", START + days)
        place, speed = add(place, earth), add(speed, motion)
    # The tides of Jupiter and Venus are in the Earth's motion, and left out of the model.
    assert norm(subtract(place, expected[0])) < (500.0 if centre == "sun" else 3_000.0)
    assert norm(subtract(speed, expected[1])) < (0.01 if centre == "sun" else 0.05)


def test_a_craft_that_leaves_mars_loses_speed_for_as_long_as_it_pulls():
    """Its energy of 5 km2/s2 at Mars is there at infinity, beyond the sphere of influence too."""
    radius, v_infinity = 5.0e7, math.sqrt(5.0e6)
    speed = math.sqrt(v_infinity**2 + 2.0 * GM["mars"] / radius)
    mars, motion = planet("mars", "sun", START)
    ahead = (0.0, 0.8, 0.6)
    _, velocity = coasted(
        "sun", add(mars, scale(radius, ahead)), add(motion, scale(speed, ahead)), START,
        20.0 * SECONDS_PER_DAY, Pull(),
    )  # fmt: skip
    alone = coasted(
        "sun", mars, add(motion, scale(v_infinity, ahead)), START, 20.0 * SECONDS_PER_DAY,
        Pull(planets=("earth", "moon")),
    )  # fmt: skip
    # The two part by what it needed for the first way, not in speed.
    assert norm(subtract(velocity, alone[1])) < 15.0
    patched = coasted(
        "sun", mars, add(motion, scale(v_infinity - 35.0, ahead)), START, 20.0 * SECONDS_PER_DAY,
        Pull(planets=("earth", "moon")),
    )  # fmt: skip
    assert norm(subtract(velocity, patched[1])) > 20.0


def test_without_planets_it_is_the_conic_around_the_sun():
    position, velocity = (1.5e11, 0.0, 0.0), (0.0, 30_000.0, 3_000.0)
    place, _ = coast("sun", position, velocity, START, 4.0e5, Pull(planets=()))
    again, _ = coasted("sun", position, velocity, START, 4.0e5, Pull(planets=()))
    assert norm(subtract(place, again)) < 1.0
    with_them, _ = coasted("sun", position, velocity, START, 4.0e5, Pull())
    assert norm(subtract(place, with_them)) > 10.0
    assert set(PLANETS) == set(GM)


def test_steps_shrink_where_a_planet_is_near_and_never_exceed_five_days():
    earth, motion = planet("earth", "sun", START)
    near = longest_step("sun", add(earth, (1e9, 0, 0)), add(motion, (-1e4, 0, 0)), START, Pull())
    assert near == pytest.approx(1e4, rel=1e-6)
    far = longest_step("sun", (-3e11, 0.0, 0.0), (0.0, -2e4, 0.0), START, Pull())
    assert far == 5.0 * SECONDS_PER_DAY
