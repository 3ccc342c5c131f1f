"""The table that processes have in common, full: each has cells of its own, none is another's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flight.runtime import common_clock as module
from flight.runtime.common_clock import NEVER, ClockKeeper, CommonClock

NAMES = tuple(f"p{number}" for number in range(16))
S = 1_000_000_000


class Table:
    """Sixteen participants of one run, each with a clock of its own, and who keeps them."""

    def __init__(self, path: Path) -> None:
        ClockKeeper.create(path, NAMES)
        self.path = path
        self.keeper = ClockKeeper(path, NAMES, "p0", lambda service: service)
        for place, name in enumerate(NAMES):
            self.keeper.start(name, 100 + place, place + 1)
        self.clocks = [self.open(name) for name in NAMES]
        self.later: list[CommonClock] = []

    def open(self, name: str) -> CommonClock:
        return CommonClock(self.path, NAMES, name, lambda service: service)

    def all_idle(self) -> None:
        for place, clock in enumerate(self.clocks):
            clock.idle(S + place)

    def close(self) -> None:
        for clock in (self.keeper, *self.clocks, *self.later):
            clock.close()


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    made = Table(tmp_path / "clock")
    yield made
    made.close()


def test_what_each_of_sixteen_tells_is_told_of_nobody_else(table: Table) -> None:
    keeper = table.keeper
    assert keeper.look().busy == tuple(range(16)) and keeper.at() == keeper.look().at == 115
    sent = {other: 0 for other in range(16)}
    for place, clock in enumerate(table.clocks):
        for other in range(16):
            for _ in range((3 * place + 5 * other) % 4):
                clock.sent_to(other)
                sent[other] += 1
        clock.idle(S + place)
        assert keeper.look().busy == tuple(range(place + 1, 16))
    assert keeper.look().in_flight == tuple((place, count) for place, count in sent.items())
    assert keeper.look().horizon == S and keeper.look().next == (0,)
    for place, clock in enumerate(table.clocks):
        for _ in range(sent[place]):
            clock.taken()
        assert all(waits >= place + 1 for waits, _ in keeper.look().in_flight)
    assert keeper.look().settled
    assert [keeper.life(place) for place in range(16)] == list(range(1, 17))
    keeper.stand("p3")
    assert keeper.running() == [place for place in range(16) if place != 3]
    keeper.go_on("p3")
    keeper.end("p15")
    assert keeper.running() == list(range(15)) and keeper.look().settled


def test_each_of_sixteen_may_want_each_other_and_is_told_of_the_ones_that_lack(
    table: Table,
) -> None:
    table.all_idle()
    wanted = []
    for clock in table.clocks:
        for name in NAMES:
            following = clock.follow(name)
            assert following is not None
            wanted.append(following)
    pairs = [(one, other) for one in range(16) for other in range(16)]
    assert table.keeper.look().unlinked == tuple(pairs)
    for count, following in enumerate(wanted):
        assert table.keeper.look().unlinked == tuple(pairs[count:])
        following.up()
    assert table.keeper.look().settled
    wanted[5].lost()
    assert table.keeper.look().unlinked == ((0, 5),)
    wanted[5].close()
    wanted[5].close()  # a second time
    assert table.keeper.look().settled
    table.keeper.start("p5", 0, 40)
    table.clocks[5].idle(S)
    lacking = [(one, 5) for one in range(16) if one not in (0, 5)]
    assert table.keeper.look().unlinked == tuple(lacking), "itself wants nothing in a new life"
    for one, other in lacking:
        table.keeper.excuse(one, other)
    assert table.keeper.look().settled


def test_who_is_opened_anew_wants_nothing_of_what_it_wanted_before(table: Table) -> None:
    table.all_idle()
    assert table.clocks[2].follow("p7") is not None and table.clocks[4].follow("p7") is not None
    assert table.keeper.look().unlinked == ((2, 7), (4, 7))
    table.later.append(table.open("p2"))
    assert table.keeper.look().unlinked == ((4, 7),)


def test_who_is_idle_is_idle_until_what_it_said_first_and_who_works_has_one_turn(
    table: Table,
) -> None:
    table.all_idle()
    one, others = table.clocks[1], table.keeper.look().others
    one.idle(9 * S)
    assert table.keeper.look().next == (0,) and one.wait(S + 1) > 0.0
    table.keeper.idle(3 * S)
    assert table.keeper.look().horizon == S, "it was idle"
    assert table.keeper.look().others == others, "nobody has worked"
    one.busy(5)
    one.busy(6)
    assert table.keeper.look().busy == (1,) and table.keeper.at() == 115
    one.busy(7 * S)
    assert table.keeper.at() == 7 * S
    one.idle(8 * S)
    worked = table.keeper.look().others
    assert worked != others and table.keeper.look().busy == ()
    table.keeper.busy(0)
    table.keeper.idle(S)
    assert table.keeper.look().others == worked, "that was itself"


def test_a_started_one_counts_as_having_worked_also_where_it_was_busy(table: Table) -> None:
    for name in ("p3", "p4"):
        before = table.keeper.look().others
        table.keeper.start(name, 0, 2)
        assert table.keeper.look().others != before
        assert table.keeper.look().busy == tuple(range(16))
        table.clocks[4].idle(S)
        table.clocks[4].busy(S)


def test_before_it_has_begun_and_without_a_timer_time_does_not_go(table: Table) -> None:
    keeper = table.keeper
    table.all_idle()
    assert not keeper.begun
    assert keeper.wait(S) == 0.05, "no pace has been told"
    keeper.begin(2.0)
    assert keeper.begun and table.clocks[9].begun
    for clock in table.clocks:
        clock.busy(0)
        clock.idle(NEVER)
    keeper.busy(0)
    keeper.idle(NEVER)
    assert keeper.wait(NEVER) == 0.05


def test_who_knocks_is_answered_once_and_counted(table: Table) -> None:
    keeper, one = table.keeper, table.clocks[6]
    one.answer_door()
    assert keeper.answers(6) == 0, "nobody was there"
    keeper.knock_at([6])
    one.answer_door()
    one.answer_door()
    assert keeper.answers(6) == 1 and keeper.answers(5) == keeper.answers(7) == 0
    one.knock()
    one.answer_door()
    assert keeper.answers(6) == 2
    for _ in range(100_000 // 4096 + 1):
        keeper.knock_at([6] * 4096)  # the door is full: nobody waits for that


def test_what_was_given_up_and_has_come_after_all_is_forgiven_no_more(table: Table) -> None:
    keeper = table.keeper
    for _ in range(3):
        table.clocks[1].sent_to(2)
    table.all_idle()
    keeper.forgive(2)
    assert keeper.look().settled
    table.clocks[2].taken()
    table.clocks[2].taken()
    table.clocks[1].sent_to(4)
    table.clocks[8].busy(S)
    keeper.take_back()
    assert (2, -2) in keeper.look().in_flight, "not while anybody works"
    table.clocks[8].idle(S)
    keeper.take_back()
    assert keeper.look().in_flight == ((4, 1),), "what is under way stays so"


def test_who_has_left_once_goes_by_the_wall_from_there(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wall:
        now = 10 * S

        def monotonic_ns(self) -> int:
            return self.now

    wall = Wall()
    monkeypatch.setattr(module, "time", wall)
    one = table.clocks[1]
    one.leave()
    wall.now += S
    one.leave()
    assert one.at() == 115 + S and one.wait(115 + 3 * S) == 2.0 and one.wait(0) == 0.0
    assert table.keeper.at() == 115, "for this one alone"
    one.idle(0)
    assert 1 in table.keeper.look().busy, "the others stand"
