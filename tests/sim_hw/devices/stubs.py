"""What stands for the rest of the world where one device is looked at alone."""

import random
from types import SimpleNamespace
from typing import Any


class Dice(random.Random):
    """Falls as the test says: each normal deviate is `bell`, each number from 0 to 1 `chance`.

    With `bell` 0 a device makes no error, with 1 each error is one standard deviation.
    """

    def __init__(self, bell: float = 0.0, chance: float = 0.5) -> None:
        super().__init__(0)
        self.bell = bell
        self.chance = chance

    def gauss(self, mu: float = 0.0, sigma: float = 1.0) -> float:
        return mu + sigma * self.bell

    def random(self) -> float:
        return self.chance

    def uniform(self, a: float, b: float) -> float:
        return a + (b - a) * self.chance

    def randint(self, a: int, b: int) -> int:
        return round(a + (b - a) * self.chance)


class Supply:
    """Remembers what is drawn; `off` are the switches that are open."""

    def __init__(self) -> None:
        self.brownout = False
        self.off: list[str] = []
        self.loads: dict[str, float] = {}
        self.drawn: list[tuple[str, float]] = []

    def set_load(self, consumer: str, watts: float) -> None:
        self.loads[consumer] = watts
        self.drawn.append((consumer, watts))

    def is_on(self, switch: str) -> bool:
        return switch not in self.off


class Clock:
    """A clock that the test sets."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def loop_world(**more: Any) -> Any:
    """A world whose time is that of the loop, with what a test gives it."""
    import asyncio

    def now() -> float:
        return asyncio.get_running_loop().time()

    return SimpleNamespace(now=now, **more)
