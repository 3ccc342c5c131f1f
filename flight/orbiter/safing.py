"""The safe state of the orbiter."""

import asyncio
import math

from flight.core.chart.statechart import Signal
from flight.icd.devices.base import DeviceError, DeviceFault, usable
from flight.orbiter.close_rendezvous import to_inertial
from flight.orbiter.legs import ahead_or_behind, check_drift
from flight.orbiter.manoeuvres import execute
from flight.orbiter.safeguards import SAFE_POWER
from flight.orbiter.vehicle import OrbiterVehicle

LOOK = 600.0
"""s between looks at the battery, and between orders to hold the arrays."""
ENOUGH = 3
"""Looks in a row at which the battery gives current: no eclipse lasts so long (40 minutes), and
with the arrays in the Sun it never does for an orbit."""
GIVES = -0.05  # A
_NEAR = 60.0  # m: so near that what drifts may meet
_PUSH = 0.1  # m/s


async def hold_safe(node: OrbiterVehicle, signal: Signal) -> None:
    """Arrays to the Sun, no thrust; but first away from the container when drift leads to it."""
    nav = node.navigator
    try:
        if nav.own is not None and nav.target is not None and nav.covariance:
            nav.advance(node.clock.now())
            if nav.range() < 2.0 * node.parameters["close_range"]:
                await _get_away(node)
    except DeviceError as error:
        node.device_trouble(reason=str(error))
    await _keep_power(node)


async def _keep_power(node: OrbiterVehicle) -> None:
    """Holds the arrays at the angle of the safe attitude, as long as that charges the battery."""
    follows, losses = False, 0
    angle = math.radians(node.parameters["safe_array_angle"])
    while True:
        try:
            if not follows:
                await node.devices.array_drive.turn(angle)
            losses = await _losses(node, losses)
        except DeviceError as error:
            node.device_trouble(reason=str(error))
            if isinstance(error, DeviceFault) and error.code == "stop":
                losses = ENOUGH  # that is no angle to be held
        if losses >= ENOUGH and not follows and node.context.structure.keeps(SAFE_POWER):
            follows = await _follow_the_sun(node)
        await asyncio.sleep(LOOK)


async def _follow_the_sun(node: OrbiterVehicle) -> bool:
    try:
        return (await node.devices.array_drive.follow()).following
    except DeviceError as error:
        node.device_trouble(reason=str(error))
        return False


async def _losses(node: OrbiterVehicle, before: int) -> int:
    """For how many looks in a row the battery has given current."""
    state = usable(await node.devices.battery.state())
    if state.current >= GIVES:
        return 0
    if before + 1 == ENOUGH:
        action = "the arrays follow the Sun by themselves"
        node.losing_power(current=round(-state.current, 1), action=action)
    return before + 1


async def _get_away(node: OrbiterVehicle) -> None:
    check_drift(node)
    if (node.free_drift_distance or 0.0) > node.parameters["collision_distance"]:
        return
    side = ahead_or_behind(node)
    await execute(node, to_inertial(node, (0.0, side * _PUSH, _PUSH)), "safing")
    check_drift(node)
