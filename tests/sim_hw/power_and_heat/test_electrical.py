"""The power system of a vehicle: energy over a sol, conservation, brownout."""

from dataclasses import dataclass
from typing import Any

import pytest

from flight.astrodynamics.mars_time import jd_tt_of_local_time, local_sol_number
from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.runtime.loop import VirtualLoop, run
from flight.runtime.streams import stream
from sim_hw.devices.battery import SimBattery
from sim_hw.devices.power_switches import SimPowerSwitches
from sim_hw.devices.solar_array import SimSolarArray
from sim_hw.power_and_heat.electrical import (
    JOULES_PER_WATT_HOUR,
    ArrayParameters,
    BatteryParameters,
    Electrical,
    ElectricalParameters,
    SoftShort,
)
from sim_hw.serving.device import DeviceContext
from sim_hw.world.insolation import sol_insolation
from sim_hw.world.tubes import TubeRegistry
from sim_hw.world.world import World

SITE_EAST_LONGITUDE_DEGREES = 77.407753
SITE_LATITUDE_DEGREES = 18.45263

SOL = 88_775.244
SOL_NUMBER = local_sol_number(2461990.0, SITE_EAST_LONGITUDE_DEGREES)
MIDNIGHT = jd_tt_of_local_time(SOL_NUMBER, 0.0, SITE_EAST_LONGITUDE_DEGREES)


@dataclass
class Clock:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


def battery(**changes: Any) -> BatteryParameters:
    values: dict[str, Any] = {
        "capacity": 1000.0,
        "charge_efficiency": 0.95,
        "discharge_efficiency": 0.95,
        "maximum_charge_power": 500.0,
        "lowest_charge_temperature": 253.0,
        "cold_capacity_loss": 0.008,
        "full_voltage": 32.8,
        "empty_voltage": 24.0,
        "internal_resistance": 0.05,
        "initial_state_of_charge": 0.5,
        "restart_state_of_charge": 0.15,
    }
    return BatteryParameters(**(values | changes))


def vehicle(
    clock: Clock,
    *,
    loads: dict[str, float] | None = None,
    switches: dict[str, bool] | None = None,
    array: bool = True,
    **changes: Any,
) -> Electrical:
    world = World(1, MIDNIGHT, TubeRegistry((), {}), clock=clock)
    panel = ArrayParameters(area=4.0, efficiency=0.27, stowed_fraction=0.1)
    parameters = ElectricalParameters(
        battery=battery(**changes),
        array=panel if array else None,
        standing_loads=loads or {},
        switches=switches or {},
    )
    return Electrical("lander", world, parameters)


def residual(electrical: Electrical, started_with: float) -> float:
    account = electrical.account
    brought = account.array + account.generator + account.unserved
    spent = account.loads + account.charging_loss + account.discharging_loss + account.shunted
    spent += account.drained
    return brought - spent - (electrical.energy - started_with)


def test_energy_of_a_sol_is_light_times_area_times_efficiency() -> None:
    clock = Clock()
    electrical = vehicle(clock, loads={"avionics": 40.0})
    clock.seconds = SOL
    electrical.advance()
    world: Any = electrical.world
    expected = sol_insolation(
        SOL_NUMBER,
        SITE_LATITUDE_DEGREES,
        SITE_EAST_LONGITUDE_DEGREES,
        lambda hours: world.sky_at(hours / 24.0 * SOL).optical_depth,
    )
    delivered = electrical.account.array / JOULES_PER_WATT_HOUR
    assert delivered == pytest.approx(expected * 4.0 * 0.27, rel=0.01)
    assert 1000.0 < delivered < 4500.0


def test_what_a_fault_drains_and_puts_back_is_accounted_for() -> None:
    clock = Clock()
    electrical = vehicle(clock, loads={"avionics": 20.0})
    started_with = electrical.energy
    put_back = electrical.drain(0.3)
    taken = electrical.account.drained
    assert taken == pytest.approx(started_with - electrical.energy) and taken > 0.0
    assert residual(electrical, started_with) == pytest.approx(0.0, abs=1.0)
    clock.seconds = 30.0 * SOL  # charged meanwhile: not all of it goes in again
    electrical.advance()
    before = electrical.energy
    put_back()
    assert electrical.account.drained == pytest.approx(taken - (electrical.energy - before))
    assert electrical.account.drained > 0.0
    assert residual(electrical, started_with) == pytest.approx(0.0, abs=1.0)
    electrical.drain(1.0)()  # nothing to take
    assert residual(electrical, started_with) == pytest.approx(0.0, abs=1.0)


def test_energy_is_conserved_over_weeks_with_and_without_brownouts() -> None:
    for watts in (20.0, 90.0, 250.0):
        clock = Clock()
        electrical = vehicle(clock, loads={"avionics": watts})
        started_with = electrical.energy
        for sol in range(1, 15):
            clock.seconds = sol * SOL
            electrical.set_load("extra", float(sol % 3))
        assert residual(electrical, started_with) == pytest.approx(0.0, abs=1.0)


def test_how_often_it_is_asked_changes_little() -> None:
    often, seldom = Clock(), Clock()
    asked = vehicle(often, loads={"avionics": 60.0})
    left_alone = vehicle(seldom, loads={"avionics": 60.0})
    while often.seconds < 2 * SOL:
        often.seconds += 237.0
        asked.advance()
    seldom.seconds = often.seconds
    assert left_alone.state_of_charge == pytest.approx(asked.state_of_charge, abs=0.01)


def test_without_light_the_battery_empties_and_all_loads_are_shed() -> None:
    clock = Clock()
    electrical = vehicle(clock, loads={"avionics": 100.0}, array=False)
    told: list[float] = []
    electrical.on_brownout.append(told.append)
    clock.seconds = 3600.0
    assert not electrical.brownout
    expected = 500.0 * 0.95 / 100.0 * 3600.0
    clock.seconds = expected + 60.0
    assert electrical.brownout
    assert told[0] == pytest.approx(expected, abs=20.0)
    assert not electrical.is_powered("uhf")
    drawn = electrical.account.loads
    clock.seconds += 7200.0
    assert electrical.brownout
    assert electrical.account.loads == drawn


def test_light_ends_a_brownout_only_at_the_restart_level() -> None:
    clock = Clock()
    electrical = vehicle(clock, loads={"avionics": 60.0}, initial_state_of_charge=0.0)
    clock.seconds = 600.0
    assert electrical.brownout
    while electrical.brownout:
        clock.seconds += 300.0
        assert clock.seconds < SOL
    assert electrical.state_of_charge >= 0.15
    assert clock.seconds > 0.2 * SOL  # not before sunrise


def test_a_cold_battery_takes_no_charge_and_gives_less() -> None:
    clock = Clock(0.4 * SOL)
    electrical = vehicle(clock, loads={})
    electrical.battery_temperature = lambda: 240.0
    clock.seconds = 0.5 * SOL
    assert electrical.state_of_charge == 0.5
    assert electrical.account.shunted == pytest.approx(electrical.account.array)
    electrical.set_load("heaters", 3000.0)
    clock.seconds = 0.6 * SOL
    assert electrical.brownout
    assert electrical.energy == pytest.approx((273.15 - 240.0) * 0.008 * 1000 * 3600, rel=1e-6)


def test_an_open_switch_stops_the_loads_behind_it() -> None:
    clock = Clock()
    electrical = vehicle(clock, switches={"arm": True}, array=False)
    electrical.set_load("arm.joints", 50.0)
    electrical.open_or_close("arm", False)
    assert not electrical.is_on("arm.joints")
    clock.seconds = 3600.0
    electrical.advance()
    assert electrical.account.loads == 0.0
    electrical.open_or_close("arm", True)
    clock.seconds = 7200.0
    electrical.advance()
    assert electrical.account.loads == pytest.approx(50.0 * 3600.0)
    assert electrical.load_of("arm") == 50.0


def test_loads_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="allowed is 0 or more"):
        vehicle(Clock()).set_load("uhf", float("nan"))


def test_the_array_jams_once_and_then_unfolds() -> None:
    async def scenario() -> None:
        world = World(1, MIDNIGHT + 0.5, TubeRegistry((), {}))
        parameters = ElectricalParameters(
            battery=battery(),
            array=ArrayParameters(
                area=4.0, efficiency=0.27, stowed_fraction=0.1, deployed_at_start=False
            ),
        )
        electrical = Electrical("lander", world, parameters)
        device = SimSolarArray(
            DeviceContext("lander.solar_array", stream(1, "array"), None, electrical)
        )
        stowed = await device.state()
        device.jams = 1
        with pytest.raises(DeviceFault, match="stopped"):
            await device.deploy()
        deployed = await device.deploy()
        assert deployed.deployed and not stowed.deployed
        assert deployed.power > 5.0 * stowed.power

    run(scenario(), VirtualLoop())


def test_switches_are_read_back_and_a_stuck_one_is_a_fault() -> None:
    async def scenario() -> None:
        electrical = vehicle(Clock(), switches={"uhf": False})
        device = SimPowerSwitches(
            DeviceContext("lander.power_switches", stream(1, "switches"), None, electrical)
        )
        assert (await device.set_switch("uhf", True)).closed == {"uhf": True}
        device.stuck["uhf"] = None
        with pytest.raises(DeviceFault) as fault:
            await device.set_switch("uhf", False)
        assert fault.value.code == "stuck"
        with pytest.raises(DeviceRejected, match="there are: uhf"):
            await device.set_switch("laser", True)

    run(scenario(), VirtualLoop())


def test_the_gauge_shows_charge_and_says_when_it_means_nothing() -> None:
    async def scenario() -> None:
        device = SimBattery(
            DeviceContext("lander.battery", stream(1, "battery"), None, vehicle(Clock()))
        )
        shown = await device.state()
        assert shown.valid and shown.state_of_charge == pytest.approx(0.5, abs=0.03)
        device.gauge_invalid = True
        assert not (await device.state()).valid

    run(scenario(), VirtualLoop())


def test_a_peek_changes_nothing_where_a_question_would() -> None:
    ends = []
    for looks in ((), (100.1, 7200.3, 30_000.7), (100.1, 7200.3, 30_000.7)):
        clock = Clock()
        electrical = vehicle(clock, loads={"computer": 61.7})
        for at in looks:
            clock.seconds = at
            if len(ends) == 1:
                seen = electrical.peek()
                assert (seen.time, electrical.peek()) == (0.0, seen)
            else:
                assert electrical.state_of_charge > 0.0
        clock.seconds = 50_000.9
        ends.append((electrical.energy, electrical.peek().energy, electrical.account.array))
    assert ends[1] == ends[0]
    assert ends[2] != ends[0], "a question cuts the steps of integration"


def test_a_soft_short_bears_its_load_for_so_long_and_not_longer() -> None:
    for watts, bears, is_dead in ((60.0, 1e3, False), (60.1, 1e3, True), (60.1, 7300.0, False)):
        clock, told = Clock(), []
        electrical = vehicle(clock, loads={"avionics": watts}, array=False)
        electrical.on_brownout.append(told.append)
        electrical.soft_shorts = [SoftShort(0.364, 60.0, bears)]
        started_with = electrical.energy
        clock.seconds = 7200.0
        assert electrical.brownout is is_dead and len(told) == is_dead
        assert residual(electrical, started_with) == pytest.approx(0.0, abs=1.0)
    clock.seconds += 7200.0
    electrical.soft_shorts = []
    assert not electrical.brownout, "one that ends in time leaves nothing"


def test_the_gauge_shows_the_shifted_bus_and_the_right_charge() -> None:
    async def scenario() -> None:
        electrical = vehicle(Clock())
        device = SimBattery(DeviceContext("lander.battery", stream(1, "battery"), None, electrical))
        whole = (await device.state()).voltage
        electrical.soft_shorts = [SoftShort(4.0 / 11.0, 60.0, 1800.0)]
        shown = await device.state()
        assert shown.voltage == pytest.approx(whole * 4.0 / 11.0, abs=0.1)
        assert shown.state_of_charge == pytest.approx(0.5, abs=0.03)

    run(scenario(), VirtualLoop())
