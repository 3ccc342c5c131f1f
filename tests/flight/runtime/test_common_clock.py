"""The clock that processes have in common: it stands while anybody works, and goes on with nobody
left who has something to do."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flight.runtime import common_clock as module
from flight.runtime.common_clock import NEVER, ClockKeeper, CommonClock

NAMES = ("hardware", "lander", "rover")
S = 1_000_000_000


def owner(service: str) -> str:
    vehicle, _, what = service.partition(".")
    return vehicle if what == "node" else "hardware"


class Wall:
    """A monotonic clock by hand."""

    def __init__(self) -> None:
        self.now = 1_000

    def monotonic_ns(self) -> int:
        return self.now


Open = Callable[[str], CommonClock]


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    wall = Wall()
    monkeypatch.setattr(module, "time", wall)
    return wall


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[ClockKeeper]:
    ClockKeeper.create(tmp_path / "clock", NAMES)
    keeper = ClockKeeper(tmp_path / "clock", NAMES, "hardware", owner)
    for name in NAMES:
        keeper.start(name, 0, 1)
    keeper.begin()
    yield keeper
    keeper.close()


@pytest.fixture
def seat(keeper: ClockKeeper, tmp_path: Path) -> Iterator[Open]:
    opened: list[CommonClock] = []

    def take(name: str) -> CommonClock:
        opened.append(CommonClock(tmp_path / "clock", NAMES, name, owner))
        return opened[-1]

    yield take
    for each in opened:
        each.close()


def test_time_stands_while_anybody_works(keeper: ClockKeeper, seat: Open) -> None:
    lander, rover = seat("lander"), seat("rover")
    keeper.idle(5 * S)
    lander.idle(7 * S)
    assert keeper.wait(5 * S) > 0.0  # the rover has not said that it is done
    rover.idle(6 * S)
    assert keeper.wait(5 * S) == 0.0
    assert rover.wait(6 * S) > 0.0
    keeper.busy(5 * S)
    assert rover.wait(6 * S) > 0.0
    assert lander.at() == 5 * S
    keeper.idle(NEVER)
    assert rover.wait(6 * S) == 0.0
    assert lander.wait(7 * S) > 0.0


def test_timers_of_one_instant_are_due_for_all_at_once(keeper: ClockKeeper, seat: Open) -> None:
    lander, rover = seat("lander"), seat("rover")
    for each in (keeper, lander, rover):
        each.idle(3 * S)
    assert [each.wait(3 * S) for each in (keeper, lander, rover)] == [0.0, 0.0, 0.0]


def test_who_is_done_last_knocks_at_the_next_alone(keeper: ClockKeeper, seat: Open) -> None:
    lander, rover = seat("lander"), seat("rover")

    def knocked(clock: CommonClock) -> bool:
        import select

        return bool(select.select([clock.descriptor], [], [], 0.0)[0])

    lander.idle(2 * S)
    keeper.idle(4 * S)
    keeper.wait(4 * S)
    assert not knocked(lander)  # the rover works
    rover.idle(3 * S)
    rover.wait(3 * S)
    assert knocked(lander) and not knocked(keeper) and not knocked(rover)
    lander.answer_door()
    assert not knocked(lander)


def test_a_message_under_way_makes_time_stand(keeper: ClockKeeper, seat: Open) -> None:
    lander, rover = seat("lander"), seat("rover")
    rover.idle(NEVER)
    keeper.idle(2 * S)
    lander.sent_to(2)
    lander.idle(NEVER)
    assert keeper.look().in_flight == ((2, 1),)
    assert keeper.wait(2 * S) > 0.0
    rover.busy(0)
    rover.taken()
    assert keeper.wait(2 * S) > 0.0
    rover.idle(NEVER)
    assert keeper.wait(2 * S) == 0.0


def test_a_connection_that_is_being_made_does_and_a_lost_one_until_the_other_is_dead(
    keeper: ClockKeeper, seat: Open
) -> None:
    lander, rover = seat("lander"), seat("rover")
    first, second = lander.follow("rover.node"), lander.follow("rover.node")
    assert first is not None and second is not None
    for each in (keeper, lander, rover):
        each.idle(S)
    assert keeper.look().unlinked == ((1, 2),)
    first.up()
    assert keeper.look().unlinked == ((1, 2),)
    second.up()
    assert keeper.look().settled
    keeper.start("rover", 0, 2)  # a new life: both are to be made anew
    rover.idle(S)
    assert keeper.look().unlinked == ((1, 2),)
    first.up()
    second.up()
    assert keeper.look().settled
    second.lost()
    assert not keeper.look().settled and second.expected()
    keeper.end("rover")  # nobody waits for the dead
    assert keeper.look().settled and not second.expected()
    second.close()
    first.close()
    keeper.start("rover", 0, 3)
    rover.idle(S)
    assert keeper.look().settled  # nor who wants nothing of it


def test_the_services_of_strangers_are_not_waited_for(keeper: ClockKeeper, seat: Open) -> None:
    assert seat("lander").follow("orbiter.node") is None
    assert (keeper.place("orbiter"), keeper.place("rover")) == (None, 2)


def test_who_starts_makes_time_stand_and_who_has_died_does_not(
    keeper: ClockKeeper, seat: Open
) -> None:
    lander, rover = seat("lander"), seat("rover")
    keeper.idle(9 * S)
    lander.idle(11 * S)
    rover.busy(0)
    keeper.end("rover")
    assert keeper.wait(9 * S) == 0.0
    keeper.busy(9 * S)
    keeper.start("rover", 9 * S, 2)
    keeper.idle(10 * S)
    assert keeper.wait(10 * S) > 0.0
    again = seat("rover")
    assert again.at() == 9 * S
    again.idle(NEVER)
    assert keeper.wait(10 * S) == 0.0


def test_what_will_not_come_can_be_given_up(keeper: ClockKeeper, seat: Open) -> None:
    lander, rover = seat("lander"), seat("rover")
    following = lander.follow("rover.node")
    assert following is not None
    following.sent()
    following.sent()
    for each in (keeper, lander, rover):
        each.idle(S)
    assert keeper.look().in_flight == ((2, 2),)
    keeper.forgive(2)
    keeper.excuse(1, 2)
    assert keeper.look().settled
    rover.taken()  # it came after all: that it did is work that nobody sent
    assert keeper.look().in_flight == ((2, -1),) and not keeper.look().settled
    keeper.forgive(2)
    assert keeper.look().settled


def test_nobody_waits_for_what_was_sent_to_the_dead_nor_does_its_next_life(
    keeper: ClockKeeper, seat: Open
) -> None:
    lander, rover = seat("lander"), seat("rover")
    lander.sent_to(2)
    rover.sent_to(1)
    for each in (keeper, lander, rover):
        each.idle(S)
    assert keeper.look().in_flight == ((1, 1), (2, 1))
    keeper.end("rover")
    assert keeper.look().in_flight == ((1, 1),)  # what it has said before is heard
    lander.sent_to(2)
    keeper.start("rover", 0, 2)
    rover.idle(S)
    assert keeper.look().in_flight == ((1, 1),)
    lander.taken()
    assert keeper.look().settled
    lander.sent_to(2)
    assert not keeper.look().settled


def test_nobody_waits_for_who_is_held_up_until_it_goes_on(keeper: ClockKeeper, seat: Open) -> None:
    lander, rover = seat("lander"), seat("rover")
    keeper.stand("rover")  # in the middle of its work
    keeper.idle(9 * S)
    lander.sent_to(2)
    lander.idle(NEVER)
    assert keeper.wait(9 * S) == 0.0
    keeper.busy(9 * S)
    keeper.go_on("rover")
    keeper.idle(10 * S)
    assert keeper.wait(10 * S) > 0.0
    rover.taken()
    rover.idle(3 * S)  # long past
    assert keeper.wait(10 * S) > 0.0
    assert rover.wait(3 * S) == 0.0
    assert rover.at() == 9 * S


@pytest.mark.parametrize("stood", [False, True])
def test_time_stands_until_who_is_ended_has_ended(
    keeper: ClockKeeper, seat: Open, stood: bool
) -> None:
    """By the wall a kill takes a while: what comes after it is not to be missed meanwhile."""
    lander, rover = seat("lander"), seat("rover")
    lander.idle(NEVER)
    if stood:
        keeper.stand("rover")
    else:
        rover.idle(8 * S)
    keeper.busy(2 * S)
    keeper.is_ending("rover", 2 * S)
    keeper.idle(9 * S)
    assert keeper.wait(9 * S) > 0.0 and lander.at() == 2 * S
    keeper.end("rover")
    assert keeper.wait(9 * S) == 0.0


def test_a_rate_bounds_how_fast_time_goes(tmp_path: Path, wall: Wall) -> None:
    ClockKeeper.create(tmp_path / "slow", NAMES)
    keeper = ClockKeeper(tmp_path / "slow", NAMES, "hardware", owner)
    keeper.start("hardware", 0, 1)
    keeper.begin(10.0)
    keeper.idle(5 * S)
    assert keeper.wait(5 * S) == pytest.approx(0.5)
    wall.now += S // 2 - 1_000
    assert 0.0 < keeper.wait(5 * S) < 1e-5
    wall.now += 1_000
    assert keeper.wait(5 * S) == 0.0
    keeper.close()


def test_who_leaves_goes_by_the_wall_and_the_others_stand(
    keeper: ClockKeeper, seat: Open, wall: Wall
) -> None:
    lander, rover = seat("lander"), seat("rover")
    keeper.busy(5 * S)
    lander.idle(6 * S)
    rover.idle(6 * S)
    keeper.leave()
    keeper.idle(7 * S)
    assert keeper.wait(7 * S) == 2.0
    wall.now += 2 * S
    assert keeper.wait(7 * S) == 0.0 and keeper.at() == 7 * S
    assert lander.wait(6 * S) > 0.0


def test_a_state_that_changes_while_it_is_read_is_one_in_which_somebody_works(
    keeper: ClockKeeper, seat: Open
) -> None:
    lander, rover = seat("lander"), seat("rover")
    for each in (keeper, lander, rover):
        each.idle(S)

    class Changing:
        """What is read of the file, with a rover that works between two readings."""

        def __init__(self, real: object) -> None:
            self.real = real

        def __getitem__(self, key: object) -> bytes:
            raw: bytes = self.real[key]  # type: ignore[index]
            rover.busy(0)
            rover.idle(S)
            return raw

    lander._map = Changing(lander._map)  # type: ignore[assignment]
    assert not lander.look().settled
    lander._map = lander._map.real
    assert lander.look().settled


def test_a_clock_has_places_for_so_many(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="17 participants; allowed are 16"):
        ClockKeeper.create(tmp_path / "clock", [str(number) for number in range(17)])
