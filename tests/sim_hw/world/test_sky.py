"""The sky of a world: whoever asks for a part of it is told of the same instant as for all."""

import pytest

from sim_hw.power_and_heat.sky_grid import SkyGrid
from sim_hw.world.dust import global_storm
from sim_hw.world.tubes import TubeRegistry
from sim_hw.world.world import World

SOL = 88_775.0


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(clock: Clock) -> World:
    world = World(3, 2462760.5, TubeRegistry([], {}))
    world.clock = clock
    return world


def test_the_dust_that_is_asked_for_alone_is_that_of_the_sky(world: World, clock: Clock) -> None:
    for seconds in (0.0, 1e4, 1e6, 3e7):
        clock.seconds = seconds
        alone = world.tau()
        assert alone == world.sky().optical_depth == world.sky_at(seconds).optical_depth


def test_both_are_told_of_one_instant_for_half_a_minute(world: World, clock: Clock) -> None:
    clock.seconds = 1000.0
    first = world.tau()
    clock.seconds = 1029.9
    assert world.sky() == world.sky_at(1000.0)
    assert world.tau() == first
    clock.seconds = 1030.0
    assert world.tau() == world.sky_at(1030.0).optical_depth
    assert world.sky() == world.sky_at(1030.0)


def test_a_clock_that_goes_back_is_told_of_its_own_instant(world: World, clock: Clock) -> None:
    clock.seconds = 1000.0
    world.tau()
    clock.seconds = 999.0
    assert world.sky() == world.sky_at(999.0)


def test_a_storm_is_seen_at_once_by_who_asked_a_moment_ago(world: World, clock: Clock) -> None:
    clock.seconds = 10.0 * SOL
    before = world.tau()
    end = world.begin_storm(global_storm(1.0))
    assert world.tau() > before + 5.0
    end()
    assert world.tau() == before


def test_the_grid_does_not_repeat_what_a_change_of_the_weather_made_wrong(
    world: World, clock: Clock
) -> None:
    grid = SkyGrid(world)
    noon = max((10.0 * SOL + 1000.0 * n for n in range(89)), key=lambda t: grid.at(t).light)
    before = grid.at(noon)
    assert grid.at(noon) is before  # one instant is computed once
    assert grid.at(noon + 1.0) != before
    assert grid.at(noon) == before
    world.begin_storm(global_storm(1.0))
    grid.forget_from(noon - 2000.0)
    assert grid.at(noon).light < 0.8 * before.light
