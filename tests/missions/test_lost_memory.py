"""A vehicle that loses its memory with tubes aboard: they are found again, and the work goes on."""

from pathlib import Path

import pytest

from flight.configuration.files import configs_folder

EXAMPLES = configs_folder() / "drills" / "examples"


@pytest.mark.check
@pytest.mark.mission
@pytest.mark.requirement("CUS-14")
@pytest.mark.parametrize(
    "name",
    [
        "rover_without_memory",
        "without_memory",
        "mav_without_memory",
        "without_memory_at_launch",
    ],
)
def test_without_memory_the_tubes_are_brought_all_the_same(tmp_path: Path, name: str) -> None:
    """The rover; lander, arm, and MAV; the MAV when it is ready to be launched;
    and lander, MAV and arm then, in the count, and in the lander's first sols."""
    from ground.cli import main

    drill = str(EXAMPLES / f"{name}.yaml")
    assert main(["drill", drill, "--out", str(tmp_path / "out"), "--quiet"]) == 0
