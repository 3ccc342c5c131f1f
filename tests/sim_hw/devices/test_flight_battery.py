"""The MAV's battery: minutes of flight, then days of rest."""

from types import SimpleNamespace
from typing import Any

import pytest

from sim_hw.devices.flight_battery import FlightBatteryParameters, MavSupply

HOUR = 3_600.0
PARAMETERS = FlightBatteryParameters(energy=300.0, flight_power=60.0, orbit_power=3.0)


def supply() -> tuple[MavSupply, Any]:
    time = SimpleNamespace(now=0.0)
    truth: Any = SimpleNamespace(clock=lambda: time.now)
    lander: Any = SimpleNamespace(brownout=True, set_load=lambda name, watts: None)
    return MavSupply(lander, truth, PARAMETERS), time


def test_before_the_ejection_it_is_the_lander_that_feeds_it() -> None:
    battery, _ = supply()
    assert battery.brownout and battery.energy_left() == 300.0
    battery.rest()  # without an effect as long as it lies in its tube
    battery.cut()
    assert not battery.brownout


def test_in_flight_it_is_empty_after_five_hours_and_at_rest_after_days() -> None:
    flying, time = supply()
    flying.cut()
    time.now = 5.1 * HOUR
    assert flying.brownout
    resting, time = supply()
    resting.cut()
    time.now = 0.25 * HOUR
    resting.rest()
    time.now = 20.0 * HOUR
    resting.rest()  # again: nothing changes
    assert resting.energy_left() == pytest.approx(300.0 - 15.0 - 3.0 * 19.75)
    time.now = 90.0 * HOUR
    assert not resting.brownout
    time.now = 100.0 * HOUR
    assert resting.brownout
