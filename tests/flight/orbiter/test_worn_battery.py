"""An orbiter that has lost cells goes by those that are left."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.fault_protection.names import Names
from flight.core.worn_battery import EndOfCharge, WornBattery
from flight.icd.compiled_expressions import compile_condition, looking_up
from flight.icd.devices.power import Battery, BatteryState
from flight.icd.expressions import parse_expression
from flight.lander.node import Lander
from flight.orbiter.node import Orbiter
from flight.runtime.loop import VirtualLoop, run
from tests.flight.orbiter.bench import Bench, bench
from tests.flight.vehicle_tables import KINDS, table

HOUR = 3600.0


async def led_out_after(b: Bench, hours: float) -> None:
    await asyncio.sleep(hours * HOUR)
    assert b.node.is_in("safe")
    await b.do("leave_safe")
    await asyncio.sleep(20.0 * HOUR)


def test_led_out_it_stays_out_and_what_is_back_counts_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path) as b:
            power = b.devices["battery"]._electrical
            power.lost_cells.append(0.6)
            power._energy *= 0.3
            await b.do("enter_safe")
            await led_out_after(b, 6.0)
            assert b.node.is_in("idle") and b.node.full_charge == pytest.approx(0.4, abs=0.02)
            assert len(b.events("battery_worn")) == 1
            power.lost_cells.clear()
            await asyncio.sleep(20.0 * HOUR)
            assert b.node.full_charge == 1.0

    run(main(), VirtualLoop())


def test_cells_too_cold_to_take_anything_are_not_taken_for_full(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path) as b:
            power = b.devices["battery"]._electrical
            power._energy *= 0.4
            power.battery_temperature = lambda: 272.9
            await b.do("enter_safe")
            await asyncio.sleep(2.0 * HOUR)
            assert b.node.full_charge == 1.0

    run(main(), VirtualLoop())


@pytest.mark.parametrize(
    ("monitor", "full", "violated", "well"),
    [
        ("battery_low", 1.0, (0.6999, 0.7001), (0.8501, 0.8499)),
        ("battery_critical", 1.0, (0.4499, 0.45), (0.7001, 0.7)),
        ("battery_low", 0.4, (0.2799, 0.2801), (0.3501, 0.3499)),
        ("battery_critical", 0.4, (0.1799, 0.1801), (0.2801, 0.2799)),
        ("battery_low", 0.8, (0.6799, 0.6801), (0.7501, 0.7499)),
        ("battery_critical", 0.1, (0.0499, 0.05), (0.1001, 0.1)),
    ],
)
def test_the_orbiter_minds_what_is_left_of_its_battery_whatever_it_does(
    monitor: str, full: float, violated: tuple[float, float], well: tuple[float, float]
) -> None:
    entry = table("orbiter").monitors[monitor]
    names = Names(KINDS["orbiter"], {"battery": Battery})

    def at(condition: str | None, charge: float) -> Any:
        values = {"battery.state.state_of_charge": charge, "charge_when_full": full}
        find = looking_up(values.__getitem__)
        return compile_condition(parse_expression(condition or "").asked, find, names.resolve)()

    assert [at(entry.violated_if, charge) for charge in violated] == [True, False]
    assert [at(entry.clear_if, charge) for charge in well] == [True, False]


def test_the_time_for_which_it_takes_no_more_is_that_between_two_readings() -> None:
    end = EndOfCharge()
    assert end.shown(0.0, 0.5, True) is None
    assert end.shown(1799.0, 0.5, True) is None
    assert end.shown(1800.0, 0.5, True) == pytest.approx(0.5)
    assert end.shown(1801.0, 0.5, True) is None, "it is found anew"


def test_a_charge_that_has_moved_between_two_readings_is_none_at_which_it_rests() -> None:
    end = EndOfCharge()
    assert end.shown(0.0, 0.5, True) is None
    assert end.shown(1800.0, 0.5201, True) is None
    assert end.shown(3600.0, 0.502, True) == pytest.approx(0.51105)


@pytest.mark.parametrize(
    ("kind", "current", "kelvin", "rests"),
    [
        (Orbiter, 0.05, 274.0, True), (Orbiter, -0.05, 300.0, True),
        (Orbiter, 0.0501, 300.0, False), (Orbiter, -0.0501, 300.0, False),
        (Orbiter, 0.0, 273.99, False),
        (Lander, 0.0, 254.0, True), (Lander, 0.0, 253.99, False),
    ],
)  # fmt: skip
async def test_warm_cells_rest_that_neither_take_nor_give(
    kind: Any, current: float, kelvin: float, rests: bool
) -> None:
    seen: list[bool] = []
    node: Any = SimpleNamespace(full_charge=0.5, warm_cells=kind.warm_cells)
    node._end_of_charge = SimpleNamespace(shown=lambda now, charge, rest: seen.append(rest))
    node.battery_takes = lambda *given, **more: WornBattery.battery_takes(node, *given, **more)
    state = BatteryState(
        valid=True, state_of_charge=0.5, voltage=28.0, current=current, temperature=kelvin
    )
    WornBattery.battery_rests(node, state)
    assert seen == [rests]


@pytest.mark.parametrize(
    ("amperes", "flows"), [(0.05, False), (-0.05, False), (0.051, True), (-0.051, True)]
)
def test_it_rests_where_no_current_flows_either_way(amperes: float, flows: bool) -> None:
    said: list[bool] = []
    vehicle: Any = SimpleNamespace(battery_takes=lambda state, something: said.append(something))
    state = BatteryState(state_of_charge=0.4, voltage=90.0, current=amperes, temperature=293.0)
    WornBattery.battery_rests(vehicle, state)
    assert said == [flows]
