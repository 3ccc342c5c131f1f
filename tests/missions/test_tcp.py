"""A mission over processes and tcp, all the way to the ground."""

from pathlib import Path

import pytest

from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.reports.run_check import run_complaints
from ground.testbed.processes.processes import Processes
from ground.testbed.run import RunOptions

pytestmark = [pytest.mark.check, pytest.mark.processes]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("mission", ["return"])
def test_a_capsule_comes_home_over_tcp(mission: str, tmp_path: Path) -> None:
    record = fly_mission(
        load_mission(mission), tmp_path / "run", RunOptions(), Processes(transport="tcp")
    )
    assert record.verdict == "success", record.outcome.reason
    assert run_complaints(tmp_path / "run") == []
    logs = sorted((tmp_path / "run" / "logs").glob("*.log"))
    assert logs and not any("Traceback" in log.read_text(errors="replace") for log in logs)
