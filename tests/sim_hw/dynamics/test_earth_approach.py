"""An approach ends on its spot, and the capsule that was let go flies it, looked at or not."""

import asyncio
import math

import pytest

from flight.astrodynamics.interplanetary import Pull, coast
from flight.astrodynamics.time_scales import julian_date, tt_from_utc
from flight.astrodynamics.vectors import norm, transform, transpose
from flight.runtime.loop import VirtualLoop, run
from sim_hw.dynamics.capsule_flight import CapsuleFlight
from sim_hw.dynamics.earth_approach import plan_approach
from sim_hw.dynamics.earth_entry import UTAH_RANGE, Site, fly
from sim_hw.dynamics.entry_capsule import EARTH_ENTRY_SYSTEM
from sim_hw.world.earth_atmosphere import EarthAtmosphere
from sim_hw.world.spacecraft import Spacecraft
from sim_hw.world.tubes import SampleKind, SampleTube, TubeRegistry, TubeState
from sim_hw.world.world import World

V_INFINITY = (4_055.0, 2_228.6, 2_921.1)
DATE = julian_date(2031, 9, 23)
DAY = 86_400.0


@pytest.fixture(scope="module")
def approach():
    return plan_approach(V_INFINITY, DATE, math.radians(-20.0))


def test_it_ends_on_the_range_within_half_a_day(approach):
    flown = fly(
        EARTH_ENTRY_SYSTEM,
        approach.entry,
        ground_height=UTAH_RANGE.height,
        prime_meridian=approach.axes.prime_meridian,
    )
    assert flown.latitude == pytest.approx(UTAH_RANGE.latitude, abs=3e-6)
    assert flown.east_longitude == pytest.approx(UTAH_RANGE.east_longitude, abs=3e-6)
    assert abs(approach.axes.jd_utc - DATE) <= 0.5
    assert norm(approach.entry[3:]) == pytest.approx(12_350.0, abs=10.0)


def test_another_site_is_met_too():
    desert = Site(math.radians(-20.0), math.radians(136.0), 150.0)
    approach = plan_approach(V_INFINITY, DATE, math.radians(-12.0), desert)
    assert approach.flown.latitude == pytest.approx(desert.latitude, abs=3e-6)


def test_what_cannot_be_met_is_a_sentence():
    with pytest.raises(ValueError, match="skips out"):
        plan_approach(V_INFINITY, DATE, math.radians(-4.0))
    with pytest.raises(ValueError, match="cannot be reached"):
        plan_approach((0.0, 0.0, 6_000.0), DATE, math.radians(-30.0), Site(-1.4, 0.0, 0.0))


def world_with_a_capsule() -> tuple[World, CapsuleFlight]:
    tube = SampleTube(id="M2020-00500-00", name="a", kind=SampleKind.IGNEOUS_CORE, content="")
    registry = TubeRegistry([tube], {tube.id: TubeState("entry_capsule", 0)})
    world = World(1, DATE, registry)
    return world, CapsuleFlight(world, EARTH_ENTRY_SYSTEM, EarthAtmosphere(), 1_300.0, 0.1)


def test_let_go_days_before_it_lands_where_the_plan_says(approach):
    async def main() -> None:
        _, flight = world_with_a_capsule()
        await asyncio.sleep(1_000.0)
        flight.release(approach.before(2.0 * DAY), approach.axes_before(2.0 * DAY))
        await asyncio.sleep(2.0 * DAY + 60.0)
        assert not flight.landed and flight.felt() > 5.0
        await asyncio.sleep(600.0)
        assert flight.landed and flight.felt() == pytest.approx(9.81, abs=0.01)
        assert flight.landed_at == pytest.approx(
            1_000.0 + 2.0 * DAY + approach.flown.duration, abs=0.1
        )
        assert flight.touchdown == pytest.approx(
            (UTAH_RANGE.latitude, UTAH_RANGE.east_longitude), abs=2e-5
        )
        assert flight.heated == pytest.approx(approach.flown.heat_load, rel=0.02)
        assert flight.touchdown_speed == pytest.approx(approach.flown.touchdown_speed, abs=0.01)
        assert flight.peak_load == pytest.approx(flight.touchdown_speed**2 / 0.2)

    run(main(), VirtualLoop())


def test_it_lands_with_its_tubes_though_nobody_looks(approach):
    async def main() -> None:
        world, flight = world_with_a_capsule()
        flight.release(approach.before(DAY), approach.axes_before(DAY))
        await asyncio.sleep(DAY)
        assert world.tubes.at("entry_capsule")
        await asyncio.sleep(3_600.0)
        assert world.tubes.at("earth") == world.tubes.tube_ids

    run(main(), VirtualLoop())


def test_a_spacecraft_that_brings_it_is_found_and_hands_over_at_the_entry(approach):
    async def main() -> None:
        world, flight = world_with_a_capsule()
        hours = 12.0 * 3_600.0
        # The world's clock runs in TT, the plan's in UTC: 69 s of the Earth's turning apart.
        world.epoch_jd_tt = tt_from_utc(approach.axes.jd_utc) - (1_000.0 + hours) / DAY
        to_icrf = transpose(approach.axes.from_icrf)
        position = transform(to_icrf, approach.entry[:3])
        velocity = transform(to_icrf, approach.entry[3:])
        for number in range(72):  # back under all that pulls, ten minutes a step
            jd = tt_from_utc(approach.axes.jd_utc) - number * 600.0 / DAY
            position, velocity = coast("earth", position, velocity, jd, -600.0, Pull())
        state = (*position, *velocity)
        await asyncio.sleep(1_000.0)
        assert not flight.released
        world.space.add(Spacecraft("entry_capsule", world.now, world.epoch_jd_tt, state, "earth"))
        await asyncio.sleep(100.0)
        assert flight.released and flight.released_at == pytest.approx(1_000.0)
        await asyncio.sleep(hours - 1_000.0)
        assert flight.felt() == 0.0 and not flight.landed
        await asyncio.sleep(3_600.0 * 2.0)
        assert world.tubes.at("earth") == world.tubes.tube_ids
        assert flight.landed_at == pytest.approx(1_000.0 + hours + approach.flown.duration, abs=1.0)
        # Without J2 on the way the conic ends some km beside the plan.
        assert flight.touchdown == pytest.approx(
            (UTAH_RANGE.latitude, UTAH_RANGE.east_longitude), abs=2e-3
        )
        with pytest.raises(ValueError, match="already"):
            flight.follow(Spacecraft("b", world.now, world.epoch_jd_tt, state, "earth"))

    run(main(), VirtualLoop())


def test_it_is_let_go_once_and_towards_the_earth(approach):
    async def main() -> None:
        _, flight = world_with_a_capsule()
        x, y, z, vx, vy, vz = approach.before(DAY)
        with pytest.raises(ValueError, match="not approach"):
            flight.release((x, y, z, -vx, -vy, -vz), approach.axes)
        assert not flight.released
        flight.release((x, y, z, vx, vy, vz), approach.axes_before(DAY))
        with pytest.raises(ValueError, match="already"):
            flight.release((x, y, z, vx, vy, vz), approach.axes_before(DAY))

    run(main(), VirtualLoop())
