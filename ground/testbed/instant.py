"""The present instant of a paced run."""

import asyncio


class Instant:
    """The mission time (s) of the running loop, which stands while what is due at once is done.

    Physics takes microseconds, in which a fast clock moves on by seconds: where a body is seen and
    when that was would not fit together.
    """

    def __init__(self) -> None:
        self._now: float | None = None

    def now(self) -> float:
        """Seconds of mission time."""
        if self._now is None:
            loop = asyncio.get_running_loop()
            self._now = loop.time()
            loop.call_soon(self._pass)
        return self._now

    def _pass(self) -> None:
        self._now = None
