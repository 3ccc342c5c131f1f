"""Tries at what a device is to do: apart from each other by pauses that grow.

A disturbance of seconds takes one try, or two, and never all of them; what lasts is given up after
a known time. Readings that are asked for again are in `sound_readings`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from flight.icd.devices.base import DeviceError

T = TypeVar("T")

SETTING = (2.0, 20.0)
"""s before each further try at what a device keeps: a switch, a setpoint, a counter."""
MOTION = (5.0, 30.0)
"""s, of a mechanism that somebody waits for."""
WORK = (60.0, 600.0)
"""s, of work of hours that nobody waits for."""
UNFOLDING = (60.0, 300.0, 1800.0)
"""s, of what is done once: a hinge that is cold or a latch that sticks has half an hour more."""


class Tries:
    """The numbers of the tries, 1 first: one more than there are pauses, each after its pause (s).

    `async for number in Tries(MOTION)`; who leaves the loop has succeeded or will not try again.
    """

    def __init__(self, pauses: tuple[float, ...]) -> None:
        self.number = 0
        self._pauses = pauses

    def __aiter__(self) -> "Tries":
        return self

    async def __anext__(self) -> int:
        if self.is_last:
            raise StopAsyncIteration
        if self.number > 0:
            await asyncio.sleep(self.pause)
        self.number += 1
        return self.number

    @property
    def is_last(self) -> bool:
        """Whether there is no try after this one."""
        return self.number > len(self._pauses)

    @property
    def pause(self) -> float:
        """s before the next try; 0: there is none, or it is the first."""
        return 0.0 if self.is_last or self.number == 0 else self._pauses[self.number - 1]


async def insist(
    act: Callable[[], Awaitable[T]],
    pauses: tuple[float, ...],
    failed: Callable[[int, DeviceError], object],
    *,
    is_hopeless: Callable[[DeviceError], bool] = lambda error: False,
) -> T:
    """What a device answers that has done what it was told to.

    `failed` hears of each try that has not, with its number. Raises the error of the last; at once
    one of which another try would be no better.
    """
    tries = Tries(pauses)
    while True:
        number = await anext(tries)
        try:
            return await act()
        except DeviceError as error:
            failed(number, error)
            if tries.is_last or is_hopeless(error):
                raise
