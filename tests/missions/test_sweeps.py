"""Sweeps over seeds and instants of death: none does harm. One case is in the quick tests."""

import random
from pathlib import Path

import pytest

from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.reports.run_check import run_complaints
from ground.studies.kill_sweep import chosen, instants, sweep
from ground.testbed.hosts.virtual import Virtual
from ground.testbed.run import RunOptions

MEMORY = Virtual(in_memory=True)

pytestmark = [pytest.mark.mission, pytest.mark.check]


@pytest.mark.parametrize("number", range(2))
@pytest.mark.parametrize("mission", ["short", "perseverance_delivers", "rover_arm_loads"])
def test_a_mission_succeeds_whatever_its_seed(
    mission: str, number: int, draw: random.Random, tmp_path: Path
) -> None:
    """`make soak` flies many more."""
    seed = draw.randrange(2**31)
    fly_mission(load_mission(mission), tmp_path / "run", RunOptions(seed=seed), MEMORY)
    again = f"msr fly {mission} --seed {seed}"
    assert (again, run_complaints(tmp_path / "run")) == (again, [])


def test_a_window_that_is_missed_is_waited_for(tmp_path: Path) -> None:
    fly_mission(load_mission("missed_window"), tmp_path / "run", RunOptions(), MEMORY)
    assert run_complaints(tmp_path / "run") == []


def test_no_death_on_the_surface_does_harm(draw: random.Random, tmp_path: Path) -> None:
    mission, options = load_mission("surface"), RunOptions()
    kills = chosen(instants(mission, tmp_path / "first", options), 20, draw.randrange(2**31))
    assert sweep(mission, tmp_path, kills, options).complaints == {}
