"""What happened to real missions happens to ours: the catalogue of anomalies."""

import subprocess
import sys
from pathlib import Path

import pytest

from flight.configuration.files import configs_folder
from ground.drills.drill import Drill
from ground.drills.reading import load_drill

FOLDER = configs_folder() / "drills" / "anomalies"
FILES = sorted(FOLDER.glob("*.yaml"))


@pytest.fixture(scope="module")
def drills() -> list[Drill]:
    return [load_drill(file) for file in FILES]


def test_each_tells_what_happened_and_when(drills: list[Drill]) -> None:
    for drill in drills:
        mission, comma, _ = drill.title.partition(",")
        assert mission and comma and '"' in drill.doc, drill.name
        assert drill.requirement == drill.name.partition("_")[0].upper()
        assert drill.faults and drill.within


@pytest.mark.check
def test_all_pass_and_without_what_they_protect_they_fail(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ground.cli", "drill", "anomalies", "--score"]
    ended = subprocess.run(
        [*command, "--out", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "NOT SHOWN" not in ended.stdout
    assert "protection score: 100%" in ended.stdout
