"""The MAV's guidance by hand: the believed vehicle, limits of the angle, plans and their bounds."""

import math
from dataclasses import replace

import pytest

from flight.astrodynamics.finite_burn import Stage, Tangents
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.orbits import OrbitalElements, state_from_elements
from flight.astrodynamics.vectors import Vector, angle_between, cross, dot, norm, scale, unit
from flight.mav.ascent_guidance import (
    MU,
    FirstStage,
    SecondBurnPlan,
    Swing,
    _bounded_pitch,
    air_speed,
    apoapsis_and_period,
    level_misses,
    plan_second_stage,
    plane_through,
    solve,
    steer_rest,
    trim_needed,
)

LIMIT = math.radians(3.0)
TURN = math.radians(1.0)  # the most between two solutions
MODEL = FirstStage(Stage(400.0, 200.0, 80.0, 2800.0), 0.1, 0.02, 3.39e6, 1.0e4, LIMIT)
AHEAD: Vector = (0.0, 1000.0, 0.0)
GROUND: Vector = (3.39e6, 0.0, 0.0)
POLE: Vector = (0.0, 0.0, 1.0)


def aside(degrees: float) -> Vector:
    angle = math.radians(degrees)
    return (math.sin(angle), math.cos(angle), 0.0)


def off(limited: Vector) -> float:
    return math.degrees(angle_between(limited, AHEAD))


# ----------------------------------------------------------- the vehicle and air


def test_the_mass_falls_evenly_from_ignition_to_burnout() -> None:
    for seconds, mass in ((-5.0, 400.0), (0.0, 400.0), (20.0, 350.0), (80.0, 200.0), (99.0, 200.0)):
        assert MODEL.mass(seconds) == pytest.approx(mass)


def test_the_pressure_falls_with_height_and_grows_with_the_square_of_the_speed() -> None:
    assert MODEL.pressure(GROUND, AHEAD) == pytest.approx(0.5 * 0.02 * 1e6)
    high = scale(3.40e6 / 3.39e6, GROUND)
    assert MODEL.pressure(high, scale(2.0, AHEAD)) == pytest.approx(0.04 * 1e6 / math.e)


def test_over_the_turning_planet_a_thing_at_rest_moves_with_it() -> None:
    rate = MARS.rotation_rate
    assert air_speed(GROUND, (0.0, rate * 3.39e6, 0.0)) == pytest.approx((0.0, 0.0, 0.0))
    east: Vector = (0.0, 3.39e6, 5.0)
    assert air_speed(east, (-rate * 3.39e6, 0.0, 7.0)) == pytest.approx((0.0, 0.0, 7.0))


# ----------------------------------------------------------- the angle of attack


@pytest.mark.parametrize(
    ("pressure", "wanted", "kept"),
    [
        (400.0, 2.999, 2.999), (400.0, 3.001, 3.0), (400.0, 40.0, 3.0), (900.0, 40.0, 3.0),
        (200.0, 5.999, 5.999), (200.0, 40.0, 6.0),  # half the pressure, twice the angle
        (16.0, 90.0, 75.0), (15.9, 90.0, 90.0),  # air that presses no longer
    ],
)  # fmt: skip
def test_the_angle_of_attack_is_limited_by_what_presses(
    pressure: float, wanted: float, kept: float
) -> None:
    found = MODEL.limited(AHEAD, pressure, aside(wanted), 10.0)
    assert off(found) == pytest.approx(kept, abs=1e-6)
    assert norm(found) == pytest.approx(1.0)
    assert found[2] == 0.0 and found[0] > 0.0, "on the side that was asked for"


@pytest.mark.parametrize(
    ("left", "kept"),
    [(12.1, 3.0), (12.0, 3.0), (10.0, 2.25), (8.0, 1.5), (4.0, 0.0), (1.0, 0.0), (-3.0, 0.0)],
)
def test_towards_burnout_the_limit_shrinks_to_nothing(left: float, kept: float) -> None:
    found = MODEL.limited(AHEAD, 400.0, aside(20.0), 80.0 - left)
    assert off(found) == pytest.approx(kept, abs=1e-5)
    thin = MODEL.limited(AHEAD, 100.0, aside(20.0), 80.0 - left)
    assert off(thin) == pytest.approx(12.0 if left >= 12.0 else kept, abs=1e-5)


@pytest.mark.parametrize(
    ("left", "part"),
    [(40.0, 1.0), (12.0, 1.0), (8.0, 0.5), (4.0, 0.0), (2.5, 0.5), (1.0, 1.0), (0.0, 1.0)],
)
def test_wind_counts_in_the_climb_not_while_levelling_and_again_at_the_end(
    left: float, part: float
) -> None:
    wind: Vector = (0.0, 0.0, 20.0)
    found = MODEL.steering_air(GROUND, AHEAD, wind, 80.0 - left)
    assert found == pytest.approx((0.0, 1000.0, -20.0 * part))


def test_wind_counts_the_less_the_less_the_air_presses() -> None:
    high: Vector = (3.39e6 + 1.0e4 * math.log(50.0), 0.0, 0.0)  # 200 Pa of 10 000
    wind: Vector = (0.0, 0.0, 20.0)
    found = MODEL.steering_air(high, AHEAD, wind, 10.0)
    assert found == pytest.approx((0.0, 1000.0, -10.0), rel=1e-3)


# ------------------------------------------------------------------------ orbits


@pytest.mark.parametrize("anomaly", [0.5, 2.0, 4.0, 6.0])
def test_the_apoapsis_and_when_it_is_reached(anomaly: float) -> None:
    axis, eccentricity = 3.6e6, 0.05
    elements = OrbitalElements(axis, eccentricity, 0.4, 1.0, 2.0, anomaly)
    position, velocity = state_from_elements(elements, MU)
    apoapsis, seconds = apoapsis_and_period(position, velocity)
    assert apoapsis == pytest.approx(axis * (1.0 + eccentricity))
    eccentric = 2.0 * math.atan2(
        math.sqrt(1.0 - eccentricity) * math.sin(0.5 * anomaly),
        math.sqrt(1.0 + eccentricity) * math.cos(0.5 * anomaly),
    )
    mean = eccentric - eccentricity * math.sin(eccentric)
    motion = math.sqrt(MU / axis**3)
    assert seconds == pytest.approx((math.pi - mean) % math.tau / motion, rel=1e-6)


def test_a_level_end_misses_nothing_and_each_miss_is_told_in_ten_metres_a_second() -> None:
    radius = 3.7e6
    circular = math.sqrt(MU / radius)
    place: Vector = (radius, 0.0, 0.0)
    assert level_misses(place, (0.0, circular, 0.0), POLE) == pytest.approx([0.0, 0.0, 0.0])
    rising = level_misses(place, (5.0, circular, 0.0), POLE)
    assert rising[0] == pytest.approx(0.5) and rising[1] == 0.0
    leaving = level_misses(place, (0.0, circular, -20.0), POLE)
    assert leaving[1] == pytest.approx(-2.0)
    assert level_misses(place, (0.0, circular + 30.0, 0.0), POLE)[2] == pytest.approx(3.0)


def test_what_is_to_be_trimmed_is_the_way_to_the_circle_of_this_height() -> None:
    radius = 3.7e6
    circular = math.sqrt(MU / radius)
    found = trim_needed((radius, 0.0, 0.0), (3.0, circular - 7.0, -2.0), POLE)
    assert found == pytest.approx((-3.0, 7.0, 2.0))


def test_the_plane_through_a_place_is_the_nearest() -> None:
    place: Vector = (1.0, 0.0, 0.2)
    found = plane_through(place, POLE)
    assert dot(found, place) == pytest.approx(0.0, abs=1e-15) and norm(found) == pytest.approx(1.0)
    assert found == pytest.approx(unit((-0.2, 0.0, 1.0)))


# --------------------------------------------------------------------- the solver


def test_newton_finds_the_root_of_two_equations() -> None:
    def residual(values: list[float]) -> list[float]:
        x, y = values
        return [x * x + y * y - 5.0, x * y - 2.0]

    assert solve(residual, [2.5, 0.5], [1e-6, 1e-6], 20) == pytest.approx([2.0, 1.0], abs=1e-6)


def test_it_stops_when_it_is_good_enough_and_after_its_rounds() -> None:
    asked: list[float] = []

    def residual(values: list[float]) -> list[float]:
        asked.append(values[0])
        return [values[0] ** 3 - 8.0]

    assert solve(residual, [2.0], [1e-6], 10) == [2.0] and len(asked) == 1
    asked.clear()
    first = solve(residual, [3.0], [1e-6], 1)
    assert first == pytest.approx([3.0 - 19.0 / 27.0], rel=1e-4) and len(asked) == 3
    assert solve(residual, [3.0], [1e-6], 0) == [3.0]
    near = solve(residual, [3.0], [1e-6], 50, tolerance=0.5)
    assert 0.0 < abs(near[0] ** 3 - 8.0) < 0.5


def test_where_there_is_no_root_the_best_that_was_met_is_returned() -> None:
    best = solve(lambda values: [values[0] ** 2 + 1.0], [0.4], [1e-6], 30)
    assert abs(best[0]) <= 0.4
    flat = solve(lambda values: [1.0], [0.7], [1e-3], 30)
    assert flat == [0.7], "a matrix without an inverse is no reason to fail"


# ---------------------------------------------------------------- bounds of a law


def tangents(pitch: float) -> Tangents:
    return Tangents(pitch, -0.01, 0.0, 0.0)


def test_a_pitch_stays_near_what_was_planned_and_what_is_flown() -> None:
    planned, flown = tangents(math.tan(0.8)), tangents(math.tan(0.8))
    asked = math.tan(0.8 + 0.5 * TURN)
    assert _bounded_pitch(asked, flown, planned, LIMIT) == asked
    far = _bounded_pitch(math.tan(1.2), flown, planned, LIMIT)
    assert math.atan(far) == pytest.approx(0.8 + TURN)
    down = _bounded_pitch(math.tan(0.1), flown, planned, LIMIT)
    assert math.atan(down) == pytest.approx(0.8 - TURN)
    near_the_edge = tangents(math.tan(0.8 + LIMIT - 0.2 * TURN))
    found = _bounded_pitch(math.tan(1.2), near_the_edge, planned, LIMIT)
    assert math.atan(found) == pytest.approx(0.8 + LIMIT)
    lower = tangents(math.tan(0.8 - LIMIT + 0.2 * TURN))
    found = _bounded_pitch(math.tan(0.1), lower, planned, LIMIT)
    assert math.atan(found) == pytest.approx(0.8 - LIMIT)


# ---------------------------------------------------------------- the second burn

SECOND = Stage(115.0, 54.0, 27.0, 2860.0)


def coasting(radius: float, speed_off: float) -> tuple[Vector, Vector]:
    """At the apoapsis of a coast, so much slower than circular."""
    return (radius, 0.0, 0.0), (0.0, math.sqrt(MU / radius) - speed_off, 0.0)


def before(seconds: float, radius: float, speed_off: float) -> tuple[Vector, Vector]:
    """So many seconds before the apoapsis of that coast."""
    position, velocity = coasting(radius, speed_off)
    moment = cross(position, velocity)
    axis = 1.0 / (2.0 / radius - dot(velocity, velocity) / MU)
    eccentricity = radius / axis - 1.0
    motion = math.sqrt(MU / axis**3)
    mean = math.pi - seconds * motion
    eccentric = mean
    for _ in range(50):
        eccentric = mean + eccentricity * math.sin(eccentric)
    true = 2.0 * math.atan2(
        math.sqrt(1.0 + eccentricity) * math.sin(0.5 * eccentric),
        math.sqrt(1.0 - eccentricity) * math.cos(0.5 * eccentric),
    )
    assert moment[2] > 0.0
    return state_from_elements(OrbitalElements(axis, eccentricity, 0.0, 0.0, math.pi, true), MU)


def test_the_second_burn_lies_about_the_apoapsis_of_the_coast() -> None:
    gain = SECOND.velocity_gain
    plan = plan_second_stage(1000.0, *before(300.0, 3.73e6, 0.97 * gain), SECOND, POLE, 1001.0)
    assert plan.ignition == pytest.approx(1300.0 - 13.5, abs=2.0)
    assert not plan.is_reduced and angle_between(plan.normal, POLE) < 1e-6
    assert norm(plan.place) == pytest.approx(3.73e6, abs=2e3)
    assert plan.tangents.pitch_start > 0.0 > plan.tangents.pitch_rate, "upwards first, then down"


def test_it_is_not_lit_before_it_can_be_and_at_once_when_the_apoapsis_is_past() -> None:
    gain = SECOND.velocity_gain
    late = plan_second_stage(1000.0, *before(20.0, 3.73e6, 0.97 * gain), SECOND, POLE, 1030.0)
    assert late.ignition == pytest.approx(1030.0)
    # Mirrored, the same coast 30 s after its apoapsis.
    (x, y, z), (vx, vy, vz) = before(30.0, 3.73e6, 0.97 * gain)
    past = plan_second_stage(1000.0, (x, -y, z), (-vx, vy, vz), SECOND, POLE, 1001.0)
    assert past.ignition == pytest.approx(1001.0)


@pytest.mark.parametrize(("share", "reduced"), [(0.97, False), (1.03, True)])
def test_a_motor_that_gives_too_little_is_told(share: float, reduced: bool) -> None:
    gain = SECOND.velocity_gain
    plan = plan_second_stage(0.0, *before(300.0, 3.73e6, share * gain), SECOND, POLE, 1.0)
    assert plan.is_reduced is reduced


def test_a_law_is_the_same_wherever_in_the_burn_it_is_told() -> None:
    whole = Swing(0.1, 0.4, 0.02).tangents(20.0)
    assert (whole.pitch_start, whole.pitch_rate) == pytest.approx((0.5, -0.04))
    assert (whole.yaw_start, whole.yaw_rate) == (0.02, 0.0)
    rest = Swing(0.0, 0.3, 0.02).tangents(15.0, begun=5.0)
    assert rest.pitch_start + 5.0 * rest.pitch_rate == pytest.approx(0.3)
    assert rest.pitch_start + 20.0 * rest.pitch_rate == pytest.approx(-0.3)


def test_the_rest_of_a_burn_is_steered_from_where_it_is() -> None:
    gain = SECOND.velocity_gain
    plan = plan_second_stage(0.0, *before(300.0, 3.73e6, 0.97 * gain), SECOND, POLE, 1.0)
    state = plan.place, state_at(plan)
    same = steer_rest(plan, plan.ignition, *state, SECOND)
    assert not same.is_reduced
    assert same.tangents.pitch_start == pytest.approx(plan.tangents.pitch_start, abs=0.02)
    assert same.ignition == plan.ignition
    weak = replace(SECOND, exhaust_speed=2700.0)
    assert steer_rest(plan, plan.ignition, *state, weak).is_reduced


def state_at(plan: SecondBurnPlan) -> Vector:
    """The velocity of the coast at the planned ignition."""
    gain = SECOND.velocity_gain
    left = 300.0 - plan.ignition
    return before(left, 3.73e6, 0.97 * gain)[1]


def test_the_direction_of_a_plan_counts_from_its_ignition() -> None:
    plan = SecondBurnPlan(50.0, Tangents(0.0, 0.0, 0.0, 0.0), POLE, GROUND, False)
    assert plan.direction(50.0, GROUND) == pytest.approx((0.0, 1.0, 0.0))
    rising = replace(plan, tangents=Tangents(0.0, 0.1, 0.0, 0.0))
    assert rising.direction(60.0, GROUND) == pytest.approx(unit((1.0, 1.0, 0.0)))
