"""Single faults that show of themselves lose no vehicle: the folder of hardware drills, flown."""

import random
import shutil
from pathlib import Path

import pytest

from flight.configuration.files import configs_folder
from ground.drills.results import read_results
from ground.drills.variants import load_variants
from tests.ground.drills.commanded import msr_drill

FOLDER = configs_folder() / "drills" / "hardware"


def test_every_file_is_one_of_a_single_fault_that_may_lose_nobody() -> None:
    files = sorted(FOLDER.glob("*.yaml"))
    assert len(files) > 150
    for file in files[::10]:
        for each in load_variants(file):
            assert len(each.faults) == 1
            assert "no_vehicle_lost" in [expression.text for expression in each.always]
    assert (FOLDER / "NOT_DETECTABLE.md").is_file()


@pytest.mark.mission
def test_engines_that_hear_nothing_for_two_seconds_are_asked_until_they_do(tmp_path: Path) -> None:
    """The lander gave itself up after half a second. One short case; all others are among the
    long checks."""
    ended = msr_drill(tmp_path, str(FOLDER / "entry_lander_descent_engines_actuator.yaml"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "2 drills: 2 PASS" in ended.stdout


def lose_nothing(folder: Path, drills: Path) -> None:
    """None fails. Where a flight has changed since the drills were written (`msr drill
    --write-hardware`), the device may not be asked at that instant any more: at most 5 %."""
    ended = msr_drill(folder, str(drills), "--quiet")
    judged = [each.judged for each in read_results(folder, "--from")]
    assert judged and ended.returncode in (0, 3), ended.stdout + ended.stderr
    assert {each.verdict for each in judged} <= {"PASS", "UNKNOWN"}, ended.stdout
    assert sum(each.verdict == "UNKNOWN" for each in judged) <= len(judged) / 20, ended.stdout


@pytest.mark.check
def test_a_drawn_part_of_the_faults_that_show_of_themselves_loses_no_vehicle_and_no_tube(
    draw: random.Random, tmp_path: Path
) -> None:
    """One file of each phase and vehicle, another one on each run."""
    groups: dict[tuple[str, str], list[Path]] = {}
    for file in sorted(FOLDER.glob("*.yaml")):
        phase, vehicle, *_ = file.name.split("_")
        groups.setdefault((phase, vehicle), []).append(file)
    chosen = tmp_path / "drills"
    chosen.mkdir()
    for files in groups.values():
        file = draw.choice(files)
        shutil.copy(file, chosen / file.name)
    lose_nothing(tmp_path / "out", chosen)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_no_single_fault_that_shows_of_itself_loses_a_vehicle_or_a_tube(tmp_path: Path) -> None:
    lose_nothing(tmp_path / "out", FOLDER)
