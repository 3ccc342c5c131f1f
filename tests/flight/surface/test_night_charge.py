"""How full a battery becomes that has lost cells shows by itself; as full as that it is well."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.devices.power import BatteryState
from flight.runtime.loop import VirtualLoop, run
from flight.surface.night_charge import NightCharge
from tests.flight.vehicle_tables import says, table

LOOK = 600.0  # s
CHARGE, FULL = "state_of_charge", "charged_for_its_wear"


def battery(charge: float, watts: float = 0.0, kelvin: float = 263.0) -> BatteryState:
    return BatteryState(
        valid=True, state_of_charge=charge, voltage=28.0, current=watts / 28.0, temperature=kelvin
    )


class Vehicle:
    """What is told and remembered of a battery of 3000 W h, by day with 600 W from the array."""

    night_charge = "low_charge"
    warm_cells = 254.0
    battery_takes = NightCharge.battery_takes

    def __init__(self, full: float = 1.0) -> None:
        self.full_charge = full
        self.state_of_charge: float | None = None
        self.parameters = {"battery_capacity": 3000.0, "low_charge": 0.3}
        self.told: list[int] = []

    def own_needs(self) -> float:
        return 200.0

    def battery_worn(self, *, charge: int) -> None:
        self.told.append(charge)

    def sees(self, *readings: tuple[BatteryState | None, float | None]) -> "Vehicle":
        """Is shown each, ten minutes apart."""

        async def shown() -> None:
            vehicle: Any = self
            NightCharge.take_up_battery(vehicle)
            for state, array in readings:
                NightCharge.battery_shows(vehicle, state, array)
                await asyncio.sleep(LOOK)

        run(shown(), VirtualLoop())
        return self

    def is_charged(self, charge: float | None) -> bool:
        self.state_of_charge = charge
        asked: Any = NightCharge.charged_for_its_wear
        return bool(asked.function(self))


def test_where_no_current_flows_into_warm_cells_in_the_light_it_is_full() -> None:
    worn = Vehicle().sees(*[(battery(charge), 600.0) for charge in (0.502, 0.498, 0.503, 0.497)])
    assert worn.full_charge == pytest.approx(0.5) and worn.told == [50]


@pytest.mark.parametrize(
    "readings",
    [
        [(battery(0.5), 600.0)] * 3,  # not for long enough
        [(battery(0.5, 60.1), 600.0)] * 9,  # it still takes
        [(battery(0.5, -60.1), 600.0)] * 9,  # it gives
        [(battery(0.5), 299.9)] * 9,  # the array has nothing to spare
        [(battery(0.5, kelvin=253.9), 600.0)] * 9,  # cold cells take nothing however empty
        [(None, 600.0)] * 9,
        [(battery(0.5), None)] * 9,
        [(battery(0.5), 600.0)] * 3 + [(battery(0.5, 200.0), 600.0)] + [(battery(0.5), 600.0)] * 3,
        [(battery(0.951), 600.0)] * 9,  # as good as new
    ],
)
def test_what_may_have_another_reason_says_nothing(readings: list[Any]) -> None:
    vehicle = Vehicle().sees(*readings)
    assert vehicle.full_charge == 1.0 and not vehicle.told


def test_at_the_limits_it_is_full() -> None:
    vehicle = Vehicle().sees(*[(battery(0.5, 60.0, 254.0), 300.0)] * 4)
    assert vehicle.full_charge == pytest.approx(0.5)


def test_it_is_told_when_it_has_become_another_one_and_not_each_sol() -> None:
    vehicle = Vehicle().sees(*[(battery(0.5), 600.0)] * 40)
    assert vehicle.told == [50]
    vehicle.sees(*[(battery(0.485), 600.0)] * 4)
    assert vehicle.told == [50]
    vehicle.sees(*[(battery(0.4), 600.0)] * 4)
    assert vehicle.told == [50, 40] and vehicle.full_charge == pytest.approx(0.4)


def test_cells_that_are_back_count_again() -> None:
    assert Vehicle(0.5).sees((battery(0.54, 200.0), 600.0)).full_charge == 0.5
    assert Vehicle(0.5).sees((battery(0.55, 200.0), 600.0)).full_charge == 1.0
    back = Vehicle(0.93).sees(*[(battery(0.96), 600.0)] * 4)
    assert back.full_charge == 1.0 and back.told == [96]


@pytest.mark.parametrize(
    ("full", "charge", "well"),
    [
        (0.5, 0.475, True), (0.5, 0.4749, False), (0.5, None, False), (0.9501, 0.99, False),
        (0.36, 0.35, True), (0.36, 0.3499, False), (0.34, 0.34, False),
    ],
)  # fmt: skip
def test_it_is_well_when_nearly_as_full_as_it_becomes_and_fuller_than_a_night_needs(
    full: float, charge: float | None, well: bool
) -> None:
    assert Vehicle(full).is_charged(charge) is well


def test_a_vehicle_says_so_where_loads_are_shed_by_the_charge() -> None:
    vehicle: Any = SimpleNamespace(charged_for_its_wear=lambda: True)
    assert NightCharge.takes_no_more_charge(vehicle)


@pytest.mark.parametrize(
    ("vehicle", "monitor", "enough"),
    [
        ("rover", "starving", 310.0),
        ("rover", "starving_folded", 150.0),
        ("lander", "starving", 1700.0),
    ],
)
def test_who_is_as_full_as_it_becomes_is_fed_by_the_same_income(
    vehicle: str, monitor: str, enough: float
) -> None:
    clear_if = table(vehicle).monitors[monitor].clear_if
    for income, full, clear in ((enough + 0.1, True, True), (enough, True, False),
                                (enough + 0.1, False, False)):  # fmt: skip
        values = {"income_ahead": income, CHARGE: 0.48, FULL: full}
        assert says(vehicle, clear_if, values) is clear


@pytest.mark.parametrize("vehicle", ["rover", "lander", "perseverance"])
def test_a_battery_that_becomes_no_fuller_is_not_low(vehicle: str) -> None:
    name = "battery_low" if vehicle == "lander" else "battery_critical"
    clear_if = table(vehicle).monitors[name].clear_if
    for full in (True, False):
        assert says(vehicle, clear_if, {CHARGE: 0.4, FULL: full, "hibernating": False}) is full
