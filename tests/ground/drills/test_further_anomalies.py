"""Anomalies beside those of the catalogue: each is survived."""

from pathlib import Path

import pytest

from flight.configuration.files import configs_folder
from ground.drills.finding import drills_in
from tests.ground.drills.commanded import msr_drill

FOLDER = configs_folder() / "drills" / "further"


def test_each_says_what_has_to_go_on() -> None:
    drills = drills_in([FOLDER])
    assert len(drills) >= 45
    for drill in drills:
        assert drill.doc and drill.faults, drill.name
        assert "recover" in [within.name for within in drill.within], drill.name


@pytest.mark.check
@pytest.mark.parametrize("name", ["entry", "mission"])
def test_each_is_survived(tmp_path: Path, name: str) -> None:
    ended = msr_drill(tmp_path, str(FOLDER / f"{name}.yaml"), "--quiet")
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.soak
@pytest.mark.parametrize(
    "name", ["surface", "rendezvous", "home", "spurious", "attitude", "ascent", "lasting"]
)
def test_so_is_each_of_those_that_take_longer(tmp_path: Path, name: str) -> None:
    ended = msr_drill(tmp_path, str(FOLDER / f"{name}.yaml"), "--quiet")
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.check
@pytest.mark.requirement("FP-11")
@pytest.mark.parametrize("relays", [True, False])
def test_a_mortar_that_fires_by_itself_is_held_by_its_relay(tmp_path: Path, relays: bool) -> None:
    off = () if relays else ("--without", "arming_relays")
    case = ("--only", "spurious.wire")
    ended = msr_drill(tmp_path, str(FOLDER / "spurious.yaml"), *case, *off, "--quiet")
    assert ended.returncode == (0 if relays else 1), ended.stdout + ended.stderr


@pytest.mark.soak
@pytest.mark.parametrize("name", ["without_memory_in_space", "without_memory_perseverance"])
def test_a_vehicle_that_loses_its_memory_on_the_way_goes_on(tmp_path: Path, name: str) -> None:
    ended = msr_drill(tmp_path, f"examples/{name}", "--quiet")
    assert ended.returncode == 0, ended.stdout + ended.stderr
