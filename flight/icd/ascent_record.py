"""The ascent recorder's data product: one sample a control cycle, sent in chunks with checksums.

A sample is a fixed binary record, little endian; see :data:`FIELDS`. A chunk on its way to Earth is
a line of text: number (from 0), count, CRC-32 in hexadecimal, and the bytes in base64.
"""

import base64
import binascii
import struct
import zlib
from collections.abc import Iterable
from typing import NamedTuple

CHUNK_BYTES = 12_000
PHASES = (
    "ejecting", "first_burn", "holding", "coasting", "second_burn", "trimming", "releasing",
)  # fmt: skip
FIELDS = (
    ("time", "s of mission time"),
    ("phase", "number in PHASES"),
    ("position", "m, inertial axes, by navigation"),
    ("velocity", "m/s, inertial axes, by navigation"),
    ("attitude", "unit quaternion, body to inertial axes"),
    ("rate", "rad/s, body axes"),
    ("acceleration", "m/s^2 felt, body axes"),
    ("wanted", "direction asked of the nose, inertial axes"),
    ("nozzle", "rad, pitch and yaw, measured"),
    ("gas", "kg of cold gas left"),
    ("dynamic_pressure", "Pa, by navigation and the air that is believed in"),
    ("angle_of_attack", "rad, with the wind as it is felt"),
)
_LAYOUT = struct.Struct("<dB3d3f4f3f3f3f2f3f")
SAMPLE_BYTES = _LAYOUT.size

Three = tuple[float, float, float]


class AscentSample(NamedTuple):
    """One sample; units as in :data:`FIELDS`."""

    time: float
    phase: str
    position: Three
    velocity: Three
    attitude: tuple[float, float, float, float]
    rate: Three
    acceleration: Three
    wanted: Three
    nozzle: tuple[float, float]
    gas: float
    dynamic_pressure: float
    angle_of_attack: float


def pack_sample(sample: AscentSample) -> bytes:
    """One sample in its binary form."""
    return _LAYOUT.pack(
        sample.time, PHASES.index(sample.phase), *sample.position, *sample.velocity,
        *sample.attitude, *sample.rate, *sample.acceleration, *sample.wanted, *sample.nozzle,
        sample.gas, sample.dynamic_pressure, sample.angle_of_attack,
    )  # fmt: skip


def unpack_samples(data: bytes) -> list[AscentSample]:
    """All samples of the recorder's bytes.

    A ring that has overwritten begins within a sample: the first whole one is found from the end.
    Raises ValueError for a phase that does not exist.
    """
    samples = []
    for values in _LAYOUT.iter_unpack(data[len(data) % SAMPLE_BYTES :]):
        if values[1] >= len(PHASES):
            raise ValueError(f"the ascent record is damaged: phase {values[1]} does not exist")
        samples.append(
            AscentSample(
                values[0], PHASES[values[1]], values[2:5], values[5:8], values[8:12],
                values[12:15], values[15:18], values[18:21], values[21:23], *values[23:26],
            )
        )  # fmt: skip
    return samples


def chunk_count(size: int) -> int:
    """Into how many chunks so many bytes go."""
    return -(-size // CHUNK_BYTES)


def chunk_text(number: int, count: int, data: bytes) -> str:
    """A chunk as it travels."""
    return f"{number} {count} {zlib.crc32(data):08x} {base64.b64encode(data).decode('ascii')}"


def read_chunk(text: str) -> tuple[int, int, bytes]:
    """Number, count and bytes of a chunk. Raises ValueError when it is damaged."""
    try:
        number, count, checksum, body = text.split(" ")
        data = base64.b64decode(body, validate=True)
        intact = zlib.crc32(data) == int(checksum, 16)
    except (ValueError, binascii.Error) as error:
        raise ValueError(f"not a chunk of the ascent record: {error}") from error
    if not intact:
        raise ValueError(f"chunk {number} of the ascent record does not match its checksum")
    return int(number), int(count), data


def collect(texts: Iterable[str]) -> tuple[dict[int, bytes], int]:
    """The chunks that came whole by their numbers, and how many there are in all.

    They may come in any order, some more than once or damaged.
    """
    found: dict[int, bytes] = {}
    count = 0
    for text in texts:
        try:
            number, of, data = read_chunk(text)
        except ValueError:
            continue  # it may have come once more, whole
        found[number], count = data, max(count, of)
    return found, count


def assemble(texts: Iterable[str]) -> bytes:
    """The recorder's bytes from chunks as `collect` takes them.

    Raises ValueError that names the chunks that are missing.
    """
    found, count = collect(texts)
    missing = [number for number in range(count) if number not in found]
    if missing or not count:
        numbers = ", ".join(map(str, missing)) or "all"
        raise ValueError(f"the ascent record is not complete; chunks missing: {numbers}")
    return b"".join(found[number] for number in range(count))
