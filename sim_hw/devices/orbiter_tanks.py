"""The orbiter's tanks and the two lines from them to the engines: what is burnt, and what leaks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import fsum
from typing import Literal

Place = Literal["tank", "line_a", "line_b"]
PLACES: tuple[Place, ...] = ("tank", "line_a", "line_b")
"""Where it can leak: in the tanks themselves, or behind one of the two valves."""


@dataclass(eq=False)
class Leak:
    """A hole through which so much goes (kg/s) while its line is open. It pushes nobody
    (assumption: it blows to all sides)."""

    place: Place
    rate: float


@dataclass
class Tanks:
    """What is left of what was loaded, in kg. Looking at it changes nothing."""

    loaded: float
    now: Callable[[], float]
    a: bool = True
    b: bool = False
    leaks: list[Leak] = field(default_factory=list)
    _left: float = 0.0
    _leaked: float = 0.0
    _since: float = 0.0

    def __post_init__(self) -> None:
        self._left, self._since = self.loaded, self.now()

    @property
    def left(self) -> float:
        """What is in the tanks now."""
        return self._left - self._gone_since()

    @property
    def leaked(self) -> float:
        """What has leaked so far."""
        return self._leaked + self._gone_since()

    @property
    def feeds(self) -> bool:
        """Whether a line is open to the engines."""
        return self.a or self.b

    def take(self, kilograms: float) -> float:
        """Takes out what a burn needs; returns what there was of it."""
        self._settle()
        taken = min(kilograms, self._left)
        self._left = max(0.0, self._left - kilograms)
        return taken

    def fill(self, kilograms: float) -> None:
        """Has so much be in the tanks, whatever there was."""
        self._settle()
        self._left = kilograms

    def set_valves(self, a: bool, b: bool) -> None:
        """Opens and closes the lines."""
        self._settle()
        self.a, self.b = a, b

    def leak(self, place: Place, rate: float) -> Callable[[], None]:
        """Begins to leak; what is returned makes it tight."""
        self._settle()
        mine = Leak(place, rate)
        self.leaks.append(mine)

        def heal() -> None:
            self._settle()
            self.leaks = [each for each in self.leaks if each is not mine]

        return heal

    def _gone_since(self) -> float:
        is_open = {"tank": True, "line_a": self.a, "line_b": self.b}
        rate = fsum(each.rate for each in self.leaks if is_open[each.place])
        if rate == 0.0:
            return 0.0
        return min(self._left, rate * (self.now() - self._since))

    def _settle(self) -> None:
        gone = self._gone_since()
        self._left -= gone
        self._leaked += gone
        self._since = self.now()
