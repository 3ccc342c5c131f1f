"""Processes of a run: who has died is started again, who was switched off is not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ground.testbed.flight_process import OFF_FILE
from ground.testbed.mission import load_mission
from ground.testbed.process import Specification
from ground.testbed.processes import Supervisor
from ground.testbed.run_folder import RunFolder


@pytest.fixture
def started() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def supervisor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[tuple[str, str]]
) -> Supervisor:
    """Of a run whose rover and lander processes have ended."""
    folder = RunFolder(tmp_path / "run")
    specification = Specification(
        mission="short",
        folder=str(folder.path),
        seed=1,
        rate=1.0,
        transport="ipc",
        sockets=str(tmp_path),
    )
    supervisor = Supervisor(load_mission("short"), folder, specification)
    for role in ("rover", "lander"):
        process = subprocess.Popen([sys.executable, "-c", ""])
        process.wait()
        supervisor.boots[role] = 1
        supervisor._processes[role] = process
    monkeypatch.setattr(supervisor, "start", lambda role, cause, at: started.append((role, cause)))
    return supervisor


def test_a_process_that_has_died_is_started_again(
    supervisor: Supervisor, started: list[tuple[str, str]]
) -> None:
    assert supervisor._look_after() == ""
    assert started == [("rover", "process died"), ("lander", "process died")]


def test_one_that_was_switched_off_is_not(
    supervisor: Supervisor, started: list[tuple[str, str]]
) -> None:
    file = supervisor.folder.path / OFF_FILE
    file.write_text(json.dumps({"vehicle": "rover"}) + "\n", encoding="utf-8")
    assert supervisor._look_after() == ""
    assert started == [("lander", "process died")]
