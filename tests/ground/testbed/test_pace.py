"""How fast a paced run may go, and how the pace is kept."""

import itertools
import json
import math
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ground.testbed.pace import (
    BURNING,
    CAPTURING,
    CLOSE,
    COASTING_TO_MARS,
    COASTING_UP,
    COUNTING,
    ENTERING,
    FALLING_TO_EARTH,
    LANDING,
    NEAR,
    SIGHTING,
    STARTING,
    WORKING_ON_MARS,
    UnderWay,
    pace_limit,
)
from ground.testbed.pace_keeper import PaceKeeper

READ = {"mav.inertial_unit": 0.02}


@pytest.mark.parametrize(
    ("now", "limit"),
    [
        (UnderWay(), math.inf),
        (UnderWay(container_on_mars=True), WORKING_ON_MARS),
        (UnderWay(container_on_mars=True, lander_height=1e6), COASTING_TO_MARS),
        (UnderWay(lander_height=1e6), COASTING_TO_MARS),
        (UnderWay(lander_height=1.4e5), ENTERING),
        (UnderWay(lander_height=9e3, lander_in_aeroshell=False), LANDING),
        (UnderWay(asked={"mav.inertial_unit": 599.0}), COUNTING),
        (UnderWay(asked={"mav.inertial_unit": 10.0, "mav.ejector": 10.0}), STARTING),
        (UnderWay(mav_flying=True, mav_steering_fast=True, asked=READ), BURNING),
        (UnderWay(mav_flying=True, asked=READ), COASTING_UP),
        (UnderWay(mav_flying=True, asked={"mav.inertial_unit": 700.0}), math.inf),
        (UnderWay(asked={"orbiter.attitude_control": 60.0}), SIGHTING),
        (UnderWay(container_distance=5e4), NEAR),
        (UnderWay(container_distance=400.0, asked={"orbiter.lidar": 20.0}), CLOSE),
        (UnderWay(asked={"orbiter.lidar": 20.0, "orbiter.capture_cone": 0.2}), CAPTURING),
        (UnderWay(capsule_distance=6.5e6), FALLING_TO_EARTH),
        (UnderWay(lander_height=1e6, mav_flying=True, asked=READ), COASTING_UP),
    ],
)
def test_the_slowest_of_all_that_is_under_way_decides(now: UnderWay, limit: float) -> None:
    assert pace_limit(now)[0] == limit


def test_the_capsule_slows_the_run_down_the_nearer_it_comes() -> None:
    distances = (9e8, 3e8, 1e8, 3e7, 1e7, 6.6e6)
    limits = [pace_limit(UnderWay(capsule_distance=each))[0] for each in distances]
    assert limits == sorted(limits, reverse=True)
    assert limits[0] > 10_000.0


class Clock:
    """Keeps the rate alone."""

    rate = 0.0

    def set_rate(self, rate: float) -> None:
        self.rate = rate


def hardware(bodies: Mapping[str, Any]) -> Any:
    space = SimpleNamespace(bodies=bodies)
    return SimpleNamespace(
        world=SimpleNamespace(now=lambda: 100.0, space=space),
        device=lambda service: None,
        vehicles={},
        released=None,
        lost={},
        on_asked=None,
    )


def keeper(tmp_path: Path, clock: Clock, care: float = 1.0) -> tuple[PaceKeeper, Any]:
    real: Any = clock
    hard = hardware({})
    return PaceKeeper(real, hard, 20_000.0, care, tmp_path / "pace.jsonl"), hard


async def test_the_pace_falls_in_the_moment_in_which_a_device_is_asked(tmp_path: Path) -> None:
    clock = Clock()
    kept, hard = keeper(tmp_path, clock, care=2.0)
    kept.start()
    assert clock.rate == 20_000.0
    hard.on_asked("rover.wheels")
    assert clock.rate == 20_000.0
    hard.on_asked("mav.ejector")
    assert clock.rate == STARTING / 2.0
    lines = (tmp_path / "pace.jsonl").read_text().splitlines()
    assert [json.loads(line)["reason"] for line in lines] == ["quiet", "launch"]


async def test_the_pace_rises_step_by_step(tmp_path: Path) -> None:
    clock = Clock()
    kept, hard = keeper(tmp_path, clock)
    kept.start()
    hard.on_asked("mav.ejector")
    hard.world.now = lambda: 1000.0
    rates = []
    for _ in range(14):
        kept.look()
        rates.append(clock.rate)
    assert rates[0] == 2.0 * STARTING
    assert all(after <= 2.0 * before for before, after in itertools.pairwise(rates))
    assert rates[-1] == 20_000.0
