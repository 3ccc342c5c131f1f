"""Time stamps of readings."""

from flight.runtime.pace import NANOSECONDS


def mission_ns(seconds: float) -> int:
    """Nanoseconds of mission time, as readings carry it."""
    return round(seconds * NANOSECONDS)
