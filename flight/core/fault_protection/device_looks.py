"""Looks, after each housekeeping, at devices of which nothing good was heard since the last one.

What a vehicle lives by is broken for good though nobody happens to ask it: a radio is read when it
is switched, and then perhaps never again. So each is asked until it says something good, or is told
to be silent. The gate tells of readings that come and are no good. What says that it is otherwise
than it was told to be is told so again: a transient of its electronics may switch it. Only what was
seen to be right before has done so by itself; what never was does not obey. While the vehicle does
what is not to be broken off it is told, and set right at the end of that, where it still has to be.
"""

import asyncio
import math
from contextlib import suppress
from typing import Any, ClassVar, Protocol

from flight.core.chart.statechart import Safing
from flight.core.fault_protection.readings import Readings
from flight.core.fault_protection.safing import SafingControl
from flight.core.keeping.storage import StorageError
from flight.core.sound_readings import PAUSES, sound
from flight.icd.devices.base import (
    DeviceError,
    DeviceFault,
    DeviceInterface,
    DeviceTimeout,
    ReadingInvalid,
)
from flight.runtime.nursery import Nursery

MEANWHILE = 10.0
"""s after which one looks again: it may be switched at that very moment."""
LASTS = 3.0 * math.fsum(PAUSES) + MEANWHILE
"""s from its begin until what a look finds is known and noted, with each reading disturbed."""
OFF = ("off", "no_power")
"""Fault codes of a device that is switched off, which is no news."""


class Looking(Protocol):
    """A node as its looks need it."""

    readings: Readings
    safing_control: SafingControl
    nursery: Nursery
    drivers: dict[str, DeviceInterface]
    sensors_aside: list[str]
    set_right_always: ClassVar[frozenset[str]]

    def looks_after(self) -> dict[str, str]:
        """The devices that it lives by at this time, each with the reading to ask it for."""

    def differs(self, device: str, reading: Any) -> str:
        """What a device says that is not as it was told to be last; "": nothing."""

    def was_right(self, device: str) -> bool:
        """Whether a device was seen to be as it was told to be last."""

    def note_told_again(self, device: str) -> None:
        """Notes that a device is told once more: it is not right until it is seen to be so."""

    async def set_right(self, device: str) -> None:
        """Tells a device once more what it is to be."""

    def switched_by_itself(self, *, device: str, what: str) -> None:
        """Tells of one that has done what nobody told it to."""

    def not_obeyed(self, *, device: str, what: str) -> None:
        """Tells of one that has not done what it was told."""

    def device_silent(self, *, device: str, reason: str) -> None:
        """Tells of one that does not answer."""

    def device_faulty(self, *, device: str, reason: str) -> None:
        """Tells of one that answers that it cannot say."""

    def not_set_right(self, *, device: str, reason: str) -> None:
        """Tells of one that does not become again what it is to be."""

    def look_failed(self, *, device: str, reason: str) -> None:
        """Tells that it was not looked at, by an error of the software."""

    def record_damaged(self, *, reason: str) -> None:
        """Tells of what is remembered and cannot be read."""


class DeviceLooks:
    """The looks of one node; a device is asked by one of them at a time."""

    def __init__(self, node: Looking) -> None:
        self._node = node
        self._asked: dict[str, None] = {}
        self._told_again: dict[str, str] = {}

    def begin(self) -> None:
        """Looks at what has told nothing good since this was called last.

        Not while nothing is safer than going on: then who flies asks what he needs.
        """
        try:
            self._begin()
        except StorageError as error:  # that ends no housekeeping; the next one tries again
            self._node.record_damaged(reason=f"no device is looked at: {error}")

    def _begin(self) -> None:
        node = self._node
        good = node.readings.good_since()
        if node.safing_control.now() is Safing.FORBIDDEN:
            return
        looked_after = node.looks_after()
        # What is remembered is read anew each time; nothing below waits.
        aside = node.sensors_aside if looked_after else ()
        for device, method in looked_after.items():
            if device in self._asked or device in aside:
                continue
            if not self._is_well(device, good.get((device, method))):
                self.look_again(device, method)

    def look_again(self, device: str, method: str) -> None:
        """Looks at one that has just not answered: whether it goes on so, which is told."""
        forbidden = self._node.safing_control.now() is Safing.FORBIDDEN
        if device not in self._asked and device not in self._node.sensors_aside and not forbidden:
            self._asked[device] = None
            self._node.nursery.start(self._look(device, method), name=f"look at {device}")

    def _is_well(self, device: str, reading: Any) -> bool:
        """Whether something good was heard from it, and is as it was told to be. What it answers
        when it is told to do something is not what it says of itself."""
        if reading is None:
            return False
        try:
            if self._node.differs(device, reading):
                return False
        except Exception:
            return False  # whoever looks at it tells why
        self._told_again.pop(device, None)
        return True

    async def _look(self, device: str, method: str) -> None:
        node = self._node
        try:
            what = await self._found(device, method)
            if what:
                self._tell(device, what)
                while not self._may_set_right(device):
                    await node.safing_control.calm()
                    what = await self._found(device, method)
                    if not what:
                        return
                self._told_again[device] = what
                node.note_told_again(device)
                await self._set_right(device, method)
        except StorageError as error:  # no error of the software, and none of the device
            node.record_damaged(reason=f"the look at {device} ended: {error}")
        except Exception as error:  # an error of the software must not end the vehicle
            node.look_failed(device=device, reason=f"{type(error).__name__}: {error}")
        finally:
            self._asked.pop(device, None)

    def _tell(self, device: str, what: str) -> None:
        """Whether it has changed by itself, or has not obeyed: what it was told at the last look
        and has not become since, it has not become by itself."""
        if self._told_again.get(device) != what and self._node.was_right(device):
            self._node.switched_by_itself(device=device, what=what)
        else:
            self._node.not_obeyed(device=device, what=what)

    def _may_set_right(self, device: str) -> bool:
        """Whether a device may be told something now: what burns is not fed by another line."""
        node = self._node
        return device in node.set_right_always or not node.safing_control.is_critical()

    async def _found(self, device: str, method: str) -> str:
        """What a device says, now and after a while, that is not as it was told to be; "": nothing,
        or it does not say, which is told."""
        node = self._node
        try:
            what = await self._differs(device, method)
            if what:
                await asyncio.sleep(MEANWHILE)
                what = await self._differs(device, method)
        except ReadingInvalid:
            return ""  # the gate has told
        except DeviceTimeout as error:
            node.device_silent(device=device, reason=str(error))
            return ""
        except DeviceError as error:
            if not isinstance(error, DeviceFault) or error.code not in OFF:
                node.device_faulty(device=device, reason=str(error))
            return ""
        return what

    async def _set_right(self, device: str, method: str) -> None:
        try:
            await self._node.set_right(device)
        except DeviceError as error:
            self._node.not_set_right(device=device, reason=str(error))
            return
        with suppress(DeviceError):  # the next look tells
            await self._differs(device, method)  # it obeys once it says so

    async def _differs(self, device: str, method: str) -> str:
        node = self._node
        what = node.differs(device, await sound(getattr(node.drivers[device], method)))
        if not what:
            self._told_again.pop(device, None)
        return what
