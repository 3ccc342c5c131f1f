"""Channel limits: yellow and red, hysteresis, persistence in seconds, invalid and stale samples."""

import math

import pytest

from flight.core.telling.limits import LimitMonitor, Limits, LimitState, LimitTransition, classify

OK, YELLOW, RED = LimitState.OK, LimitState.YELLOW, LimitState.RED
STALE, INVALID = LimitState.STALE, LimitState.INVALID

BATTERY = Limits(yellow=(0.25, None), red=(0.15, None))
TEMPERATURE = Limits(yellow=(-40.0, 40.0), red=(-55.0, 50.0), hysteresis=2.0)


class Watched:
    """A monitor with its clock and the transitions that it reported."""

    def __init__(self, limits: Limits) -> None:
        self.now = 0.0
        self.transitions: list[LimitTransition] = []
        self.monitor = LimitMonitor(
            "temperature", limits, self.transitions.append, lambda: self.now
        )

    def sample(self, now: float, value: float | None, *, valid: bool = True) -> LimitState:
        self.now = now
        return self.monitor.update(value, valid=valid)

    def states(self) -> list[LimitState]:
        return [transition.state for transition in self.transitions]


@pytest.mark.parametrize(
    ("value", "state"),
    [(0.9, OK), (0.25, OK), (0.24, YELLOW), (0.15, YELLOW), (0.1, RED), (math.nan, INVALID)],
)
def test_a_value_is_judged_by_the_worst_limit_that_it_violates(
    value: float, state: LimitState
) -> None:
    assert classify(value, BATTERY) is state


@pytest.mark.parametrize(
    ("value", "previous", "state"),
    [
        (39.0, YELLOW, YELLOW),
        (37.9, YELLOW, OK),
        (49.0, RED, RED),
        (47.9, RED, YELLOW),
        (39.0, RED, YELLOW),
        (-38.5, YELLOW, YELLOW),
        (39.0, OK, OK),
        (49.0, YELLOW, YELLOW),
    ],
)
def test_a_violated_limit_clears_only_inside_the_hysteresis(
    value: float, previous: LimitState, state: LimitState
) -> None:
    assert classify(value, TEMPERATURE, previous) is state


@pytest.mark.parametrize(
    "limits",
    [
        {"yellow": (0.2, None), "red": (0.3, None)},
        {"yellow": (None, 5.0), "red": (None, 4.0)},
        {"yellow": (5.0, 1.0)},
        {"yellow": (0.0, 1.0), "hysteresis": 0.5},
        {"yellow": (math.nan, 1.0)},
        {"persistence": -1.0},
        {"stale_after": 0.0},
    ],
)
def test_contradicting_limits_are_refused_with_a_sentence(limits: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"allowed|must lie"):
        Limits(**limits)  # type: ignore[arg-type]


def test_each_transition_is_reported_once() -> None:
    watched = Watched(TEMPERATURE)
    for now, value in enumerate([20.0, 45.0, 46.0, 60.0, 60.0, 45.0, 20.0, 20.0]):
        watched.sample(float(now), value)
    assert watched.states() == [YELLOW, RED, YELLOW, OK]
    assert watched.transitions[0] == LimitTransition("temperature", OK, YELLOW, 45.0, 1.0)


def test_a_violation_must_last_for_the_persistence() -> None:
    watched = Watched(Limits(red=(None, 50.0), persistence=5.0))
    watched.sample(0.0, 60.0)
    assert watched.sample(4.9, 60.0) is not RED
    watched.sample(4.95, 20.0)
    assert watched.sample(6.0, 60.0) is OK
    assert watched.sample(11.0, 60.0) is RED


def test_red_samples_that_have_not_lasted_count_for_yellow() -> None:
    watched = Watched(Limits(yellow=(None, 40.0), red=(None, 50.0), persistence=5.0))
    watched.sample(0.0, 45.0)
    assert watched.sample(5.0, 60.0) is YELLOW
    assert watched.sample(10.0, 60.0) is RED


def test_a_yellow_sample_restarts_the_persistence_of_red() -> None:
    watched = Watched(Limits(yellow=(None, 40.0), red=(None, 50.0), persistence=5.0))
    watched.sample(0.0, 60.0)
    watched.sample(3.0, 45.0)
    assert watched.sample(6.0, 60.0) is YELLOW
    assert watched.sample(11.0, 60.0) is RED


def test_an_invalid_sample_shows_at_once_and_does_not_restart_the_persistence() -> None:
    watched = Watched(Limits(red=(None, 50.0), persistence=5.0))
    watched.sample(0.0, 20.0)
    watched.sample(1.0, 60.0)
    assert watched.sample(3.0, None) is INVALID
    assert watched.sample(4.0, 60.0, valid=False) is INVALID
    assert watched.sample(6.0, 60.0) is RED
    assert watched.states() == [INVALID, RED]


def test_a_channel_goes_stale_by_age_and_cannot_hide_a_violation_by_doing_so() -> None:
    watched = Watched(Limits(red=(None, 50.0), stale_after=10.0, persistence=5.0))
    watched.sample(0.0, 20.0)
    watched.sample(1.0, 60.0)
    watched.now = 10.9
    assert watched.monitor.check() is OK
    watched.now = 11.0
    assert watched.monitor.check() is STALE
    assert watched.monitor.check() is STALE
    assert watched.sample(12.0, 60.0) is RED
    assert watched.states() == [STALE, RED]


def test_a_channel_is_stale_before_its_first_sample_and_beginning_well_is_no_news() -> None:
    watched = Watched(TEMPERATURE)
    assert watched.monitor.check() is STALE
    watched.sample(0.0, 20.0)
    assert watched.monitor.state is OK
    assert watched.transitions == []


def test_a_channel_that_begins_outside_its_limits_is_reported() -> None:
    watched = Watched(TEMPERATURE)
    watched.sample(0.0, 70.0)
    assert watched.states() == [RED]
