"""Mission control, a process of its own, is killed at random instants while it is operated: no
command is lost, none leaves twice under another name or number, none is shown in a wrong state."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

LIVES = "tests.ground.mission_control.service.killed_lives"
ROOT = Path(__file__).parents[4]


def killed(folder: Path, first_seed: int, deaths: int) -> dict[str, float]:
    """Flies with so many deaths at least; how they came. What is wrong ends the process."""
    done = subprocess.run(
        [sys.executable, "-m", LIVES, str(folder), str(first_seed), str(deaths)],
        cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": "0"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-6000:]
    ends: dict[str, float] = json.loads(done.stdout)
    return ends


@pytest.mark.processes
@pytest.mark.requirement("OPS-03")
@pytest.mark.requirement("OPS-09")
def test_a_process_that_is_killed_while_it_commands_goes_on_as_if_it_had_not_been(
    tmp_path: Path,
) -> None:
    ends = killed(tmp_path / "flights", 1, 8)
    assert ends["at an event"] > 0 and ends["by a timer"] > 0


@pytest.mark.processes
@pytest.mark.check
def test_two_hundred_kills_while_it_commands(tmp_path: Path) -> None:
    ends = killed(tmp_path / "flights", 100, 200)
    assert ends["at an event"] + ends["by a timer"] >= 200
    assert ends["at an event"] > 60 and ends["by a timer"] > 40
