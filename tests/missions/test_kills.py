"""Whoever dies, whenever: the mission goes on, custody holds, and each command ends once."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.reports.run_check import run_complaints
from ground.studies.kill_sweep import chosen
from ground.testbed.hosts.virtual import Virtual
from ground.testbed.kills import Kill
from ground.testbed.run import RunOptions

if TYPE_CHECKING:
    from conftest import Fly

pytestmark = pytest.mark.mission

SPREAD = 6
# Who dies in which phase of `surface`, and at what part of it.
DEATHS = (
    ("ground", "landing", 0.5), ("lander", "commissioning", 0.2), ("rover", "commissioning", 0.4),
    ("ground", "commissioning", 0.6), ("perseverance", "egress", 0.5), ("rover", "fetch", 0.3),
    ("ground", "fetch", 0.6), ("mav", "preparation", 0.5), ("arm", "loading", 0.4),
    ("rover", "loading", 0.6), ("lander", "sealing", 0.3), ("arm", "sealing", 0.31),
)  # fmt: skip


@pytest.mark.flies("surface")
def test_deaths_at_instants_of_change_do_no_harm(flown: "Fly", tmp_path: Path) -> None:
    """In one flight. `make check` flies once for each of them, test_sweeps."""
    mission, found = load_mission("surface"), list(flown("surface").kills)
    kills = tuple(sorted(chosen(found, SPREAD, seed=1), key=lambda kill: kill.at))
    assert {kill.role for kill in kills} >= {"lander", "rover", "arm", "mav"}
    options = RunOptions(kills=kills)
    facts = fly_mission(mission, tmp_path / "run", options, Virtual(in_memory=True))
    assert facts.kills == kills
    assert run_complaints(tmp_path / "run") == []


@pytest.mark.flies("surface")
def test_the_ground_and_all_others_may_die_in_one_run(flown: "Fly", tmp_path: Path) -> None:
    phases = {phase["name"]: phase for phase in flown("surface").summary["phases"]}
    kills = tuple(
        Kill(role, (1.0 - part) * phases[name]["began"] + part * phases[name]["ended"])
        for role, name, part in DEATHS
    )
    facts = fly_mission(
        load_mission("surface"), tmp_path / "run", RunOptions(kills=kills), Virtual(in_memory=True)
    )
    assert len(facts.kills) == len(DEATHS)
    assert run_complaints(tmp_path / "run") == []
