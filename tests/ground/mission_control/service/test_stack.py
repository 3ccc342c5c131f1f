"""The stack by itself: how many, in which states, how long what is over is shown."""

from pathlib import Path

import pytest

from ground.api.entries import StackItem
from ground.mission_control.archive.archive import Archive
from ground.mission_control.service.handling import Refused
from ground.mission_control.service.journal import Journal
from ground.mission_control.service.stack import Stack

STAGED = ("draft", "ready", "waiting_approval", "approved", "waiting", "void")
OVER = ("released", "refused", "expired", "cancelled")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(Archive(tmp_path / "archive.sqlite"), lambda: 0)


def item(name: str, state: str = "ready") -> StackItem:
    return StackItem(name, "rover", "drive", {}, state, "anna", "s")  # type: ignore[arg-type]


@pytest.mark.parametrize("state", STAGED)
def test_what_is_not_over_is_staged(journal: Journal, state: str) -> None:
    stack = Stack(journal)
    stack.keep(item("st-1", state), "staged", "anna")
    assert stack.staged() == [stack.staged_item("st-1")] == stack.all()


@pytest.mark.parametrize("state", OVER)
def test_what_is_over_is_shown_and_not_staged(journal: Journal, state: str) -> None:
    stack = Stack(journal)
    stack.keep(item("st-1", state), "ended", "anna")
    assert stack.staged() == [] and stack.item("st-1").state == state
    with pytest.raises(Refused, match=f"st-1 is {state}: it is no longer staged; staged: nothing"):
        stack.staged_item("st-1")


def test_two_hundred_are_staged_at_once_and_no_more(journal: Journal) -> None:
    stack = Stack(journal)
    for number in range(1, 200):
        stack.keep(item(f"st-{number}"), "staged", "anna")
    assert stack.next_name() == "st-200"
    stack.keep(item("st-200"), "staged", "anna")
    with pytest.raises(Refused, match="allowed are 200 staged commands"):
        stack.next_name()
    stack.change(stack.item("st-7"), "unstaged", "anna", state="cancelled")
    assert stack.next_name() == "st-201"  # a name is not given twice


def test_a_hundred_that_are_over_are_shown_and_of_what_is_staged_all(journal: Journal) -> None:
    stack = Stack(journal)
    stack.keep(item("st-1"), "staged", "anna")
    for number in range(2, 103):
        stack.keep(item(f"st-{number}", "released"), "released", "anna")
    shown = [each.stage for each in stack.all()]
    assert shown == ["st-1", *(f"st-{number}" for number in range(3, 103))]
    with pytest.raises(Refused, match="nothing is staged so; staged: st-1"):
        stack.item("st-2")


def test_each_change_is_told_once_and_kept_whole(journal: Journal) -> None:
    stack, told = Stack(journal), []
    stack.on_change = told.append
    kept = stack.keep(item("st-1"), "staged", "anna")
    changed = stack.change(kept, "unstaged", "ben", state="cancelled", problems=["no"])
    assert told == [kept, changed]
    assert [(e.what, e.who, e.vehicle) for e in journal.of("stack")] == [
        ("staged", "anna", "rover"), ("unstaged", "ben", "rover"),
    ]  # fmt: skip
    again = Stack(journal)
    for entry in journal.of("stack"):
        again.take(entry)
    assert again.all() == [changed]
    assert again.next_name() == "st-2"
