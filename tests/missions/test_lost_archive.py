"""An archive that mission control cannot go on with ends the run with a sentence."""

from pathlib import Path

import pytest

from ground.mission_control.archive.archive import ArchiveError
from ground.mission_control.mission_control import MissionControl
from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.testbed.run import RunOptions

pytestmark = pytest.mark.mission


def test_it_fails_and_does_not_break_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(control: MissionControl) -> None:
        raise ArchiveError("the archive of this run was lost")

    monkeypatch.setattr(MissionControl, "_check_life", lost)
    record = fly_mission(load_mission("surface"), tmp_path / "run", RunOptions())
    assert record.verdict == "failure"
    assert record.outcome.reason == "the archive of this run was lost"
