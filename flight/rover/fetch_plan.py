"""What is to be fetched, in which order, and what has been tried already."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import hypot

from flight.surface.route_planning import Place

PUT_OFF = 2
"""Times that a tube to which there is no way is left for the next sol: what lasts for a sol begins
on one and ends on the next."""


@dataclass
class FetchPlan:
    """The work of one fetch command; kept over reboots.

    `attempts`: visits by tube that came to nothing; `left`: tubes given up, with the reason;
    `current`: the tube that is being fetched; `seen`: where tubes were last seen for sure;
    `put_off`: tubes to which there was no way, with the last sol on which that was so, and how
    often it was.
    """

    command: str = ""
    tubes: list[str] = field(default_factory=list)
    attempts: dict[str, int] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    current: str = ""
    seen: dict[str, list[float]] = field(default_factory=dict)
    put_off: dict[str, tuple[int, int]] = field(default_factory=dict)

    def tried(self, tube: str, reason: str, limit: int) -> bool:
        """Counts a visit that came to nothing; True when the tube is given up."""
        self.attempts[tube] = self.attempts.get(tube, 0) + 1
        if self.attempts[tube] >= limit:
            self.left[tube] = reason
            return True
        return False

    def puts_off(self, tube: str, limit: int, sol: int) -> bool:
        """Whether the last visit that would be, to which there was no way, is one of another sol
        instead: twice for each tube, which is then tried as often again."""
        _, times = self.put_off.get(tube, (0, 0))
        if times == PUT_OFF or self.attempts.get(tube, 0) + 1 < limit:
            return False
        self.put_off[tube], self.attempts[tube] = (sol, times + 1), 0
        return True

    def on_another_sol(self, tube: str, sol: int) -> bool:
        """Whether it is put off beyond this sol."""
        return tube in self.put_off and self.put_off[tube][0] == sol


def best_order(start: Place, end: Place, places: Mapping[str, Place]) -> list[str]:
    """The order of a short round from `start` over all places to `end`.

    Nearest neighbour, then improved by turning parts round as long as that helps (2-opt).
    """
    left = dict(places)
    order: list[str] = []
    here = start
    while left:
        nearest = min(left, key=lambda name: (_distance(here, left[name]), name))
        here = left.pop(nearest)
        order.append(nearest)
    improved = True
    while improved:
        improved = False
        for first in range(len(order) - 1):
            for last in range(first + 1, len(order)):
                turned = order[:first] + order[first : last + 1][::-1] + order[last + 1 :]
                if _length(start, end, places, turned) < _length(start, end, places, order) - 1e-9:
                    order, improved = turned, True
    return order


def _length(start: Place, end: Place, places: Mapping[str, Place], order: Iterable[str]) -> float:
    total, here = 0.0, start
    for name in order:
        total += _distance(here, places[name])
        here = places[name]
    return total + _distance(here, end)


def _distance(a: Place, b: Place) -> float:
    return hypot(b[0] - a[0], b[1] - a[1])
