"""Loads that are shed: by the charge, in the safe state, by a response; and back again."""

import asyncio
from pathlib import Path
from typing import Any

from flight.core.fault_protection.shedding import RESPONSE, Sheddable, Shedding
from flight.core.fault_protection.tables import Load
from flight.core.keeping.storage import Storage
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


def test_a_battery_that_becomes_no_fuller_is_waited_for_no_longer(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await charge(deck, 0.399)
        assert await charge(deck, 0.45) == "lamp"
        deck.node.takes_no_more_charge = lambda: True
        assert await charge(deck, 0.39) == "lamp", "what is too low is so however full it is"
        assert await charge(deck, 0.45) == ""

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
    applied: list[str] = []
    told: list[tuple[str, bool, str]] = []
    shedding = Shedding(
        "node", Storage(tmp_path / "store.db"),
        {"lamp": Sheddable("a lamp", apply=applied.append)}, lambda *each: told.append(each),
    )  # fmt: skip
    shedding.goes_by({"lamp": Load(below=0.4, back_above=0.5)})
    for each in (0.3, 0.3, 0.6, 0.6):
        shedding.charge_is(each)
    assert told == [("lamp", True, "energy"), ("lamp", False, "energy")]
    assert applied == ["node", "node"]


async def activate(deck: Deck, change: dict[str, Any]) -> None:
    for name, arguments in (("load_protection", {"table": change}), ("activate_protection", {})):
        assert (await deck.rig.command("guarded", name, **arguments)).rung == "COMPLETED"


def test_another_table_forgets_nothing_that_it_would_shed_itself(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await charge(deck, 0.19)
        await activate(deck, {"shedding": {"heater": None}})
        # Nothing brings the heater back any more, so it is back; the lamp stays off.
        assert (deck.node.is_shed("lamp"), deck.node.is_shed("heater")) == (True, False)
        assert deck.node.loads_shed == "lamp"
        assert deck.events("load_back") == [("load_back", "heater")]
        assert await charge(deck, 0.45) == "lamp"
        assert await charge(deck, 0.51) == ""

    on_deck(tmp_path, PLAN, story)


def test_another_table_sheds_in_safe_what_it_names(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        deck.node.go_safe("x")
        await asyncio.sleep(0.01)
        here = {"below": 0.2, "back_above": 0.3}
        await activate(deck, {"shedding": {"heater": here}})
        assert not deck.node.is_shed("heater")
        await activate(deck, {"shedding": {"heater": {**here, "in_safe": True}}})
        assert deck.node.is_shed("heater")

    on_deck(tmp_path, PLAN, story)


def test_what_is_shed_stays_so_over_a_reboot_until_its_reason_is_gone(tmp_path: Path) -> None:
    plan = PLAN | table(dark={"do": ["shed heater"], "when_clear": ["restore heater"]})

    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        await charge(deck, 0.3)
        await deck.reboot()
        await asyncio.sleep(0.01)
        assert deck.node.loads_shed == "lamp, heater"
        assert deck.node.is_shed("lamp") and deck.node.is_shed("heater")
        assert len(deck.events("load_shed")) == 2  # what was told before is not told again
        assert await charge(deck, 0.45) == "lamp, heater"
        assert await charge(deck, 0.6) == "heater"
        await deck.heat(290.0)
        assert deck.node.loads_shed == ""
        await deck.reboot()
        await asyncio.sleep(0.01)
        assert deck.node.loads_shed == "" and not deck.node.is_shed("lamp")

    on_deck(tmp_path, plan, story)


def test_after_a_boot_out_of_the_safe_state_its_loads_are_back(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        deck.node.go_safe("x")
        await asyncio.sleep(0.01)
        assert deck.node.loads_shed == "heater"
        await deck.reboot()
        await asyncio.sleep(0.01)
        assert deck.node.is_in_safe and deck.node.loads_shed == "heater"
        deck.node.storage.put("node", "rest_state", "idle")
        await deck.reboot()
        await asyncio.sleep(0.01)
        assert not deck.node.is_in_safe and deck.node.loads_shed == ""

    on_deck(tmp_path, PLAN, story)


def test_a_load_is_switched_off_again_after_a_boot(tmp_path: Path) -> None:
    applied: list[str] = []

    def booted() -> Shedding:
        loads = {"lamp": Sheddable("a lamp", apply=applied.append)}
        shedding = Shedding("node", Storage(tmp_path / "store.db"), loads, lambda *each: None)
        shedding.take_up()
        return shedding

    booted().want("lamp", RESPONSE)
    assert booted().is_shed("lamp") and applied == ["node", "node"]
    booted().release("lamp", RESPONSE)
    assert not booted().is_shed("lamp") and applied == ["node"] * 4
