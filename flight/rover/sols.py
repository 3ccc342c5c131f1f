"""The rover's days and nights: how long it may work, and sleep until it may again."""

import asyncio
import functools
from collections.abc import Awaitable, Callable

from flight.astrodynamics.mars_time import SOL_SECONDS, mars_time
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.keeping.clock import monotonic
from flight.icd.devices.base import DeviceError, DeviceFault, DeviceRejected, DeviceTimeout
from flight.rover.hardware import AVIONICS
from flight.rover.lid_memory import may_hold_lid
from flight.rover.safeguards import DEVICE_REST
from flight.rover.sol_work import CONDITIONS, DEVICE, NEXT_SOL, PASSING_TROUBLES
from flight.rover.vehicle import RoverVehicle
from flight.surface.sol_budget import WHOLE_WAY

OF_THE_SOL = (WHOLE_WAY, NEXT_SOL)
"""Reasons for which the same day does no good any more."""
LOOK_AGAIN = 1800.0  # seconds between looks whether it is warm and charged enough to wake
LONGEST_SLEEP = 400  # wakings in vain: some ten sols of a storm

RoverActivity = Callable[[RoverVehicle, Signal], Awaitable[str | Signal | None]]


def by_day(activity: RoverActivity) -> RoverActivity:
    """Makes an activity of one that works with devices: what only time mends ends it with "rest".

    So does a device that does not do its work, or does not answer: it is left alone, so often and
    so long. Any other trouble that a device could not be talked out of fails it.
    """

    @functools.wraps(activity)
    async def guarded(node: RoverVehicle, signal: Signal) -> str | Signal | None:
        try:
            return await activity(node, signal)
        except DeviceFault as fault:
            if fault.code in CONDITIONS and node.sols.rest_for(fault.code):
                return "rest"
            if fault.code in PASSING_TROUBLES and _may_rest(node, fault):
                return "rest"
            raise ActivityFailed(str(fault)) from fault
        except DeviceTimeout as error:
            if _may_rest(node, error):
                return "rest"
            raise ActivityFailed(str(error)) from error
        except DeviceRejected as error:
            raise ActivityFailed(str(error)) from error

    return guarded


def _may_rest(node: RoverVehicle, error: DeviceError) -> bool:
    if not node.context.structure.keeps(DEVICE_REST) or not node.sols.rest_for_device():
        return False
    node.device_rests(reason=str(error), seconds=round(node.sols.device_rest))
    return True


async def sleep_until_work(node: RoverVehicle, signal: Signal) -> str:
    """Sleeps until the Sun is up, the battery charged and the motors warm; or fails after long."""
    await fold_arm(node)
    node.going_to_sleep(
        reason=node.sols.reason, charge=node.state_of_charge, distance=node.distance_driven
    )
    await set_awake(node, False)
    try:
        await _sleep(node)
    finally:
        # Also when the sleep is broken off: who acts has to be awake.
        node.asleep = False
    await set_awake(node, True)
    await node.locomotion.catch_up()
    node.woke_up(charge=node.state_of_charge)
    return "awake"


async def _sleep(node: RoverVehicle) -> None:
    planner, p = node.sols.planner, node.parameters
    # Slept already past the morning, with the way of the sol used up: the next morning counts.
    spent = node.sols.sol
    if node.sols.reason in CONDITIONS:
        await doze(node, LOOK_AGAIN)
    elif node.sols.reason == DEVICE:
        await doze(node, node.sols.device_rest)
    looked = False  # by the light of this day
    for count in range(LONGEST_SLEEP):
        await node.hibernation_over()
        jd_tt = node.clock.jd_tt()
        if planner.elevation(jd_tt) < p["waking_sun"] or (
            count == 0 and node.sols.reason in OF_THE_SOL and spent == node.sols.sol
        ):
            if looked:
                node.sols.slept_in_vain()
                node.no_waking(charge=node.state_of_charge)
            await doze(node, planner.seconds_until(jd_tt, p["waking_sun"], rising=True) + 1.0)
        await node.read_power()
        if await _fit_to_wake(node):
            return
        looked = True
        await asyncio.sleep(LOOK_AGAIN)
    raise ActivityFailed("the rover could not wake for ten sols: too little light or too cold")


async def doze(node: RoverVehicle, seconds: float) -> None:
    """Sleeps for some seconds, with the radio on while the orbiter passes in the night."""
    until = monotonic() + min(seconds, 1.1 * SOL_SECONDS)
    while (left := until - monotonic()) > 1.0:
        window = _window(node)
        if window <= 0.0 and not node.is_shed("night_radio"):
            await set_radio(node, True)
            await asyncio.sleep(min(left, -window + 1.0))
            await set_radio(node, False)
        else:
            await asyncio.sleep(min(left, abs(window) + 1.0))


def _window(node: RoverVehicle) -> float:
    """Seconds until the night's relay window; negative inside it: seconds until its end."""
    p = node.parameters
    length = float(p["night_window_length"])
    lmst = mars_time(node.clock.jd_tt(), p["longitude"]).lmst_hours
    hours = (lmst - float(p["night_window"])) % 24.0
    if hours < length:
        return (hours - length) * SOL_SECONDS / 24.0
    return (24.0 - hours) * SOL_SECONDS / 24.0


async def _fit_to_wake(node: RoverVehicle) -> bool:
    charge = node.state_of_charge
    if charge is not None and charge < node.parameters["wake_charge"]:
        return False
    wheels = await node.hardware.wheels.state()
    # Where the sensor is no good, the motors themselves refuse while they are too cold.
    if wheels.valid and wheels.motor_temperature <= node.parameters["coldest_motors"]:
        return False
    return await node.sols.plan()


async def set_awake(node: RoverVehicle, awake: bool) -> None:
    """Switches what is needed by day on or off; a switch that does not move is reported."""
    awake = awake and not node.must_be_silent
    node.asleep = not awake
    node.avionics_wanted = awake
    try:
        await node.hardware.switches.set_switch(AVIONICS, awake)
    except DeviceError as error:
        node.device_trouble(device="power_switches", reason=str(error))
    await set_radio(node, awake)


async def set_radio(node: RoverVehicle, on: bool) -> None:
    """Switches the radio; a failure is reported."""
    node.radio_wanted = on and not node.must_be_silent
    try:
        await node.hardware.radio.set_power(node.radio_wanted)
    except DeviceError as error:
        node.device_trouble(device="uhf", reason=str(error))


async def arm_is(node: RoverVehicle, pose: str) -> bool:
    """Whether the arm says that it is in a pose; one that does not know its pose is in none, and
    that is told. Raises DeviceError."""
    state = await node.hardware.arm.state()
    if not state.valid:
        node.device_trouble(device="rover_arm", reason=state.reason or "its pose is not valid")
    return state.valid and state.pose == pose


async def fold_arm(node: RoverVehicle) -> None:
    """Folds the arm if it is not folded; a failure of it is reported, and does not stop driving.

    With the lid of the container in the jaws the arm stays as it is: it has no room for that.
    """
    if may_hold_lid(node):
        return
    try:
        if not await arm_is(node, "stowed"):
            await node.hardware.arm.stow()
    except DeviceError as error:
        node.device_trouble(device="rover_arm", reason=str(error))
