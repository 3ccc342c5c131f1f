"""Gauges, switches, array, heaters and radios: what they show, what is refused, what stays done."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.icd.devices.communications import LinkState
from sim_hw.devices.battery import SimBattery
from sim_hw.devices.heaters import SimHeaters
from sim_hw.devices.power_switches import SimPowerSwitches
from sim_hw.devices.primary_battery import PrimaryPower
from sim_hw.devices.solar_array import SimSolarArray
from sim_hw.devices.surface_radio import RadioParameters
from sim_hw.devices.uhf_radio import SimUhfRadio
from sim_hw.devices.x_band_radio import SimXBandRadio
from sim_hw.power_and_heat.electrical import BatteryParameters, ElectricalParameters, SoftShort
from sim_hw.power_and_heat.thermal_network import Zone, ZoneParameters
from sim_hw.serving.device import DeviceContext
from tests.sim_hw.devices.stubs import Clock, Dice


class Electrical:
    """A vehicle's power system as its devices ask for it."""

    def __init__(self) -> None:
        self.clock = Clock(0.0)
        self.world = SimpleNamespace(now=self._now)
        battery = SimpleNamespace(full_voltage=33.0, empty_voltage=24.0, internal_resistance=0.1)
        self.parameters = SimpleNamespace(battery=battery)
        self.state_of_charge, self.net_power = 0.5, -57.0
        self.capacity_fade = 0.0
        self.soft_shorts: list[SoftShort] = []
        self.switches: dict[str, bool] = {"arm": True, "mav": False}
        self.loads: dict[str, float] = {}
        self.brownout, self.on = False, True
        self.array_deployed, self.array_power, self.array_shut = False, 100.0, 0.0
        self.account = SimpleNamespace(array=7200.0)
        self.advanced = 0

    def _now(self) -> float:
        try:
            return asyncio.get_running_loop().time() + self.clock.now
        except RuntimeError:
            return self.clock.now

    def advance(self) -> None:
        self.advanced += 1

    def battery_temperature(self) -> float:
        return 280.0

    def set_load(self, consumer: str, watts: float) -> None:
        self.loads[consumer] = watts

    def open_or_close(self, name: str, closed: bool) -> None:
        self.switches[name] = closed

    def load_of(self, name: str) -> float:
        return {"arm": 12.0, "mav": 3.0}[name]

    def is_powered(self, name: str) -> bool:
        return self.on


def made(kind: Any, *more: Any, dice: Dice | None = None) -> Any:
    return kind(DeviceContext("lander.device", dice or Dice(), None, Electrical()), *more)


async def refused(call: Any, code: str) -> None:
    with pytest.raises(DeviceFault) as fault:
        await call
    assert fault.value.code == code


# ---------------------------------------------------------------------- battery


async def test_the_gauge_shows_charge_current_and_the_voltage_under_load() -> None:
    battery = made(SimBattery)
    state = await battery.state()
    assert state.state_of_charge == 0.5 and state.temperature == 280.0 and state.valid
    assert state.current == pytest.approx(-2.0)
    assert state.voltage == pytest.approx(28.5 - 0.2)
    battery._electrical.soft_shorts = [SoftShort(0.9, 300.0, 60.0)]
    short = await battery.state()
    assert short.voltage == pytest.approx(0.9 * (28.5 - 0.2))
    assert (short.current, short.state_of_charge) == (state.current, 0.5), "the bus alone is low"


async def test_errors_bias_and_ends_of_the_gauge() -> None:
    battery = made(SimBattery, dice=Dice(1.0))
    state = await battery.state()
    assert state.state_of_charge == pytest.approx(0.504)
    assert state.voltage == pytest.approx(28.32) and state.temperature == pytest.approx(280.2)
    for bias, shown in ((0.9, 1.0), (-0.9, 0.0), (0.1, 0.604)):
        battery.fail("gauge_bias", bias=bias)
        assert (await battery.state()).state_of_charge == pytest.approx(shown)
    battery.fail("gauge_invalid")
    assert not (await battery.state()).valid


@pytest.mark.parametrize(
    ("fraction", "allowed"), [(0.0, True), (1.0, True), (-0.01, False), (1.01, False)]
)
def test_capacity_fades_by_a_fraction(fraction: float, allowed: bool) -> None:
    battery = made(SimBattery)
    if allowed:
        battery.fail("capacity_fade", fraction=fraction)
        assert battery._electrical.capacity_fade == fraction and battery._electrical.advanced == 1
    else:
        with pytest.raises(ValueError, match="allowed is a finite number >= 0 and <= 1"):
            battery.fail("capacity_fade", fraction=fraction)
        assert battery._electrical.capacity_fade == 0.0


# --------------------------------------------------------------------- switches


async def test_a_switch_moves_unless_it_is_stuck_or_there_is_none() -> None:
    switches = made(SimPowerSwitches)
    state = await switches.set_switch("mav", True)
    assert state.closed == {"arm": True, "mav": True} and state.power == {"arm": 12.0, "mav": 3.0}
    switches.fail("stuck", switch="arm")
    assert (await switches.set_switch("arm", True)).closed["arm"], "it is there already"
    await refused(switches.set_switch("arm", False), "stuck")
    assert switches._electrical.switches["arm"]
    with pytest.raises(DeviceRejected, match="there are: arm, mav"):
        await switches.set_switch("wheels", True)


# ------------------------------------------------------------------------ array


async def test_unfolding_takes_its_time_and_what_is_done_stays_done() -> None:
    array = made(SimSolarArray)
    electrical = array._electrical
    work = asyncio.ensure_future(array.deploy())
    await asyncio.sleep(300.0)
    assert electrical.loads == {"array_motors": 10.0} and not electrical.array_deployed
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert electrical.loads == {"array_motors": 0.0}
    state = await array.deploy()
    assert asyncio.get_running_loop().time() == pytest.approx(960.0)
    assert state.deployed and electrical.array_deployed
    await array.deploy()
    assert asyncio.get_running_loop().time() == pytest.approx(960.0)


async def test_a_jam_stops_it_on_the_way_so_many_times_and_without_power_nothing_moves() -> None:
    array = made(SimSolarArray)
    array.fail("jam", tries=1)
    await refused(array.deploy(), "jammed")
    assert asyncio.get_running_loop().time() == pytest.approx(0.3 * 960.0)
    assert not array._electrical.array_deployed
    array._electrical.brownout = True
    await refused(array.deploy(), "jammed")
    array._electrical.brownout = False
    await array.deploy()
    assert asyncio.get_running_loop().time() == pytest.approx(960.0)


async def test_a_panel_that_stays_shut_lies_over_the_antenna_until_it_is_mended() -> None:
    array, uhf = made(SimSolarArray), radio(on=True)
    uhf.is_covered = lambda: array.covers_antenna
    heal = array.fail("panel_shut", share=0.25)
    assert uhf.hears and uhf.is_heard, "in flight nothing is open yet"
    for _ in range(2):
        await refused(array.deploy(), "jammed")
    assert array._electrical.array_deployed and array._electrical.array_shut == 0.25
    assert not (await array.state()).deployed
    assert uhf.is_on and not uhf.hears and not uhf.is_heard
    heal()
    assert (await array.deploy()).deployed and uhf.hears and uhf.is_heard


async def test_the_array_shows_its_power_and_what_it_has_given() -> None:
    array = made(SimSolarArray, dice=Dice(1.0))
    state = await array.state()
    assert state.power == pytest.approx(101.0) and state.energy == pytest.approx(2.0)
    array.random.bell = -200.0
    assert (await array.state()).power == 0.0


# ---------------------------------------------------------------------- heaters


def heaters() -> tuple[Any, Any]:
    parameters = ZoneParameters("arm", 50.0, 218.0, 3.0)
    zones = {"arm": Zone(parameters, 218.0, True, on=True)}
    asked: list[Any] = []

    def set_zone(zone: str, setpoint: float, enabled: bool) -> Zone:
        asked.append((zone, setpoint, enabled))
        zones[zone].setpoint, zones[zone].enabled = setpoint, enabled
        return zones[zone]

    network: Any = SimpleNamespace(zones=zones, set_zone=set_zone, asked=asked)
    return made(SimHeaters, network), network


async def test_a_zone_is_set_and_shows_what_it_draws() -> None:
    device, network = heaters()
    shown = await device.set_zone("arm", 230.0, False)
    assert network.asked == [("arm", 230.0, False)]
    assert shown.setpoint == 230.0 and not shown.enabled and shown.power == 50.0 and shown.on
    with pytest.raises(DeviceRejected, match="there are: arm"):
        await device.set_zone("leg", 230.0, True)
    device.fail("stuck_off", zone="arm")
    assert not (await device.state()).zones["arm"].on
    device, network = heaters()
    network.zones["arm"].on = False
    assert not (await device.state()).zones["arm"].on
    device.fail("stuck_on", zone="arm")
    assert (await device.state()).zones["arm"].on


@pytest.mark.parametrize(
    ("brownout", "light", "on"), [(False, 0.0, True), (True, 0.0, False), (True, 1.0, True)]
)
async def test_with_an_empty_battery_heaters_live_on_light(
    brownout: bool, light: float, on: bool
) -> None:
    device, _ = heaters()
    device._electrical.brownout, device._electrical.array_power = brownout, light
    assert (await device.state()).zones["arm"].on is on


# -------------------------------------------------------------- primary battery


def primary(clock: Clock, energy: float = 100.0) -> PrimaryPower:
    battery = BatteryParameters(
        capacity=energy, charge_efficiency=1.0, discharge_efficiency=0.8, maximum_charge_power=1.0,
        lowest_charge_temperature=250.0, cold_capacity_loss=0.0, full_voltage=30.0,
        empty_voltage=20.0, internal_resistance=0.0, initial_state_of_charge=1.0,
        restart_state_of_charge=0.5,
    )  # fmt: skip
    world: Any = SimpleNamespace(now=clock, panel_dust=lambda name: 1.0)
    parameters = ElectricalParameters(battery=battery, switches={"beacon": True})
    grid: Any = SimpleNamespace()
    return PrimaryPower("capsule", world, parameters, sky=grid)


def test_cells_that_are_not_charged_last_for_their_energy_to_the_second() -> None:
    clock = Clock()
    cells = primary(clock)
    emptied: list[float] = []
    cells.on_brownout.append(emptied.append)
    cells.set_load("computer", 8.0)
    lasts = 100.0 * 3600.0 * 0.8 / 8.0
    clock.now = lasts - 1.0
    assert not cells.brownout and cells.energy == pytest.approx(10.0)
    clock.now = 1e9
    assert cells.brownout and emptied == [pytest.approx(lasts)]
    cells.set_load("computer", 0.0)
    clock.now = 2e9
    assert cells.brownout, "empty is empty for good"


def test_what_is_switched_off_draws_nothing_however_long() -> None:
    clock = Clock()
    cells = primary(clock)
    cells.set_load("beacon", 5.0)
    cells.open_or_close("beacon", False)
    clock.now = 1e9
    assert not cells.brownout and cells.energy == 100.0 * 3600.0
    cells.open_or_close("beacon", True)
    assert cells._lasts() == pytest.approx(100.0 * 3600.0 * 0.8 / 5.0)
    cells.kill()
    assert cells._lasts() == math.inf


# ----------------------------------------------------------------------- radios


class Medium:
    """The links of the run."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.carried: list[tuple[str, bytes]] = []
        self.takes = 5.0
        self.whole = True

    def is_whole(self, data: bytes) -> bool:
        return self.whole

    def links_of(self, radio: Any) -> list[LinkState]:
        return [LinkState("relay", up=True)]

    def switched(self, radio: Any) -> None:
        self.told.append(radio.is_on)

    async def carry(self, radio: Any, peer: str, data: bytes) -> None:
        await radio.occupy(self.takes)
        self.carried.append((peer, data))


def radio(on: bool = False) -> Any:
    parameters = RadioParameters(15.0, 60.0, on)
    made_radio = SimUhfRadio(DeviceContext("rover.uhf", Dice(), None, Electrical()), parameters)  # type: ignore[arg-type]
    made_radio.medium = Medium()
    return made_radio


async def test_a_radio_is_switched_in_some_seconds_and_each_time_its_links_are_told() -> None:
    uhf = radio()
    assert (uhf.vehicle, uhf.consumer, uhf.band) == ("rover", "uhf", "uhf")
    assert SimXBandRadio.band == "x_band"
    state = await uhf.state()
    assert not state.on and state.links == []
    state = await uhf.set_power(True)
    assert asyncio.get_running_loop().time() == 2.0
    assert state.on and [link.peer for link in state.links] == ["relay"]
    assert uhf._electrical.loads == {"uhf": 15.0}
    await uhf.set_power(True)
    assert asyncio.get_running_loop().time() == 2.0 and uhf.medium.told == [True, True]
    assert not (await uhf.set_power(False)).on
    assert uhf._electrical.loads == {"uhf": 0.0}
    assert radio(on=True)._electrical.loads == {"uhf": 15.0}


async def test_without_power_it_neither_switches_on_nor_hears_nor_sends() -> None:
    uhf = radio(on=True)
    uhf._electrical.on = False
    assert not uhf.is_on and not uhf.hears and not uhf.is_heard
    await refused(uhf.set_power(True), "off")
    await refused(uhf.transmit("relay", b"x"), "off")
    await uhf.set_power(False)  # off it may be told
    assert uhf.medium.carried == []


async def test_sending_draws_more_and_frames_go_one_after_the_other() -> None:
    uhf = radio(on=True)
    first = asyncio.ensure_future(uhf.transmit("relay", b"1"))
    second = asyncio.ensure_future(uhf.transmit("relay", b"2"))
    await asyncio.sleep(1.0)
    assert uhf._electrical.loads == {"uhf": 60.0}
    assert (await first).seconds == pytest.approx(5.0)
    sent = await second
    assert sent.acknowledged and sent.seconds == pytest.approx(10.0), "the wait counts"
    assert uhf.medium.carried == [("relay", b"1"), ("relay", b"2")]
    assert uhf._electrical.loads == {"uhf": 15.0}


async def test_a_radio_that_is_switched_off_while_a_frame_waits_sends_it_not() -> None:
    uhf = radio(on=True)
    first = asyncio.ensure_future(uhf.transmit("relay", b"1"))
    second = asyncio.ensure_future(uhf.transmit("relay", b"2"))
    await asyncio.sleep(1.0)
    await uhf.set_power(False)
    await first
    await refused(second, "off")
    uhf = radio(on=True)
    uhf.medium = None
    await refused(uhf.transmit("relay", b"1"), "no_link")


async def test_a_circuit_that_has_latched_up_comes_back_by_a_power_cycle_and_not_else() -> None:
    uhf = radio(on=True)
    uhf.fail("deaf", until_off=True)
    uhf.fail("mute", until_off=True)
    await uhf.set_power(True)
    assert not uhf.hears and not uhf.is_heard, "it was on"
    await uhf.set_power(False)
    await uhf.set_power(True)
    assert uhf.hears and uhf.is_heard
    uhf.fail("deaf")
    uhf.fail("mute", until_off=True)
    await uhf.set_power(False)
    await uhf.set_power(True)
    assert not uhf.hears and uhf.is_heard, "what is broken for good stays so"
    heal = uhf.fail("deaf", until_off=True)
    heal()
    assert uhf.hears


async def test_a_deaf_radio_hears_nothing_and_a_mute_one_is_not_heard() -> None:
    uhf = radio(on=True)
    heard: list[Any] = []
    uhf.emit = lambda name, data: heard.append((name, data.peer))
    assert uhf.accept("relay", b"1") and uhf.hears and uhf.is_heard
    uhf.medium.whole = False
    assert not uhf.accept("relay", b"spoilt on its way")
    uhf.medium.whole = True
    uhf.announce(LinkState("earth", up=False))
    assert heard == [("received", "relay"), ("link", "earth")]
    uhf.fail("deaf")
    assert not uhf.accept("relay", b"2") and len(heard) == 2 and uhf.is_heard
    uhf.fail("mute")
    assert not uhf.is_heard and uhf.is_on
    with pytest.raises(ValueError, match="has no failure"):
        uhf.fail("loud")
