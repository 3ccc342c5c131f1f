"""What a device says that it has done is what happened in the world; this is what it may say.

A motion is bounded by its rate and the time that has passed, by what was asked for, and by what was
said before: it does not go back. An effect belongs to the call that is open.
"""

from dataclasses import dataclass

SLACK = 0.02
"""Of what was asked for, by which a device may overshoot (assumption: gear play, encoder steps)."""
CLOCK = 0.1
"""s by which wall clock, device clock and the way of a message may differ (assumption)."""


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

    def take(self, number: int, done: float, now: float) -> float:
        """By how much it has moved since it was last heard of; raises ImpossibleEffect."""
        if number != self.number:
            raise ImpossibleEffect(f"an effect of call {number}; open is call {self.number}")
        ahead = done if self.asked >= 0.0 else -done
        before = self.done if self.asked >= 0.0 else -self.done
        asked = abs(self.asked)
        if not ahead == ahead or abs(ahead) == float("inf"):
            raise ImpossibleEffect(f"{done} {self.unit} is no number")
        if ahead < before:
            raise ImpossibleEffect(
                f"{done:.6g} {self.unit} after {self.done:.6g} {self.unit}: it went back"
            )
        if ahead > asked * (1.0 + SLACK):
            raise ImpossibleEffect(
                f"{done:.6g} {self.unit} where {self.asked:.6g} {self.unit} was asked for"
            )
        most = self.rate * (max(0.0, now - self.begun) + CLOCK)
        if ahead > most:
            raise ImpossibleEffect(
                f"{done:.6g} {self.unit} within {now - self.begun:.3f} s; at "
                f"{self.rate:g} {self.unit}/s it is {most:.6g} {self.unit} at most"
            )
        moved, self.done = done - self.done, done
        return moved
