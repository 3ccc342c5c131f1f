"""Spans of time in what people count by."""

from flight.astrodynamics.mars_time import SOL_SECONDS


def duration(seconds: float) -> str:
    """A time span such as ``1 h 05 min``; in sols from two sols on."""
    if seconds >= 2 * SOL_SECONDS:
        return f"{seconds / SOL_SECONDS:.1f} sols"
    minutes, second = divmod(round(max(0.0, seconds)), 60)
    hours, minute = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minute:02d} min"
    return f"{minute} min {second:02d} s" if minute else f"{second} s"
