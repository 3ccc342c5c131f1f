"""Amounts in files that a person writes: `5 s`, `2 sol`, `{value: 12, unit: km}`.

An `Amount` is given with a unit of its kind and read in one unit; unlike a `Quantity` it may be
written in any of them, and needs no source.
"""

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.configuration.allowed_values import AMOUNT, UNIT

_KINDS: tuple[Mapping[str, float], ...] = (
    {"s": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0, "h": 3600.0, "d": SECONDS_PER_DAY,
     "sol": SOL_SECONDS},
    {"m": 1.0, "mm": 1e-3, "cm": 1e-2, "km": 1e3},
    {"m/s": 1.0, "mm/s": 1e-3, "cm/s": 1e-2, "km/s": 1e3},
    {"rad": 1.0, "mrad": 1e-3, "deg": math.pi / 180.0},
    {"rad/s": 1.0, "deg/s": math.pi / 180.0},
    {"1": 1.0, "%": 1e-2, "ppm": 1e-6},
    {"B": 1.0, "kB": 1e3, "MB": 1e6},
    {"B/s": 1.0, "kB/s": 1e3},
    {"W": 1.0, "mW": 1e-3, "kW": 1e3},
    {"J": 1.0, "kJ": 1e3, "W h": 3600.0},
    {"1/s": 1.0, "1/min": 1.0 / 60.0, "1/h": 1.0 / 3600.0, "1/sol": 1.0 / SOL_SECONDS},
    {"kg": 1.0, "g": 1e-3},
    {"kg/s": 1.0, "g/s": 1e-3, "kg/h": 1.0 / 3600.0, "kg/d": 1.0 / SECONDS_PER_DAY},
    {"N": 1.0}, {"K": 1.0}, {"V": 1.0}, {"A": 1.0}, {"pass": 1.0},
)  # fmt: skip
UNITS: Mapping[str, Mapping[str, float]] = {unit: kind for kind in _KINDS for unit in kind}
"""Each unit, with all of its kind and how many of the kind's first unit they are."""


def factors(unit: str) -> dict[str, float]:
    """Every unit in which an amount that is read in `unit` may be given, and what to multiply by.

    Raises ValueError for a unit that nobody has declared.
    """
    if unit not in UNITS:
        raise ValueError(f"{unit!r} is no unit of an amount; there are: {', '.join(UNITS)}")
    kind = UNITS[unit]
    return {name: factor / kind[unit] for name, factor in kind.items()}


def Amount(
    unit: str,
    *,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
) -> msgspec.Meta:
    """Annotation of a field that is given as `5 s` or as `{value: 5, unit: s}`, in any unit of its
    kind, and read in `unit`, in which the limits are. Without dimension (`1`) the bare number will
    do."""
    limits: dict[str, Any] = {"ge": ge, "gt": gt, "le": le, "lt": lt}
    return msgspec.Meta(**limits, extra={UNIT: unit, AMOUNT: factors(unit)})
