"""Monitors: four verdicts, how long they count, and what nothing counts for."""

import pytest

from flight.core.fault_protection.monitors import MonitorRun, Verdict
from flight.core.fault_protection.tables import Monitor, Policy

OK, BAD, STALE, INVALID = Verdict.OK, Verdict.VIOLATED, Verdict.STALE, Verdict.INVALID


class Watched:
    """A monitor that is given verdicts; `changes`: each time at which it was set or cleared."""

    def __init__(self, **fields: object) -> None:
        entry = Monitor(says="x", violated_if="x", **fields)  # type: ignore[arg-type]
        self.changes: list[tuple[float, bool]] = []
        self.now = 0.0
        self.run = MonitorRun("x", entry, lambda run: self.changes.append((self.now, run.is_set)))
        self.run.activate(True)

    def take(self, *verdicts: tuple[float, Verdict]) -> list[tuple[float, bool]]:
        for self.now, verdict in verdicts:
            self.run.take(verdict, self.now)
        return self.changes


def test_without_a_time_one_verdict_sets_and_one_clears() -> None:
    assert Watched().take((1, OK), (2, BAD), (3, BAD), (4, OK), (5, OK)) == [(2, True), (4, False)]


def test_it_is_set_exactly_when_the_time_is_met_and_not_before() -> None:
    watched = Watched(set=3.0)
    assert watched.take((0, BAD), (2.999, BAD)) == []
    assert watched.take((3.0, BAD)) == [(3.0, True)]


def test_one_good_sample_begins_the_time_anew() -> None:
    assert Watched(set=3.0).take((0, BAD), (2, OK), (3, BAD), (5, BAD)) == []


def test_one_sample_alone_is_no_time_however_long_ago_it_was() -> None:
    watched = Watched(set=3.0)
    assert watched.take((0, BAD)) == []
    assert watched.take((1000, OK), (1001, OK)) == []


def test_it_clears_exactly_when_the_time_is_met_and_a_bad_one_begins_anew() -> None:
    watched = Watched(clear=2.0)
    changes = watched.take((0, BAD), (1, OK), (2, BAD), (3, OK), (4.999, OK))
    assert changes == [(0, True)]
    assert watched.take((5.0, OK)) == [(0, True), (5.0, False)]


def test_it_is_set_again_after_it_was_cleared() -> None:
    watched = Watched()
    assert watched.take((0, BAD), (1, OK), (2, BAD)) == [(0, True), (1, False), (2, True)]


@pytest.mark.parametrize("nothing", [STALE, INVALID])
def test_what_tells_nothing_holds_the_time_by_default(nothing: Verdict) -> None:
    held = Watched(set=3.0)
    assert held.take((0, BAD), (2, BAD), (2.5, nothing), (100, nothing), (101, BAD)) == []
    # Of 101 s 98.5 s were held: 2.5 s have been violated by now.
    assert held.take((101.499, BAD)) == []
    assert held.take((101.5, BAD)) == [(101.5, True)]


def test_a_sensor_that_drops_out_now_and_then_hides_no_violation() -> None:
    flapping = Watched(set=3.0)
    for second in range(20):
        flapping.take((second, BAD if second % 2 == 0 else STALE))
    assert flapping.run.is_set


def test_hold_neither_sets_nor_clears() -> None:
    held = Watched(clear=1.0)
    assert held.take((0, INVALID), (50, STALE)) == []
    held.take((60, BAD), (61, INVALID), (99, INVALID))
    assert held.run.is_set


@pytest.mark.parametrize(
    ("nothing", "policy"), [(STALE, "when_stale"), (INVALID, "when_invalid")]
)
def test_each_policy_of_what_tells_nothing(nothing: Verdict, policy: str) -> None:
    violated = Watched(set=3.0, **{policy: Policy.VIOLATED})
    assert violated.take((0, nothing), (3, nothing)) == [(3, True)]
    ignored = Watched(set=3.0, **{policy: Policy.IGNORE})
    assert ignored.take((0, BAD), (2, BAD), (2.5, nothing), (3, BAD), (5.9, BAD)) == []
    assert ignored.take((6, BAD)) == [(6, True)]
    # The one policy is not the other.
    other = INVALID if nothing is STALE else STALE
    assert Watched(**{policy: Policy.VIOLATED}).take((0, other), (9, other)) == []


def test_ignored_neither_clears_nor_counts_for_clear() -> None:
    ignored = Watched(clear=2.0, when_stale=Policy.IGNORE)
    assert ignored.take((0, BAD), (1, OK), (2, STALE), (3, OK), (4.9, OK)) == [(0, True)]
    assert ignored.take((5, OK)) == [(0, True), (5, False)]


def test_where_it_is_not_active_it_says_nothing_and_forgets() -> None:
    watched = Watched(set=2.0)
    watched.take((0, BAD))
    watched.run.activate(False)
    assert watched.take((5, BAD)) == []
    watched.run.activate(True)
    assert watched.take((6, BAD), (7.9, BAD)) == []
    assert watched.take((8, BAD)) == [(8, True)]


def test_where_it_ends_to_be_active_it_is_clear() -> None:
    watched = Watched()
    watched.take((0, BAD))
    watched.run.activate(False)
    assert watched.changes == [(0, True), (0, False)]
    assert not watched.run.is_set
