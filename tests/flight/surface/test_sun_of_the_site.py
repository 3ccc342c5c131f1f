"""Each vehicle that goes by the Sun sees it where the sky has it, to a hundredth of a degree."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.arm.node import Arm
from flight.arm.work_time import is_day
from flight.astrodynamics.ellipsoids import MARS_IAU
from flight.lander.node import Lander
from flight.lander.rhythm import Rhythm
from flight.perseverance.node import Perseverance
from flight.rover.node import FetchRover
from flight.surface.energy import EnergyParameters
from flight.surface.sol_budget import SolBudget
from ground.missions.vehicle_files import load_vehicle_file
from sim_hw.assembly import arm, lander, perseverance, rover
from sim_hw.links.earth_link import EarthLink
from sim_hw.world.tubes import TubeRegistry
from sim_hw.world.world import World

SITE_LATITUDE_DEGREES = 18.45263

EPOCH = 2462300.25
HOURS = (0.0, 3.0, 7.5, 16.0)
CLOSE = 0.01  # degrees; a latitude at the centre of Mars is 0.2 off


def sky(seconds: float) -> tuple[float, float]:
    """The Julian date (TT) and the Sun's true elevation in degrees."""
    world = World(1, EPOCH, TubeRegistry([], {}))
    return EPOCH + seconds / 86400.0, math.degrees(world.sky_at(seconds).sun_elevation)


def test_the_vertical_of_the_site_is_a_fifth_of_a_degree_off_its_latitude() -> None:
    # tan(graphic) = tan(centric) / (1 - f)^2, with f of the IAU's Mars: 1/169.9
    ratio = (3396.19 / 3376.20) ** 2
    expected = math.degrees(math.atan(math.tan(math.radians(18.45263)) * ratio))
    assert MARS_IAU.planetographic(18.45263) == pytest.approx(expected, abs=1e-12)
    assert expected == pytest.approx(18.6561, abs=1e-3)
    assert MARS_IAU.planetographic(0.0) == 0.0
    assert MARS_IAU.planetographic(-18.45263) == pytest.approx(-expected)


@pytest.mark.parametrize("hours", HOURS)
def test_the_lander_sees_the_sun_where_it_is(hours: float) -> None:
    file = load_vehicle_file(Lander, lander.HARDWARE)
    jd_tt, elevation = sky(hours * 3600.0)
    assert Rhythm.of(file.flight).sun_elevation(jd_tt) == pytest.approx(elevation, abs=CLOSE)


@pytest.mark.parametrize("hours", HOURS)
@pytest.mark.parametrize("kind", [FetchRover, Perseverance])
def test_the_rovers_see_the_sun_where_it_is(kind: Any, hours: float) -> None:
    hardware: Any = rover.HARDWARE if kind is FetchRover else perseverance.HARDWARE
    file = load_vehicle_file(kind, hardware)
    energy = EnergyParameters(
        **{name: 1.0 for name in EnergyParameters.__dataclass_fields__}  # not for the Sun
    )
    vehicle: Any = SimpleNamespace(parameters=file.flight)
    jd_tt, elevation = sky(hours * 3600.0)
    budget = SolBudget(vehicle, energy)
    assert budget.planner.elevation(jd_tt) == pytest.approx(elevation, abs=CLOSE)


@pytest.mark.parametrize("hours", HOURS)
def test_the_arm_works_by_the_sun_where_it_is(hours: float) -> None:
    file = load_vehicle_file(Arm, arm.HARDWARE)
    jd_tt, elevation = sky(hours * 3600.0)
    for off, day in ((-CLOSE, True), (CLOSE, False)):
        node: Any = SimpleNamespace(
            parameters={**file.flight, "lowest_sun": elevation + off},
            clock=SimpleNamespace(jd_tt=lambda: jd_tt),
        )
        assert is_day(node) is day


def test_the_direct_link_is_cut_by_the_horizon_of_the_site() -> None:
    other: Any = SimpleNamespace()
    link = EarthLink(other, other, other)
    assert math.degrees(link._latitude) == MARS_IAU.planetographic(SITE_LATITUDE_DEGREES)
