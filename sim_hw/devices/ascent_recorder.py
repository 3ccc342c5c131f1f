"""The simulated ascent recorder: a ring of non-volatile memory."""

from typing import Annotated

import msgspec

from flight.icd.devices.ascent import AscentRecorder, RecorderState
from flight.icd.devices.base import DeviceRejected
from sim_hw.devices.ascent_device import AscentContext, AscentDevice
from sim_hw.serving.failure_modes import Failing, failure_at_once

LONGEST_READ = 65_536


class AscentRecorderParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Capacity in bytes."""

    capacity: Annotated[int, msgspec.Meta(ge=1000, le=64_000_000)]


class SimAscentRecorder(AscentDevice, AscentRecorder):
    """Failure: `corrupt` (one byte in the middle of what is kept has changed)."""

    def __init__(self, context: AscentContext, parameters: AscentRecorderParameters) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.memory = bytearray()
        self.overwritten = 0

    @failure_at_once
    def fail_corrupt(self) -> Failing:
        """A byte in the middle of what is recorded has other bits."""
        place = len(self.memory) // 2
        upset = 0xFF if self.memory else 0
        if upset:
            self.memory[place] ^= upset
        gone = self.overwritten
        yield
        place -= self.overwritten - gone
        if upset and 0 <= place < len(self.memory):
            self.memory[place] ^= upset

    async def state(self) -> RecorderState:
        self.need_power()
        return self._state()

    async def append(self, data: bytes) -> RecorderState:
        self.need_power()
        self.memory += data
        surplus = len(self.memory) - self.parameters.capacity
        if surplus > 0:
            del self.memory[:surplus]
            self.overwritten += surplus
        return self._state()

    async def read(self, offset: int, length: int) -> bytes:
        self.need_power()
        if offset < 0 or not 0 < length <= LONGEST_READ:
            raise DeviceRejected(
                f"offset = {offset}, length = {length}: allowed are an offset from 0 and a length "
                f"up to {LONGEST_READ}"
            )
        return bytes(self.memory[offset : offset + length])

    async def erase(self) -> RecorderState:
        self.need_power()
        self.memory.clear()
        self.overwritten = 0
        return self._state()

    def _state(self) -> RecorderState:
        return RecorderState(
            time_ns=self.time_ns(), size=len(self.memory), overwritten=self.overwritten
        )
