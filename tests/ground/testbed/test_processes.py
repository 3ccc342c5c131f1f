"""Processes of a run: who has died is started again, who was switched off is not."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from ground.missions.mission import load_mission
from ground.missions.run_folder import MARK, RunFolder
from ground.testbed.flight_process import OFF_FILE
from ground.testbed.process import REBOOT_ASKED, Specification
from ground.testbed.processes import Supervisor, read_orbit
from ground.testbed.run_record import Released
from ground.testbed.starts import COLD


@pytest.fixture
def started() -> list[tuple[str, str, float]]:
    return []


@pytest.fixture
def supervisor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[tuple[str, str, float]]
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
    monkeypatch.setattr(
        supervisor, "start", lambda role, cause, at=0.0: started.append((role, cause, at))
    )
    return supervisor


def test_a_process_that_has_died_is_started_again(
    supervisor: Supervisor, started: list[tuple[str, str, float]]
) -> None:
    assert supervisor._look_after() == ""
    assert started == [
        ("rover", "process died", COLD.seconds),
        ("lander", "process died", COLD.seconds),
    ]


def test_one_that_was_switched_off_is_not(
    supervisor: Supervisor, started: list[tuple[str, str, float]]
) -> None:
    file = supervisor.folder.path / OFF_FILE
    file.write_text(json.dumps({"vehicle": "rover"}) + "\n", encoding="utf-8")
    assert supervisor._look_after() == ""
    assert started == [("lander", "process died", COLD.seconds)]


def test_one_that_asked_for_a_reboot_boots_at_once(
    supervisor: Supervisor, started: list[tuple[str, str, float]]
) -> None:
    supervisor._processes["rover"].returncode = REBOOT_ASKED
    assert supervisor._look_after() == ""
    assert started[0] == ("rover", "commanded", 0.0)
    assert started[1] == ("lander", "process died", COLD.seconds)


def test_a_run_that_is_broken_off_says_so(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "broken")
    with pytest.raises(KeyboardInterrupt), folder.in_use():
        raise KeyboardInterrupt
    mark = json.loads((folder.path / MARK).read_text())
    assert mark == {"state": "interrupted", "reason": "ended by SIGINT"}


def test_the_orbit_is_read_as_it_was_written(tmp_path: Path) -> None:
    orbit = Released(1.0, (3.7e6, 0.0, 1.0), (0.0, 3.4e3, 0.1))
    assert read_orbit(tmp_path / "orbit.json") is None
    (tmp_path / "orbit.json").write_bytes(msgspec.json.encode(orbit))
    assert read_orbit(tmp_path / "orbit.json") == orbit
