"""Drill files that tests write, and a flight that drills are drawn from."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ground.drills.drill import Drill
from ground.drills.reading import load_drill
from ground.drills.scenario import Scenario, load_scenario
from ground.drills.survey import Calls, Step, Survey

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


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("surface")


@pytest.fixture
def survey() -> Survey:
    """What was done in ten sols on the ground, in two phases; for the scenario."""
    steps = [
        Step(0.0, "lander", "landed.waiting", "surface"),
        Step(1_000.0, "rover", "surface.idle", "surface"),
        Step(400_000.0, "arm", "ready.idle", "loading"),
        Step(400_100.0, "arm", "ready.loading.waiting", "loading"),
        Step(500_000.0, "arm", "ready.idle", "loading"),
        Step(700_000.0, "mav", "sealed", "loading"),
        Step(800_000.0, "mav", "ready", "loading"),
    ]
    calls = [
        Calls("rover.wheels", "state", "surface", 3, [2_000.0, 3_000.0, 4_000.0]),
        Calls("rover.wheels", "turn", "surface", 2, [2_500.0, 3_500.0]),
        Calls("arm.gripper", "state", "loading", 2, [400_200.0, 400_300.0]),
    ]
    phases = {"surface": 0.0, "loading": 400_000.0}
    return Survey(
        scenario="surface", seed=5, ended=900_000.0, phases=phases, steps=steps, calls=calls
    )
