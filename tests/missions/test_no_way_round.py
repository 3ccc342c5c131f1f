"""What once had no way round, each for good or for long: the tubes come aboard all the same."""

from pathlib import Path

import pytest

from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.testbed.faults.connecting import targets_of
from ground.testbed.hosts.virtual import Virtual
from ground.testbed.run import RunOptions
from sim_hw.faults.reading import load_faults
from tests.missions.alarms import events_of

pytestmark = [pytest.mark.mission, pytest.mark.check]

FAULTS = {
    "the gauge of the lander's battery is dead": (
        "{device: lander.battery, method: state, kind: dropout, when: {at: 2 sol}}",
        "gauge_dead",
    ),
    "the gauge of the rover's battery is dead": (
        "{device: rover.battery, method: state, kind: dropout, when: {at: 10.3 sol}}",
        "gauge_dead",
    ),
    "a heater of the lander is always on": (
        "{world: lander, kind: heater_stuck, zone: battery, state: on, when: {at: 6 sol}}",
        "",
    ),
    "the rover is deaf and mute for two sols": (
        "{link: relay, vehicle: rover, kind: outage, when: {at: 9 sol}, lasts: 2 sol}",
        "",
    ),
    "the rover's inertial data are late for half a sol": (
        "{device: rover.inertial_measurement_unit, method: state, kind: stale, age: 60 s, "
        "when: {at: 9.9 sol}, lasts: 0.5 sol}",
        "inertial_unit_silent",
    ),
}


@pytest.mark.requirement("FP-07")
@pytest.mark.parametrize("what", FAULTS)
def test_there_is_a_way_round(what: str, tmp_path: Path) -> None:
    fault, monitor = FAULTS[what]
    file = tmp_path / "faults.yaml"
    file.write_text(f"format: 1\nfaults:\n  - {{id: it, {fault[1:]}\n")
    mission = load_mission("surface")
    faults = tuple(load_faults([file], targets_of(mission)))
    options = RunOptions(faults=faults)
    record = fly_mission(mission, tmp_path / "run", options, Virtual(in_memory=True))
    assert record.verdict == "success"
    assert record.violations == []
    lines = (tmp_path / "run" / "faults.jsonl").read_text()
    assert '"hit"' in lines  # else it shows nothing
    told = [e["data"]["monitor"] for e in events_of(tmp_path / "run")
            if e["name"] == "monitor_violated"]  # fmt: skip
    assert monitor in told or not monitor
