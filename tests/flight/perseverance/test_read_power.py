"""What Perseverance makes of what its batteries show."""

from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.devices.power import BatteryState
from flight.perseverance.vehicle import PerseveranceVehicle
from tests.flight.lander.descent_bench import Answers


@pytest.mark.parametrize(("found", "told"), [(1.0, 0), (0.6, 1)])
async def test_what_is_found_of_its_battery_is_what_it_plans_with(found: float, told: int) -> None:
    state = BatteryState(state_of_charge=0.6, voltage=28.0, current=0.0, temperature=293.0)
    planned: list[float] = []
    vehicle: Any = SimpleNamespace(
        hardware=SimpleNamespace(battery=Answers(state=[state])), full_charge=1.0,
        battery_rests=lambda battery: setattr(vehicle, "full_charge", found),
        _use_what_is_left=lambda: planned.append(vehicle.full_charge),
    )  # fmt: skip
    await PerseveranceVehicle.read_power(vehicle)
    assert planned == [found] * told and vehicle.net_power == 0.0
