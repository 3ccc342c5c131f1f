"""What the ground may do where nothing is safer than going on, and what a set of parameters or a
table carries: only armed and fired, and no way around."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from flight.icd.messages import Rung
from tests.flight.core.fault_protection.guarded import Deck, on_deck

WATCHES_SPEED: dict[str, Any] = {
    "monitors": {"fast": {"says": "fast", "violated_if": "speed > 4 m/s", "not_in": ["flying"]}}
}


async def order(deck: Deck, name: str, stage: str = "run", **arguments: Any) -> tuple[Rung, str]:
    sent = deck.rig.send("guarded", name, stage=stage, **arguments)
    report = await deck.rig.wait_for_end(sent)
    return report.rung, report.detail


async def armed(deck: Deck, name: str, **arguments: Any) -> Rung:
    assert (await order(deck, name, "arm", **arguments))[0] is Rung.COMPLETED
    return (await order(deck, name, "fire", **arguments))[0]


@pytest.mark.requirement("FP-04")
@pytest.mark.parametrize("name", ["abort_activity", "reboot", "arm_response", "correct_clock"])
def test_a_change_in_a_critical_state_is_hazardous(tmp_path: Path, name: str) -> None:
    arguments = {"arm_response": {"response": "bell"}, "correct_clock": {"error": 1.0}}
    given = arguments.get(name, {})

    async def story(deck: Deck) -> None:
        await deck.go("fly")
        rung, why = await order(deck, name, **given)
        assert rung is Rung.REJECTED
        assert "a change where nothing is safer than going on): ARM it, then FIRE" in why
        rung, why = await order(deck, name, "fire", **given)
        assert rung is Rung.REJECTED and "nothing is armed" in why

    on_deck(tmp_path, BELL, story)


BELL: dict[str, Any] = {
    "monitors": {"hot": {"says": "hot", "violated_if": "heat > 300 K"}},
    "responses": {"bell": {"says": "rings", "on": "hot", "do": ["ring"]}},
}


def test_armed_and_fired_it_is_done(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.go("fly")
        assert await armed(deck, "correct_clock", error=1.0) is Rung.COMPLETED
        assert deck.events("clock_corrected") != []

    on_deck(tmp_path, BELL, story)


def test_what_asks_or_stages_is_harmless_everywhere_and_elsewhere_nothing_changes(
    tmp_path: Path,
) -> None:
    async def story(deck: Deck) -> None:
        await deck.go("fly")
        assert (await order(deck, "report_status"))[0] is Rung.COMPLETED
        assert (await order(deck, "report_protection"))[0] is Rung.COMPLETED
        staged = await order(deck, "load_parameters", values={"window": 3.0})
        assert staged[0] is Rung.COMPLETED
        await deck.go("done")  # a state in which safing is allowed again
        assert (await order(deck, "correct_clock", error=1.0))[0] is Rung.COMPLETED
        assert await armed(deck, "correct_clock", error=1.0) is Rung.COMPLETED  # in vain, no harm
        rung, why = await order(deck, "report_status", "arm")
        assert rung is Rung.REJECTED and "is not hazardous anywhere" in why

    on_deck(tmp_path, BELL, story)


def test_a_critical_stretch_of_work_counts_too(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        with deck.node.critical("a burn"):
            assert (await order(deck, "abort_activity"))[0] is Rung.REJECTED
        assert (await order(deck, "abort_activity"))[0] is Rung.COMPLETED

    on_deck(tmp_path, BELL, story)


def test_parameters_have_the_hazard_of_the_protection_that_goes_by_them(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await order(deck, "load_parameters", values={"window": 3.0})
        assert (await order(deck, "activate_parameters"))[0] is Rung.COMPLETED
        await asyncio.sleep(0.01)
        await order(deck, "load_parameters", values={"speed": 2.0})
        rung, why = await order(deck, "activate_parameters")
        assert rung is Rung.REJECTED and "a weaker fault protection" in why
        await asyncio.sleep(0.01)
        assert deck.node.parameters["speed"] == 1.0
        assert await armed(deck, "activate_parameters") is Rung.COMPLETED
        await asyncio.sleep(0.01)
        assert deck.node.parameters["speed"] == 2.0
        await order(deck, "load_parameters", values={"speed": 2.0})  # what is so already
        assert await armed(deck, "activate_parameters") is Rung.COMPLETED
        assert (await order(deck, "activate_parameters"))[0] is not Rung.COMPLETED

    on_deck(tmp_path, WATCHES_SPEED, story)


def test_a_table_is_armed_and_fired_and_begins_nothing_that_has_to_be(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        change = {"responses": {"bell": {"says": "x", "on": "hot", "do": ["post let_go"]}}}
        rung, why = await order(deck, "load_protection", table=change)
        assert rung is Rung.REJECTED
        assert "let_go is hazardous (release of a tube), and only ARM and FIRE may begin it" in why
        await order(deck, "load_protection", table={"responses": {"bell": None}})
        assert (await order(deck, "activate_protection"))[0] is Rung.REJECTED
        assert "bell" in deck.node.protection.table.responses
        assert await armed(deck, "activate_protection") is Rung.COMPLETED
        assert "bell" not in deck.node.protection.table.responses

    on_deck(tmp_path, BELL, story)
