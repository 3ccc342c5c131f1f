"""Four deaths within two minutes lead to a reduced boot in safe; the ground leads out of it."""

from pathlib import Path
from typing import Any

import pytest

from flight.configuration.files import configs_folder
from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.reports.run_check import run_complaints
from ground.testbed.hosts.virtual import Virtual
from ground.testbed.kills import Kill
from ground.testbed.run import RunOptions

pytestmark = pytest.mark.mission

SPACING = 35.0  # s: four within two minutes, none of which leads to a boot that counts as good


def _fly(folder: Path, role: str, first: float, mission: str = "surface") -> Any:
    kills = tuple(Kill(role, first + SPACING * number) for number in range(4))
    return fly_mission(
        load_mission(mission), folder, RunOptions(kills=kills), Virtual(in_memory=True)
    )


@pytest.mark.parametrize(
    ("role", "first"),
    [("rover", 800_000.0), pytest.param("lander", 200_000.0, marks=pytest.mark.check)],
)
def test_four_deaths_within_two_minutes_are_not_the_end(
    tmp_path: Path, role: str, first: float
) -> None:
    record = _fly(tmp_path / "run", role, first)
    assert record.verdict == "success", record.outcome.reason
    assert [each.vehicle for each in record.outcome.recoveries] == [role]
    assert record.boots[role] == 6  # the first, four after deaths, and the planned one
    assert run_complaints(tmp_path / "run") == []


def test_without_a_recovery_they_are_and_it_is_said(tmp_path: Path) -> None:
    configs = configs_folder()
    procedure = (configs / "procedures" / "surface.yaml").read_text()
    (tmp_path / "surface.yaml").write_text(procedure + "\nrecovery: {per_step: 0}\n")
    mission = (configs / "missions" / "surface.yaml").read_text()
    own = mission.replace("procedure: surface", f"procedure: {tmp_path / 'surface.yaml'}")
    (tmp_path / "mission.yaml").write_text(own)
    record = _fly(tmp_path / "run", "rover", 800_000.0, str(tmp_path / "mission.yaml"))
    assert record.verdict == "failure"
    assert "not allowed in state safe; no recovery is left: 0 are allowed" in record.outcome.reason
