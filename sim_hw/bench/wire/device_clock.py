"""How a device's clock goes beside the bench's: from the pings of its heartbeat.

Where a device says D and was asked at s and heard at r (of the bench's clock), its clock was D at
some instant between: the difference is known to half the round trip, and no way that is slower one
way than the other can be outside of that. So a slow answer says little and a quick one much: of
each stretch of time the quickest is kept, and the drift is taken from the two that bound it best.
(Cristian, Probabilistic clock synchronization, Distributed Computing 3, 1989.)
"""

from dataclasses import dataclass

STRETCH = 5.0  # s of which the quickest answer is kept, at first
LONGEST_STRETCH = 40.0  # s: of the last ten minutes, since a crystal that warms drifts anew
MOST = 16  # stretches: when there are more, of each two the quicker is kept
LEAST_SPAN = 10.0  # s between two answers that a drift is taken from


@dataclass(frozen=True)
class Sample:
    """One answer: `device` s of its clock, at `bench` s of the bench's to within `half` s."""

    device: float
    bench: float
    half: float


@dataclass(frozen=True)
class ClockFigures:
    """`offset`: the device's clock less the bench's, s, at its last good answer; `ppm`: by how many
    parts in a million it goes fast (None: too short to say). Each to so much either way."""

    offset: float
    offset_within: float
    ppm: float | None
    ppm_within: float | None
    samples: int


class DeviceClock:
    """The clock of one power-up of a device."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """It has been switched off: another clock begins."""
        self._kept: list[Sample] = []
        self._stretch, self._until = STRETCH, float("-inf")
        self._count = 0

    def add(self, device: float, asked: float, heard: float) -> None:
        """It said `device` (s) to what was asked and heard at those instants (s)."""
        self._count += 1
        sample = Sample(device, 0.5 * (asked + heard), max(0.5 * (heard - asked), 1e-9))
        if self._kept and sample.bench < self._until:
            if sample.half < self._kept[-1].half:
                self._kept[-1] = sample
            return
        if len(self._kept) == MOST:
            self._thin_out()
        self._kept.append(sample)
        self._until = sample.bench + self._stretch

    def _thin_out(self) -> None:
        kept = self._kept
        if self._stretch >= LONGEST_STRETCH:
            del kept[0]
            return
        self._stretch *= 2.0
        pairs = zip(kept[::2], kept[1::2], strict=True)
        self._kept = [min(each, key=lambda one: one.half) for each in pairs]

    @property
    def figures(self) -> ClockFigures | None:
        """What is known by now; None before its first answer."""
        if not self._kept:
            return None
        best = min(self._kept[-3:], key=lambda each: each.half)
        ppm, within = self._drift()
        return ClockFigures(best.device - best.bench, best.half, ppm, within, self._count)

    def _drift(self) -> tuple[float | None, float | None]:
        found: tuple[float | None, float | None] = None, None
        for k, early in enumerate(self._kept):
            for late in self._kept[k + 1 :]:
                span = late.bench - early.bench
                if span < LEAST_SPAN:
                    continue
                within = 1e6 * (early.half + late.half) / span
                if found[1] is None or within < found[1]:
                    found = 1e6 * ((late.device - early.device) / span - 1.0), within
        return found
