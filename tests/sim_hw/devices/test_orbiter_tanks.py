"""What leaks out of the orbiter's tanks, by which line, and what is never gone by a look."""

import pytest

from sim_hw.devices.orbiter_tanks import Place, Tanks
from sim_hw.dynamics.leaking_body import LeakingBody


class Watch:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def tanks(watch: Watch) -> Tanks:
    return Tanks(1_000.0, watch)


@pytest.mark.parametrize(
    ("place", "gone"), [("tank", 60.0), ("line_a", 60.0), ("line_b", 0.0)]
)
def test_it_leaks_where_it_is_open_and_stops_when_it_is_healed(
    tanks: Tanks, watch: Watch, place: Place, gone: float
) -> None:
    watch.now = 100.0
    heal = tanks.leak(place, 0.1)
    assert tanks.left == 1_000.0
    watch.now = 700.0
    assert (tanks.left, tanks.leaked) == (1_000.0 - gone, gone)
    heal()
    watch.now = 10_000.0
    assert (tanks.left, tanks.leaked) == (1_000.0 - gone, gone), "what is gone stays gone"


def test_a_closed_line_does_not_leak_and_the_open_one_does(tanks: Tanks, watch: Watch) -> None:
    tanks.leak("line_a", 0.1)
    watch.now = 100.0
    tanks.set_valves(False, True)
    watch.now = 1_000.0
    assert tanks.left == pytest.approx(990.0) and tanks.feeds
    tanks.set_valves(True, True)
    watch.now = 1_100.0
    assert tanks.left == pytest.approx(980.0)
    tanks.set_valves(False, False)
    assert not tanks.feeds


def test_no_more_leaks_than_there_is_and_burns_take_what_is_left(
    tanks: Tanks, watch: Watch
) -> None:
    tanks.leak("tank", 1.0)
    watch.now = 400.0
    assert tanks.take(100.0) == 100.0 and tanks.left == 500.0
    watch.now = 1_000.0
    assert (tanks.left, tanks.leaked) == (0.0, 900.0)
    assert tanks.take(1.0) == 0.0


def test_looking_changes_nothing(tanks: Tanks, watch: Watch) -> None:
    other = Tanks(1_000.0, watch)
    for each in (tanks, other):
        each.leak("tank", 0.3)
    for second in range(1, 101):
        watch.now = float(second)
        assert tanks.left <= 1_000.0
    assert tanks.left == other.left


def test_two_leaks_are_the_sum_and_each_heals_by_itself(tanks: Tanks, watch: Watch) -> None:
    heal = tanks.leak("tank", 0.1)
    tanks.leak("tank", 0.1)
    watch.now = 100.0
    heal()
    watch.now = 200.0
    assert tanks.left == pytest.approx(970.0)


def test_a_body_leaks_out_of_its_seventh_figure(watch: Watch) -> None:
    state = (0.0,) * 6 + (600.0, 1.0, 2.0)
    body = LeakingBody("lander", watch, lambda time, y: (0.0,) * len(y), state)
    watch.now = 50.0
    heal = body.leak(2.0)
    assert body.state == state
    watch.now = 150.0
    body.settle_leaks()
    assert body.state == (*state[:6], 400.0, 1.0, 2.0)
    heal()
    watch.now = 1_000.0
    body.settle_leaks()
    assert body.state[6] == 400.0
    body.leak(2.0)
    watch.now = 5_000.0
    body.settle_leaks()
    assert body.state[6] == 0.0, "never below nothing"


@pytest.mark.parametrize("peeked", [False, True])
def test_a_tank_that_runs_dry_within_a_step_holds_nothing(watch: Watch, peeked: bool) -> None:
    def burning(time: float, y: tuple[float, ...]) -> tuple[float, ...]:
        return (1.0, *(0.0,) * 5, -4.0 if y[6] > 0.0 else 0.0, 0.0)

    body = LeakingBody("lander", watch, burning, (0.0,) * 6 + (10.0, 1.0), maximum_step=1.0)
    watch.now = 2.0
    assert body.advance()[6] == pytest.approx(2.0)
    watch.now = 3.0
    seen = body.peek().state if peeked else body.advance()
    assert seen[6] == 0.0 and seen[0] == pytest.approx(3.0) and seen[7] == 1.0
    watch.now = 9.0
    assert body.advance()[6] == 0.0 and body.state[0] == pytest.approx(9.0)
