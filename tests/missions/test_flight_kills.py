"""Who dies in flight: where a reboot can be survived the mission goes on; where not, it is told."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.reports.run_check import run_complaints
from ground.testbed.hosts.virtual import Virtual
from ground.testbed.kills import Kill
from ground.testbed.run import Run, RunOptions
from sim_hw.faults.fault import Fault, InState, Target
from sim_hw.faults.node_kinds import Crash
from tests.missions.test_watchdog import check_resets, fly, hang, told

if TYPE_CHECKING:
    from conftest import Fly

pytestmark = pytest.mark.mission

MEMORY = Virtual(in_memory=True)  # a fifth cheaper, and the same messages
ON_ENGINES = 950.0  # s of mission time


def dies(state: str, held: float) -> Fault:
    """A computer that dies some time after it has come into a state."""
    target = Target("node", state.partition(".")[0])
    return Fault(id=f"dies {state}", target=target, kind=Crash(), when=InState(state, held))


def begins(folder: Path, vehicle: str, state: str) -> float:
    """When a vehicle came into a state, in seconds of mission time."""
    for line in (folder / "events.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event["source"] == vehicle and event["data"].get("after") == state:
            return float(event["time_ns"]) / 1e9
    raise AssertionError(f"{vehicle} never was in {state}")


@pytest.mark.requirement("FLT-01")
@pytest.mark.requirement("NOD-10")
def test_deaths_in_entry_and_coast_and_computers_that_hang_are_survived(tmp_path: Path) -> None:
    """The lander dies in the entry and hangs on its engines, the MAV hangs in its burn and dies in
    the coast: whoever hangs is back in a second."""
    states = ["lander.entry.powered", "mav.launching.first_burn"]
    hangs = hang(states[0], "process", 5.0), hang(states[1], "mailbox", 9.0)
    deaths = dies("lander.entry.entering", 50.0), dies("mav.launching.coasting", 60.0)
    check_resets(tmp_path / "run", fly(tmp_path / "run", *hangs, *deaths), states)
    for vehicle, causes in (
        ("lander", ["power on", "power cut", "watchdog"]),
        ("mav", ["power on", "watchdog", "power cut"]),
    ):
        booted = told(tmp_path / "run", vehicle, "booted")
        found = [event["data"]["cause"] for event in booted]
        assert [cause for cause in found if cause != "planned"] == causes


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
