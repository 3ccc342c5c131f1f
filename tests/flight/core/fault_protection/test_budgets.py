"""Shots of responses: how many in which time, and what of them a reboot finds."""

from typing import Any

import pytest

from flight.core.fault_protection.budgets import NAMESPACE, OWED, SHOTS, Budgets
from flight.core.fault_protection.tables import Budget
from flight.core.keeping.storage import Storage

TWO_IN_TEN = Budget(times=2, per=10.0)
KEPT = Budget(times=2, per=10.0, over_boots=True)


class Deck:
    """Budgets on a store that outlives them, and an oscillator that the test sets."""

    def __init__(self) -> None:
        self.storage = Storage(":memory:")
        self.now = 0.0
        self.budgets = self.again()

    def again(self) -> Budgets:
        self.budgets = Budgets(self.storage, lambda: self.now)
        return self.budgets

    def use(self, name: str, budget: Budget | None, *instants: float) -> None:
        for self.now in instants:
            self.budgets.use(name, budget)


@pytest.fixture
def deck() -> Deck:
    return Deck()


def test_the_last_shot_may_be_used_and_none_after_it(deck: Deck) -> None:
    deck.use("bell", TWO_IN_TEN, 0.0)
    assert deck.budgets.left("bell", TWO_IN_TEN)
    deck.use("bell", TWO_IN_TEN, 1.0)
    assert not deck.budgets.left("bell", TWO_IN_TEN)


def test_a_shot_counts_until_its_time_is_over_to_the_instant(deck: Deck) -> None:
    deck.use("bell", TWO_IN_TEN, 0.0, 4.0)
    deck.now = 9.999999
    assert not deck.budgets.left("bell", TWO_IN_TEN)
    deck.now = 10.0
    assert deck.budgets.left("bell", TWO_IN_TEN), "the first is ten seconds old"
    deck.use("bell", TWO_IN_TEN, 10.0)
    deck.now = 13.999999
    assert not deck.budgets.left("bell", TWO_IN_TEN)


def test_one_response_uses_up_no_shot_of_another(deck: Deck) -> None:
    deck.use("bell", TWO_IN_TEN, 0.0, 0.0)
    assert deck.budgets.left("horn", TWO_IN_TEN)
    deck.use("horn", TWO_IN_TEN, 0.0, 0.0)
    deck.budgets.forget("horn")
    assert deck.budgets.left("horn", TWO_IN_TEN) and not deck.budgets.left("bell", TWO_IN_TEN)


def test_without_a_budget_there_is_always_one_left_and_nothing_is_written(deck: Deck) -> None:
    deck.use("bell", None, *map(float, range(50)))
    assert deck.budgets.left("bell", None)
    assert deck.storage.items(NAMESPACE) == {}


def test_a_reboot_gives_back_what_is_not_kept_over_boots_and_that_alone(deck: Deck) -> None:
    deck.use("kept", KEPT, 0.0, 1.0)
    deck.use("fresh", TWO_IN_TEN, 0.0, 1.0)
    after = deck.again()
    assert after.left("fresh", TWO_IN_TEN)
    assert not after.left("kept", KEPT)
    deck.now = 10.0
    assert after.left("kept", KEPT)
    deck.use("kept", KEPT, 10.0)
    assert not deck.again().left("kept", KEPT), "the second of before, and the third"


def test_a_second_that_is_kept_takes_the_first_from_no_store(deck: Deck) -> None:
    deck.use("one", KEPT, 0.0, 0.0)
    deck.use("other", KEPT, 0.0, 0.0)
    assert deck.storage.get(NAMESPACE, SHOTS) == {"one": [0.0, 0.0], "other": [0.0, 0.0]}
    deck.budgets.forget("one")
    after = deck.again()
    assert after.left("one", KEPT) and not after.left("other", KEPT)
    deck.use("other", KEPT, 20.0)
    assert "one" not in deck.storage.get(NAMESPACE, SHOTS), "what was forgotten comes back no more"


def test_an_oscillator_that_began_anew_hides_no_shot(deck: Deck) -> None:
    deck.use("kept", KEPT, 1000.0, 1001.0)
    deck.now = 3.0
    assert not deck.again().left("kept", KEPT)


@pytest.mark.parametrize(
    ("stored", "left"),
    [
        ([1.0], True),
        ({"kept": 1.0}, True),
        ({"kept": ["now", "then"]}, True),
        ({"kept": [0, 1]}, False),
    ],
)
def test_what_is_stored_and_is_none_of_it_is_passed_over(
    deck: Deck, stored: Any, left: bool
) -> None:
    deck.storage.put(NAMESPACE, SHOTS, stored)
    assert deck.again().left("kept", KEPT) is left


def damage(storage: Storage, key: str) -> None:
    storage._open().execute("UPDATE record SET value = x'00' WHERE key = ?", (key,))


def test_shots_and_debts_that_are_damaged_are_none(deck: Deck) -> None:
    deck.use("kept", KEPT, 0.0, 0.0)
    deck.budgets.owe("kept", True)
    damage(deck.storage, SHOTS)
    damage(deck.storage, OWED)
    after = deck.again()
    assert after.left("kept", KEPT) and after.owed() == []
    after.owe("kept", True)
    assert deck.again().owed() == ["kept"]


def test_what_has_acted_is_owed_once_over_reboots_until_it_is_undone(deck: Deck) -> None:
    for name in ("one", "other", "one"):
        deck.budgets.owe(name, True)
    assert deck.again().owed() == ["one", "other"]
    deck.budgets.owe("nobody", False)
    deck.budgets.owe("one", False)
    deck.budgets.owe("one", False)
    assert deck.again().owed() == ["other"]
    deck.storage.put(NAMESPACE, OWED, "other")
    assert deck.again().owed() == []
