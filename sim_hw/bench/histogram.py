"""Times in few bytes: log-linear counts, 32 to a doubling, so that each is right to 3 %."""

import math
from collections.abc import Iterable
from typing import Any

SUB = 32
OCTAVES = 40  # of nanoseconds: up to 18 minutes


class Histogram:
    """Counts of times in seconds; what is negative counts as none."""

    def __init__(self) -> None:
        self.counts = [0] * (SUB * (OCTAVES + 1))
        self.count = 0
        self.largest = 0.0

    def add(self, seconds: float) -> None:
        """Takes one in."""
        nanoseconds = max(0, int(seconds * 1e9))
        self.count += 1
        self.largest = max(self.largest, seconds)
        self.counts[_slot(nanoseconds)] += 1

    def at(self, part: float) -> float:
        """The time below which that part of all lies (0.5: the median), s; 0.0 without any."""
        wanted = part * self.count
        seen = 0
        for slot, count in enumerate(self.counts):
            seen += count
            if count and seen >= wanted:
                return min(_upper(slot) * 1e-9, self.largest)
        return self.largest

    @classmethod
    def of(cls, times: Iterable[float]) -> "Histogram":
        """Of some times in seconds."""
        made = cls()
        for each in times:
            made.add(each)
        return made

    def told(self) -> dict[str, Any]:
        """As evidence: n, percentiles in s, and the counts by the upper end of each slot (ns)."""
        counts = [[_upper(slot), count] for slot, count in enumerate(self.counts) if count]
        return {
            "n": self.count, "p50_s": self.at(0.5), "p99_s": self.at(0.99), "max_s": self.largest,
            "counts_ns": counts,
        }  # fmt: skip

    def beyond(self, seconds: float) -> float:
        """The part of all that took longer, to 3 %; 0.0 without any."""
        limit = int(seconds * 1e9)
        late = [n for slot, n in enumerate(self.counts) if n and _upper(slot) > limit * 1.032]
        return math.fsum(late) / self.count if self.count else 0.0

    def words(self) -> str:
        """p50, p99 and the largest, in milliseconds."""
        return (
            f"p50 {1e3 * self.at(0.5):.3f}, p99 {1e3 * self.at(0.99):.3f}, "
            f"max {1e3 * self.largest:.3f} ms (n = {self.count})"
        )


def _slot(nanoseconds: int) -> int:
    octave = max(0, nanoseconds.bit_length() - 6)
    return min(octave * SUB + (nanoseconds >> octave), SUB * (OCTAVES + 1) - 1)


def _upper(slot: int) -> int:
    octave = max(0, slot // SUB - 1)
    return ((slot - octave * SUB) + 1) << octave
