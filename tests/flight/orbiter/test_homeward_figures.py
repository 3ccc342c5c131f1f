"""The way home in figures: hyperbolas, aims, corrections, touchdown, and what stands against it."""

import math
from dataclasses import replace
from typing import Any

import pytest

from flight.astrodynamics.ballistic_fall import FallingCapsule
from flight.astrodynamics.gravity import EARTH
from flight.astrodynamics.time_scales import julian_date
from flight.astrodynamics.vectors import Vector, dot, norm, scale, unit
from flight.orbiter.landing import (
    DeliveryErrors,
    Landing,
    capsule_of,
    errors_of,
    predict_landing,
    reasons_against,
    release_of,
    site_of,
)
from flight.orbiter.targeting import (
    Aim,
    Site,
    aim_at_site,
    aim_past,
    correction,
    offset,
    touchdown,
)
from flight.orbiter.trajectory import (
    Dynamics,
    Encounter,
    Kick,
    Path,
    at_entry,
    encounter,
    kicked,
    outgoing_asymptote,
    predict,
    stepped,
    time_from_radius,
)
from tests.flight.orbiter.ship import PARAMETERS

DAY = 86_400.0
DYNAMICS = Dynamics(julian_date(2031, 9, 20), 4.5e-5)
ASYMPTOTE: Vector = (4_055.0, 2_228.6, 2_921.1)
SITE = Site(math.radians(40.2), math.radians(-113.3), math.radians(-25.0), 1_300.0)
CAPSULE = FallingCapsule(47.3, 86.6, 10.0)
AIM = aim_at_site(ASYMPTOTE, 3.0 * DAY, SITE, CAPSULE, DYNAMICS)
# Five days before the entry, on the way to that aim under all that pulls.
PATH = Path(
    "earth", (-1798722266.4672437, -997155051.3092996, -1283810106.2580078),
    (4089.925022655058, 2226.190263814897, 2917.928061173151), -166288.14766023133,
)  # fmt: skip
ENTRY_RADIUS = 6_503_137.0
MU = EARTH.gravitational_parameter


# -------------------------------------------------------------------- hyperbola


def test_at_the_interface_the_hyperbola_is_what_its_asymptote_says() -> None:
    place, velocity = at_entry(ASYMPTOTE, AIM.b_vector)
    assert norm(place) == pytest.approx(ENTRY_RADIUS)
    assert 0.5 * dot(velocity, velocity) - MU / norm(place) == pytest.approx(
        0.5 * dot(ASYMPTOTE, ASYMPTOTE)
    )
    assert math.asin(dot(unit(place), unit(velocity))) == pytest.approx(math.radians(-25.0))
    seen = encounter(Path("earth", place, velocity, 1_000.0))
    assert seen.asymptote == pytest.approx(ASYMPTOTE)
    assert seen.b_vector == pytest.approx(AIM.b_vector, rel=1e-9)
    assert seen.perigee_time - 1_000.0 == pytest.approx(AIM.perigee_time - AIM.entry_time)
    assert seen.entry_time == pytest.approx(1_000.0)
    assert seen.entry_angle == pytest.approx(math.radians(-25.0))
    assert seen.entry is not None and seen.entry[0] == pytest.approx(place)
    # On the way out the perigee lies behind.
    out = encounter(Path("earth", place, scale(-1.0, velocity), 1_000.0))
    assert out.perigee_time - 1_000.0 == pytest.approx(-(AIM.perigee_time - AIM.entry_time))


def test_what_passes_above_the_interface_has_no_entry() -> None:
    high = Encounter(ASYMPTOTE, scale(1.5, AIM.b_vector), ENTRY_RADIUS + 1.0, 77.0)
    assert high.entry_angle is None and high.entry is None and high.entry_time == 77.0
    at = Encounter(ASYMPTOTE, AIM.b_vector, ENTRY_RADIUS, 77.0)
    assert at.entry_angle is not None
    with pytest.raises(ValueError, match="passes above the entry interface"):
        at_entry(ASYMPTOTE, scale(1.5, AIM.b_vector))
    with pytest.raises(ArithmeticError, match="closed"):
        encounter(Path("earth", (7.0e6, 0.0, 0.0), (0.0, 7_500.0, 0.0), 0.0))


def test_the_time_on_a_hyperbola() -> None:
    assert time_from_radius(5_400.0, 6.0e6, 6.0e6) == 0.0
    assert time_from_radius(5_400.0, 6.0e6, 9.0e8) == pytest.approx(157_688.0688819)
    assert time_from_radius(5_400.0, 6.0e6, 5.9e6) == 0.0


def test_where_an_escape_leads() -> None:
    place, velocity = at_entry(ASYMPTOTE, AIM.b_vector)
    # Backwards in time the way out is the way in.
    back = outgoing_asymptote(place, scale(-1.0, velocity), MU)
    assert back is not None and back == pytest.approx(scale(-1.0, ASYMPTOTE))
    assert outgoing_asymptote((7.0e6, 0.0, 0.0), (0.0, 7_500.0, 0.0), MU) is None
    parabola = math.sqrt(2.0 * MU / 7.0e6)
    assert outgoing_asymptote((7.0e6, 0.0, 0.0), (0.0, parabola * 0.9999, 0.0), MU) is None


# ------------------------------------------------------------------- prediction


def test_a_path_is_flown_to_the_earth() -> None:
    seen = predict(PATH, DYNAMICS)
    assert seen is not None
    assert seen.b_vector == pytest.approx((86_614.167, -10_633_312.757, 7_992_319.369), abs=5.0)
    assert seen.perigee_time == pytest.approx(266_057.4225, abs=0.01)
    assert seen.asymptote == pytest.approx((4_055.01239, 2_228.62694, 2_921.11271), abs=1e-4)
    assert seen.entry_angle is not None
    assert math.degrees(seen.entry_angle) == pytest.approx(-25.000614, abs=1e-4)


def test_a_push_that_is_still_to_come_counts_from_its_time_on() -> None:
    plain = predict(PATH, DYNAMICS)
    push = Kick(PATH.time + DAY, (0.01, 0.0, 0.0))
    later = predict(PATH, DYNAMICS, push)
    assert plain is not None and later is not None
    change = later.b_vector[1] - plain.b_vector[1]
    # 1 cm/s over the four days that are left are some kilometres.
    assert 500.0 < norm(tuple(a - b for a, b in zip(later.b_vector, plain.b_vector, strict=True))) < 4_000.0  # type: ignore[arg-type]  # noqa: E501  # fmt: skip
    sooner = predict(PATH, DYNAMICS, replace(push, time=PATH.time + 1.0))
    assert sooner is not None
    assert (sooner.b_vector[1] - plain.b_vector[1]) / change == pytest.approx(5.0 / 4.0, rel=0.03)
    # One whose time has passed is given already.
    assert predict(PATH, DYNAMICS, replace(push, time=PATH.time)) == plain
    light = predict(PATH, DYNAMICS, replace(push, delta_v=(0.0, 0.0, 0.0), light_pressure=1e-3))
    assert light is not None and light.b_vector != plain.b_vector


def test_steps_end_where_they_are_told_to() -> None:
    short = stepped(PATH, PATH.time + 10.0, DYNAMICS)
    assert short.time == PATH.time + 10.0 and short.centre == "earth"
    assert short.position[0] - PATH.position[0] == pytest.approx(10.0 * PATH.velocity[0], rel=1e-6)
    assert kicked(PATH, (1.0, 2.0, 3.0)).velocity == pytest.approx(
        tuple(v + c for v, c in zip(PATH.velocity, (1.0, 2.0, 3.0), strict=True))
    )
    assert DYNAMICS.jd(DAY) == julian_date(2031, 9, 21)


# ------------------------------------------------------------------------- aims


def test_the_aim_in_figures() -> None:
    assert AIM.b_vector == pytest.approx((86_640.2808, -10_633_454.683, 7_992_328.495), abs=1.0)
    assert AIM.entry_time == pytest.approx(265_711.852, abs=1e-2)
    assert AIM.perigee_time == pytest.approx(266_057.435, abs=1e-2)
    assert AIM.entry_direction == pytest.approx((0.65353986, 0.7315114, 0.19436232), abs=1e-6)
    landed = touchdown(ASYMPTOTE, AIM.b_vector, AIM.entry_time, 1_300.0, CAPSULE, DYNAMICS)
    east, north = offset(SITE, landed)
    assert math.hypot(east, north) < 20.0
    assert landed.seconds == pytest.approx(363.3977, abs=1e-2)


def test_metres_off_the_site() -> None:
    landed = touchdown(ASYMPTOTE, AIM.b_vector, AIM.entry_time, 1_300.0, CAPSULE, DYNAMICS)
    north = replace(landed, latitude=SITE.latitude + 1e-4, longitude=SITE.longitude + math.tau)
    assert offset(SITE, north) == pytest.approx((0.0, 637.04), abs=0.3)
    east = replace(landed, latitude=SITE.latitude, longitude=SITE.longitude + 1e-4)
    assert offset(SITE, east) == pytest.approx((486.57, 0.0), abs=0.3)


def test_past_the_earth_it_is_aimed_outwards() -> None:
    past = aim_past(AIM, norm(ASYMPTOTE), 7.878e6)
    assert unit(past.b_vector) == pytest.approx(unit(AIM.b_vector))
    assert norm(past.b_vector) == pytest.approx(16_486_574.0, rel=1e-5)
    assert (past.perigee_time, past.entry_time) == (AIM.perigee_time, AIM.entry_time)
    assert past.entry_direction == AIM.entry_direction
    speed = norm(ASYMPTOTE)
    # Angular momentum at a perigee of that radius.
    at_perigee = math.sqrt(speed**2 + 2.0 * MU / 7.878e6)
    assert norm(past.b_vector) * speed == pytest.approx(7.878e6 * at_perigee)


def test_a_correction_takes_off_what_was_put_on() -> None:
    change, seen = correction(kicked(PATH, (0.05, -0.03, 0.02)), AIM, DYNAMICS)
    assert change == pytest.approx((-0.04993, 0.02969, -0.01997), abs=2e-4)
    assert seen.b_vector == pytest.approx(AIM.b_vector, abs=60.0)
    assert seen.perigee_time == pytest.approx(AIM.perigee_time, abs=0.02)
    with pytest.raises(ArithmeticError, match="Earth is missed"):
        away = Path("sun", (2.0e11, 0.0, 0.0), (0.0, 20_000.0, 0.0), 0.0)
        correction(away, AIM, DYNAMICS)


# -------------------------------------------------------------------- touchdown

ERRORS = DeliveryErrors(500.0, 0.001, 0.03, 0.005, 0.05, 7.0)
RELEASE = release_of(PARAMETERS, AIM.entry_time, AIM.entry_direction)


def test_the_release_is_three_days_before_along_the_entry() -> None:
    assert RELEASE.time == AIM.entry_time - 3.0 * DAY
    assert RELEASE.delta_v == pytest.approx(scale(0.3, AIM.entry_direction))
    assert RELEASE.light_pressure == 1.33e-5


def test_the_predicted_touchdown_in_figures() -> None:
    found = predict_landing(PATH, RELEASE, SITE, CAPSULE, ERRORS, DYNAMICS)
    assert (found.east, found.north) == pytest.approx((-41_860.5, -37_112.2), abs=20.0)
    assert found.long_semi_axis == pytest.approx(9_723.87, rel=1e-3)
    assert found.short_semi_axis == pytest.approx(7_320.36, rel=1e-3)
    assert found.azimuth == pytest.approx(0.79585, abs=2e-3)
    assert math.degrees(found.angle) == pytest.approx(-25.3417, abs=1e-3)
    assert math.degrees(found.angle_sigma) == pytest.approx(0.012243, rel=1e-3)
    assert found.entry_time == pytest.approx(265_693.678, abs=0.05)
    assert found.heading == pytest.approx(0.834405, abs=1e-4)
    assert found.miss == pytest.approx(math.hypot(found.east, found.north))
    assert found.reach == pytest.approx(found.miss + found.long_semi_axis)


def ellipse(**only: float) -> tuple[float, float, float]:
    none = DeliveryErrors(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    found = predict_landing(PATH, RELEASE, SITE, CAPSULE, replace(none, **only), DYNAMICS)
    return found.long_semi_axis, found.short_semi_axis, math.degrees(found.angle_sigma)


def test_each_error_makes_its_part_of_the_ellipse() -> None:
    stretch = math.sqrt(-2.0 * math.log(0.01))
    assert ellipse() == pytest.approx((0.0, 0.0, 0.0), abs=1e-6)
    wind = ellipse(wind=7.0)
    # The capsule falls with the wind for minutes: both ways the same, and no other angle.
    assert wind[0] == pytest.approx(wind[1], rel=0.02) and wind[2] == 0.0
    assert wind[0] == pytest.approx(stretch * 7.0 * 342.6, rel=1e-3)  # m/s for so many seconds
    density = ellipse(density=0.05)
    assert density[2] == 0.0 and density[0] > 1_000.0 and density[1] < 0.05 * density[0]
    for name, size in (("position", 500.0), ("velocity", 0.001), ("springs", 0.03),
                       ("tip_off", 0.005)):  # fmt: skip
        long, short, angle = ellipse(**{name: size})
        assert long > 0.0 and angle > 0.0
        twice = ellipse(**{name: 2.0 * size})
        assert twice[0] == pytest.approx(2.0 * long, rel=0.02)
        assert twice[2] == pytest.approx(2.0 * angle, rel=0.02)
        assert short <= long
    no_push = predict_landing(PATH, None, SITE, CAPSULE, ERRORS, DYNAMICS)
    assert no_push.long_semi_axis < 9_723.0


def test_a_capsule_that_passes_by_does_not_land() -> None:
    high = kicked(PATH, (0.0, -20.0, 15.0))
    with pytest.raises(ValueError, match="pass by the Earth"):
        predict_landing(high, None, SITE, CAPSULE, ERRORS, DYNAMICS)


GOOD = Landing(0.7, -1.9, 0.0, 0.0, 10_000.0, 5_000.0, 0.8, math.radians(-25.0), 0.0, 0.8, 1.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, []),
        ({"angle": math.radians(-25.499)}, []),
        ({"angle": math.radians(-25.501)}, ["entry angle"]),
        ({"angle": math.radians(-24.499)}, ["entry angle"]),
        ({"angle_sigma": math.radians(0.1666)}, []),
        ({"angle_sigma": math.radians(0.1667)}, ["entry angle"]),
        ({"long_semi_axis": 29_000.0}, []),
        ({"long_semi_axis": 29_000.1}, ["29.0 km from its centre"]),
        ({"east": 30_000.0}, []),
        ({"north": -30_000.1}, ["40.0 km from the site"]),
        ({"east": 20_000.0, "long_semi_axis": 30_000.0},
         ["30.0 km from its centre", "50.0 km from the site"]),
    ],
)  # fmt: skip
def test_what_stands_against_a_release(change: dict[str, Any], words: list[str]) -> None:
    found = reasons_against(replace(GOOD, **change), PARAMETERS)
    assert len(found) == len(words)
    for reason, word in zip(found, words, strict=True):
        assert word in reason


def test_what_the_parameters_state() -> None:
    assert site_of(PARAMETERS) == SITE
    assert capsule_of(PARAMETERS) == CAPSULE
    assert errors_of(PARAMETERS, 500.0, 0.001) == DeliveryErrors(
        500.0, 0.001, 0.03, 0.005, 0.05, 7.0
    )
    assert isinstance(AIM, Aim)
