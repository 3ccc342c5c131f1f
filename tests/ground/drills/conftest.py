"""Drill files that tests write."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ground.drills.drill import Drill
from ground.drills.reading import load_drill

GOOD = """\
format: 1
title: The landing radar is not a number
scenario: short
start: {at: {event: lander.parachute_open}}
horizon: 0.5 sol
always: [tubes_accounted, "battery.lander >= 0.15"]
never: ["lander.safe while lander.entry"]
within:
  recover: {state: lander.landed, in: 5 min, since: start}
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a drill file and returns its path."""

    def do(text: str) -> Path:
        file = tmp_path / "drill.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return do


@pytest.fixture
def good(write: Write) -> Drill:
    return load_drill(write(GOOD))
