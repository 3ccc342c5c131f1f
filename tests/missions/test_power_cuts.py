"""A battery that runs empty stops the computers that live on it; they go on when power is back."""

from pathlib import Path

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.reports.run_check import run_complaints
from ground.testbed.run import Run
from ground.testbed.virtual_host import Virtual

pytestmark = pytest.mark.mission

BEGIN = 9.4 * SOL_SECONDS  # in the afternoon: the rover has come down from the lander


@pytest.mark.parametrize("vehicle", ["rover", "lander"])
@pytest.mark.requirement("FLT-05")
def test_a_short_circuit_empties_the_battery_and_the_mission_goes_on(
    tmp_path: Path, vehicle: str
) -> None:
    cuts: dict[str, int] = {}
    boots: dict[str, int] = {}

    def burden(flown: Run) -> None:
        """Draws more than the battery has, until it is empty."""
        electrical = flown.hardware.vehicles[vehicle].electrical
        shorted = flown.now() > BEGIN and not cuts
        electrical.set_load("short circuit", 1900.0 if shorted else 0.0)
        for _, name in flown.power_cuts.cuts:
            cuts[name] = len(flown.power_cuts.cuts)
        boots.update(flown.boots)

    fly_mission(load_mission("surface"), tmp_path / "run", None, Virtual(in_memory=True), burden)
    assert cuts == {vehicle: 1}
    dead = ("lander", "arm", "mav") if vehicle == "lander" else (vehicle,)
    assert {name for name, number in boots.items() if number > 1} == set(dead)
    assert run_complaints(tmp_path / "run") == []
