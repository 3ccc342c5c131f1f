"""What makes no progress is late, then lost, and has a deadline; boot loops end reduced."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from flight.core.keeping.health import Boot, BootRecord, HealthMonitor, Standing
from flight.core.keeping.storage import Storage


class Watched:
    def __init__(self) -> None:
        self.now = 0.0
        self.events: list[tuple[str, str]] = []
        self.monitor = HealthMonitor(self.report, lambda: self.now)

    def report(self, event: str, details: dict[str, Any]) -> None:
        self.events.append((event, details["name"]))

    def check_until(self, end: float) -> None:
        while self.now < end:
            self.now += 1.0
            self.monitor.check()


def test_progress_moves_the_deadline_and_nothing_is_reported() -> None:
    watched = Watched()
    progress = watched.monitor.register("guidance", 5.0, critical=True)
    for _ in range(10):
        progress.advance()
        assert watched.monitor.deadline() == (watched.now + 10.0, "guidance", watched.now)
        watched.check_until(watched.now + 4.0)
    assert watched.events == []


def test_a_late_critical_entry_is_warned_of_then_lost() -> None:
    watched = Watched()
    watched.monitor.register("guidance", 5.0, critical=True)
    watched.check_until(5.0)
    assert watched.monitor.check() and watched.events == []
    watched.check_until(20.0)
    assert watched.events == [("progress_late", "guidance"), ("progress_lost", "guidance")]
    assert watched.monitor.standings() == {"guidance": Standing.LOST}
    assert watched.monitor.deadline() == (10.0, "guidance", 0.0)


def test_a_late_entry_that_is_not_critical_is_reported_and_has_no_deadline() -> None:
    watched = Watched()
    watched.monitor.register("housekeeping", 5.0, critical=False, fatal_interval=8.0)
    watched.check_until(10.0)
    assert watched.events == [("progress_late", "housekeeping"), ("progress_lost", "housekeeping")]
    assert watched.monitor.check() and watched.monitor.deadline() is None


def test_the_deadline_is_that_of_the_entry_that_is_lost_first() -> None:
    watched = Watched()
    slow = watched.monitor.register("mailbox", 900.0, critical=True)
    quick = watched.monitor.register("guidance", 0.25, critical=True, fatal_interval=0.5)
    assert watched.monitor.deadline() == (0.5, "guidance", 0.0)
    quick.advance(within=5.0)  # it waits for a device that may take so long
    assert watched.monitor.deadline() == (5.5, "guidance", 5.0)
    watched.monitor.unregister(quick)
    assert watched.monitor.deadline() == (1800.0, "mailbox", 0.0)
    watched.monitor.unregister(slow)
    assert watched.monitor.deadline() is None


def test_progress_after_a_while_is_reported() -> None:
    watched = Watched()
    progress = watched.monitor.register("guidance", 5.0, critical=True)
    watched.check_until(7.0)
    progress.advance()
    watched.check_until(8.0)
    assert watched.events == [("progress_late", "guidance"), ("progress_recovered", "guidance")]


def test_a_figure_that_does_not_change_is_life_but_no_progress() -> None:
    watched = Watched()
    progress = watched.monitor.register("drive", 3.0, critical=True)
    for _ in range(6):
        progress.observe(12.5)
        watched.check_until(watched.now + 1.0)
    assert ("progress_late", "drive") in watched.events
    progress.observe(12.6)
    assert watched.monitor.check()


def test_an_activity_is_watched_only_while_it_runs() -> None:
    watched = Watched()
    with watched.monitor.watch("grasp", 2.0, critical=True):
        watched.check_until(3.0)
        assert not watched.monitor.check()
    assert watched.monitor.check()
    with watched.monitor.watch("grasp", 2.0, critical=True):
        assert watched.monitor.check()


def test_a_name_is_watched_once_and_intervals_must_make_sense() -> None:
    monitor = Watched().monitor
    monitor.register("guidance", 5.0, critical=True)
    with pytest.raises(ValueError, match="watched already"):
        monitor.register("guidance", 5.0, critical=True)
    with pytest.raises(ValueError, match="allowed are"):
        monitor.register("drive", 5.0, critical=True, fatal_interval=5.0)


# ------------------------------------------------------------------------ boots


class Node:
    """A node that boots again and again on one storage file; `now` is spacecraft time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = 0.0
        self.events: list[str] = []
        self.record: BootRecord | None = None

    def boot(self, after: float, *, planned: bool = False, cause: str = "watchdog") -> Boot:
        self.now += after
        storage = Storage(self.path)
        self.record = BootRecord(
            storage,
            lambda event, _: self.events.append(event),
            maximum_unstable=3,
            maximum_in_window=4,
            window=1000.0,
        )
        return self.record.begin(cause, self.now, planned=planned)

    def settle(self) -> None:
        assert self.record is not None
        self.record.mark_stable()


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path / "node.sqlite")


def test_boots_are_numbered_and_remembered_with_their_cause(node: Node) -> None:
    node.boot(0.0, cause="power on")
    node.settle()
    second = node.boot(5000.0, cause="watchdog")
    assert (second.number, second.cause, second.reduced) == (2, "watchdog", False)
    assert node.record is not None
    assert [(b.cause, b.stable) for b in node.record.boots()] == [
        ("power on", True),
        ("watchdog", False),
    ]


def test_boots_that_are_never_stable_end_in_a_reduced_one(node: Node) -> None:
    assert [node.boot(5000.0).reduced for _ in range(4)] == [False, False, False, True]


def test_a_stable_boot_ends_the_row(node: Node) -> None:
    node.boot(5000.0)
    node.boot(5000.0)
    node.boot(5000.0)
    node.settle()
    assert [node.boot(5000.0).reduced for _ in range(4)] == [False, False, False, True]


def test_too_many_boots_within_the_window_are_reduced_even_if_each_was_stable(node: Node) -> None:
    reduced = []
    for _ in range(6):
        reduced.append(node.boot(100.0).reduced)
        node.settle()
    assert reduced == [False, False, False, False, True, True]
    assert not node.boot(2000.0).reduced


def test_a_clock_that_was_set_back_does_not_hide_a_boot_loop(node: Node) -> None:
    node.now = 1e6
    for _ in range(4):
        node.boot(100.0)
        node.settle()
    node.now = 0.0
    boot = node.boot(1.0)
    assert boot.reduced
    assert "5 unplanned boots within 1000.0 s" in boot.reason


def test_a_planned_boot_is_the_way_out_of_the_reduced_form_and_begins_a_new_row(
    node: Node,
) -> None:
    for _ in range(4):
        node.boot(5000.0)
    assert not node.boot(5000.0, planned=True).reduced
    # The planned boot itself went wrong and counts.
    assert [node.boot(5000.0).reduced for _ in range(3)] == [False, False, True]


def test_the_history_is_bounded_and_the_count_goes_on(node: Node) -> None:
    for _ in range(40):
        node.boot(5000.0)
    assert node.record is not None
    boots = node.record.boots()
    assert (len(boots), boots[-1].number) == (16, 40)


@pytest.mark.parametrize("value", [b"\xc0", b"\x91\x05"])
def test_a_record_that_is_no_good_is_reported_and_begun_again(node: Node, value: bytes) -> None:
    node.boot(0.0)
    with sqlite3.connect(node.path) as connection:
        connection.execute("UPDATE record SET value = ?", (value,))
    connection.close()
    assert node.boot(1.0).number == 1
    assert node.events == ["boot_record_lost"]


def test_a_record_of_another_form_is_reported_and_begun_again(node: Node) -> None:
    Storage(node.path).put("boot", "record", [{"number": "one"}])
    assert node.boot(1.0).number == 1
    assert node.events == ["boot_record_lost"]
