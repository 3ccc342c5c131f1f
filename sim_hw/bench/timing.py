"""How late calls of real devices were, and how many came too late: misses, slips, histograms.

Cycle k of a loop is due at an instant of the wall. lateness = start - due; response = answer - due.
A miss: the response took longer than the deadline. A slip: a period that went by before a cycle had
begun.
"""

from dataclasses import dataclass, field
from typing import Any

from sim_hw.bench.histogram import Histogram

OK, MISSED, UNKNOWN = "ok", "missed", "unknown"
MOST_MISSES = 1e-3
"""Part of the cycles that may miss where a bench does not say another; assumption: one in twenty
seconds at 50 Hz is forgiven."""


@dataclass
class MethodTiming:
    """Of one method of one device. `period`, `deadline`: s; 0.0 where it is in no loop, or has
    none."""

    period: float = 0.0
    deadline: float = 0.0
    n: int = 0
    misses: int = 0
    slips: int = 0
    longest: int = 0
    unanswered: int = 0
    lateness: Histogram = field(default_factory=Histogram)
    response: Histogram = field(default_factory=Histogram)
    _run: int = 0
    _late_periods: int = 0

    def began(self, late: float) -> None:
        """A call begins so many seconds after it was due."""
        self.n += 1
        self.lateness.add(max(0.0, late))
        if self.period > 0.0:
            periods = int(max(0.0, late) / self.period)
            self.slips += max(0, periods - self._late_periods)
            self._late_periods = periods

    def answered(self, response: float) -> None:
        """Its answer came so many seconds after it was due."""
        self.response.add(max(0.0, response))
        missed = 0.0 < self.deadline < response
        self.misses += missed
        self._run = self._run + 1 if missed else 0
        self.longest = max(self.longest, self._run)

    def gave_none(self) -> None:
        """No answer came: the device was lost, or nobody waited any more."""
        self.unanswered += 1
        if self.deadline > 0.0:
            self.misses += 1
            self._run += 1
            self.longest = max(self.longest, self._run)

    def told(self) -> dict[str, Any]:
        """As evidence."""
        return {
            "n": self.n, "period_s": self.period, "deadline_s": self.deadline,
            "misses": self.misses, "longest_run_of_misses": self.longest, "slips": self.slips,
            "unanswered": self.unanswered, "lateness": self.lateness.told(),
            "response": self.response.told(),
        }  # fmt: skip


@dataclass
class _Open:
    timing: MethodTiming
    due: float


class Timings:
    """All calls of all devices of a run. Times are seconds of the wall."""

    def __init__(
        self, timed: dict[tuple[str, str], tuple[float, float]], most_misses: float = MOST_MISSES
    ) -> None:
        """`timed`: period (0: in no loop) and deadline (s) by service and method; `most_misses`:
        the part of a method's calls that may miss."""
        self._timed = timed
        self.most_misses = most_misses
        self._methods: dict[tuple[str, str], MethodTiming] = {}
        self._open: dict[tuple[str, int], _Open] = {}

    def began(self, service: str, method: str, number: int, due: float, now: float) -> None:
        """A call begins that was due at an instant."""
        key = service, method
        if key not in self._methods:
            self._methods[key] = MethodTiming(*self._timed.get(key, (0.0, 0.0)))
        timing = self._methods[key]
        timing.began(now - due)
        self._open[service, number] = _Open(timing, due)

    def answered(self, service: str, number: int, now: float) -> None:
        """Its answer is here; a second one, or one that nobody asked for, is none."""
        found = self._open.pop((service, number), None)
        if found is not None:
            found.timing.answered(now - found.due)

    def ended(self, service: str, number: int) -> None:
        """Nobody waits for it any more."""
        found = self._open.pop((service, number), None)
        if found is not None:
            found.timing.gave_none()

    def told(self) -> dict[str, dict[str, Any]]:
        """By service and method."""
        found: dict[str, dict[str, Any]] = {}
        for (service, method), timing in sorted(self._methods.items()):
            found.setdefault(service, {})[method] = timing.told()
        return found

    def verdict(self, floor_misses: float | None) -> str:
        """Of all that has a deadline. `floor_misses`: part of the cycles that the machine by itself
        misses (None: not measured); where that is too many, nobody can say of a device that it is
        slow."""
        most = self.most_misses
        timed = any(each.deadline > 0.0 for each in self._methods.values())
        if not timed or floor_misses is None or floor_misses > most:
            return UNKNOWN
        return MISSED if self.missed else OK

    @property
    def missed(self) -> list[str]:
        """The methods of which more missed their deadline than may."""
        return [
            ".".join(key) for key, each in sorted(self._methods.items())
            if each.deadline > 0.0 and each.misses > self.most_misses * each.n
        ]  # fmt: skip
