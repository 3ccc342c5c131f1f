"""A flight that is interrupted ends in order, and its folder says so."""

import json
import os
import signal
from pathlib import Path

import pytest

from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.testbed.run import Run


def test_an_interrupted_flight_cleans_up_and_marks_its_folder(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def interrupt(flown: Run) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        fly_mission(load_mission("surface"), tmp_path / "run", show=interrupt)
    mark = json.loads((tmp_path / "run" / "run.json").read_text())
    assert mark.pop("fingerprint")
    assert mark == {"state": "interrupted", "reason": "ended by SIGINT"}
    assert capfd.readouterr().err == ""
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
