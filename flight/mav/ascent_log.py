"""What the MAV records of its ascent."""

import math
from typing import Protocol

from flight.icd.ascent_record import (
    AscentSample,
    pack_sample,
)
from flight.icd.devices.ascent import AscentRecorder, EffectorState
from flight.icd.devices.base import DeviceError
from flight.mav.ascent_computer import AscentComputer

BATCH = 50  # samples that wait in the computer: so many a reboot can lose
HELD_BACK = 5  # every how many cycles the hold in thin air is sampled
_STRIPPED_PRESSURE = 1.0  # Pa, below which an angle of attack means nothing


class Trouble(Protocol):
    """Tells that the recorder does not take what is written."""

    def __call__(self, *, reason: str) -> None: ...


class AscentLog:
    """Gathers samples and writes them to the recorder in batches."""

    def __init__(self, recorder: AscentRecorder, trouble: Trouble) -> None:
        self._recorder = recorder
        self._trouble = trouble
        self._waiting: list[bytes] = []
        self._skipped = 0

    async def note(
        self, computer: AscentComputer, phase: str, effectors: EffectorState | None
    ) -> None:
        """Takes one sample; a recorder that fails costs data and nothing else."""
        if phase == "holding":
            self._skipped = (self._skipped + 1) % HELD_BACK
            if self._skipped:
                return
        self._waiting.append(pack_sample(_sample(computer, phase, effectors)))
        if len(self._waiting) >= BATCH:
            await self.flush()

    async def flush(self) -> None:
        """Writes what waits."""
        if not self._waiting:
            return
        data, self._waiting = b"".join(self._waiting), []
        try:
            await self._recorder.append(data)
        except DeviceError as error:
            self._trouble(reason=str(error))


def _sample(computer: AscentComputer, phase: str, effectors: EffectorState | None) -> AscentSample:
    navigation = computer.navigation
    pressure = computer.dynamic_pressure
    angle = 0.0
    if pressure > _STRIPPED_PRESSURE:
        angle = computer.angle_of_attack
    return AscentSample(
        navigation.time, phase, navigation.position, navigation.velocity, navigation.attitude,
        navigation.rate, navigation.acceleration, computer.wanted,
        (effectors.pitch, effectors.yaw) if effectors is not None else (0.0, 0.0),
        effectors.gas if effectors is not None else math.nan, pressure, angle,
    )  # fmt: skip
