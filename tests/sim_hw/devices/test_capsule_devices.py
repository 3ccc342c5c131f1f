"""The capsule's devices: what each says of one flight, and how each can fail."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from flight.entry.node import EntryCapsule
from flight.icd.devices.base import DeviceFault
from flight.runtime.loop import VirtualLoop, run
from ground.missions.vehicle_files import load_vehicle_file
from sim_hw.assembly import entry as assembly
from sim_hw.dynamics.capsule_flight import CapsuleFlight
from sim_hw.dynamics.earth_approach import plan_approach
from sim_hw.world.tubes import SampleKind, SampleTube, TubeRegistry, TubeState
from sim_hw.world.world import World

AHEAD = 3_600.0  # s from the release to the entry
FILE = load_vehicle_file(EntryCapsule, assembly.HARDWARE)
APPROACH = plan_approach((4_055.0, 2_228.6, 2_921.1), 2462767.5, math.radians(-25.0))


class Capsule:
    def __init__(self) -> None:
        tube = SampleTube(id="M2020-00500-00", name="a", kind=SampleKind.IGNEOUS_CORE, content="")
        self.world = World(2, 2462760.5, TubeRegistry([tube], {tube.id: TubeState("orbiter", 0)}))
        self.power, self.devices = assembly.build(self.world, FILE.hardware)
        self.flight: CapsuleFlight = assembly.flight_of(self.devices)

    def __getattr__(self, name: str) -> Any:
        return self.devices[name]

    def release(self) -> None:
        self.flight.release(APPROACH.before(AHEAD), APPROACH.axes_before(AHEAD))


def with_capsule(test: Callable[[Capsule], Awaitable[None]]) -> None:
    async def main() -> None:
        await test(Capsule())

    run(main(), VirtualLoop())


def test_the_timer_counts_from_the_release_and_cannot_be_set_any_more() -> None:
    async def test(capsule: Capsule) -> None:
        await capsule.timer.set_entry(AHEAD)
        await asyncio.sleep(500.0)
        assert (await capsule.timer.state()).since_separation == 0.0
        capsule.release()
        await asyncio.sleep(1_000.0)
        state = await capsule.timer.state()
        assert state.separated == [True, True] and state.entry_after == AHEAD
        assert state.since_separation == pytest.approx(1_000.0, abs=0.1)
        with pytest.raises(DeviceFault, match="runs already"):
            await capsule.timer.set_entry(1.0)

    with_capsule(test)


def test_switch_and_accelerometer_feel_the_entry_and_hold_it() -> None:
    async def test(capsule: Capsule) -> None:
        capsule.release()
        await asyncio.sleep(AHEAD)
        assert not (await capsule.g_switch.state()).closed
        assert abs((await capsule.accelerometer.state()).axial) < 2.0
        await asyncio.sleep(18.0)
        assert (await capsule.g_switch.state()).closed
        assert (await capsule.accelerometer.state()).axial > 300.0
        await asyncio.sleep(100.0)
        switch, felt = await capsule.g_switch.state(), await capsule.accelerometer.state()
        assert (switch.closed, switch.has_closed) == (False, True)
        assert felt.axial == pytest.approx(9.8, abs=2.5)
        assert 1_000.0 < felt.peak < 2_000.0
        assert not (await capsule.g_switch.clear()).has_closed
        assert (await capsule.accelerometer.clear()).peak < 20.0

    with_capsule(test)


def test_only_the_landing_tears_the_wires_but_the_entry_may_latch() -> None:
    async def test(capsule: Capsule) -> None:
        capsule.impact_sensor.fail("false_latch")
        capsule.release()
        await asyncio.sleep(AHEAD + 100.0)
        state = await capsule.impact_sensor.state()
        assert (state.torn, state.latched) == (False, True)
        assert not (await capsule.impact_sensor.clear()).latched
        await asyncio.sleep(400.0)
        state = await capsule.impact_sensor.state()
        assert (state.torn, state.latched) == (True, True)
        assert (await capsule.impact_sensor.clear()).latched

    with_capsule(test)


def test_a_switch_the_wrong_way_round_never_closes() -> None:
    async def test(capsule: Capsule) -> None:
        capsule.g_switch.fail("inverted")
        capsule.accelerometer.fail("inverted")
        capsule.release()
        await asyncio.sleep(AHEAD + 18.0)
        assert not (await capsule.g_switch.state()).has_closed
        assert (await capsule.accelerometer.state()).axial < -300.0

    with_capsule(test)


def test_the_container_is_felt_and_warms_after_the_entry() -> None:
    async def test(capsule: Capsule) -> None:
        assert (await capsule.payload_bay.state()).seated == [False, False]
        capsule.world.tubes.carry("orbiter", "entry_capsule")
        state = await capsule.payload_bay.state()
        assert state.seated == [True, True] and state.latched
        cold = state.temperature
        capsule.release()
        await asyncio.sleep(AHEAD + 6.0 * 3_600.0)
        warm = (await capsule.payload_bay.state()).temperature
        assert cold + 5.0 < warm < 303.0

    with_capsule(test)


def test_the_orbiter_feeds_it_until_the_release() -> None:
    async def test(capsule: Capsule) -> None:
        await asyncio.sleep(1.0e8)
        assert capsule.power.state_of_charge == pytest.approx(0.96)
        capsule.release()
        await asyncio.sleep(100.0 * 3_600.0)
        assert capsule.power.state_of_charge == pytest.approx(0.96 - 50.0 / 0.95 / 500.0, abs=1e-6)
        state = await capsule.beacon.set_power(True)
        assert state.on and state.power == 1.0
        await asyncio.sleep(100.0 * 3_600.0)
        assert not capsule.beacon.sending  # 6.5 W for 100 h are more than there is
        with pytest.raises(DeviceFault, match="no power"):
            await capsule.timer.state()

    with_capsule(test)


@pytest.mark.parametrize(
    "device", ["timer", "g_switch", "accelerometer", "impact_sensor", "payload_bay", "beacon"]
)
def test_a_failure_that_a_device_does_not_have_is_refused(device: str) -> None:
    async def test(capsule: Capsule) -> None:
        with pytest.raises(ValueError, match=f"entry.{device} has no failure 'melts'; it has"):
            getattr(capsule, device).fail("melts")

    with_capsule(test)
