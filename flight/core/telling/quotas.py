"""Quotas: what one producer of reports says beyond its share is the least important of all.

A producer that runs away fills the recorder, and by its importance pushes out what others have kept
there, and goes to Earth before them. Phoenix lost the science of a sol in 2008 that way, under some
45 000 messages of its housekeeping.
"""

from collections.abc import Callable

import msgspec

from flight.core.fault_protection.safeguards import Safeguard

PRODUCER_QUOTA = Safeguard(
    "producer_quota",
    "what one producer of reports says beyond its share of the recorder is the first to be dropped "
    "and the last to be sent",
    "Phoenix, sol 22, June 2008: housekeeping filled the flash, and the science was lost",
)
BURST = 200_000
"""Bytes that a producer may say at once: a three hundredth of the recorder (assumption)."""
REFILL = 20.0
"""Bytes/s after that (assumption: twice what the throttling of one event lets through)."""
PRODUCERS = 256
"""How many are counted apart; more share one quota."""


class _Share(msgspec.Struct):
    bytes: float
    updated: float
    over: bool = False


class ProducerQuotas:
    """Counts what each producer says, by a token bucket. `told(producer)` hears of each that begins
    to say too much, again only after it had half of its share left."""

    def __init__(self, clock: Callable[[], float], told: Callable[[str], None]) -> None:
        self._clock, self._told = clock, told
        self._shares: dict[str, _Share] = {}

    def admits(self, producer: str, size: int) -> bool:
        """Whether so many bytes of a producer are within its share; they are counted if so."""
        now = self._clock()
        if producer not in self._shares and len(self._shares) >= PRODUCERS:
            producer = "others"
        share = self._shares.setdefault(producer, _Share(BURST, now))
        share.bytes = min(BURST, share.bytes + REFILL * (now - share.updated))
        share.updated = now
        if size <= share.bytes:
            share.bytes -= size
            share.over = share.over and share.bytes < 0.5 * BURST
            return True
        if not share.over:
            share.over = True
            self._told(producer)
        return False
