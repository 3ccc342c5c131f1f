"""Readings for who can do nothing without them: asked for again, over a time that grows.

A disturbance that passes (a bad sample, a bus that is busy) does not fail the work of days, and
five quick questions do not all fall into the same one.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from flight.icd.devices.base import DeviceFault, DeviceTimeout, Reading, usable

R = TypeVar("R", bound=Reading)

PAUSES = (1.0, 10.0, 60.0, 300.0)
"""s between the questions: six minutes in all."""
PASSING = ("invalid", "garbage")
"""Fault codes of an answer that may be sound the next time."""


async def sound(
    ask: Callable[[], Awaitable[R]], *, pauses: tuple[float, ...] = PAUSES
) -> R:
    """A valid reading, asked for again after each of some pauses (s).

    Raises what was wrong the last time: ReadingInvalid, DeviceTimeout; other faults at once.
    """
    for pause in pauses:
        try:
            return usable(await ask())
        except DeviceTimeout:
            pass
        except DeviceFault as fault:
            if fault.code not in PASSING:
                raise
        await asyncio.sleep(pause)
    return usable(await ask())
