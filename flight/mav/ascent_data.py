"""How the MAV sends the record of its ascent to Earth."""

import asyncio

from flight.icd.ascent_record import (
    CHUNK_BYTES,
    chunk_count,
    chunk_text,
)
from flight.mav.vehicle import MavVehicle

READ_SECONDS = 0.2  # a chunk, out of a flash memory at 60 kB/s: assumption


async def send_chunks(node: MavVehicle, first: int = 0, last: int | None = None) -> int:
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
