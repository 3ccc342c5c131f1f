"""Single faults that show of themselves lose no vehicle: the folder of hardware drills, flown."""

from pathlib import Path

import pytest

from flight.configuration.files import configs_folder
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


@pytest.mark.check
def test_no_single_fault_that_shows_of_itself_loses_a_vehicle_or_a_tube(tmp_path: Path) -> None:
    ended = msr_drill(tmp_path, str(FOLDER), "--quiet")
    assert ended.returncode == 0, ended.stdout + ended.stderr
