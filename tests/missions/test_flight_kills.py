"""Who dies in flight: where a reboot can be survived the mission goes on; where not, it is told."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.reports.run_check import run_complaints
from ground.testbed.kills import Kill
from ground.testbed.run import Run, RunOptions
from ground.testbed.virtual_host import Virtual

if TYPE_CHECKING:
    from conftest import Fly

pytestmark = pytest.mark.mission

MEMORY = Virtual(in_memory=True)  # a fifth cheaper, and the same messages
ENTERING, ON_ENGINES = 700.0, 950.0  # s of mission time


def begins(folder: Path, vehicle: str, state: str) -> float:
    """When a vehicle came into a state, in seconds of mission time."""
    for line in (folder / "events.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event["source"] == vehicle and event["data"].get("after") == state:
            return float(event["time_ns"]) / 1e9
    raise AssertionError(f"{vehicle} never was in {state}")


@pytest.mark.flies("short")
@pytest.mark.requirement("FLT-01")
def test_a_reboot_in_entry_and_one_in_the_coast_are_survived(flown: "Fly", tmp_path: Path) -> None:
    coast = begins(flown("short").folder, "mav", "launching.coasting") + 60.0
    kills = (Kill("lander", ENTERING), Kill("mav", coast))
    facts = fly_mission(load_mission("short"), tmp_path / "run", RunOptions(kills=kills), MEMORY)
    assert facts.kills == kills
    assert run_complaints(tmp_path / "run") == []


@pytest.mark.requirement("FLT-02")
def test_a_lander_that_dies_on_its_engines_is_a_loss_of_all_that_it_carries(tmp_path: Path) -> None:
    kill = Kill("lander", ON_ENGINES)
    facts = fly_mission(load_mission("short"), tmp_path / "run", RunOptions(kills=(kill,)), MEMORY)
    assert facts.verdict == "failure"
    assert "no lander says that it stands on Mars" in facts.outcome.reason
    assert set(facts.lost) == {"lander", "arm", "mav", "rover"}
    assert facts.violations == []
    assert set(facts.truth.values()) == {"ground"}


@pytest.mark.flies("short")
@pytest.mark.requirement("FLT-03")
def test_a_mav_that_dies_in_its_first_burn_is_lost_and_says_so_of_each_tube(
    flown: "Fly", tmp_path: Path
) -> None:
    burn = begins(flown("short").folder, "mav", "launching.first_burn") + 30.0
    options = RunOptions(kills=(Kill("mav", burn),))
    facts = fly_mission(load_mission("short"), tmp_path / "run", options, MEMORY)
    assert facts.verdict == "failure" and "the vehicle is lost" in facts.outcome.reason
    assert facts.violations == []
    for tube in facts.mission.wanted:
        assert "aboard the MAV when it was lost" in facts.statements[tube].statement


@pytest.mark.check
def test_reboots_in_the_close_approach_and_of_the_falling_capsule_are_survived(
    tmp_path: Path,
) -> None:
    deaths = {"orbiter": "rendezvous.close", "entry": "awake"}

    def let_die(flown: Run) -> None:
        for name, state in list(deaths.items()):
            if flown.node(name).is_in(state):
                del deaths[name]
                flown.let_die(name)

    facts = fly_mission(load_mission("return"), tmp_path / "run", None, MEMORY, let_die)
    assert [kill.role for kill in facts.kills] == ["orbiter", "entry"]
    assert run_complaints(tmp_path / "run") == []
