"""Temperatures of a vehicle through the nights; thermostats; heaters that fail."""

from typing import Any

import pytest

from flight.icd.devices.base import DeviceRejected
from flight.runtime.loop import VirtualLoop, run
from flight.runtime.streams import stream
from sim_hw.devices.heaters import SimHeaters
from sim_hw.power_and_heat.electrical import (
    ArrayParameters,
    BatteryParameters,
    Electrical,
    ElectricalParameters,
)
from sim_hw.power_and_heat.sky_grid import SkyLike
from sim_hw.power_and_heat.thermal_network import (
    NodeParameters,
    ThermalNetwork,
    ThermalParameters,
    ZoneParameters,
)
from sim_hw.power_and_heat.thermal_nodes import SimThermalNodes
from sim_hw.serving.device import DeviceContext
from sim_hw.world.world import Sky

HOUR = 3600.0
SOL = 88_775.244


class ColdNight:
    """A world of one constant cold night."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def sky_at(self, seconds: float) -> SkyLike:
        return Sky(-0.5, 0.0, 1.5, 0.5, 190.0, 190.0, 0.0, 0.0)

    def panel_dust(self, panel: str) -> float:
        return 1.0


class Noon(ColdNight):
    """A world of one constant cold noon."""

    def sky_at(self, seconds: float) -> SkyLike:
        return Sky(1.2, 0.0, 1.5, 2.0, 190.0, 190.0, 12.0, 0.0)


def vehicle(
    world: Any, *, initial_state_of_charge: float = 1.0, panel: bool = False, **zone: Any
) -> tuple[Electrical, ThermalNetwork]:
    battery = BatteryParameters(
        capacity=2000.0,
        charge_efficiency=1.0,
        discharge_efficiency=1.0,
        maximum_charge_power=500.0,
        lowest_charge_temperature=253.0,
        cold_capacity_loss=0.0,
        full_voltage=32.8,
        empty_voltage=24.0,
        internal_resistance=0.0,
        initial_state_of_charge=initial_state_of_charge,
        restart_state_of_charge=0.1,
    )
    array = ArrayParameters(area=1.0, efficiency=0.3, stowed_fraction=1.0) if panel else None
    power = ElectricalParameters(battery=battery, array=array)
    electrical = Electrical("lander", world, power)
    node = NodeParameters(
        heat_capacity=50_000.0,
        to_air=0.6,
        to_ground=0.2,
        solar_area=0.0,
        initial_temperature=220.0 if panel else 290.0,
        heated_by=["avionics"],
    )
    settings = {"node": "battery", "power": 80.0, "setpoint": 258.0, "dead_band": 4.0} | zone
    parameters = ThermalParameters(
        nodes={"battery": node}, zones={"battery": ZoneParameters(**settings)}
    )
    return electrical, ThermalNetwork(electrical, parameters)


def test_an_unheated_node_cools_exponentially_to_the_air() -> None:
    world = ColdNight()
    _, network = vehicle(world, enabled=False)
    constant = 50_000.0 / 0.8
    world.seconds = constant
    expected = 190.0 + 100.0 / 2.718281828
    assert network.temperature("battery") == pytest.approx(expected, abs=1e-6)


def test_electronics_warm_the_node_they_sit_in() -> None:
    world = ColdNight()
    electrical, network = vehicle(world, enabled=False)
    electrical.set_load("avionics", 20.0)
    world.seconds = 50 * 50_000.0 / 0.8 / 10
    assert network.temperature("battery") == pytest.approx(190.0 + 20.0 / 0.8, abs=1.0)


def test_the_thermostat_holds_the_night_and_draws_what_is_lost() -> None:
    world = ColdNight()
    electrical, network = vehicle(world)
    world.seconds = 8 * HOUR
    electrical.advance()
    settled, drawn = world.seconds, electrical.account.loads
    for _ in range(60):
        world.seconds += 617.0
        assert 258.0 - 1e-6 <= network.temperature("battery") <= 262.0 + 1e-6
    mean = (electrical.account.loads - drawn) / (world.seconds - settled)
    assert mean == pytest.approx(0.8 * (260.0 - 190.0), rel=0.08)


def test_temperature_does_not_depend_on_how_often_it_is_asked() -> None:
    often, seldom = ColdNight(), ColdNight()
    _, asked = vehicle(often)
    _, left_alone = vehicle(seldom)
    for _ in range(300):
        often.seconds += 120.0
        asked.temperature("battery")
    seldom.seconds = often.seconds
    assert asked.temperature("battery") == pytest.approx(left_alone.temperature("battery"))


def test_a_broken_heater_lets_the_node_freeze_and_a_welded_one_heats_on() -> None:
    world = ColdNight()
    _, network = vehicle(world)
    network.zones["battery"].stuck_off = True
    world.seconds = SOL
    assert network.temperature("battery") < 220.0
    network.zones["battery"].stuck_off = False
    network.zones["battery"].stuck_on = True
    world.seconds = 2 * SOL
    assert network.temperature("battery") > 262.0


def test_without_power_there_is_no_heat() -> None:
    world = ColdNight()
    electrical, network = vehicle(world)
    electrical.set_load("leak", 1000.0)
    world.seconds = 2 * SOL
    assert electrical.brownout
    assert network.temperature("battery") < 215.0


def test_light_warms_an_empty_battery_before_it_can_be_charged() -> None:
    world = Noon()
    electrical, network = vehicle(world, initial_state_of_charge=0.0, panel=True)
    world.seconds = 2 * HOUR
    assert electrical.brownout and electrical.energy == 0.0
    assert network.temperature("battery") < 253.0
    world.seconds = 30 * HOUR
    assert network.temperature("battery") > 253.0
    assert electrical.energy > 0.0


def test_devices_set_zones_and_read_temperatures() -> None:
    async def scenario() -> None:
        world = ColdNight()
        electrical, network = vehicle(world)
        heaters = SimHeaters(
            DeviceContext("lander.heaters", stream(1, "h"), None, electrical), network
        )
        nodes = SimThermalNodes(
            DeviceContext("lander.thermal_nodes", stream(1, "t"), None, electrical), network
        )
        zone = await heaters.set_zone("battery", 300.0, True)
        assert zone.on and zone.setpoint == 300.0
        assert not (await heaters.set_zone("battery", 300.0, False)).on
        assert (await heaters.state()).zones["battery"].enabled is False
        with pytest.raises(DeviceRejected, match="there are: battery"):
            await heaters.set_zone("igloo", 250.0, True)
        assert (await nodes.state()).temperatures["battery"] == pytest.approx(290.0, abs=2.0)
        nodes.broken["battery"] = None
        shown = await nodes.state()
        assert shown.temperatures == {} and shown.invalid == ["battery"]

    run(scenario(), VirtualLoop())


def test_a_zone_without_its_node_is_refused() -> None:
    with pytest.raises(ValueError, match=r'zones\.battery\.node: allowed is "battery"'):
        vehicle(ColdNight(), node="igloo")
