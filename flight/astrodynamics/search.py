"""Zero crossings and minima of a function of one variable, on plain floats."""

import math
from collections.abc import Callable

Function = Callable[[float], float]

_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


def crossing(function: Function, low: float, high: float, tolerance: float) -> float:
    """Where a function crosses zero between `low` and `high`, within `tolerance`.

    By inverse quadratic interpolation where that is safe, else by bisection (T. R. Chandrupatla
    1997): a smooth function is asked some six times. Raises ValueError when it has the same sign at
    both ends.
    """
    new, old, at_new, at_old = high, low, function(high), function(low)
    if at_old == 0.0:
        return low
    if at_new == 0.0:
        return high
    if (at_old > 0.0) == (at_new > 0.0):
        raise ValueError(f"no change of sign between {low} and {high}: {at_old}, {at_new}")
    part = 0.5
    while abs(old - new) > tolerance:
        point = new + part * (old - new)
        if point in (new, old):  # the floats between them are used up
            break
        value = function(point)
        if value == 0.0:
            return point
        # `old` stays on the other side; `last` is what has been replaced.
        if (value > 0.0) == (at_new > 0.0):
            last, at_last = new, at_new
        else:
            last, old, at_last, at_old = old, new, at_old, at_new
        new, at_new = point, value
        part = _next_part(new, old, last, at_new, at_old, at_last)
        least = min(0.5, 0.5 * tolerance / abs(old - new))
        part = min(max(part, least), 1.0 - least)
    return new if abs(at_new) < abs(at_old) else old


def _next_part(
    new: float, old: float, last: float, at_new: float, at_old: float, at_last: float
) -> float:
    """How far from `new` to `old` the crossing is to be looked for."""
    place = (new - old) / (last - old)
    height = (at_new - at_old) / (at_last - at_old)
    if not (height * height < place and (1.0 - height) ** 2 < 1.0 - place):
        return 0.5
    return at_new / (at_old - at_new) * at_last / (at_old - at_last) + (last - new) / (
        old - new
    ) * at_new / (at_last - at_new) * at_old / (at_last - at_old)


def minimum(function: Function, low: float, high: float, tolerance: float) -> float:
    """Where a function that has one minimum between `low` and `high` has it (golden section).

    A minimum is flat, so no `tolerance` below about 1e-8 of the interval can be reached.
    """
    inner_low = high - _GOLDEN * (high - low)
    inner_high = low + _GOLDEN * (high - low)
    at_low, at_high = function(inner_low), function(inner_high)
    while high - low > tolerance:
        if at_low < at_high:
            high, inner_high, at_high = inner_high, inner_low, at_low
            inner_low = high - _GOLDEN * (high - low)
            if not low < inner_low < inner_high:
                break
            at_low = function(inner_low)
        else:
            low, inner_low, at_low = inner_low, inner_high, at_high
            inner_high = low + _GOLDEN * (high - low)
            if not inner_low < inner_high < high:
                break
            at_high = function(inner_high)
    return 0.5 * (low + high)


def grid(start: float, end: float, step: float) -> list[float]:
    """Equally spaced points from `start` to exactly `end`, no further apart than `step`."""
    if not (step > 0.0 and end >= start):
        raise ValueError(f"no grid from {start} to {end} in steps of {step}")
    count = max(1, math.ceil((end - start) / step))
    return [start + (end - start) * index / count for index in range(count + 1)]


def local_minima(
    function: Function, start: float, end: float, step: float, tolerance: float
) -> list[float]:
    """All minima inside an interval that are further than `step` apart, in order.

    Ends of the interval are no minima.
    """
    points = grid(start, end, step)
    values = [function(point) for point in points]
    return [
        minimum(function, points[index - 1], points[index + 1], tolerance)
        for index in range(1, len(points) - 1)
        if values[index - 1] > values[index] <= values[index + 1]
    ]


def intervals_below(
    function: Function, limit: float, start: float, end: float, step: float, tolerance: float
) -> list[tuple[float, float]]:
    """Where a function is below a limit: begin and end of each stretch longer than `step`.

    A stretch that is under way at `start` or `end` begins or ends there.
    """

    def above(point: float) -> float:
        return function(point) - limit

    points = grid(start, end, step)
    values = [above(point) for point in points]
    intervals: list[tuple[float, float]] = []
    opened = start if values[0] < 0.0 else None
    for index in range(1, len(points)):
        below = values[index] < 0.0
        if below == (opened is not None):
            continue
        at = crossing(above, points[index - 1], points[index], tolerance)
        if opened is None:
            opened = at
        else:
            intervals.append((opened, at))
            opened = None
    if opened is not None:
        intervals.append((opened, end))
    return intervals
