"""A vehicle that loses its memory with tubes aboard: they are found again, and the work goes on."""

from pathlib import Path

import pytest

from flight.configuration.files import configs_folder

EXAMPLE = configs_folder() / "drills" / "examples" / "rover_without_memory.yaml"


@pytest.mark.check
@pytest.mark.mission
@pytest.mark.requirement("CUS-14")
def test_the_rover_without_memory_brings_its_tubes_all_the_same(tmp_path: Path) -> None:
    from ground.cli import main

    assert main(["drill", str(EXAMPLE), "--out", str(tmp_path / "out"), "--quiet"]) == 0
