"""What an instrument can measure at all: the unit and the range of a field of a reading.

The range is the whole that the instrument can say, not what is expected or healthy: a value
outside it is an error of the instrument, whatever the vehicle does.
"""

import math
import sys
from collections.abc import Iterator
from typing import Any, get_args

import msgspec

MEASURES = "measures"
LARGEST = sys.float_info.max


def measured(unit: str, low: float, high: float) -> msgspec.Meta:
    """Annotation of a field of a reading: each number in it lies from `low` to `high` of `unit`.

    What lies outside arrives as an invalid reading; the codec lets it pass.
    """
    if not low < high or not math.isfinite(low) or not math.isfinite(high):
        raise ValueError(f"measured: {low} to {high} {unit}; allowed are finite, rising numbers")
    return msgspec.Meta(extra={"unit": unit, MEASURES: (low, high)})


def range_of(annotation: Any) -> tuple[float, float]:
    """The range of an annotated type; of one that declares none, all finite numbers."""
    for meta in _metas(annotation):
        if MEASURES in (meta.extra or {}):
            low, high = meta.extra[MEASURES]
            return float(low), float(high)
    return -LARGEST, LARGEST


def unit_of(annotation: Any) -> str:
    """The unit of an annotated type; "1" where none is declared."""
    for meta in _metas(annotation):
        if "unit" in (meta.extra or {}):
            return str(meta.extra["unit"])
    return "1"


def _metas(annotation: Any) -> Iterator[Any]:
    if hasattr(annotation, "__metadata__"):
        for meta in get_args(annotation)[1:]:
            if isinstance(meta, msgspec.Meta):
                yield meta
