"""The power system and the heat of a vehicle in figures, under a light that tests set."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from sim_hw.power_and_heat.electrical import (
    ArrayParameters,
    BatteryParameters,
    Electrical,
    ElectricalParameters,
    SoftShort,
)
from sim_hw.power_and_heat.sky_grid import Outside, SkyGrid
from sim_hw.power_and_heat.thermal_network import (
    NodeParameters,
    ThermalNetwork,
    ThermalParameters,
    ZoneParameters,
)

CELLS = BatteryParameters(
    capacity=100.0, charge_efficiency=0.9, discharge_efficiency=0.8, maximum_charge_power=50.0,
    lowest_charge_temperature=253.0, cold_capacity_loss=0.01, full_voltage=32.0,
    empty_voltage=24.0, internal_resistance=0.0, initial_state_of_charge=0.5,
    restart_state_of_charge=0.1,
)  # fmt: skip
FULL = 360_000.0  # J
PANEL = ArrayParameters(area=2.0, efficiency=0.25, stowed_fraction=0.1)


class Bench:
    """A vehicle at noon for ever: `light` in W/m2, all else as it is given."""

    def __init__(
        self, light: float = 0.0, *, loads: dict[str, float] | None = None, generator: float = 0.0,
        switches: dict[str, bool] | None = None, array: bool = True, cells: float = 293.0,
    ) -> None:  # fmt: skip
        self.seconds, self.light, self.cells, self.dust = 0.0, light, cells, 1.0
        self.air, self.ground = 200.0, 210.0
        world: Any = SimpleNamespace(now=lambda: self.seconds, panel_dust=lambda name: self.dust)
        sky: Any = SimpleNamespace(at=lambda seconds: Outside(self.light, self.air, self.ground))
        parameters = ElectricalParameters(
            battery=CELLS, array=PANEL if array else None, generator=generator,
            standing_loads=loads or {}, switches=switches or {},
        )  # fmt: skip
        self.power = Electrical(
            "rover", world, parameters, sky=sky, battery_temperature=lambda: self.cells
        )
        self.empty: list[float] = []
        self.power.on_brownout.append(self.empty.append)

    def after(self, seconds: float) -> Electrical:
        self.seconds += seconds
        self.power.advance()
        return self.power


def test_a_load_is_taken_from_the_battery_over_its_efficiency() -> None:
    power = Bench(loads={"core": 16.0}).after(900.0)
    assert power.energy == pytest.approx(0.5 * FULL - 16.0 * 900.0 / 0.8)
    assert power.net_power == pytest.approx(-20.0)
    assert power.account.discharging_loss == pytest.approx(4.0 * 900.0)
    assert power.account.loads == pytest.approx(16.0 * 900.0) and power.account.unserved == 0.0
    assert power.peek().lowest_state_of_charge == pytest.approx(power.state_of_charge)


def test_what_is_over_charges_the_battery_as_fast_as_it_may_until_it_is_full() -> None:
    bench = Bench(40.0, loads={"core": 10.0})  # 20 W of the array
    power = bench.after(600.0)
    assert power.energy == pytest.approx(0.5 * FULL + 0.9 * 10.0 * 600.0)
    assert power.account.charging_loss == pytest.approx(1.0 * 600.0)
    bench = Bench(1000.0, loads={"core": 10.0})  # 500 W
    power = bench.after(600.0)
    assert power.energy == pytest.approx(0.5 * FULL + 0.9 * 50.0 * 600.0), "50 W at the most"
    assert power.account.shunted == pytest.approx(440.0 * 600.0)
    power = bench.after(86_400.0)
    assert power.state_of_charge == pytest.approx(1.0) and power.net_power == 0.0


@pytest.mark.parametrize(("cells", "charges"), [(253.0, True), (252.99, False)])
def test_cells_that_are_too_cold_take_no_charge(cells: float, charges: bool) -> None:
    power = Bench(40.0, cells=cells).after(600.0)
    assert (power.energy > 0.5 * FULL) is charges
    assert (power.account.shunted == 0.0) is charges


@pytest.mark.parametrize(
    ("array", "deployed", "shut", "dust", "watts"),
    [(True, True, 0.0, 1.0, 50.0), (True, False, 0.0, 1.0, 5.0), (True, True, 0.25, 1.0, 37.5),
     (True, True, 0.0, 0.6, 30.0), (False, True, 0.0, 1.0, 0.0)],
)  # fmt: skip
def test_what_the_array_gives(
    array: bool, deployed: bool, shut: float, dust: float, watts: float
) -> None:
    bench = Bench(100.0, array=array)
    bench.power.array_deployed, bench.power.array_shut, bench.dust = deployed, shut, dust
    assert bench.power.array_power == pytest.approx(watts)


@pytest.mark.parametrize(("share", "watts"), [(1.0, 30.0), (0.5, 15.0), (0.0, 0.0)])
def test_a_generator_gives_its_share_without_light(share: float, watts: float) -> None:
    bench = Bench(generator=30.0, array=False)
    bench.power.generator_share = share
    power = bench.after(3_000.0)
    assert power.energy == pytest.approx(0.5 * FULL + 0.9 * watts * 3_000.0)
    assert power.account.generator == pytest.approx(watts * 3_000.0)


def test_an_empty_battery_sheds_all_until_a_tenth_of_it_is_charged() -> None:
    bench = Bench(loads={"core": 40.0})
    bench.after(3_590.0)
    assert not bench.power.brownout and bench.empty == []
    bench.after(30.0)
    assert bench.power.brownout and len(bench.empty) == 1
    assert bench.empty[0] == pytest.approx(3_600.0, abs=11.0)
    assert bench.power.load_of("core") == 0.0 == bench.power.consumption_of("core")
    before = bench.power.account.loads
    bench.light = 80.0  # 40 W, of which 36 are stored
    bench.after(0.99 * 36_000.0 / 36.0)
    assert bench.power.brownout and bench.power.account.loads == before
    bench.after(0.02 * 36_000.0 / 36.0 + 10.0)
    assert not bench.power.brownout and len(bench.empty) == 1
    assert bench.power.load_of("core") == 40.0


def test_cold_cells_give_less_and_have_it_again_when_they_are_warm() -> None:
    bench = Bench(loads={"core": 40.0}, cells=233.15)  # 40 K below freezing: 40 % stays in
    bench.after(725.0)
    assert bench.power.brownout, "a tenth of it was to be had"
    bench.cells = 203.15
    assert bench.power._floor() == pytest.approx(0.7 * FULL), "never more than 70 %"
    bench.cells = 293.0
    assert bench.power._floor() == 0.0
    bench.after(1.0)
    assert not bench.power.brownout


def test_switches_part_what_hangs_on_them_and_nothing_else() -> None:
    bench = Bench(
        loads={"core": 8.0, "arm.joints": 16.0, "arm.camera": 4.0, "clock": 1.0},
        switches={"core": True, "arm": False, "arm.camera": True},
    )
    power = bench.power
    assert [power.is_on(name) for name in ("core", "arm.joints", "arm.camera", "clock")] == [
        True, False, True, True,
    ]  # fmt: skip
    assert power.load_of("core") == 8.0 and power.load_of("arm") == 0.0
    bench.after(100.0)
    assert power.account.loads == pytest.approx(13.0 * 100.0)
    power.open_or_close("arm", True)
    assert power.load_of("arm") == 20.0
    bench.after(100.0)
    assert power.account.loads == pytest.approx((13.0 + 29.0) * 100.0)
    power.set_load("core", 0.0)
    bench.after(100.0)
    assert power.account.loads == pytest.approx((13.0 + 29.0 + 21.0) * 100.0)
    with pytest.raises(KeyError):
        power.open_or_close("leg", True)
    for watts in (-0.1, math.inf, math.nan):
        with pytest.raises(ValueError, match="allowed is 0 or more"):
            power.set_load("core", watts)


def test_who_is_lost_has_no_power_until_it_is_found_again() -> None:
    bench = Bench(100.0, loads={"core": 8.0})
    bench.power.kill()
    assert bench.power.brownout and not bench.power.is_powered("core")
    bench.after(1_000.0)
    assert bench.power.account.loads == 0.0 and bench.power.peek().brownout
    bench.power.revive()
    bench.after(100.0)
    assert bench.power.is_powered("core") and bench.power.account.loads == pytest.approx(800.0)


def test_cells_that_are_lost_take_their_part_of_what_is_left() -> None:
    bench = Bench()
    bench.power.lost_cells = [0.25, 0.2]
    assert bench.power._full() == pytest.approx(0.6 * FULL)
    bench.power.capacity_fade = 0.5
    assert bench.power._full() == pytest.approx(0.3 * FULL)
    back = bench.power.drain(0.5)
    assert bench.power.energy == pytest.approx(0.15 * FULL)
    assert bench.power.account.drained == pytest.approx(0.35 * FULL)
    back()
    assert bench.power.energy == pytest.approx(0.3 * FULL), "no more than goes in"
    bench.power.drain(0.9)
    assert bench.power.energy == pytest.approx(0.27 * FULL)
    assert bench.power.drain(1.0) and bench.power.energy == pytest.approx(0.27 * FULL)


@pytest.mark.parametrize(("watts", "hard"), [(20.0, False), (20.1, True)])
def test_a_soft_short_is_heated_by_more_than_it_bears(watts: float, hard: bool) -> None:
    short = SoftShort(0.5, 20.0, 30.0)
    assert not short.heat(watts, 30.0), "as long as it bears"
    assert short.heat(watts, 0.1) is hard


# ---------------------------------------------------------------------------------- heat


def heated(bench: Bench, **more: Any) -> ThermalNetwork:
    nodes = {
        "battery": NodeParameters(1e4, 1.0, 0.0, 0.0, 270.0),
        "box": NodeParameters(2e4, 0.5, 0.5, 0.1, 250.0, ["core"]),
    }
    zones = {
        "cells": ZoneParameters("battery", 100.0, 265.0, 5.0, **more),
        "box": ZoneParameters("box", 60.0, 240.0, 4.0),
    }
    sky: Any = bench.power.grid
    return ThermalNetwork(bench.power, ThermalParameters(nodes, zones), sky)


def test_a_node_comes_to_where_what_it_gains_is_what_it_loses() -> None:
    bench = Bench(50.0, loads={"core": 15.0})
    network = heated(bench, enabled=False)
    network.zones["box"].enabled = False
    bench.after(600.0)
    assert network.peek()["battery"] == pytest.approx(200.0 + 70.0 * math.exp(-0.06))
    goal = 0.5 * 200.0 + 0.5 * 210.0 + 0.1 * 50.0 + 15.0
    assert network.peek()["box"] == pytest.approx(goal + (250.0 - goal) * math.exp(-0.03))


def test_a_thermostat_is_on_between_its_limits_on_the_way_up_alone() -> None:
    bench = Bench(array=False)
    network = heated(bench)
    zone = network.zones["cells"]
    assert not zone.on and zone.upper == 270.0 and zone.drawn == 0.0
    bench.after(700.0)
    assert not zone.on and network.peek()["battery"] > 265.0
    bench.after(100.0)
    assert zone.on and zone.drawn == 100.0, "at 265 K it is switched on"
    for _ in range(6):
        bench.after(137.0)
        assert 264.9 < network.peek()["battery"] < 270.1
    network.set_zone("cells", 280.0, True)
    assert zone.on
    network.set_zone("cells", 280.0, False)
    assert not zone.on
    zone.stuck_on = True
    assert zone.drawn == 100.0
    zone.stuck_off = True
    assert zone.drawn == 0.0


def test_without_power_thermostats_are_as_they_were_built_and_the_battery_is_warmed_first() -> None:
    bench = Bench(loads={"core": 200.0}, switches={"heaters": False})
    bench.light = 0.0
    network = heated(bench)
    network.set_zone("cells", 250.0, False)
    bench.after(900.0)
    assert bench.empty and network.zones["cells"].enabled
    assert network.zones["cells"].setpoint == 265.0
    bench.light = 180.0  # 90 W: less than the cells' heater draws
    network._temperatures["battery"] = network._temperatures["box"] = 230.0
    begun = network.peek()
    bench.after(60.0)
    now = network.peek()
    assert now["battery"] > begun["battery"] + 0.3
    free = 0.5 * 200.0 + 0.5 * 210.0 + 0.1 * 180.0
    cooled = free + (begun["box"] - free) * math.exp(-60.0 / 2e4)
    assert now["box"] == pytest.approx(cooled, abs=1e-6), "nothing was left for the box"


def test_the_sky_is_looked_up_on_a_grid_and_forgotten_when_the_weather_changes() -> None:
    asked: list[float] = []

    def sky_at(seconds: float) -> Any:
        asked.append(seconds)
        return SimpleNamespace(
            sun_elevation=0.5, sun_distance_au=1.5, optical_depth=0.5,
            air_temperature=200.0 + seconds / 600.0, ground_temperature=210.0,
        )  # fmt: skip

    world: Any = SimpleNamespace(sky_at=sky_at)
    grid = SkyGrid(world)
    assert grid.at(900.0).air == pytest.approx(201.5) and asked == [600.0, 1200.0]
    assert grid.at(1100.0).air == pytest.approx(200.0 + 1100.0 / 600.0) and len(asked) == 2
    grid.forget_from(600.0)
    grid.at(900.0)
    assert asked == [600.0, 1200.0, 1200.0], "what was, stays"
