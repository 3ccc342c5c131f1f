"""The ascent record as it came down: its samples, what is missing of them, and a curve to look at.

No truth enters: it is what the vehicle measured of itself, and has sent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import hypot
from typing import Any

from flight.icd.ascent_record import (
    CHUNK_BYTES,
    SAMPLE_BYTES,
    AscentSample,
    collect,
    unpack_samples,
)

MOST_POINTS = 600


@dataclass(frozen=True)
class AscentProduct:
    """Samples in the order of time, of how many chunks, and the numbers of those not here."""

    samples: tuple[AscentSample, ...]
    chunks: int
    missing: tuple[int, ...]


def product_of(texts: Iterable[str]) -> AscentProduct:
    """All samples that are whole in the chunks that came; damaged chunks count as missing."""
    found, count = collect(texts)
    missing = tuple(number for number in range(count) if number not in found)
    # A ring that has overwritten begins within a sample: only from its end on they are aligned.
    first = 0
    if count - 1 in found:
        first = ((count - 1) * CHUNK_BYTES + len(found[count - 1])) % SAMPLE_BYTES
    samples: list[AscentSample] = []
    for start, data in _runs(found):
        skipped = (first - start) % SAMPLE_BYTES
        whole = max((len(data) - skipped) // SAMPLE_BYTES, 0)
        samples += _sound(data[skipped : skipped + whole * SAMPLE_BYTES])
    return AscentProduct(tuple(samples), count, missing)


def _sound(data: bytes) -> list[AscentSample]:
    """The samples of whole records, without those that were damaged before they were sent."""
    try:
        return unpack_samples(data)
    except ValueError:
        if len(data) <= SAMPLE_BYTES:
            return []
    middle = len(data) // SAMPLE_BYTES // 2 * SAMPLE_BYTES
    return _sound(data[:middle]) + _sound(data[middle:])


def _runs(found: dict[int, bytes]) -> list[tuple[int, bytes]]:
    """Chunks that follow each other joined: offset of each run, and its bytes."""
    runs: list[tuple[int, bytes]] = []
    for number in sorted(found):
        start = number * CHUNK_BYTES
        if runs and runs[-1][0] + len(runs[-1][1]) == start:
            runs[-1] = (runs[-1][0], runs[-1][1] + found[number])
        else:
            runs.append((start, found[number]))
    return runs


CURVE = ("time_s", "height_m", "speed", "dynamic_pressure", "felt", "phase")


def curve_of(product: AscentProduct) -> dict[str, Any]:
    """What the record tells, as rows to draw: time in s since its first sample, m above that
    sample, m/s in inertial axes, Pa, m/s^2 felt, the phase. Of many samples not every one; the
    first of each phase always."""
    samples = product.samples
    if not samples:
        return {"columns": CURVE, "rows": [], "began_s": None}
    ground = hypot(*samples[0].position)
    every = max(1, -(-len(samples) // MOST_POINTS))
    rows = [
        [
            each.time - samples[0].time, hypot(*each.position) - ground, hypot(*each.velocity),
            each.dynamic_pressure, hypot(*each.acceleration), each.phase,
        ]
        for place, each in enumerate(samples)
        if place % every == 0 or place == len(samples) - 1
        or each.phase != samples[place - 1].phase
    ]  # fmt: skip
    return {"columns": CURVE, "rows": rows, "began_s": samples[0].time}
