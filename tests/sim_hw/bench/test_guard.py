"""What the guard of a bench refuses: beyond its limits, too often, for too long."""

import math

import pytest

from sim_hw.bench.guard import Guard, GuardRules, Span

DUTY_WINDOW = 60.0
LEAST_MOTION = 0.1
MAY_MOVE = 10.0

LIMITS = {"drive.distance": Span(-2.0, 2.0, "m"), "steer.pulses": Span(0.0, 1.0, "s")}
MOVES = ("drive", "turn", "steer")


@pytest.mark.parametrize("distance", [-2.0, 0.0, 2.0, 2])
def test_a_limit_exactly_met_passes(distance: float) -> None:
    assert Guard(GuardRules(MOVES, LIMITS)).refuses("drive", {"distance": distance}, 0.0) == ""


ABOVE = math.nextafter(2.0, 3.0)


@pytest.mark.parametrize("distance", [ABOVE, -2.1, math.nan, math.inf, "1", True])
def test_what_is_beyond_it_or_no_number_does_not(distance: object) -> None:
    words = Guard(GuardRules(MOVES, LIMITS)).refuses("drive", {"distance": distance}, 0.0)
    assert "this bench allows -2 to 2 m" in words


def test_each_part_of_a_list_is_looked_at_and_what_has_no_limit_passes() -> None:
    guard = Guard(GuardRules(MOVES, LIMITS))
    assert guard.refuses("steer", {"pulses": [0.0, 1.0], "pitch": 99.0}, 0.0) == ""
    assert "allows 0 to 1 s" in guard.refuses("steer", {"pulses": [0.0, 1.1]}, 0.0)
    assert guard.refuses("turn", {"distance": 99.0}, 0.0) == ""  # another method's


def test_so_often_and_not_more() -> None:
    guard = Guard(GuardRules(MOVES, rate=2.0))
    for number, now in enumerate((0.0, 0.1)):
        assert guard.refuses("drive", {}, now) == ""
        guard.begun(number, now)
        guard.ended(number, now)
    assert "2 actuations a second" in guard.refuses("drive", {}, 0.99)
    assert guard.refuses("drive", {}, 1.0) == ""  # the first is a second ago


def test_a_rate_below_one_a_second() -> None:
    guard = Guard(GuardRules(MOVES, rate=0.1))
    guard.begun(1, 0.0)
    assert guard.refuses("drive", {}, 9.9) != "" and guard.refuses("drive", {}, 10.0) == ""


def test_a_quarter_of_a_minute_in_motion_and_then_it_cools() -> None:
    guard = Guard(GuardRules(MOVES, duty=0.25))
    guard.begun(1, 0.0)
    assert guard.in_motion and guard.refuses("drive", {}, 14.9) == ""
    assert "let it cool" in guard.refuses("drive", {}, 15.0)  # the motion itself counts
    guard.ended(1, 15.0)
    guard.ended(1, 15.0)  # twice, or one that never was, is no matter
    guard.ended(7, 15.0)
    assert not guard.in_motion and "25%" in guard.refuses("drive", {}, DUTY_WINDOW)
    assert guard.refuses("drive", {}, DUTY_WINDOW + 0.1) == ""
    assert guard.moved_within(DUTY_WINDOW + 15.0) == 0.0


def test_without_rules_nothing_is_refused_and_nothing_counts_as_moving() -> None:
    guard = Guard(GuardRules())
    assert guard.refuses("drive", {"distance": 1e9}, 0.0) == "" and not guard.actuates("drive")


@pytest.mark.parametrize("rules", [GuardRules(MOVES), GuardRules(MOVES, rate=2.0)])
def test_what_it_remembers_does_not_grow_for_ever(rules: GuardRules) -> None:
    guard = Guard(rules)
    for number in range(2000):
        guard.begun(number, float(number))
        guard.ended(number, number + 0.5)
    assert len(guard._begun) <= 2 and len(guard._moved) <= DUTY_WINDOW + 1
    assert guard.moved_within(2000.0) == DUTY_WINDOW / 2


def test_one_that_answers_at_once_is_in_motion_all_the_same() -> None:
    """A nozzle that is told 50 times a second where to be is in motion all the time."""
    guard = Guard(GuardRules(MOVES, duty=0.25))
    assert not guard.may_move(0.0)
    for number in range(750):
        now = 0.02 * number
        assert guard.refuses("steer", {}, now) == ""
        guard.begun(number, now)
        guard.ended(number, now)
    assert guard.moved_within(14.98) == pytest.approx(14.98)
    assert guard.moved_within(20.0) == pytest.approx(14.98 + LEAST_MOTION)
    assert "let it cool" in guard.refuses("steer", {}, 16.0)
    assert not guard.in_motion and guard.may_move(14.98 + MAY_MOVE)
    assert not guard.may_move(14.99 + MAY_MOVE)
