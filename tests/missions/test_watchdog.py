"""A computer that stands still in flight is back within a second, and the flight goes on.

A short case with deaths beside is in test_flight_kills.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.reports.run_check import run_complaints
from ground.testbed.hosts.virtual import Virtual
from ground.testbed.processes.processes import Processes
from ground.testbed.run import RunOptions
from sim_hw.faults.fault import At, Fault, InState, Target
from sim_hw.faults.node_kinds import Hang, Slow
from tests.ground.testbed.test_run import small_mission

# Seconds until a watchdog looks up, at most, in each phase of flight that takes time.
IN_FLIGHT = {
    "lander.entry.coasting": 5.0,
    "mav.launching.first_burn": 0.5,
    "lander.entry.entering": 0.5,
    "mav.launching.holding": 0.5,
    "lander.entry.parachuting": 0.5,
    "mav.launching.coasting": 2.0,
    "lander.entry.powered": 0.5,
    "mav.launching.second_burn": 0.5,
    "mav.launching.trimming": 2.0,
}
STATES = list(IN_FLIGHT)
FLIGHTS = [STATES[first : first + 2] for first in range(0, len(STATES), 2)]


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
    for reset, state in zip(resets, states, strict=True):
        assert reset["data"]["start"] == "warm"
        role, silent = reset["data"]["role"], reset["data"]["silent_for"]
        assert silent <= IN_FLIGHT[state] + 0.01
        back = min(
            (e["time_ns"] for e in told(folder, role, "booted") if e["time_ns"] > reset["time_ns"]),
        )
        assert (back - reset["time_ns"]) / 1e9 <= 0.5001


@pytest.mark.check
@pytest.mark.mission
@pytest.mark.parametrize("of", ["mailbox", "process"])
@pytest.mark.parametrize("states", FLIGHTS, ids="-".join)
@pytest.mark.requirement("NOD-10")
def test_a_hang_in_any_phase_of_flight_is_survived(
    tmp_path: Path, states: list[str], of: str
) -> None:
    """Once on the way down and once on the way up in each flight."""
    resets = fly(tmp_path / "run", *(hang(state, of, 1.3) for state in states))
    check_resets(tmp_path / "run", resets, states)


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
    mission = small_mission(tmp_path, sols=0.03)
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
