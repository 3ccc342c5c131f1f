"""What a real device tells beside what the simulated one does: residuals, and bands that are left.

A residual is the real value less the simulated one, in the unit of its field. What is no number is
the same, or it is not.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

WORST = 5
"""Instants of the greatest residuals that are kept of each field."""
STAMPS = ("time_ns", "boot", "seconds")
"""Fields that are another in each device: its clock, its power-ups, the time that it took."""


@dataclass(frozen=True)
class Tolerance:
    """How far off a field may be, in its unit; for `dwell` s of mission time it may be farther."""

    absolute: float
    dwell: float = 0.0


def leaves_of(plain: Any, name: str = "") -> dict[str, Any]:
    """The values of a result by their names, such as `pitch` or `pulses[0]`."""
    if isinstance(plain, Mapping):
        found: dict[str, Any] = {}
        for key, value in plain.items():
            if key not in STAMPS:
                found |= leaves_of(value, f"{name}.{key}" if name else str(key))
        return found
    if isinstance(plain, list | tuple):
        found = {}
        for index, value in enumerate(plain):
            found |= leaves_of(value, f"{name}[{index}]")
        return found
    return {name: plain}


@dataclass
class Residuals:
    """Of one field."""

    tolerance: Tolerance | None = None
    n: int = 0
    beyond: int = 0
    unlike: int = 0
    """Pairs of which one is no number, or that are other texts or switches."""
    largest: float = 0.0
    worst: list[tuple[float, float, Any, Any]] = field(default_factory=list)
    """Size, s of mission time, simulated and real."""
    _total: float = 0.0
    _squares: float = 0.0

    def add(self, simulated: Any, real: Any, now: float) -> bool:
        """Takes in a pair; whether it is within the band."""
        size = _residual(simulated, real)
        if size is None:
            self.n += 1
            alike = simulated == real and type(simulated) is type(real)
            self.unlike += not alike
            self._keep(0.0 if alike else math.inf, now, simulated, real)
            return alike or self.tolerance is None
        self.n += 1
        self._total += size
        self._squares += size * size
        self.largest = max(self.largest, abs(size))
        self._keep(abs(size), now, simulated, real)
        within = self.tolerance is None or abs(size) <= self.tolerance.absolute
        self.beyond += not within
        return within

    def _keep(self, size: float, now: float, simulated: Any, real: Any) -> None:
        if size > 0.0 and (len(self.worst) < WORST or size > self.worst[-1][0]):
            self.worst.append((size, now, simulated, real))
            self.worst.sort(key=lambda each: -each[0])
            del self.worst[WORST:]

    @property
    def mean(self) -> float:
        """Of the residuals."""
        return self._total / self.n if self.n else 0.0

    @property
    def rms(self) -> float:
        """Root of the mean square."""
        return math.sqrt(self._squares / self.n) if self.n else 0.0

    @property
    def within(self) -> bool | None:
        """Whether all are within the band; None without one."""
        if self.tolerance is None:
            return None
        return self.beyond == 0 and self.unlike == 0

    def told(self) -> dict[str, Any]:
        """As evidence."""
        return {
            "n": self.n, "mean": self.mean, "rms": self.rms, "max": self.largest,
            "unlike": self.unlike, "beyond": self.beyond,
            "tolerance": None if self.tolerance is None else self.tolerance.absolute,
            "worst": [
                {"at_s": now, "simulated": _shown(ours), "real": _shown(theirs)}
                for _, now, ours, theirs in self.worst
            ],
        }  # fmt: skip


def _residual(simulated: Any, real: Any) -> float | None:
    """None where one of them is no number, or not finite."""
    for value in (simulated, real):
        if type(value) not in (int, float) or not math.isfinite(value):
            return None
    return float(real) - float(simulated)


def _shown(value: Any) -> Any:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


@dataclass
class Band:
    """Whether a field is within its band, and since when it is not."""

    out_since: float | None = None
    diverged: bool = False

    def look(self, within: bool, dwell: float, now: float) -> str:
        """`diverged` or `agrees` when that begins; else ""."""
        if within:
            self.out_since = None
            was, self.diverged = self.diverged, False
            return "agrees" if was else ""
        self.out_since = now if self.out_since is None else self.out_since
        if self.diverged or now - self.out_since < dwell:
            return ""
        self.diverged = True
        return "diverged"


class Comparison:
    """Of one device: all pairs of what the simulated and the real one have told."""

    def __init__(self, tolerances: Mapping[str, Tolerance]) -> None:
        """`tolerances`: by `field`, or by `method.field`."""
        self._tolerances = tolerances
        self.fields: dict[str, Residuals] = {}
        self._bands: dict[str, Band] = {}
        self.compared = self.unanswered = self.unlike = self.not_asked = 0
        """Pairs; calls that the real one gave no answer to; those that ended in an error of one
        alone, or of another code; those that it was not asked, for it was at work."""

    def tolerance(self, name: str) -> Tolerance | None:
        """Of a field by `method.field`; items of a list have that of the list."""
        whole = name.partition("[")[0]
        return self._tolerances.get(whole, self._tolerances.get(whole.partition(".")[2]))

    def add(self, method: str, simulated: Any, real: Any, now: float) -> list[tuple[str, str]]:
        """Takes in two results of one call; the fields that diverge, or agree again, from now on.

        Each as its name, and `diverged` or `agrees`.
        """
        self.compared += 1
        ours, theirs = leaves_of(simulated), leaves_of(real)
        changes = []
        for leaf in dict.fromkeys((*ours, *theirs)):
            name = f"{method}.{leaf}" if leaf else method
            found = self.fields.get(name)
            if found is None:
                found = self.fields[name] = Residuals(self.tolerance(name))
            within = found.add(ours.get(leaf), theirs.get(leaf), now)
            if found.tolerance is not None:
                band = self._bands.setdefault(name, Band())
                change = band.look(within, found.tolerance.dwell, now)
                if change:
                    changes.append((name, change))
        return changes

    @property
    def diverged(self) -> list[str]:
        """The fields that have left their bands for so long, now."""
        return [name for name, band in self._bands.items() if band.diverged]

    def told(self) -> dict[str, Any]:
        """As evidence."""
        return {
            "compared": self.compared, "unanswered": self.unanswered, "unlike": self.unlike,
            "not_asked": self.not_asked,
            "diverged": self.diverged,
            "fields": {name: each.told() for name, each in sorted(self.fields.items())},
        }  # fmt: skip
