"""The checks of a table on single readings: limits exactly met, true jumps, frozen sensors."""

import dataclasses
import math
from typing import Any

import pytest

from flight.core.fault_protection.reading_checks import ReadingChecks
from flight.core.fault_protection.reading_rules import Rules, least_frozen
from tests.flight.core.fault_protection.guarded import Depth

SECOND = 1_000_000_000
NOTHING = Rules("sonar", "ping", "range", None, None, (0.0, 0.0), None, None, {}, 3)


class Judge:
    """Judges readings one second apart."""

    def __init__(self, other: Any = None, **rules: Any) -> None:
        self.other = other
        self.checks = ReadingChecks(dataclasses.replace(NOTHING, **rules), lambda name: self.other)
        self.time = 0.0

    def __call__(self, value: float, after: float = 1.0, age: float = 0.0) -> bool:
        """Whether it is let through."""
        self.time += after
        stamp = round(self.time * SECOND)
        refused = self.checks.judge(
            Depth(time_ns=stamp, range=value), stamp + round(age * SECOND)
        )
        return refused is None


def test_the_ends_of_a_range_are_allowed() -> None:
    judge = Judge(range=(1.0, 5.0))
    assert [judge(v) for v in (1.0, 5.0, 0.999, 5.001)] == [True, True, False, False]


def test_the_refusal_names_the_field_and_says_why() -> None:
    judge = Judge(range=(1.0, 5.0))
    refused = judge.checks.judge(Depth(time_ns=0, range=9.0), 0)
    assert refused == ("range", "range = 9: allowed is 1 to 5")


def test_a_stamp_may_be_as_old_as_allowed_and_not_older() -> None:
    judge = Judge(stamp_age=0.3)
    assert judge(1.0, age=0.3)
    assert not judge(1.0, age=0.301)


def test_a_rate_is_by_the_true_time_between_two_stamps() -> None:
    judge = Judge(rate=2.0)
    assert judge(10.0)
    assert judge(12.0, after=1.0)
    assert not judge(14.1, after=1.0)
    slow = Judge(rate=2.0)
    assert slow(10.0) and slow(14.0, after=2.0) and slow(24.0, after=5.0)


def test_what_noise_explains_is_no_rate() -> None:
    judge = Judge(rate=2.0, noise=(1.0, 0.0))
    assert judge(10.0) and judge(20.5) and not judge(31.1)
    part = Judge(rate=2.0, noise=(0.0, 0.01))
    assert part(100.0) and part(111.0) and not part(124.0)


def test_a_spike_is_refused_and_what_comes_back_is_believed() -> None:
    judge = Judge(rate=2.0)
    assert [judge(v) for v in (10.0, 60.0, 11.0, 12.0)] == [True, False, True, True]


def test_a_true_jump_is_believed_after_so_many_that_agree() -> None:
    judge = Judge(rate=2.0, reopen_after=3)
    assert [judge(v) for v in (10.0, 60.0, 61.0, 62.0, 63.0)] == [True, False, False, True, True]


def test_what_does_not_agree_with_itself_is_never_believed() -> None:
    judge = Judge(rate=2.0, reopen_after=3)
    judge(10.0)
    assert not any(judge(v) for v in (60.0, 90.0, 20.0, 70.0, 40.0, 99.0))


def test_a_jump_that_another_source_contradicts_is_not_believed_however_it_insists() -> None:
    judge = Judge(other=12.0, rate=2.0, against={"other": (5.0, 0.0)}, reopen_after=3)
    judge(10.0)
    assert not any(judge(60.0 + i) for i in range(20))
    judge.other = 80.0  # the other source says so too
    assert judge(81.0) or judge(82.0) or judge(83.0)


def test_against_another_source_the_limit_itself_is_allowed() -> None:
    judge = Judge(other=10.0, against={"other": (5.0, 0.0)})
    assert judge(15.0) and judge(5.0)
    assert not judge(15.001) and not judge(4.999)


def test_a_part_of_the_other_is_allowed_besides() -> None:
    judge = Judge(other=100.0, against={"other": (5.0, 0.1)})
    assert judge(115.0) and judge(85.0)
    assert not judge(115.1) and not judge(84.9)


@pytest.mark.parametrize("unknown", [None, float("nan"), float("inf"), "ten"])
def test_what_is_not_known_refutes_nothing(unknown: Any) -> None:
    assert Judge(other=unknown, against={"other": (5.0, 0.0)})(99.0)


def test_a_frozen_sensor_is_refused_until_it_moves() -> None:
    judge = Judge(frozen_after=3)
    assert [judge(v) for v in (7.0, 7.0, 7.0, 7.0, 7.1, 7.1)] == [
        True, True, False, False, True, True,
    ]  # fmt: skip


def test_what_the_device_says_is_not_valid_is_not_judged() -> None:
    judge = Judge(range=(1.0, 5.0), frozen_after=2)
    nan = float("nan")
    assert judge(nan) and judge(nan) and judge(nan)


@pytest.mark.parametrize(
    ("sigma", "quantum", "least"),
    [
        (1.0, 0.0, 3), (1.0, 0.1, 11), (1.0, 1.0, 28), (0.05, 0.5, 84_856),
        (0.0, 1.0, math.inf), (0.01, 1.0, math.inf),
    ],
)  # fmt: skip
def test_how_many_equal_ones_noise_does_not_give(
    sigma: float, quantum: float, least: float
) -> None:
    assert least_frozen(sigma, quantum) == least
    # The probability of so many in a row, times the readings of a mission.
    if least < math.inf and quantum:
        same = math.erf(0.5 * quantum / (2.0 * sigma))
        found = least_frozen(sigma, quantum)
        assert same ** (found - 1) * 1e6 <= 1e-9 < same ** (found - 2) * 1e6
