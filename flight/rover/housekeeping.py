"""What the rover does when it has nothing to do, and what it does when it is not well."""

import asyncio
from typing import TYPE_CHECKING

from flight.core.statechart import Signal
from flight.icd.devices.base import DeviceFault
from flight.rover.grasping import settle_moves
from flight.rover.sols import DEVICE_ERRORS, set_awake

if TYPE_CHECKING:
    from flight.rover.node import FetchRover

LOOK = 3600.0  # seconds between looks in the safe state
TROUBLE_WAIT = 1800.0  # seconds before another try to settle what is open


async def keep_house(node: "FetchRover", signal: Signal) -> None:
    """Waits awake by day and asleep by night; settles by the sensors what a reboot left open."""
    while True:
        jd_tt = node.clock.jd_tt()
        planner, p = node.sols.planner, node.parameters
        if planner.is_day(jd_tt):
            await set_awake(node, True)
            if not await _settled(node):
                await asyncio.sleep(TROUBLE_WAIT)
                continue
            await asyncio.sleep(
                _at_least(planner.seconds_until(jd_tt, p["sleeping_sun"], rising=False))
            )
        else:
            await set_awake(node, False)
            await asyncio.sleep(
                _at_least(planner.seconds_until(jd_tt, p["sleeping_sun"], rising=True))
            )


async def _settled(node: "FetchRover") -> bool:
    try:
        await settle_moves(node)
    except DEVICE_ERRORS as error:
        if not isinstance(error, DeviceFault) or error.code not in ("cold", "dark"):
            node.device_trouble(device="sensors", reason=str(error))
        return False
    return True


def _at_least(seconds: float) -> float:
    return min(max(seconds, 60.0), 90_000.0)


async def stay_safe(node: "FetchRover", signal: Signal) -> str:
    """Saves energy. Leaves by itself only when it was the energy, and that has come back."""
    by_power = str(signal.data.get("reason", "")).startswith("power")
    await set_awake(node, False)
    while True:
        await asyncio.sleep(LOOK)
        await node.read_power()
        charge = node.state_of_charge
        if by_power and charge is not None and charge > node.parameters["recovered_charge"]:
            node.power_recovered(charge=charge)
            await set_awake(node, True)
            return "recovered"
