"""Whoever dies, whenever: the mission goes on, custody holds, and each command ends once."""

from pathlib import Path

import pytest

from ground.testbed.kill_sweep import chosen, instants, sweep
from ground.testbed.kills import Kill
from ground.testbed.mission import load_mission
from ground.testbed.mission_run import RunOptions, fly_mission
from ground.testbed.run_check import run_complaints

pytestmark = pytest.mark.mission

SPREAD = 6
# Role, and hour of mission time; `surface` takes some 250 hours.
DEATHS = (
    ("ground", 20), ("lander", 40), ("rover", 60), ("ground", 100), ("perseverance", 130),
    ("arm", 200), ("ground", 215), ("mav", 225), ("lander", 226), ("rover", 230), ("arm", 230.1),
)  # fmt: skip


def test_one_death_at_an_instant_of_change_does_no_harm(tmp_path: Path) -> None:
    mission = load_mission("surface")
    kills = chosen(instants(mission, tmp_path / "undisturbed", RunOptions()), SPREAD, seed=1)
    assert {kill.role for kill in kills} >= {"lander", "rover", "arm", "mav"}
    assert sweep(mission, tmp_path, kills, RunOptions()).complaints == {}


def test_the_ground_and_all_others_may_die_in_one_run(tmp_path: Path) -> None:
    kills = tuple(Kill(role, 3600.0 * hour) for role, hour in DEATHS)
    facts = fly_mission(load_mission("surface"), tmp_path / "run", RunOptions(kills=kills))
    assert len(facts.kills) == len(DEATHS)
    assert run_complaints(tmp_path / "run") == []
