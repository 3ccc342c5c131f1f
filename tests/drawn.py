"""What tests of `make check` draw anew on each run, from one seed that is told at the end.

Bars that are too dear to be shown in full on each run are shown on a sample: another one each time,
so that in the long run none is left out. `CHECK_SEED=N make check` draws the same again.
"""

import math
import os
import random
import secrets
from collections.abc import Callable

import pytest

_SEED = "CHECK_SEED"
CHANCE = 0.001
"""How often a sample may be worse than it has to be though the whole of it is not."""

Worse = Callable[[int, int, float], bool]
"""Whether so many of so many are more than a part."""


class Draws:
    """Chooses the seed where the tests begin; the workers of pytest-xdist inherit it."""

    def __init__(self) -> None:
        self.used = False
        os.environ.setdefault(_SEED, str(secrets.randbelow(2**31)))

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if "draw" in getattr(item, "fixturenames", ()):
            item.user_properties.append((_SEED, os.environ[_SEED]))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.used |= any(name == _SEED for name, _ in report.user_properties)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.used:
            terminalreporter.line(f"{_SEED}={os.environ[_SEED]} draws the same samples again")


def drawn(name: str) -> random.Random:
    """The numbers of one test of this run."""
    return random.Random(f"{os.environ[_SEED]} {name}")


def above(count: int, of: int, part: float) -> bool:
    """Whether a whole has more than `part`."""
    return count > part * of


def beyond(count: int, of: int, part: float) -> bool:
    """Whether a drawn sample shows more than `part` of a whole: so many of it are more than chance
    makes of just that part. A sample of just the bar would be over it in every second draw."""
    as_many = math.fsum(
        math.comb(of, k) * part**k * (1.0 - part) ** (of - k) for k in range(count, of + 1)
    )
    return as_many < CHANCE
