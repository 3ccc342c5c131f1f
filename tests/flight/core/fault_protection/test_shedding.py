"""Loads that are shed: by the charge, in the safe state, by a response; and back again."""

import asyncio
from pathlib import Path
from typing import Any

from tests.flight.core.fault_protection.guarded import Deck, on_deck, table

PLAN: dict[str, Any] = {
    "shedding": {
        "lamp": {"below": 0.4, "back_above": 0.5},
        "heater": {"below": 0.2, "back_above": 0.3, "in_safe": True},
    }
}


async def charge(deck: Deck, value: float | None) -> str:
    deck.node.state_of_charge = value
    await asyncio.sleep(0.001)
    return deck.node.loads_shed or ""


def test_they_go_in_their_order_and_come_back_later(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        shed = [await charge(deck, each) for each in (0.4, 0.399, 0.2, 0.199)]
        assert shed == ["", "lamp", "lamp", "lamp, heater"]
        back = [await charge(deck, each) for each in (0.3, 0.301, 0.5, 0.501)]
        assert back == ["lamp, heater", "lamp", "lamp", ""]
        assert deck.events("load_shed", "load_back") == [
            ("load_shed", "lamp", "energy"), ("load_shed", "heater", "energy"),
            ("load_back", "heater"), ("load_back", "lamp"),
        ]  # fmt: skip

    on_deck(tmp_path, PLAN, story)


def test_without_a_gauge_all_stays_as_it_is(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await charge(deck, 0.3)
        assert await charge(deck, None) == "lamp"
        assert deck.node.is_shed("lamp") and not deck.node.is_shed("heater")

    on_deck(tmp_path, PLAN, story)


def test_in_the_safe_state_some_are_off_whatever_the_charge(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await charge(deck, 0.9)
        deck.node.go_safe("x")
        await asyncio.sleep(0.01)
        assert deck.node.loads_shed == "heater"
        await charge(deck, 0.1)
        await deck.go("leave_safe")
        # The other reason still holds.
        assert deck.node.loads_shed == "lamp, heater"
        assert await charge(deck, 0.9) == ""

    on_deck(tmp_path, PLAN, story)


def test_a_response_sheds_and_restores(tmp_path: Path) -> None:
    plan = table(dark={"do": ["shed lamp"], "when_clear": ["restore lamp"]})

    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        assert deck.node.is_shed("lamp")
        await deck.heat(290.0)
        assert not deck.node.is_shed("lamp")

    on_deck(tmp_path, plan, story)


def test_who_is_switched_is_told(tmp_path: Path) -> None:
    from flight.core.fault_protection.shedding import Sheddable, Shedding
    from flight.core.fault_protection.tables import Load

    applied: list[str] = []
    told: list[tuple[str, bool, str]] = []
    shedding = Shedding(
        "node", {"lamp": Load(below=0.4, back_above=0.5)},
        {"lamp": Sheddable("a lamp", apply=applied.append)}, lambda *each: told.append(each),
    )  # fmt: skip
    for each in (0.3, 0.3, 0.6, 0.6):
        shedding.charge_is(each)
    assert told == [("lamp", True, "energy"), ("lamp", False, "energy")]
    assert applied == ["node", "node"]
