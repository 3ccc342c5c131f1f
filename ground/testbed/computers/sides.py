"""The two computers of a vehicle that has two: which of them flies, and what the other one knows.

Each side has a processor, an oscillator and a memory of its own; one flies, the other is without
power. A side that comes up reads the memory of the one before over the cross-strap. What went wrong
with a side stays with it: a fault that began while a side flew is none of the other.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from flight.runtime.discs import Disc

A, B = "A", "B"
SIDE_SWAP = "side_swap"
CROSS_STRAP = "cross_strap"
UNPLANNED = 5
"""Starts that nobody has asked for in an hour, from which on the other side is tried: more than the
four after which a boot is a reduced one (assumption)."""
WINDOW = 3600.0  # s


@dataclass
class Sides:
    """Which side of each computer flies. `swaps`: whether anybody changes that by himself."""

    swaps: bool = True
    _now: dict[str, str] = field(default_factory=dict)
    _left: dict[str, str] = field(default_factory=dict)
    _starts: dict[str, list[float]] = field(default_factory=dict)
    _two: dict[str, None] = field(default_factory=dict)

    def have_two(self, role: str) -> None:
        """This vehicle has two computers."""
        self._two[role] = None

    def may_give_up(self, role: str) -> bool:
        """Whether somebody else than the ground may have the other side of a vehicle fly."""
        return self.swaps and role in self._two

    def of(self, role: str) -> str:
        """The side that flies, or that flew last."""
        return self._now.get(role, A)

    def change(self, role: str) -> tuple[str, str]:
        """The other side is to fly from the next start on; both, the one before first."""
        before = self.of(role)
        after = B if before == A else A
        self._now[role], self._left[role] = after, before
        self._starts.pop(role, None)
        return before, after

    def taken_from(self, role: str) -> str:
        """At the first start of a side: which one flew before; else empty."""
        return self._left.pop(role, "")

    def gives_up(self, role: str, now: float) -> bool:
        """Counts a start that nobody has asked for; whether the other side is to be tried."""
        if not self.may_give_up(role):
            return False
        recent = [time for time in self._starts.get(role, []) if time > now - WINDOW]
        self._starts[role] = [*recent, now]
        return len(self._starts[role]) >= UNPLANNED

    def of_this_side(self, role: str) -> Callable[[], bool]:
        """Whether the side that flies now is the one that flies when it is asked."""
        side = self.of(role)
        return lambda: self.of(role) == side


def exchange_memories(disc: Disc, file: Path, before: str, after: str) -> None:
    """Without a cross-strap: the side that comes up has what it knew itself, or nothing at all."""
    disc.set_aside(file, f"{file.stem}.side-{before}")
    kept = file.with_name(f"{file.stem}.side-{after}")
    if disc.size(kept) is not None:
        disc.set_aside(kept, file.name)
