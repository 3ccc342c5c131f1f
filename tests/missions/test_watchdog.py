"""A computer that stands still in flight is back within a second, and the flight goes on."""

import json
from pathlib import Path
from typing import Any

import pytest

from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.reports.run_check import run_complaints
from ground.testbed.processes import Processes
from ground.testbed.run import RunOptions
from ground.testbed.virtual_host import Virtual
from sim_hw.faults.fault import At, Fault, InState, Target
from sim_hw.faults.node_kinds import Hang, Slow
from tests.ground.testbed.test_run import small_mission

IN_FLIGHT = {
    "lander": (
        "entry.cruise_stage_separation",
        "entry.coasting",
        "entry.entering",
        "entry.parachuting",
        "entry.powered",
    ),
    "mav": (
        "launching.first_burn",
        "launching.holding",
        "launching.coasting",
        "launching.second_burn",
        "launching.trimming",
    ),
}
STATES = [f"{node}.{state}" for node, states in IN_FLIGHT.items() for state in states]


def hang(state: str, of: Any, held: float = 0.3) -> Fault:
    """A computer that stands still some time after it has come into a state."""
    target = Target("node", state.partition(".")[0])
    return Fault(id=f"hang {state}", target=target, kind=Hang(of=of), when=InState(state, held))


def told(folder: Path, source: str, name: str) -> list[dict[str, Any]]:
    events = map(json.loads, (folder / "events.jsonl").read_text().splitlines())
    return [e for e in events if (e["source"], e["name"]) == (source, name)]


def fly(folder: Path, *faults: Fault) -> list[dict[str, Any]]:
    """The short mission with these faults, which it survives; what its watchdogs did."""
    fly_mission(load_mission("short"), folder, RunOptions(faults=faults), Virtual(in_memory=True))
    assert run_complaints(folder) == []
    return told(folder, "run", "watchdog_reset")


def check_resets(folder: Path, resets: list[dict[str, Any]], states: list[str]) -> None:
    assert [reset["data"]["role"] for reset in resets] == [s.partition(".")[0] for s in states]
    for reset in resets:
        assert reset["data"]["start"] == "warm"
        role, silent = reset["data"]["role"], reset["data"]["silent_for"]
        assert silent <= 5.01 if "coasting" in str(states) else silent <= 0.51
        back = min(
            (e["time_ns"] for e in told(folder, role, "booted") if e["time_ns"] > reset["time_ns"]),
        )
        assert (back - reset["time_ns"]) / 1e9 <= 0.5001


@pytest.mark.mission
@pytest.mark.requirement("NOD-10")
def test_a_lander_on_its_engines_and_a_mav_in_its_burn_that_hang_are_back_in_a_second(
    tmp_path: Path,
) -> None:
    states = ["lander.entry.powered", "mav.launching.first_burn"]
    resets = fly(tmp_path / "run", hang(states[0], "process", 5.0), hang(states[1], "mailbox", 9.0))
    check_resets(tmp_path / "run", resets, states)
    assert [e["data"]["cause"] for e in told(tmp_path / "run", "mav", "booted")] == [
        "power on", "watchdog",
    ]  # fmt: skip


@pytest.mark.check
@pytest.mark.mission
@pytest.mark.parametrize("of", ["mailbox", "process"])
@pytest.mark.parametrize("state", STATES)
@pytest.mark.requirement("NOD-10")
def test_a_hang_in_any_phase_of_flight_is_survived(tmp_path: Path, state: str, of: str) -> None:
    check_resets(tmp_path / "run", fly(tmp_path / "run", hang(state, of, 1.3)), [state])


@pytest.mark.check
@pytest.mark.mission
@pytest.mark.requirement("NOD-11")
def test_computers_that_are_slow_and_make_progress_are_not_reset(tmp_path: Path) -> None:
    """Half of the interval: the beats of the descent and of the burns come late, and come."""
    faults = [
        Fault(
            id=f"slow {state}",
            target=Target("node", state.partition(".")[0]),
            kind=Slow(by=0.2),
            when=InState(state, 1.0),
            lasts=4.0,
        )
        for state in ("lander.entry.entering", "mav.launching.coasting")
    ]
    assert fly(tmp_path / "run", *faults) == []


@pytest.mark.processes
def test_a_process_that_stands_is_started_anew(tmp_path: Path) -> None:
    mission = small_mission(tmp_path)
    fault = Fault(
        id="stands", target=Target("node", "rover"), kind=Hang(of="process"), when=At(500.0)
    )
    options = RunOptions(faults=(fault,))
    fly_mission(mission, tmp_path / "run", options, Processes())
    [reset] = told(tmp_path / "run", "run", "watchdog_reset")
    assert (reset["data"]["role"], reset["data"]["what"]) == ("rover", "mailbox")
    assert reset["data"]["silent_for"] == pytest.approx(1800.0, abs=1.0)
    causes = [event["data"]["cause"] for event in told(tmp_path / "run", "rover", "booted")]
    assert causes == ["power on", "watchdog"]
