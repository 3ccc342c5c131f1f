"""How fast the sequences of one node, all together, may issue commands."""

from flight.core.keeping.clock import monotonic

BURST = 40  # commands at once: an arm and a fire for each of a vehicle's devices, and some more
PER_SECOND = 2.0  # then; each makes four reports that have to reach Earth


class CommandRate:
    """A token bucket: `BURST` commands at once, `PER_SECOND` after that."""

    def __init__(self) -> None:
        self._tokens = float(BURST)
        self._updated: float | None = None

    def wait(self) -> float:
        """Seconds until the next command may be issued; 0 when it may now."""
        now = monotonic()
        since = 0.0 if self._updated is None else now - self._updated
        self._tokens = min(float(BURST), self._tokens + since * PER_SECOND)
        self._updated = now
        # The least wait keeps rounding from asking for one of no length.
        return 0.0 if self._tokens >= 1.0 else max(1e-6, (1.0 - self._tokens) / PER_SECOND)

    def take(self) -> None:
        """Count a command that is issued now."""
        self._tokens -= 1.0
