"""What the MAV records of its ascent, and how it sends that to Earth."""

import asyncio
import math
from typing import TYPE_CHECKING

from flight.icd.ascent_record import (
    CHUNK_BYTES,
    AscentSample,
    chunk_count,
    chunk_text,
    pack_sample,
)
from flight.icd.devices.ascent import EffectorState
from flight.icd.devices.base import DeviceError
from flight.mav.ascent_computer import AscentComputer

if TYPE_CHECKING:
    from flight.mav.node import Mav

BATCH = 50  # samples that wait in the computer: so many a reboot can lose
HELD_BACK = 5  # every how many cycles the hold in thin air is sampled
READ_SECONDS = 0.2  # a chunk, out of a flash memory at 60 kB/s: assumption
_STRIPPED_PRESSURE = 1.0  # Pa, below which an angle of attack means nothing


class AscentLog:
    """Gathers samples and writes them to the recorder in batches."""

    def __init__(self, node: "Mav") -> None:
        self._node = node
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
            await self._node.ascent_recorder.append(data)
        except DeviceError as error:
            self._node.device_trouble(reason=str(error))


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


async def send_chunks(node: "Mav", first: int = 0, last: int | None = None) -> int:
    """Reads the recorder out and publishes it chunk by chunk; returns how many were sent.

    Each chunk has a time of its own: samples of one channel at one instant would be taken for
    copies of each other. Raises DeviceFault and DeviceTimeout.
    """
    size = (await node.ascent_recorder.state()).size
    count = chunk_count(size)
    end = count if last is None else min(count, last + 1)
    for number in range(first, end):
        data = await node.ascent_recorder.read(number * CHUNK_BYTES, CHUNK_BYTES)
        node.publish_telemetry({"ascent_chunk": chunk_text(number, count, data)})
        await asyncio.sleep(READ_SECONDS)
    # Said behind them: who has heard it has what was sent before, or knows that a part was lost.
    # It is said each time, though the number has not changed.
    node.record_chunks = count
    node.publish_telemetry({**node.channels.take_changed(), "record_chunks": count})
    return max(0, end - first)
