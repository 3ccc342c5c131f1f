"""The gate that every reading passes on its way from a device to who asked for it.

What is not finite, lies outside what the instrument can measure, or was taken before it was asked
for arrives as an *invalid* reading that says why, with its figures blanked: never as a value.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from flight.icd.devices.base import Method, Reading
from flight.runtime.pace import NANOSECONDS
from flight.runtime.reading_fields import blank, fields_of

SLACK_NS = 1_000_000
"""Nanoseconds by which a stamp may be before its question or after its answer: rounding."""

Further = Callable[[Any, int], str]
"""Judges what the interface's own checks have let through; `""`, or why it is not to be used.

It is given the reading and the nanoseconds of the loop's time at which it came.
"""


class ReadingGate:
    """Judges the readings of one device.

    `on_verdict` hears of each reading: the method, and why it is not to be used (`""`: it is).
    `further`: more checks of a method, made after the interface's own. With `open` nothing is
    judged.
    """

    def __init__(
        self,
        on_verdict: Callable[[str, Any, str], None] | None = None,
        *,
        open: bool = False,
    ) -> None:
        self.further: dict[str, Further] = {}
        self._on_verdict = on_verdict
        self._open = open

    def admit(self, method: Method, result: Any, asked_ns: int, now_ns: int, slack_ns: int) -> Any:
        """The result as it is to be used: itself, or one that says that it is not valid.

        `asked_ns`, `now_ns`: when it was asked for and came; `slack_ns`: what machines may delay.
        """
        if self._open or not isinstance(result, Reading):
            return result
        if not result.valid:
            if self._on_verdict is not None:
                self._on_verdict(method.name, result, "")
            return result
        wrong = _stamp_problem(method, result.time_ns, asked_ns, now_ns, slack_ns + SLACK_NS)
        judged = _invalid(result, wrong) if wrong else check_values(result)
        further = self.further.get(method.name)
        if further is not None and judged.valid:
            wrong = further(judged, now_ns)
            if wrong:
                judged = _invalid(judged, wrong)
        if self._on_verdict is not None:
            self._on_verdict(method.name, judged, judged.reason if judged is not result else "")
        return judged


def _stamp_problem(method: Method, stamp: int, asked: int, now: int, slack: int) -> str:
    if stamp > now + slack:
        return f"stamped {(stamp - now) / NANOSECONDS:.6g} s in the future"
    earliest = asked - round(method.period * NANOSECONDS) - slack
    if stamp < earliest and not method.archived:
        return f"stale: taken {(asked - stamp) / NANOSECONDS:.6g} s before it was asked for"
    return ""


def check_values(reading: Reading) -> Reading:
    """The reading, without what is not finite or outside what the instrument can measure.

    Where a field has a validity of its own only that is taken back, and the reading says why.
    """
    changes: dict[str, Any] | None = None
    for field in fields_of(type(reading)):
        value = getattr(reading, field.name)
        wrong = field.problem(value)
        if not wrong:
            continue
        if field.flag == "":
            return _invalid(reading, wrong)
        changes = changes if changes is not None else {}
        changes.setdefault("reason", wrong)
        changes |= field.without(reading, value)
    return reading if changes is None else msgspec.structs.replace(reading, **changes)


def _invalid(reading: Reading, reason: str) -> Reading:
    """The reading with its figures blanked: who does not look at `valid` finds no value in it."""
    blanks = {each.name: blank(getattr(reading, each.name)) for each in fields_of(type(reading))}
    return msgspec.structs.replace(reading, valid=False, reason=reason, **blanks)
