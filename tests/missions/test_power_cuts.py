"""A battery that runs empty stops the computers that live on it; they go on when power is back."""

from pathlib import Path

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.reports.run_check import run_complaints
from ground.testbed.hosts.virtual import Virtual
from ground.testbed.run import Run

pytestmark = pytest.mark.mission

AFTERNOON = 9.4 * SOL_SECONDS  # the rover has come down from the lander
DEAD = {"rover": ("rover",), "lander": ("lander", "arm", "mav")}  # who lives on whose battery


@pytest.mark.parametrize(
    "shorts",
    [
        pytest.param({"rover": AFTERNOON, "lander": AFTERNOON + SOL_SECONDS}, id="both"),
        pytest.param({"rover": AFTERNOON}, id="rover", marks=pytest.mark.check),
        pytest.param({"lander": AFTERNOON}, id="lander", marks=pytest.mark.check),
    ],
)
@pytest.mark.requirement("FLT-05")
def test_a_short_circuit_empties_the_battery_and_the_mission_goes_on(
    tmp_path: Path, shorts: dict[str, float]
) -> None:
    cuts: list[str] = []
    boots: dict[str, int] = {}

    def burden(flown: Run) -> None:
        """Draws more than a battery has, until it is empty."""
        for vehicle, begin in shorts.items():
            shorted = flown.now() > begin and vehicle not in cuts
            electrical = flown.hardware.vehicles[vehicle].electrical
            electrical.set_load("short circuit", 1900.0 if shorted else 0.0)
        cuts[:] = [name for _, name in flown.power_cuts.cuts]
        boots.update(flown.boots)

    fly_mission(load_mission("surface"), tmp_path / "run", None, Virtual(in_memory=True), burden)
    assert cuts == list(shorts)  # each once
    dead = {name for vehicle in shorts for name in DEAD[vehicle]}
    assert {name for name, number in boots.items() if number > 1} == dead
    assert run_complaints(tmp_path / "run") == []
