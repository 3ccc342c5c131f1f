"""The platform that bits come from, and whether two runs can be compared by their hashes at all.

A message log has one SHA-256 on every run, load and Python version of one platform. The platform is
the C library and the code it chose, numpy, and how a double is stored. Runs of two platforms
are incomparable, which is another thing than different.
"""

import hashlib
import json
import math
import platform
import random
import struct
import sys
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from flight.configuration.outside_files import UNDECODABLE
from flight.runtime import libm

SAMPLES = 500
"""Arguments for each function, beside those that are known to tell."""
TELLING = (
    0.1915, 2.0526, 9.5589, 1.6604, 6.6938, 11.9228, 1.6114, 7.7967, 0.2524, 5.749, 13.1288,
    0.5004, 5.0987, 6.2559, 1.026, 9.3797, 11.544, 0.0944, 0.1655, 0.7626, 0.9107, 1.1546, 1.3639,
    4.6171, 4.9054, 10.2326, 12.741, 18.5708, 19.2322, 2.192, 6.8396, 11.3545, 0.5973, 7.8998,
    17.1025, 0.3757, 0.5099, 0.5685, 0.358, 0.9863, 1.9978, 2.5379,
)  # fmt: skip
"""Of 100,000 arguments, one in 1,400 to 33,000 has another last bit with FMA than without, by the
function (glibc 2.36, `sin` to `log10`): drawn at random, a few hundred would miss it."""
CPU_FEATURES = ("fma", "fma4", "avx2", "avx512f", "asimd")
DECISIVE = ("machine", "byte_order", "float", "libm_bits", "numpy_bits")
"""What two platforms must have in common for their runs to be comparable. The rest explains."""


class Comparison(StrEnum):
    """What two hashes of message logs say together."""

    SAME = "same"
    DIFFERENT = "different"
    INCOMPARABLE = "incomparable"


class Incomparable(RuntimeError):
    """Bits of another platform were offered for a comparison with those of this one."""


@cache
def fingerprint() -> dict[str, Any]:
    """This process's platform, as plain data for records.

    `libm_bits` and `numpy_bits` are hashes of what the libraries give for fixed arguments: they
    tell two platforms apart by what these do, whatever they are called.
    """
    flags = libm.cpu_flags()
    return {
        "machine": platform.machine(),
        "byte_order": sys.byteorder,
        "float": f"{sys.float_info.mant_dig} bit",
        "libc": libm.libc() or platform.system(),
        "libm_dispatch": libm.dispatch(),
        "libm_bits": _bits(_libm_values()),
        "numpy_bits": _bits(_numpy_values()),
        "cpu_features": [name for name in CPU_FEATURES if name in flags],
        "python": platform.python_version(),
        "numpy": _numpy_version(),
    }


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """What forbids to compare runs of two fingerprints, in words; empty when nothing does."""
    return [
        f"{name}: {one.get(name)} and {other.get(name)}"
        for name in DECISIVE
        if name not in one or name not in other or one[name] != other[name]
    ]


def compare(one: Mapping[str, Any], other: Mapping[str, Any]) -> Comparison:
    """What the hashes of two runs say, by their summaries; without a fingerprint, nothing."""
    prints = one.get("fingerprint"), other.get("fingerprint")
    hashes = one.get("log_sha256"), other.get("log_sha256")
    if not all(prints) or not all(hashes) or differences(*map(dict, prints)):  # type: ignore[arg-type]
        return Comparison.INCOMPARABLE
    return Comparison.SAME if hashes[0] == hashes[1] else Comparison.DIFFERENT


def told_of(earlier: Path, summary: Mapping[str, Any]) -> str:
    """What a run says beside an earlier one, in a sentence; "" when that left no whole summary."""
    try:
        before = json.loads((earlier / "summary.json").read_bytes())
    except (OSError, *UNDECODABLE):
        return ""
    if not isinstance(before, dict) or not before.get("log_sha256"):
        return ""
    match compare(before, summary):
        case Comparison.SAME:
            return f"the same as {earlier}, bit for bit"
        case Comparison.DIFFERENT:
            return f"different from {earlier}: another SHA-256 of its messages"
        case Comparison.INCOMPARABLE:
            prints = before.get("fingerprint") or {}, summary.get("fingerprint") or {}
            found = "; ".join(differences(*prints))
            return f"incomparable with {earlier}, which was flown on another platform ({found})"


def refuse_other(worker: Mapping[str, Any]) -> None:
    """Raises Incomparable when a worker of this fingerprint cannot take part in a check of hashes
    with this process."""
    found = differences(fingerprint(), worker)
    if found:
        raise Incomparable(
            "a worker computes other bits than this process, so that hashes of its runs cannot be "
            f"compared with those of this one ({'; '.join(found)})"
        )


def _bits(values: list[float]) -> str:
    return hashlib.sha256(struct.pack(f"<{len(values)}d", *values)).hexdigest()[:16]


def _libm_values() -> list[float]:
    # Drawn, not a grid: `random` itself is whole-number arithmetic, alike everywhere.
    stream = random.Random(20280101)
    functions: tuple[Callable[[float], float], ...] = (
        math.sin, math.cos, math.tan, math.atan, math.exp, math.sinh, math.cosh, math.tanh,
        lambda x: math.log(abs(x)), lambda x: math.asin(x / 20.0), lambda x: math.acos(x / 20.0),
        lambda x: abs(x) ** 1.7, lambda x: math.atan2(x, 3.1), lambda x: math.hypot(x, 1.3, 0.2),
        lambda x: math.log1p(abs(x)), math.expm1, lambda x: math.log2(abs(x)),
        lambda x: math.log10(abs(x)), math.erf,
    )  # fmt: skip
    arguments = [*TELLING, *(stream.uniform(-20.0, 20.0) for _ in range(SAMPLES))]
    return [function(argument) for function in functions for argument in arguments]


def _numpy_values() -> list[float]:
    """What the simulation asks of numpy beyond the four operations and roots."""
    import numpy as np

    drawn = np.random.default_rng(20280101).normal(0.0, 1.0, 4096)
    lengths = np.hypot(drawn, 1.3)
    means = float(np.mean(drawn)), float(np.quantile(drawn, 0.3))
    return [*drawn.tolist(), *lengths.tolist(), *means]


def _numpy_version() -> str:
    import numpy as np

    return str(np.__version__)
