"""What happened to real missions happens to ours: the catalogue of anomalies."""

from pathlib import Path

import pytest

from flight.configuration.files import configs_folder
from ground.drills.drill import Drill
from ground.drills.reading import load_drill
from tests.ground.drills.commanded import all_are_shown, msr_drill

FOLDER = configs_folder() / "drills" / "anomalies"
FILES = sorted(FOLDER.glob("*.yaml"))


@pytest.fixture(scope="module")
def drills() -> list[Drill]:
    return [load_drill(file) for file in FILES]


def test_each_tells_what_happened_and_when(drills: list[Drill]) -> None:
    for drill in drills:
        mission, comma, _ = drill.title.partition(",")
        assert mission and comma and '"' in drill.doc, drill.name
        row = int(drill.name.partition("_")[0].removeprefix("d"))
        assert drill.requirement == f"D{row}", drill.name
        assert drill.faults and drill.within


def test_purgatory_is_fatal_to_who_believes_its_wheels(tmp_path: Path) -> None:
    """One short case; all others are among the long checks."""
    purgatory = str(FOLDER / "d09_opportunity_purgatory.yaml")
    ended = msr_drill(tmp_path, purgatory, "--without", "slip_check")
    assert ended.returncode == 1 and "never truth.rover.wheel_depth" in ended.stdout, ended.stderr


@pytest.mark.check
def test_all_pass_and_without_what_they_protect_they_fail(tmp_path: Path) -> None:
    all_are_shown(tmp_path, "anomalies")
