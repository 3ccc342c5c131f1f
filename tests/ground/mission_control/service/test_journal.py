"""The journal: numbers without gaps, what is told twice is kept once, also after a start."""

from pathlib import Path

import pytest

from ground.mission_control.archive.archive import Archive
from ground.mission_control.service import journal as module
from ground.mission_control.service.journal import Journal


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive.sqlite")


def test_numbers_go_on_over_a_start_and_begin_with_one(archive: Archive) -> None:
    journal = Journal(archive, lambda: 7)
    assert journal.last == 0 and journal.after(0) == []
    assert [journal.add("a", "x"), journal.add("b", "y")] == [1, 2]
    again = Journal(archive, lambda: 8)
    assert again.last == 2
    assert again.add("a", "z") == 3
    assert [(e.n, e.t, e.what) for e in again.after(0)] == [(1, 7, "x"), (2, 7, "y"), (3, 8, "z")]


def test_what_has_a_key_is_kept_once_also_over_a_start(archive: Archive) -> None:
    journal = Journal(archive, lambda: 0)
    assert journal.add("ev", "one", key="k") == 1
    assert journal.add("ev", "other", key="k") == 0
    again = Journal(archive, lambda: 0)
    assert again.add("ev", "other", key="k") == 0
    assert again.last == 1
    assert again.add("ev", "other", key="l") == 2
    kept = again.by_key("k")
    assert kept is not None and (kept.n, kept.what) == (1, "one")
    assert again.by_key("m") is None


def test_what_has_no_key_is_kept_as_often_as_it_is_told(archive: Archive) -> None:
    journal = Journal(archive, lambda: 0)
    assert [journal.add("a", "x", data={"i": 1}) for _ in range(3)] == [1, 2, 3]


def test_after_a_number_comes_the_next_and_no_more_than_was_asked_for(archive: Archive) -> None:
    journal = Journal(archive, lambda: 0)
    for number in range(1, 7):
        journal.add("a" if number % 2 else "b", str(number))
    assert [e.n for e in journal.after(4)] == [5, 6]
    assert [e.n for e in journal.after(0, limit=2)] == [1, 2]
    assert [e.n for e in journal.after(1, ("a",), limit=1)] == [3]
    assert journal.after(6) == journal.after(99) == []
    assert [e.n for e in journal.of("b")] == [2, 4, 6]


@pytest.mark.parametrize("recent", [1, 2, 3])
def test_what_is_in_memory_no_more_is_looked_up(
    archive: Archive, recent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RECENT", recent)
    journal = Journal(archive, lambda: 0)
    for number in range(1, 6):
        journal.add("a", str(number), who="anna", vehicle="rover", data={"i": number})
    for first in range(6):
        found = journal.after(first)
        assert [e.n for e in found] == list(range(first + 1, 6))
        assert all(e.data == {"i": e.n} and e.who == "anna" for e in found)
        assert [e.n for e in Journal(archive, lambda: 0).after(first)] == [e.n for e in found]


def test_what_was_kept_is_as_it_was_then_whatever_becomes_of_what_was_given(
    archive: Archive,
) -> None:
    journal = Journal(archive, lambda: 0)
    given = {"list": [1]}
    journal.add("a", "x", data=given)
    given["list"].append(2)
    assert journal.after(0)[0].data == {"list": [1]}


def test_of_each_the_newest_by_an_instant_is_found_in_the_order_of_their_numbers(
    archive: Archive,
) -> None:
    now = [0]
    journal = Journal(archive, lambda: now[0])
    for now[0], topic, number, state in (
        (10, "alarm", 2, "ACTIVE"), (20, "alarm", 1, "ACTIVE"), (20, "alarm", 2, "RETURNED"),
        (25, "other", 2, "none"), (30, "alarm", 2, "CLOSED"),
    ):  # fmt: skip
        journal.add(topic, "x", data={"number": number, "state": state})
    found = {
        at: [(e.data["number"], e.data["state"]) for e in journal.newest_of("alarm", "number", at)]
        for at in (9, 10, 19, 20, 29, 30)
    }
    assert found == {
        9: [], 10: [(2, "ACTIVE")], 19: [(2, "ACTIVE")], 20: [(1, "ACTIVE"), (2, "RETURNED")],
        29: [(1, "ACTIVE"), (2, "RETURNED")], 30: [(1, "ACTIVE"), (2, "CLOSED")],
    }  # fmt: skip
    assert journal.has("other") and not journal.has("alarms")
