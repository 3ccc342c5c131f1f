"""The ground leaves a vehicle in its safe state only where that one itself never goes safe."""

import pytest

from flight.configuration.files import find_configuration, load_configuration
from flight.core.chart.statechart import Safing
from ground.mission_control.procedures.recovery_rules import RecoveryRules, is_inside
from ground.testbed.participants.vehicles import vehicle_class

VEHICLES = ("lander", "rover", "arm", "mav", "perseverance", "orbiter", "entry")
BY_THEMSELVES = {
    "lander": ("waking", "entry.lost"),  # it asks itself where it is; it lies on the ground
    "mav": ("launching.countdown",),
    "entry": ("released",),  # nobody reaches it until it is on the ground
}
"""States that are left alone though who is in them may go safe."""


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_a_vehicle_is_left_in_safe_where_it_may_not_go_safe_and_is_led_out_elsewhere(
    vehicle: str,
) -> None:
    rules = load_configuration(find_configuration("", "recovery"), RecoveryRules)
    chart = vehicle_class(vehicle).statechart
    critical = rules.critical.get(vehicle, [])
    left = {leaf for leaf in chart.leaves if any(is_inside(leaf, each) for each in critical)}
    never = {leaf for leaf in chart.leaves if chart.safing(leaf) is Safing.FORBIDDEN}
    assert never <= left
    assert left - never == set(BY_THEMSELVES.get(vehicle, ()))
