"""The capsule's devices one by one: limits exactly met, latches, what is cleared and broken."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault
from flight.icd.places import EARTH, ENTRY_CAPSULE
from sim_hw.devices.capsule_accelerometer import (
    CapsuleAccelerometerParameters,
    SimCapsuleAccelerometer,
)
from sim_hw.devices.capsule_beacon import CapsuleBeaconParameters, SimCapsuleBeacon
from sim_hw.devices.capsule_timer import CapsuleTimerParameters, SimCapsuleTimer
from sim_hw.devices.g_switch import GSwitchParameters, SimGSwitch
from sim_hw.devices.impact_sensor import ImpactSensorParameters, SimImpactSensor
from sim_hw.devices.payload_bay import PayloadBayParameters, SimPayloadBay
from sim_hw.serving.device import DeviceContext
from tests.sim_hw.devices.stubs import Clock, Dice, Supply


class Flight:
    """The capsule's flight as its devices see it; `feel` is a step of it."""

    def __init__(self) -> None:
        self.tubes: dict[str, list[str]] = {}
        tubes = SimpleNamespace(at=lambda place: self.tubes.get(place, []))
        self.world = SimpleNamespace(now=Clock(1000.0), tubes=tubes)
        self.watchers: list[Any] = []
        self.push = 0.0
        self.released_at: float | None = None
        self.landed = False
        self.heated = 0.0
        self.capsule = SimpleNamespace(area=2.0)
        self.waiting: list[float] = []

    @property
    def released(self) -> bool:
        return self.released_at is not None

    def felt(self) -> float:
        return self.push

    def advance(self) -> None:
        for acceleration in self.waiting:
            self.feel(acceleration)
        self.waiting = []

    def feel(self, acceleration: float) -> None:
        for watch in self.watchers:
            watch(acceleration)


def built(kind: Any, parameters: Any, dice: Dice | None = None) -> tuple[Any, Flight]:
    flight = Flight()
    return kind(DeviceContext("entry.device", dice or Dice(), flight, Supply()), parameters), flight


ACCELEROMETER = CapsuleAccelerometerParameters(100.0, 5000.0, 0.0, 0.0)
SWITCH = GSwitchParameters(30.0, 0.0)
IMPACT = ImpactSensorParameters(8000.0, 1500.0, 0.2)
BAY = PayloadBayParameters(0.02, 260.0, 290.0, 0.1, 1000.0, 500.0, 2000.0, 0.0)


async def test_without_power_none_of_them_answers() -> None:
    for kind, parameters, calls in (
        (SimCapsuleAccelerometer, ACCELEROMETER, ("state", "clear")),
        (SimCapsuleTimer, CapsuleTimerParameters(0.0), ("state",)),
        (SimCapsuleBeacon, CapsuleBeaconParameters(5.0, 2.0), ("state",)),
        (SimGSwitch, SWITCH, ("state", "clear")),
        (SimImpactSensor, IMPACT, ("state", "clear")),
        (SimPayloadBay, BAY, ("state",)),
    ):
        device, _ = built(kind, parameters)
        device.electrical.brownout = True
        for call in calls:
            with pytest.raises(DeviceFault, match="no power"):
                await getattr(device, call)()
        for call, told in (("set_power", True), ("set_entry", 1.0)):
            if hasattr(device, call):
                with pytest.raises(DeviceFault, match="no power"):
                    await getattr(device, call)(told)
        with pytest.raises(ValueError, match="has no failure 'gone'"):
            device.fail("gone")


# ---------------------------------------------------------------- accelerometer


async def test_it_shows_its_limit_beyond_it_and_says_so() -> None:
    device, flight = built(SimCapsuleAccelerometer, ACCELEROMETER)
    for push, shown, saturated in (
        (100.0, 100.0, False), (100.1, 100.0, True), (-100.1, -100.0, True), (99.0, 99.0, False),
    ):  # fmt: skip
        flight.push = push
        state = await device.state()
        assert (state.axial, state.saturated) == (shown, saturated)


async def test_its_peak_is_held_until_it_is_cleared_and_ends_at_its_own_limit() -> None:
    device, flight = built(SimCapsuleAccelerometer, ACCELEROMETER)
    for push in (1600.0, 900.0):
        flight.feel(push)
    assert (await device.state()).peak == 1600.0
    flight.waiting = [2000.0]  # a step that has not been taken yet belongs to what is cleared
    assert (await device.clear()).peak == 0.0
    flight.feel(6000.0)
    assert (await device.state()).peak == 5000.0


async def test_noise_and_bias_have_their_sizes_and_an_inverted_one_the_wrong_sign() -> None:
    parameters = CapsuleAccelerometerParameters(100.0, 5000.0, 0.3, 0.5)
    device, flight = built(SimCapsuleAccelerometer, parameters, Dice(1.0))
    flight.push = 10.0
    assert (await device.state()).axial == pytest.approx(10.8)
    device.fail("inverted")
    state = await device.state()
    assert state.axial == pytest.approx(-10.8) and state.valid
    device.fail("invalid")
    assert not (await device.state()).valid


# ------------------------------------------------------------------------ timer


async def test_both_wires_have_to_be_cut_before_it_counts() -> None:
    device, flight = built(SimCapsuleTimer, CapsuleTimerParameters(1e-3), Dice(1.0))
    flight.released_at = 900.0
    state = await device.state()
    assert state.separated == [True, True]
    assert state.since_separation == pytest.approx(100.0 * 1.001)
    device.fail("wire", wire=1, cut=False)
    state = await device.state()
    assert state.separated == [True, False] and state.since_separation == 0.0


async def test_a_wire_that_lies_does_not_make_a_separation_of_it() -> None:
    device, _ = built(SimCapsuleTimer, CapsuleTimerParameters(0.0))
    device.fail("wire", wire=0, cut=True)
    state = await device.state()
    assert state.separated == [True, False] and state.since_separation == 0.0
    assert (await device.set_entry(3600.0)).entry_after == 3600.0
    device.fail("wire", wire=1, cut=True)
    assert (await device.state()).since_separation == 0.0, "nothing was let go"


async def test_a_timer_that_runs_cannot_be_set_and_a_stopped_one_counts_no_more() -> None:
    device, flight = built(SimCapsuleTimer, CapsuleTimerParameters(0.0))
    await device.set_entry(100.0)
    flight.released_at = 950.0
    with pytest.raises(DeviceFault, match="runs already") as refused:
        await device.set_entry(50.0)
    assert refused.value.code == "running"
    device.fail("stopped")
    flight.world.now.now = 5000.0
    state = await device.state()
    assert state.since_separation == 50.0 and state.entry_after == 100.0


# ----------------------------------------------------------------------- beacon


async def test_a_beacon_draws_and_sends_only_while_it_is_on() -> None:
    device, _ = built(SimCapsuleBeacon, CapsuleBeaconParameters(5.0, 2.0))
    assert not device.sending and (await device.state()).power == 0.0
    state = await device.set_power(True)
    assert state.on and state.power == 2.0 and device.electrical.loads == {"device": 5.0}
    assert not (await device.set_power(False)).on
    assert device.electrical.loads == {"device": 0.0}
    await device.set_power(True)
    device.electrical.brownout = True
    assert not device.sending
    device.electrical.brownout = False
    device.fail("dead")
    assert not device.sending
    with pytest.raises(DeviceFault, match="does not react") as refused:
        await device.set_power(True)
    assert refused.value.code == "dead"


# --------------------------------------------------------------------- g-switch


async def test_it_closes_at_its_load_and_remembers() -> None:
    device, flight = built(SimGSwitch, SWITCH)
    flight.push = 29.9
    state = await device.state()
    assert not state.closed and not state.has_closed
    flight.push = 30.0
    state = await device.state()
    assert state.closed and state.has_closed
    flight.push = 1.0
    state = await device.state()
    assert not state.closed and state.has_closed
    flight.waiting = [50.0]
    assert not (await device.clear()).has_closed
    flight.feel(30.0)
    assert (await device.state()).has_closed, "what happened between two looks"


async def test_switches_differ_by_their_spread() -> None:
    low, flight = built(SimGSwitch, GSwitchParameters(30.0, 0.1), Dice(chance=0.0))
    flight.push = 27.0
    assert (await low.state()).closed
    high, flight = built(SimGSwitch, GSwitchParameters(30.0, 0.1), Dice(chance=1.0))
    flight.push = 32.9
    assert not (await high.state()).closed


async def test_one_built_in_the_wrong_way_round_never_closes_when_the_capsule_brakes() -> None:
    device, flight = built(SimGSwitch, SWITCH)
    device.fail("inverted")
    flight.push = 500.0
    flight.feel(500.0)
    assert not (await device.state()).has_closed
    flight.push = -30.0
    assert (await device.state()).closed
    device.fail("stuck", closed=False)
    assert not (await device.state()).closed
    device.fail("stuck", closed=True)
    flight.push = 0.0
    assert (await device.state()).closed


# ----------------------------------------------------------------------- impact


async def test_the_wires_tear_at_their_load_and_stay_torn() -> None:
    device, flight = built(SimImpactSensor, IMPACT)
    flight.feel(7999.0)
    state = await device.state()
    assert not state.torn and not state.latched
    flight.feel(8000.0)
    state = await device.clear()
    assert state.torn and state.latched, "what is torn stays torn"


async def test_vibration_latches_only_a_sensor_that_breaks_contact_and_can_be_cleared() -> None:
    sound, flight = built(SimImpactSensor, IMPACT, Dice(chance=0.2))
    flight.feel(1500.0)
    assert not (await sound.state()).latched
    loose, flight = built(SimImpactSensor, IMPACT, Dice(chance=0.19))
    flight.feel(1499.0)
    assert not (await loose.state()).latched
    flight.feel(1500.0)
    state = await loose.state()
    assert state.latched and not state.torn
    assert not (await loose.clear()).latched
    flight.waiting = [1600.0]
    assert not (await loose.clear()).latched, "what has come to pass before counts as before"
    sound.fail("false_latch")
    sound.flight.feel(1600.0)
    assert (await sound.state()).latched


async def test_one_that_never_tears_may_still_latch() -> None:
    device, flight = built(SimImpactSensor, IMPACT, Dice(chance=0.1))
    device.fail("never_tears")
    flight.feel(9000.0)
    state = await device.state()
    assert not state.torn and state.latched


# ------------------------------------------------------------------ payload bay


async def test_the_switches_feel_the_container_wherever_its_tubes_are_said_to_be() -> None:
    device, flight = built(SimPayloadBay, BAY)
    for places, full in (({}, False), ({ENTRY_CAPSULE: ["a"]}, True), ({EARTH: ["a"]}, True)):
        flight.tubes = places  # type: ignore[assignment]
        state = await device.state()
        assert state.seated == [full, full] and state.latched is full
    device.random.chance = 0.019
    assert (await device.state()).seated == [False, False], "a false reading says the contrary"
    device.random.chance = 0.02
    device.fail("stuck_switch", switch=1, value=False)
    device.fail("unlatched")
    state = await device.state()
    assert state.seated == [True, False] and not state.latched


async def test_heat_goes_into_the_shell_and_from_there_into_the_container() -> None:
    device, flight = built(SimPayloadBay, BAY)
    flight.heated = 50_000.0
    await device.state()
    assert device.shell == pytest.approx(260.0 + 0.1 * 50_000.0 * 2.0 / 1000.0)
    assert (await device.state()).temperature == 260.0
    assert device.shell == pytest.approx(270.0), "what was taken up is taken up once"
    flight.world.now.now += 500.0
    temperature = (await device.state()).temperature
    share = 500.0 / (500.0 - 2000.0)
    assert device.shell == pytest.approx(260.0 + 10.0 * math.exp(-1.0))
    assert temperature == pytest.approx(
        260.0 + 10.0 * share * (math.exp(-1.0) - math.exp(-0.25))
    )


async def test_on_the_ground_the_ground_is_around_it_and_equal_time_constants_are_no_trouble() -> (
    None
):
    alike = PayloadBayParameters(0.02, 260.0, 290.0, 0.1, 1000.0, 700.0, 700.0, 0.5)
    device, flight = built(SimPayloadBay, alike, Dice(1.0))
    flight.landed = True
    flight.world.now.now += 700.0
    temperature = (await device.state()).temperature
    assert device.shell == pytest.approx(290.0 - 30.0 * math.exp(-1.0))
    expected = 290.0 - 30.0 * 2.0 * math.exp(-1.0)  # off (1 + t / T) exp(-t / T)
    assert temperature == pytest.approx(expected + 0.5, abs=1e-3)
