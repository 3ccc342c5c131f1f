"""What a device may say that it has done, and what it may not."""

import math

import pytest

from sim_hw.bench.effect_bounds import BoundedMotion, ImpossibleEffect

CLOCK = 0.1
SLACK = 0.02


def motion(asked: float = 4.0) -> BoundedMotion:
    return BoundedMotion(7, asked, 1.0, "m", 100.0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_what_can_be_is_handed_on_as_what_is_new(sign: float) -> None:
    it = motion(4.0 * sign)
    assert it.take(7, 0.0, 100.0) == 0.0
    assert it.take(7, sign, 101.0) == sign
    assert it.take(7, sign, 102.0) == 0.0
    assert it.take(7, 4.0 * sign, 104.0) == 3.0 * sign


def test_each_limit_holds_exactly() -> None:
    assert motion().take(7, 1.0 + CLOCK, 101.0) == 1.0 + CLOCK
    with pytest.raises(ImpossibleEffect, match=r"at 1 m/s it is 1\.1 m at most"):
        motion().take(7, math.nextafter(1.0 + CLOCK, 9.0), 101.0)
    assert motion().take(7, 4.0 * (1.0 + SLACK), 200.0) > 4.0
    with pytest.raises(ImpossibleEffect, match="4 m was asked for"):
        motion().take(7, math.nextafter(4.0 * (1.0 + SLACK), 9.0), 200.0)


def test_the_longer_of_mission_time_and_the_benchs_counts_and_not_both() -> None:
    held_up = 1.0 + CLOCK
    assert motion().take(7, held_up, 100.0, way=1.0) == held_up
    assert motion().take(7, held_up, 101.0, way=1.0) == held_up
    for now, way in ((100.0, 1.0), (101.0, 1.0), (101.0, 0.0), (99.0, 1.0)):
        with pytest.raises(ImpossibleEffect, match=r"within 1\.000 s"):
            motion().take(7, math.nextafter(held_up, 9.0), now, way)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.001])
def test_no_number_and_the_wrong_way_are_impossible(value: float) -> None:
    with pytest.raises(ImpossibleEffect):
        motion().take(7, value, 200.0)


def test_it_does_not_go_back() -> None:
    it = motion()
    it.take(7, 2.0, 103.0)
    with pytest.raises(ImpossibleEffect, match="it went back"):
        it.take(7, 1.999, 103.1)
    assert it.done == 2.0  # and what was believed stands


def test_an_effect_belongs_to_the_call_that_is_open() -> None:
    with pytest.raises(ImpossibleEffect, match="an effect of call 6; open is call 7"):
        motion().take(6, 0.0, 101.0)
