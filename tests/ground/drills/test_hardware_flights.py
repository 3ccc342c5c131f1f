"""Single faults that show of themselves lose no vehicle: the folder of hardware drills, flown."""

import random
from pathlib import Path

import pytest

from flight.configuration.files import configs_folder
from ground.drills.results import read_results
from ground.drills.variants import load_variants
from tests.drawn import Worse, above, beyond
from tests.ground.drills.commanded import msr_drill

FOLDER = configs_folder() / "drills" / "hardware"


def test_every_case_is_of_one_fault_after_which_the_flight_goes_on_or_that_is_told() -> None:
    files = sorted(FOLDER.glob("*.yaml"))
    assert 30 < len(files) < 60
    for file in files[::9]:
        for each in load_variants(file):
            assert len(each.faults) == 1
            if "_for_good" in each.name:
                assert [within.name for within in each.within] == ["told"]
            else:
                always = [expression.text for expression in each.always]
                assert always == ["no_vehicle_lost", "no_tube_unknown"]
                assert each.heal is not None and each.heal.then is not None
    assert (FOLDER / "NOT_DETECTABLE.md").is_file()


@pytest.mark.mission
def test_engines_that_hear_nothing_for_two_seconds_are_asked_until_they_do(tmp_path: Path) -> None:
    """The lander gave itself up after half a second. One short case; all others are among the
    long checks."""
    case = "entry_lander.descent_engines_actuator"
    kinds = ("no_move", "effect_without_acknowledgement")
    only = [word for kind in kinds for word in ("--only", f"{case}[single.kind={kind}]")]
    ended = msr_drill(tmp_path, str(FOLDER / "entry_lander.yaml"), *only)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "2 drills: 2 PASS" in ended.stdout


def lose_nothing(folder: Path, worse: Worse, *only: str) -> None:
    """None fails. Where a flight has changed since the drills were written (`msr drill
    --write-hardware`), the device may not be asked at that instant any more: at most 5 % of all."""
    ended = msr_drill(folder, str(FOLDER), "--quiet", *only)
    judged = [each.judged for each in read_results(folder, "--from")]
    assert judged and ended.returncode in (0, 3), ended.stdout + ended.stderr
    assert {each.verdict for each in judged} <= {"PASS", "UNKNOWN"}, ended.stdout
    unknown = sum(each.verdict == "UNKNOWN" for each in judged)
    assert not worse(unknown, len(judged), 0.05), ended.stdout


@pytest.mark.check
def test_a_drawn_part_of_the_faults_that_show_of_themselves_loses_no_vehicle_and_no_tube(
    draw: random.Random, tmp_path: Path
) -> None:
    """Of each phase and vehicle a device for a while and one for good, others on each run."""
    only: list[str] = []
    for file in sorted(FOLDER.glob("*.yaml")):
        names = [drill.name for drill in load_variants(file)]
        for_good = [name for name in names if "_for_good" in name]
        for group in (for_good, [name for name in names if name not in for_good]):
            only += ["--only", draw.choice(group)] if group else []
    lose_nothing(tmp_path / "out", beyond, *only)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_no_single_fault_that_shows_of_itself_loses_a_vehicle_or_a_tube(tmp_path: Path) -> None:
    lose_nothing(tmp_path / "out", above)
