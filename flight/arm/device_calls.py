"""Calls to the arm's devices that survive what passes by itself."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from flight.arm.safeguards import MECHANISM_REST
from flight.arm.vehicle import ArmVehicle
from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.activities import ActivityFailed
from flight.icd.devices.base import (
    DeviceFault,
    DeviceRejected,
    DeviceTimeout,
    Reading,
    usable,
)

T = TypeVar("T")
R = TypeVar("R", bound=Reading)

ATTEMPTS = 3
PAUSE = 120.0  # s between attempts
COLD_PAUSE = 1800.0  # s until joints that are too cold are tried again
COLD_ATTEMPTS = 16
LASTING = {"stall": 3600.0, "brake": SOL_SECONDS, "jam": SOL_SECONDS}
"""What a mechanism says that does not move, and how long (s) it is left alone before it is tried
once more and given up: two tries in two minutes end in one disturbance. A motor that has stalled
cools for an hour; what may come free in the warmth of another day has a sol."""


class MechanismFailed(ActivityFailed):
    """A joint, a brake or the jaws do not move: the arm is not to be used any more."""


async def persist_sound(node: ArmVehicle, call: Callable[[], Awaitable[R]]) -> R:
    """As `persist`, for an answer that must be valid."""

    async def ask() -> R:
        return usable(await call())

    return await persist(node, ask)


async def persist(node: ArmVehicle, call: Callable[[], Awaitable[T]]) -> T:
    """Makes a device call, again after a pause if it fails in passing.

    Raises MechanismFailed when a mechanism has failed twice, and twice more after a rest;
    ActivityFailed when the attempts are used up or the device refuses.
    """
    failures = colds = 0
    may_rest = node.context.structure.keeps(MECHANISM_REST)
    while True:
        try:
            return await call()
        except DeviceFault as fault:
            if fault.code == "cold" and colds < COLD_ATTEMPTS:
                colds += 1
                await asyncio.sleep(COLD_PAUSE)
                continue
            failures += 1
            node.device_trouble(attempt=failures, reason=str(fault))
            rest = LASTING.get(fault.code)
            if rest is not None and failures >= 2 and may_rest:
                may_rest, failures = False, 0
                node.mechanism_rests(hours=round(rest / 3600.0, 1), reason=str(fault))
                await asyncio.sleep(rest)
                continue
            if fault.code in LASTING and failures >= 2:
                node.note_failed_mechanism(str(fault))
                raise MechanismFailed(str(fault)) from fault
            if failures >= ATTEMPTS:
                raise ActivityFailed(str(fault)) from fault
        except DeviceRejected as refusal:
            raise ActivityFailed(str(refusal)) from refusal
        except DeviceTimeout as timeout:
            failures += 1
            node.device_trouble(attempt=failures, reason=str(timeout))
            if failures >= ATTEMPTS:
                raise ActivityFailed(str(timeout)) from timeout
        await asyncio.sleep(PAUSE)
