"""Pictures from orbit: not at once, not of who flies, and of where somebody stands now."""

import math
from typing import Any

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.icd.devices.base import DeviceFault, DeviceRejected
from sim_hw.devices.orbital_imagery import ImageryParameters, SimOrbitalImagery
from sim_hw.world.spacecraft import orbiting
from sim_hw.world.tubes import TubeRegistry
from sim_hw.world.world import World


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def imagery(clock: list[float]) -> SimOrbitalImagery:
    world = World(1, 2461990.0, TubeRegistry((), {}), clock=lambda: clock[0])
    world.place("lander", 100.0, 50.0)
    return SimOrbitalImagery(world, ImageryParameters(error=0.5, soonest=1.0, latest=4.0))


async def picture(imagery: SimOrbitalImagery, clock: list[float]) -> Any:
    with pytest.raises(DeviceFault, match="no picture yet"):
        await imagery.find("lander")
    clock[0] += 4.0 * SOL_SECONDS
    return await imagery.find("lander")


async def test_the_place_is_known_after_some_sols_to_what_a_picture_shows(
    imagery: SimOrbitalImagery, clock: list[float]
) -> None:
    fix = await picture(imagery, clock)
    assert 0.0 < math.dist((fix.east, fix.north), (100.0, 50.0)) < 2.5
    assert await imagery.find("lander") == fix  # a second question has no other answer


async def test_who_has_moved_needs_a_new_picture(
    imagery: SimOrbitalImagery, clock: list[float]
) -> None:
    await picture(imagery, clock)
    imagery.world.bodies["lander"].east += 20.0
    fix = await picture(imagery, clock)
    assert fix.east == pytest.approx(120.0, abs=2.5)


async def test_who_flies_is_on_no_picture(imagery: SimOrbitalImagery) -> None:
    world = imagery.world
    world.space.add(orbiting("lander", world.now, (3.6e6, 0.0, 0.0), (0.0, 3400.0, 0.0)))
    with pytest.raises(DeviceFault, match="not on the ground"):
        await imagery.find("lander")
    with pytest.raises(DeviceRejected, match="allowed is one of lander"):
        await imagery.find("rover")
