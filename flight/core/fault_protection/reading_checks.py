"""The checks that a table asks of a reading, made one reading after the other."""

import math
from collections.abc import Callable
from typing import Any

from flight.core.fault_protection.reading_rules import Rules
from flight.icd.field_paths import steps_of
from flight.runtime.loop import NANOSECONDS

Refusal = tuple[str, str]
"""The field that is not to be used (empty: the whole reading), and why."""
LookUp = Callable[[str], Any]
SIGMAS = 8.5
"""Of the noise of one reading that the difference of two may be: six of its own."""
SHORTEST = 1e-3
"""s between two stamps: over less a rate says nothing."""


class ReadingChecks:
    """Judges the readings of one method for one figure of it, or as a whole."""

    def __init__(self, rules: Rules, look_up: LookUp) -> None:
        self.rules = rules
        self._look_up = look_up
        self._last: Any = None  # what was measured last, believed or not
        self._equal = 1
        self._believed: tuple[int, float] | None = None  # stamp (ns) and figure
        self._insisting: list[tuple[int, float]] = []

    def judge(self, reading: Any, now_ns: int) -> Refusal | None:
        """Why a reading that the interface lets pass is not to be used; None: it is."""
        rules = self.rules
        if rules.stamp_age is not None:
            age = (now_ns - reading.time_ns) / NANOSECONDS
            if age > rules.stamp_age:
                return "", f"stale: {age:.6g} s old, allowed is {rules.stamp_age:g} s"
        if not rules.field:
            return None
        value = figure_of(reading, rules.field)
        if value is None or value != value:
            return None  # said to be not valid, or refused before
        wrong = self._judge(value, reading.time_ns)
        if wrong:
            return rules.field, f"{rules.field} = {value:.6g}: {wrong}"
        self._believed = (reading.time_ns, value)
        self._insisting.clear()
        return None

    def _judge(self, value: float, stamp: int) -> str:
        rules = self.rules
        self._equal = self._equal + 1 if value == self._last else 1
        self._last = value
        if rules.range is not None and not rules.range[0] <= value <= rules.range[1]:
            return f"allowed is {rules.range[0]:g} to {rules.range[1]:g}"
        if rules.frozen_after is not None and self._equal >= rules.frozen_after:
            return f"frozen: the same {self._equal} times"
        jumped = self._jump(value, stamp)
        apart = self._apart(value)
        if not jumped and not apart:
            return ""
        if jumped and not apart and self._insists(value, stamp):
            return ""
        return apart or jumped

    def _jump(self, value: float, stamp: int) -> str:
        """How much faster than allowed it has changed since the last that was believed."""
        rate = self.rules.rate
        if rate is None or self._believed is None:
            return ""
        change = self._rate(self._believed, (stamp, value))
        return "" if change <= rate else f"changes by {change:.4g} a second, allowed is {rate:g}"

    def _rate(self, before: tuple[int, float], now: tuple[int, float]) -> float:
        """The change by the true time that noise does not explain."""
        seconds = max((now[0] - before[0]) / NANOSECONDS, SHORTEST)
        sigma, part = self.rules.noise
        noise = SIGMAS * (sigma + part * max(abs(before[1]), abs(now[1])))
        return max(0.0, abs(now[1] - before[1]) - noise) / seconds

    def _insists(self, value: float, stamp: int) -> bool:
        """Whether as many as it takes agree with each other: then it was a true jump."""
        rate = self.rules.rate
        assert rate is not None
        if self._insisting and self._rate(self._insisting[-1], (stamp, value)) > rate:
            self._insisting.clear()
        self._insisting.append((stamp, value))
        return len(self._insisting) >= self.rules.reopen_after

    def _apart(self, value: float) -> str:
        """From which other source it is too far; what is not known refutes nothing."""
        for name, (within, part) in self.rules.against.items():
            other = self._look_up(name)
            if not isinstance(other, int | float) or not math.isfinite(other):
                continue
            allowed = within + part * abs(other)
            if abs(value - other) > allowed:
                return f"{name} = {other:.6g}, allowed is within {allowed:.6g}"
        return ""


def figure_of(reading: Any, path: str) -> Any:
    """A single value of a reading by its path; None where there is none."""
    value = reading
    for step in steps_of(path):
        if isinstance(step, int):
            held = isinstance(value, list | tuple) and step < len(value)
            value = value[step] if held else None
        else:
            value = value.get(step) if isinstance(value, dict) else getattr(value, step, None)
        if value is None:
            return None
    return value
