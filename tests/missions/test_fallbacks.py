"""The nominal procedure knows a way round: the rover's arm does what the transfer arm cannot."""

from pathlib import Path

import pytest

from flight.configuration.files import configs_folder
from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.testbed.run import RunOptions
from ground.testbed.virtual_host import Virtual

BRAKE = """
failures:
  - what: device
    target: arm.transfer_arm
    mode: brake
    tubes: {place: rover_rack, count: 2}
"""


def mission_with(folder: Path, failures: str) -> Path:
    file = folder / "surface.yaml"
    file.write_text((configs_folder() / "missions" / "surface.yaml").read_text() + failures)
    return file


def test_the_way_round_stands_in_the_nominal_parts() -> None:
    parts = configs_folder() / "procedures" / "parts"
    for part, command in (
        ("open_container", "open_container_lid"),
        ("load", "load_container"),
        ("seal", "close_container_lid"),
    ):
        text = (parts / f"{part}.yaml").read_text()
        assert f"command: {command}" in text and "on_failure: goto rover_" in text


@pytest.mark.check
@pytest.mark.mission
@pytest.mark.requirement("FLT-07")
def test_a_transfer_arm_that_never_moves_keeps_no_tube_from_the_mav(tmp_path: Path) -> None:
    mission = load_mission(str(mission_with(tmp_path, BRAKE)))
    record = fly_mission(mission, tmp_path / "run", RunOptions(), Virtual(in_memory=True))
    assert record.verdict == "success", record.outcome.reason
    aboard = [tube for tube, place in record.truth.items() if place == "mav"]
    assert len(aboard) == 2 and record.violations == []


LOST = """
failures:
  - what: vehicle
    target: rover
    tubes: {place: rover_rack, count: 1}
"""


@pytest.mark.parametrize("held", [True, False])
@pytest.mark.check
@pytest.mark.mission
@pytest.mark.requirement("FLT-07")
def test_perseverance_brings_what_it_kept_where_the_rover_is_lost(
    tmp_path: Path, held: bool
) -> None:
    file = mission_with(tmp_path, LOST)
    if held:
        file.write_text(
            file.read_text().replace("perseverance_holds: []", "perseverance_holds: all")
        )
    record = fly_mission(
        load_mission(str(file)), tmp_path / "run", RunOptions(), Virtual(in_memory=True)
    )
    aboard = [tube for tube, place in record.truth.items() if place == "mav"]
    assert record.violations == []
    if held:
        assert len(aboard) == 7, record.outcome.reason
    else:
        assert aboard == [] and "Perseverance has none" in record.outcome.reason
