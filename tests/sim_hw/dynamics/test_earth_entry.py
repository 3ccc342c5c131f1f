"""A capsule enters at the Earth: Allen and Eggers, terminal fall, corridor, ellipse."""

import math
from dataclasses import dataclass, replace

import pytest

from flight.astrodynamics.ellipsoids import Ellipsoid
from flight.astrodynamics.gravity import EARTH, CentralBody
from sim_hw.dynamics.earth_entry import EARTH_SURFACE, UTAH_RANGE, entry_state, fly
from sim_hw.dynamics.entry_capsule import (
    EARTH_ENTRY_SYSTEM,
    LEGACY_VEHICLE,
    Capsule,
    convective_heating,
    radiative_heating,
)
from sim_hw.dynamics.entry_corridor import EntryLimits, entry_corridor
from sim_hw.dynamics.planet import Planet
from sim_hw.dynamics.touchdown import EntryDispersions, touchdown_ellipse
from sim_hw.world.atmosphere import Air
from sim_hw.world.earth_atmosphere import standard_air

SPEED = 12_350.0


def steep(angle_degrees=-25.0, speed=SPEED):
    return entry_state(
        speed, math.radians(angle_degrees), math.radians(40.2), 0.0, math.radians(90.0)
    )


@dataclass(frozen=True)
class ExponentialAir:
    """Air of one scale height; so cold that all of the flight is hypersonic."""

    scale_height: float = 7_000.0

    def at(self, height):
        density = 1.2 * math.exp(-height / self.scale_height)
        return Air(density, 1.0, 1.0, 1.0, 0.0, 0.0, 0.029)


def test_the_peak_load_is_that_of_allen_and_eggers():
    # NACA report 1381: v^2 sin(angle) / (2 e H), on a flat planet without gravity and rotation.
    radius, height, angle = 1.0e10, 125_000.0, math.radians(-30.0)
    nearly_flat = CentralBody("flat", 1.0, radius, 0.0, 0.0)
    planet = Planet(nearly_flat, Ellipsoid(radius, radius), with_j2=False)
    motion = (SPEED * math.sin(angle), SPEED * math.cos(angle), 0.0)
    state = (radius + height, 0.0, 0.0, *motion)
    flown = fly(EARTH_ENTRY_SYSTEM, state, ExponentialAir(), 30_000.0, planet=planet, step=0.02)
    expected = SPEED**2 * math.sin(-angle) / (2.0 * math.e * 7_000.0) / 9.80665
    assert flown.peak_load == pytest.approx(expected, rel=2e-3)


def test_it_lands_at_the_speed_at_which_drag_is_weight():
    flown = fly(EARTH_ENTRY_SYSTEM, steep(), ground_height=1_300.0)
    air = standard_air(1_300.0)
    weight = EARTH_ENTRY_SYSTEM.mass * 9.80
    terminal = math.sqrt(2.0 * weight / (air.density * EARTH_ENTRY_SYSTEM.area * 0.80))
    assert flown.outcome == "ground"
    assert flown.touchdown_speed == pytest.approx(terminal, rel=0.01)


def test_the_step_does_not_matter():
    coarse, fine = (fly(EARTH_ENTRY_SYSTEM, steep(), step=step) for step in (0.25, 0.05))
    assert coarse.duration == pytest.approx(fine.duration, abs=0.01)
    assert coarse.peak_load == pytest.approx(fine.peak_load, rel=2e-3)
    assert coarse.heat_load == pytest.approx(fine.heat_load, rel=2e-3)
    assert coarse.east_longitude == pytest.approx(fine.east_longitude, abs=1e-7)


def test_steeper_is_harder_and_hotter_but_gathers_less_heat():
    flat, middle, hard = (fly(EARTH_ENTRY_SYSTEM, steep(angle)) for angle in (-9.0, -15.0, -30.0))
    assert flat.peak_load < middle.peak_load < hard.peak_load
    assert flat.peak_heating < middle.peak_heating < hard.peak_heating
    assert flat.heat_load > middle.heat_load > hard.heat_load
    assert flat.duration > middle.duration > hard.duration
    assert middle.peak_heating_time < middle.peak_load_time


def test_too_flat_it_leaves_the_air_again():
    flown = fly(EARTH_ENTRY_SYSTEM, steep(-4.0))
    assert flown.outcome == "skipped"
    assert flown.touchdown_speed > 10_000.0


def test_with_the_turning_earth_the_air_is_slower():
    east, west = (
        fly(EARTH_ENTRY_SYSTEM, entry_state(SPEED, math.radians(-20.0), 0.0, 0.0, heading))
        for heading in (0.5 * math.pi, 1.5 * math.pi)
    )
    # Allen and Eggers: the load goes with the speed times its vertical part, which stays.
    down, level = SPEED * math.sin(math.radians(20.0)), SPEED * math.cos(math.radians(20.0))
    turning = EARTH.rotation_rate * 6_450_000.0
    ratio = math.hypot(level + turning, down) / math.hypot(level - turning, down)
    assert west.peak_load / east.peak_load == pytest.approx(ratio, rel=0.01)


def test_what_does_not_come_down_is_refused():
    with pytest.raises(ValueError, match="not coming down"):
        fly(EARTH_ENTRY_SYSTEM, steep(+5.0))


@pytest.mark.parametrize(
    "wrong",
    [{"mass": -1.0}, {"diameter": 0.0}, {"nose_radius": 2.0}, {"half_angle_degrees": 10.0}],
)
def test_a_capsule_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=r"capsule|allowed"):
        replace(EARTH_ENTRY_SYSTEM, **wrong)


def test_drag_by_mach_and_density():
    slow, sonic, fast = (EARTH_ENTRY_SYSTEM.drag_coefficient(m, 0.0) for m in (0.2, 1.0, 25.0))
    assert slow == pytest.approx(0.80)
    assert slow < sonic < fast
    assert fast == pytest.approx(1.46, abs=0.01)  # Newton's flow over a cone of 60 degrees
    assert EARTH_ENTRY_SYSTEM.drag_coefficient(25.0, 100.0) == pytest.approx(2.1)
    blunter = Capsule(1.25, 85.0, 0.3125, 70.0)
    assert blunter.drag_coefficient(25.0, 0.0) > fast
    assert EARTH_ENTRY_SYSTEM.ballistic_coefficient == pytest.approx(
        LEGACY_VEHICLE.ballistic_coefficient, rel=0.01
    )


def test_heating_scales_as_its_formulas_say():
    convective = convective_heating(3.0e-4, 11_000.0, 0.3)
    assert convective == pytest.approx(1.7415e-4 * math.sqrt(1.0e-3) * 11_000.0**3)
    assert convective_heating(3.0e-4, 11_000.0, 1.2) == pytest.approx(0.5 * convective)
    assert radiative_heating(3.0e-4, 8_999.0, 0.3) == 0.0
    exponent = min(1.072e6 * 11_000.0**-1.88 * 3.0e-4**-0.325, 1.0)
    expected = 4.736e8 * 0.3**exponent * 3.0e-4**1.22 * 151.0
    assert radiative_heating(3.0e-4, 11_000.0, 0.3) == pytest.approx(expected)
    assert radiative_heating(3.0e-4, 11_250.0, 0.3) > radiative_heating(3.0e-4, 11_000.0, 0.3)


def test_the_corridor_keeps_all_limits_and_its_ends_are_at_them():
    limits = EntryLimits(load=150.0, heating=2.0e7, heat_load=1.4e8)
    corridor = entry_corridor(EARTH_ENTRY_SYSTEM, SPEED, limits)
    steepest, flattest = (
        fly(EARTH_ENTRY_SYSTEM, entry_state(SPEED, angle, math.radians(40.0), 0.0, 0.5 * math.pi))
        for angle in (corridor.steepest, corridor.shallowest)
    )
    assert (corridor.steep_limit, corridor.shallow_limit) == ("load", "heat load")
    assert steepest.peak_load == pytest.approx(150.0, rel=0.02)
    assert flattest.heat_load == pytest.approx(1.4e8, rel=0.02)
    assert corridor.width > math.radians(10.0)


def test_without_an_angle_within_the_limits_there_is_no_corridor():
    with pytest.raises(ValueError, match="no corridor"):
        entry_corridor(EARTH_ENTRY_SYSTEM, SPEED, EntryLimits(load=20.0))
    with pytest.raises(ValueError, match="more heat"):
        entry_corridor(EARTH_ENTRY_SYSTEM, SPEED, EntryLimits(heat_load=1.0e6))
    with pytest.raises(ValueError, match="positive"):
        EntryLimits(load=-1.0)


def test_an_ellipse_repeats_and_holds_most_of_its_points():
    draw = {"ground_height": UTAH_RANGE.height, "seed": 4}
    first = touchdown_ellipse(10, EARTH_ENTRY_SYSTEM, steep(), **draw)
    assert first == touchdown_ellipse(10, EARTH_ENTRY_SYSTEM, steep(), processes=2, **draw)
    assert first.lost == 0 and len(first.points) == 10
    assert sum(first.inside(*point) for point in first.points) >= 9
    assert 1_000.0 < first.short_semi_axis <= first.long_semi_axis < 30_000.0


def test_without_wind_the_ellipse_lies_along_the_flight():
    still = EntryDispersions(cross_track=200.0, along_track=3_000.0, drag=0.05, weather=False)
    ellipse = touchdown_ellipse(8, EARTH_ENTRY_SYSTEM, steep(-12.0), dispersions=still)
    # Due east at 40 degrees north, bent to the south by the curve of the great circle.
    assert math.degrees(ellipse.azimuth) == pytest.approx(94.0, abs=5.0)
    assert ellipse.long_semi_axis > 5.0 * ellipse.short_semi_axis


def test_an_ellipse_needs_landings():
    with pytest.raises(ValueError, match="only 0 of 3"):
        touchdown_ellipse(3, EARTH_ENTRY_SYSTEM, steep(-3.5))


def test_the_planet_is_the_earth():
    assert EARTH_SURFACE.height((6_378_137.0, 0.0, 0.0)) == pytest.approx(0.0)
