"""Which way the thrusters turn the aeroshell: told by what its attitude makes of what is asked.

Thrusters that are wired, mounted or told the wrong way round would turn it from every bank angle
that is asked for, to lift down in the end. That shows within seconds of the first order, long
before there is any lift.
"""

import math

LEAST_TURN = math.radians(0.5)
"""Less is not asked for, nor is it seen."""
CONTRARY = 4
"""So many beats on end it has to turn away from what is asked for, no slower than before."""
SLOWING = 0.95
"""Part of the beat before's: what still turns as it did when the order came slows by more."""


class BankControl:
    """Beat by beat what to ask the thrusters for. `way`: -1 where they turn the contrary way."""

    def __init__(self) -> None:
        self.way = 1.0
        self._wanted = 0.0
        self._flown: float | None = None
        self._moved = 0.0
        self._contrary = 0

    def judge(self, flown: float) -> bool:
        """Takes note of the bank angle (rad) that the last order led to; True where it is found
        now that the thrusters turn the other way than it was reckoned with."""
        moved = 0.0 if self._flown is None else math.remainder(flown - self._flown, math.tau)
        away = moved * self._wanted < 0.0 and abs(moved) > LEAST_TURN
        away = away and abs(moved) >= SLOWING * abs(self._moved)
        self._contrary = self._contrary + 1 if away else 0
        self._flown, self._moved = flown, moved
        if self._contrary < CONTRARY:
            return False
        self.way, self._contrary = -self.way, 0
        return True

    def order(self, change: float) -> float | None:
        """What to ask for to turn by `change` (rad); None: nothing."""
        self._wanted = change if abs(change) > LEAST_TURN else 0.0
        if not self._wanted:
            return None
        return self.way * max(-6.2, min(6.2, change))
