"""Who has armed a real device, and for how long."""

import asyncio
from dataclasses import dataclass, field


@dataclass
class Arming:
    """Who has armed a device, and until when (s of the loop's time; None: for as long as it is)."""

    who: str
    until: float | None
    timer: asyncio.TimerHandle | None = field(default=None, repr=False)

    def words(self, now: float) -> str:
        """Who, and for how much longer; "" where nobody has to do it."""
        return "" if self.until is None else f"by {self.who}, for {self.until - now:.0f} s"
