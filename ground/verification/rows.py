"""One row of the table: a published figure, the computed one, and whether they agree.

A row says "ok" or "MISS". It says "-" when there is no published figure to hold the computed one
against. Only rows that are `required` decide the exit code.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from flight.astrodynamics.time_scales import calendar_time, julian_date

Value = float | str


class Verdict(Enum):
    """What came of a comparison."""

    OK = "ok"
    MISS = "MISS"
    NO_FIGURE = "-"


class Kind(Enum):
    """How a row's values are compared and written."""

    NUMBER = "number"
    """Floats, equal within the tolerance."""
    AT_LEAST = "at least"
    """Floats, the computed one not below the published one."""
    DAY = "day"
    """Julian dates, equal within a tolerance in days; written 2031-02-22.70."""
    CLOCK = "clock"
    """Seconds of the day, equal within a tolerance in seconds, midnight or not."""
    TEXT = "text"
    """Strings, equal to the letter."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A comparison. `tolerance` is in the unit of the values, or a fraction when `relative`."""

    quantity: str
    source: str
    published: Value | None
    computed: Value
    tolerance: float = 0.0
    relative: bool = False
    unit: str = ""
    digits: int = 3
    kind: Kind = Kind.NUMBER
    required: bool = True

    @property
    def difference(self) -> float | None:
        """Computed minus published, None for texts and without a published figure."""
        if not isinstance(self.published, float) or not isinstance(self.computed, float):
            return None
        difference = self.computed - self.published
        return math.remainder(difference, 86_400.0) if self.kind is Kind.CLOCK else difference

    @property
    def verdict(self) -> Verdict:
        """Whether the two figures agree. What is not a number misses."""
        if self.published is None:
            return Verdict.NO_FIGURE
        difference = self.difference
        if difference is None:
            return Verdict.OK if self.computed == self.published else Verdict.MISS
        if self.kind is Kind.AT_LEAST:
            return Verdict.OK if difference >= 0.0 else Verdict.MISS
        # The last digits of a decimal figure are lost in binary: 0.005 apart may be 0.0050000001.
        allowed = self._allowed * (1.0 + 1.0e-9)
        return Verdict.OK if abs(difference) <= allowed else Verdict.MISS

    @property
    def _allowed(self) -> float:
        if self.relative and isinstance(self.published, float):
            return self.tolerance * abs(self.published)
        return self.tolerance

    def published_text(self) -> str:
        """The published figure as the table shows it."""
        if self.published is None:
            return "none"
        prefix = "> " if self.kind is Kind.AT_LEAST else ""
        return prefix + self._text(self.published)

    def computed_text(self) -> str:
        """The computed figure as the table shows it."""
        return self._text(self.computed)

    def tolerance_text(self) -> str:
        """The tolerance as the table shows it."""
        if self.published is None or self.kind is Kind.AT_LEAST:
            return ""
        if self.kind is Kind.TEXT:
            return "exact"
        if self.relative:
            return f"{100.0 * self.tolerance:g} %"
        unit = {Kind.DAY: "d", Kind.CLOCK: "s"}.get(self.kind, self.unit)
        return f"{self.tolerance:g} {unit}".rstrip()

    def as_plain(self, target: str) -> dict[str, Any]:
        """The row as plain data, for JSON."""
        return {
            "target": target,
            "quantity": self.quantity,
            "source": self.source,
            "published": self.published,
            "computed": self.computed,
            "published_text": self.published_text(),
            "computed_text": self.computed_text(),
            "difference": self.difference,
            "tolerance": self.tolerance_text(),
            "unit": self.unit,
            "kind": self.kind.value,
            "required": self.required,
            "verdict": self.verdict.value,
        }

    def _text(self, value: Value) -> str:
        if isinstance(value, str):
            return value
        if self.kind is Kind.DAY:
            return format_day(value)
        if self.kind is Kind.CLOCK:
            return format_clock(value)
        return f"{value:.{self.digits}f} {self.unit}".rstrip()


def misses_required(rows: Sequence[Row]) -> list[Row]:
    """The rows that make the whole verification fail."""
    return [row for row in rows if row.required and row.verdict is Verdict.MISS]


def day(year: int, month: int, day_of_month: float) -> float:
    """Julian date of a calendar date with a decimal day, as windows are published."""
    return julian_date(year, month, 1) + day_of_month - 1.0


def format_day(julian: float) -> str:
    """Text like 2031-02-22.70 of a Julian date."""
    # Rounded first: 2031-02-28.999 must come out as the first of March.
    moment = calendar_time(math.floor((julian + 0.5) * 100.0 + 0.5) / 100.0 - 0.5)
    part = (moment.hour + moment.minute / 60.0 + moment.second / 3600.0) / 24.0
    return f"{moment.year:04d}-{moment.month:02d}-{moment.day + part:05.2f}"


def clock(text: str) -> float:
    """Seconds of the day of a text HH:MM:SS."""
    hours, minutes, seconds = text.split(":")
    return 3600.0 * int(hours) + 60.0 * int(minutes) + float(seconds)


def format_clock(seconds: float) -> str:
    """Text HH:MM:SS of seconds of the day, truncated as clocks are."""
    whole = math.floor(seconds % 86_400.0 + 1.0e-6) % 86_400
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
