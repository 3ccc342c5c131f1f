"""The safe state of the orbiter."""

import asyncio

from flight.core.chart.statechart import Signal
from flight.icd.devices.base import DeviceError
from flight.orbiter.close_rendezvous import to_inertial
from flight.orbiter.legs import ahead_or_behind, check_drift
from flight.orbiter.manoeuvres import execute
from flight.orbiter.vehicle import OrbiterVehicle

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
    await asyncio.Event().wait()


async def _get_away(node: OrbiterVehicle) -> None:
    check_drift(node)
    if (node.free_drift_distance or 0.0) > node.parameters["collision_distance"]:
        return
    side = ahead_or_behind(node)
    await execute(node, to_inertial(node, (0.0, side * _PUSH, _PUSH)), "safing")
    check_drift(node)
