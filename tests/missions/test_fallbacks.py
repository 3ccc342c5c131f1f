"""The nominal procedure knows a way round: the rover's arm does what the transfer arm cannot."""

from pathlib import Path

import pytest

from flight.configuration.files import configs_folder
from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.testbed.hosts.virtual import Virtual
from ground.testbed.run import RunOptions
from tests.flown import Flown

BRAKE = """
failures:
  - what: device
    target: arm.transfer_arm
    mode: brake
    tubes: {place: rover_rack, count: 2}
"""


def fly(folder: Path, failures: str, *changes: tuple[str, str]) -> Flown:
    """The work on the ground with what fails; custody holds."""
    text = (configs_folder() / "missions" / "surface.yaml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = folder / "surface.yaml"
    file.write_text(text + failures)
    mission = load_mission(str(file))
    record = fly_mission(mission, folder / "run", RunOptions(), Virtual(in_memory=True))
    assert record.violations == []
    return Flown(mission, record, folder / "run")


def aboard(run: Flown) -> list[str]:
    return [tube for tube, place in run.facts.truth.items() if place == "mav"]


def test_the_way_round_stands_in_the_nominal_parts() -> None:
    parts = configs_folder() / "procedures" / "parts"
    for part, command in (
        ("open_container", "open_container_lid"),
        ("load", "load_container"),
        ("seal", "close_container_lid"),
    ):
        text = (parts / f"{part}.yaml").read_text()
        assert f"command: {command}" in text and "on_failure: goto rover_" in text


@pytest.mark.mission
@pytest.mark.requirement("FLT-07")
def test_a_transfer_arm_that_never_moves_keeps_no_tube_from_the_mav(tmp_path: Path) -> None:
    """The rover's arm moves each of them. All the way to orbit it is among the long checks."""
    run = fly(tmp_path, BRAKE)
    assert run.facts.verdict == "success", run.facts.outcome.reason
    assert len(aboard(run)) == 2
    steps = [step for tube in run.manifest for step in tube["hand_overs"]]
    movers = {step["moved_by"] for step in steps if step["place"] == "container"}
    assert {mover.split(".")[0] for mover in movers} == {"rover"}
    commands = run.query("SELECT name, verdict FROM commands")
    assert ("load_tubes", "FAILED") in commands and ("load_tubes", "COMPLETED") not in commands
    assert ("close_container_lid", "COMPLETED") in commands


LOST = """
failures:
  - what: vehicle
    target: rover
    tubes: {place: rover_rack, count: 1}
"""
HELD = ("perseverance_holds: []", "perseverance_holds: all")


@pytest.mark.mission
@pytest.mark.requirement("FLT-06")
def test_perseverance_brings_what_it_kept_where_the_rover_is_lost(tmp_path: Path) -> None:
    run = fly(tmp_path, LOST, HELD)
    assert list(run.summary["vehicles_lost"]) == ["rover"]
    assert len(aboard(run)) == 7, run.facts.outcome.reason
    assert sum(place == "rover_rack" for place in run.places.values()) == 1
    assert set(run.summary["left_behind"]) == set(run.mission.wanted)


@pytest.mark.check
@pytest.mark.mission
@pytest.mark.requirement("FLT-07")
def test_where_perseverance_has_kept_none_it_is_said(tmp_path: Path) -> None:
    run = fly(tmp_path, LOST)
    assert aboard(run) == [] and "Perseverance has none" in run.facts.outcome.reason
