"""What a device says that it has done is what happened in the world; this is what it may say.

A motion is bounded by its rate and the time that has passed, by what was asked for, and by what was
said before: it does not go back. An effect belongs to the call that is open.
"""

from dataclasses import dataclass
from math import isfinite

SLACK = 0.02
"""Of what was asked for, by which a device may overshoot (assumption: gear play, encoder steps)."""
CLOCK = 0.1
"""s by which wall clock, device clock and the way of a message may differ (assumption)."""


def time_to_move(mission: float, wall: float) -> float:
    """s in which a device can have moved between two things that it has said.

    It moves by the wall's time, of which more passes than of mission time where a busy machine
    holds the run up: `mission` s have passed in the run, `wall` s at least at the bench. The longer
    counts, and by as much as clocks differ more.
    """
    return max(0.0, mission, wall) + CLOCK


class ImpossibleEffect(ValueError):
    """A device has said that it did what cannot be; the text says what."""


@dataclass
class BoundedMotion:
    """One open call that moves one thing: `asked` in `unit`, signed; at most `rate` a second."""

    number: int
    asked: float
    rate: float
    unit: str
    begun: float  # s, of the clock that `take` is given
    done: float = 0.0

    def take(self, number: int, done: float, now: float, way: float = 0.0) -> float:
        """By how much it has moved since it was last heard of; raises ImpossibleEffect. `way`: s of
        the wall for which the call had been under way when this was said."""
        if number != self.number:
            raise ImpossibleEffect(f"an effect of call {number}; open is call {self.number}")
        ahead = done if self.asked >= 0.0 else -done
        before = self.done if self.asked >= 0.0 else -self.done
        asked = abs(self.asked)
        if not isfinite(ahead):
            raise ImpossibleEffect(f"{done} {self.unit} is no number")
        if ahead < before:
            raise ImpossibleEffect(
                f"{done:.6g} {self.unit} after {self.done:.6g} {self.unit}: it went back"
            )
        if ahead > asked * (1.0 + SLACK):
            raise ImpossibleEffect(
                f"{done:.6g} {self.unit} where {self.asked:.6g} {self.unit} was asked for"
            )
        passed = now - self.begun
        most = self.rate * time_to_move(passed, way)
        if ahead > most:
            raise ImpossibleEffect(
                f"{done:.6g} {self.unit} within {max(passed, way):.3f} s; at "
                f"{self.rate:g} {self.unit}/s it is {most:.6g} {self.unit} at most"
            )
        moved, self.done = done - self.done, done
        return moved
