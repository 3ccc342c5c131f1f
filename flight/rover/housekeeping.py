"""What the rover does when it has nothing to do, and what it does when it is not well."""

import asyncio

from flight.core.chart.statechart import Signal
from flight.icd.devices.base import DeviceError, DeviceFault
from flight.rover.grasping import settle_moves
from flight.rover.sols import doze, set_awake, set_radio
from flight.rover.vehicle import RoverVehicle

LOOK = 3600.0  # seconds between looks in the safe state
TROUBLE_WAIT = 1800.0  # seconds before another try to settle what is open


async def keep_house(node: RoverVehicle, signal: Signal) -> None:
    """Waits awake by day and asleep by night; settles by the sensors what a reboot left open. With
    little in the battery it sleeps by day, too, and only listens."""
    while True:
        await node.hibernation_over()
        jd_tt = node.clock.jd_tt()
        planner, p = node.sols.planner, node.parameters
        if node.sols.must_save():
            await set_awake(node, False)
            await _listen_by_day(node, LOOK)
            await node.read_power()
        elif planner.is_day(jd_tt):
            await set_awake(node, True)
            if not await _settled(node):
                await asyncio.sleep(TROUBLE_WAIT)
                continue
            evening = planner.seconds_until(jd_tt, p["sleeping_sun"], rising=False)
            await asyncio.sleep(_at_least(evening))
        else:
            await set_awake(node, False)
            morning = planner.seconds_until(jd_tt, p["sleeping_sun"], rising=True)
            await doze(node, _at_least(morning))


async def _settled(node: RoverVehicle) -> bool:
    try:
        await settle_moves(node)
    except DeviceError as error:
        if not isinstance(error, DeviceFault) or error.code not in ("cold", "dark"):
            node.device_trouble(device="sensors", reason=str(error))
        return False
    return True


def _at_least(seconds: float) -> float:
    return min(max(seconds, 60.0), 90_000.0)


async def rest_on_lander(node: RoverVehicle, signal: Signal) -> None:
    """Waits on the lander, where little light falls on the folded array: listens by day only."""
    await set_awake(node, False)
    while True:
        await _listen_by_day(node, 90_000.0)


async def stay_safe(node: RoverVehicle, signal: Signal) -> None:
    """Saves energy, and listens by day; out of it lead orders, or the battery that is well again.
    """
    await set_awake(node, False)
    while True:
        await _listen_by_day(node, LOOK)
        await node.read_power()


async def _listen_by_day(node: RoverVehicle, longest: float) -> None:
    """Lets time pass, at most to the next rise or set; radio on by day and in the night window."""
    jd_tt, sun = node.clock.jd_tt(), node.parameters["sleeping_sun"]
    planner = node.sols.planner
    day = planner.is_day(jd_tt)
    await set_radio(node, day)
    seconds = min(_at_least(planner.seconds_until(jd_tt, sun, rising=not day)), longest)
    if day:
        await asyncio.sleep(seconds)
    else:
        await doze(node, seconds)
