"""Time stamps of readings."""

_NANOSECONDS = 1_000_000_000


def mission_ns(seconds: float) -> int:
    """Nanoseconds of mission time, as readings carry it."""
    return round(seconds * _NANOSECONDS)
