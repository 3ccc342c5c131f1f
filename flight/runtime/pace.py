"""The clock of a paced loop: mission time that follows the wall clock."""

import time

NANOSECONDS = 1_000_000_000


class SteadyClock:
    """A clock of one pace, which begins at mission time zero now."""

    def __init__(self, rate: float = 1.0) -> None:
        if not rate > 0.0:
            raise ValueError(f"rate = {rate}: allowed is a number above 0")
        self.rate = rate
        self._origin_ns = time.monotonic_ns()

    def now_ns(self) -> int:
        """Nanoseconds of mission time."""
        return int((time.monotonic_ns() - self._origin_ns) * self.rate)
