"""The gate that every reading passes on its way from a device to who asked for it.

What is not finite, lies outside what the instrument can measure, or was taken before it was asked
for arrives as an *invalid* reading that says why, with its figures blanked: never as a value. So
does what the device itself calls invalid.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from flight.icd.devices.base import Method, Reading
from flight.icd.field_paths import field_of
from flight.runtime.pace import NANOSECONDS
from flight.runtime.reading_fields import blank, fields_of

SLACK_NS = 1_000_000
"""Nanoseconds by which a stamp may be before its question or after its answer: rounding."""

SET_ASIDE = "set aside"
Further = Callable[[Any, int], tuple[str, str] | None]
"""Judges what the interface's own checks have let through: None, or the field that is not to be
used (empty: the whole reading) and why.

It is given the reading and the nanoseconds of the loop's time at which it came.
"""


class ReadingGate:
    """Judges the readings of one device.

    `on_verdict` hears of each reading: the method, and why it is not to be used (`""`: it is).
    `further`: more checks of a method, made one after the other after the interface's own.
    `set_aside`: nothing of the device is to be used; it is judged all the same, so that one knows
    when it is well again. With `open` nothing is judged.
    """

    def __init__(
        self,
        on_verdict: Callable[[str, Any, str], None] | None = None,
        *,
        open: bool = False,
    ) -> None:
        self.further: dict[str, list[Further]] = {}
        self.set_aside = False
        self._on_verdict = on_verdict
        self._open = open

    def failed(self, method: Method, why: str) -> None:
        """A reading has not come, and why."""
        if method.kind == "reading" and not self._open and self._on_verdict is not None:
            self._on_verdict(method.name, None, why)

    def admit(self, method: Method, result: Any, asked_ns: int, now_ns: int, slack_ns: int) -> Any:
        """The result as it is to be used: itself, or one that says that it is not valid.

        `asked_ns`, `now_ns`: when it was asked for and came; `slack_ns`: what machines may delay.
        """
        if self._open or not isinstance(result, Reading):
            return result
        if not result.valid:
            if self._on_verdict is not None:
                self._on_verdict(method.name, result, "")
            return _invalid(result, result.reason)
        wrong = _stamp_problem(method, result.time_ns, asked_ns, now_ns, slack_ns + SLACK_NS)
        judged = _invalid(result, wrong) if wrong else check_values(result)
        for check in self.further.get(method.name, ()):
            if not judged.valid:
                break
            refused = check(judged, now_ns)
            if refused is not None:
                judged = _without(judged, *refused)
        if self._on_verdict is not None:
            self._on_verdict(method.name, judged, judged.reason if judged is not result else "")
        return _invalid(judged, SET_ASIDE) if self.set_aside and judged.valid else judged


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
        if field.flag and getattr(reading, field.flag) is False:
            continue  # the device says itself that it means nothing
        value = getattr(reading, field.name)
        if not field.judge(value):
            continue
        wrong = field.problem(value)
        if field.flag == "":
            return _invalid(reading, wrong)
        changes = changes if changes is not None else {}
        changes.setdefault("reason", wrong)
        changes |= field.without(reading, value)
    return reading if changes is None else msgspec.structs.replace(reading, **changes)


def _without(reading: Reading, path: str, reason: str) -> Reading:
    """The reading without one figure, or not valid at all where that has no validity of its own."""
    name, inner = field_of(path), path.partition(".")[2]
    flag = reading.own_validity.get(name)
    if flag is None:
        return _invalid(reading, reason)
    value, told = getattr(reading, name), getattr(reading, flag)
    changes: dict[str, Any] = {"reason": reason}
    if isinstance(told, bool):
        changes |= {flag: False, name: blank(value)}
    else:
        left = {each: value[each] for each in value if each != inner}
        changes |= {flag: [*told, inner], name: left}
    return msgspec.structs.replace(reading, **changes)


def _invalid(reading: Reading, reason: str) -> Reading:
    """The reading with its figures blanked: who does not look at `valid` finds no value in it."""
    blanks = {each.name: blank(getattr(reading, each.name)) for each in fields_of(type(reading))}
    return msgspec.structs.replace(reading, valid=False, reason=reason, **blanks)
