"""Which of several sources is wrong, found by leaving each of them out in turn.

Fault detection and exclusion, as receivers of satellite navigation do it with too many ranges
(Parkinson and Axelrad, Navigation 35 (1988) 255; Brown, Navigation 39 (1992) 1): while all agree
nothing is left out; when they do not, the one without which the others agree is wrong. What was
only felt since the alignment is a source as well, with the doubt that has grown by now.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from flight.lander.measured_lines import Estimate

FELT = "felt"
DISAGREEMENT = 30.0
"""Squared misfit of all beyond which they do not agree: about five standard deviations, as the gate
of each measurement; the few tests of a landing come upon it once in 10^5 descents."""
LIKELIER = 9.0
"""How much less the misfit without one must be than without another, to tell which is wrong."""


@dataclass(frozen=True)
class Line:
    """Offset (m) and slope (m/s) by several sources, and their covariance (m^2, m^2/s, m^2/s^2)."""

    offset: float
    slope: float
    pp: float
    pv: float
    vv: float
    misfit: float


@dataclass(frozen=True)
class Verdict:
    """`wrong`: sources each of which may be the wrong one, none while all agree; the likeliest
    first. `line`: by all others than the first of these. `decided`: whether it can be but one, or
    nothing is wrong. None can be told where no single one explains it: then `wrong` is None."""

    wrong: tuple[str, ...] | None
    line: Line
    decided: bool


def together(sources: Mapping[str, Estimate]) -> Line:
    """The line that fits several sources best."""
    pp = math.fsum(each.pp for each in sources.values())
    pv = math.fsum(each.pv for each in sources.values())
    vv = math.fsum(each.vv for each in sources.values())
    p = math.fsum(each.pp * each.offset + each.pv * each.slope for each in sources.values())
    v = math.fsum(each.pv * each.offset + each.vv * each.slope for each in sources.values())
    size = max(pp * vv - pv * pv, 1e-30)
    offset, slope = (vv * p - pv * v) / size, (pp * v - pv * p) / size
    misfit = math.fsum(each.misfit(offset, slope) for each in sources.values())
    return Line(offset, slope, vv / size, -pv / size, pp / size, misfit)


def judge(sources: Mapping[str, Estimate]) -> Verdict:
    """Whether the sources agree, and which is wrong if not; without two others nobody can tell."""
    everybody = together(sources)
    if everybody.misfit <= DISAGREEMENT:
        return Verdict((), everybody, True)
    without = {
        name: together({other: each for other, each in sources.items() if other != name})
        for name in sources
        if _fix_a_place(sources, name)
    }
    fit = sorted(
        (line.misfit, name) for name, line in without.items() if line.misfit <= DISAGREEMENT
    )
    if not fit or len(sources) < 3:
        return Verdict(None, everybody, False)
    near = tuple(name for misfit, name in fit if misfit < fit[0][0] + LIKELIER)
    return Verdict(near, without[near[0]], len(near) == 1)


def _fix_a_place(sources: Mapping[str, Estimate], left_out: str) -> bool:
    """Whether what is left still says where it is, not only how fast."""
    return any(each.pp > 0.0 for name, each in sources.items() if name != left_out)
