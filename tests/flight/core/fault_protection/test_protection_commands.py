"""Changing the fault protection by command: staged, checked, armed, kept, and written down."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from flight.core.fault_protection.budgets import NAMESPACE
from flight.core.fault_protection.protection import TABLE
from flight.icd.messages import CommandReport
from tests.flight.core.fault_protection.guarded import NOT_IN, Deck, on_deck, table

PLAN = table(bell={"do": ["ring 1"]})


async def send(deck: Deck, name: str, **arguments: Any) -> CommandReport:
    return await deck.rig.command("guarded", name, **arguments)


def responses(deck: Deck) -> dict[str, tuple[str, ...]]:
    return {name: each.do for name, each in deck.node.protection.table.responses.items()}


LOUDER = {"responses": {"bell": {"says": "x", "on": "hot", "do": ["ring 5"]}}}


def test_loading_changes_nothing_and_activating_does(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        loaded = await send(deck, "load_protection", table=LOUDER)
        assert (loaded.rung, loaded.detail) == ("COMPLETED", "responses.bell")
        assert responses(deck) == {"bell": ("ring 1",)}
        assert (await send(deck, "activate_protection")).rung == "COMPLETED"
        assert responses(deck) == {"bell": ("ring 5",)}
        await deck.heat(301.0)
        assert deck.node.deeds == ["ring 5"]

    on_deck(tmp_path, PLAN, story)


def test_parts_are_merged_and_null_takes_out(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        cold = {"says": "cold", "violated_if": "heat < 200 K"}
        gong = {"says": "x", "on": "cold", "do": ["ring 9"]}
        await send(deck, "load_protection", table={"monitors": {"cold": cold}})
        await send(deck, "load_protection", table={"responses": {"gong": gong, "bell": None}})
        await send(deck, "activate_protection")
        assert set(deck.node.protection.table.monitors) == {"hot", "cold"}
        assert responses(deck) == {"gong": ("ring 9",)}

    on_deck(tmp_path, PLAN, story)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"responses": {"bell": {"says": "x", "on": "hott", "do": ["ring"]}}}, "did you mean hot?"),
    ({"monitors": {"hot": None}}, "responses.bell.on"),
    ({"monitors": {"wet": {"says": "x", "violated_if": "wett"}}}, "did you mean wet?"),
    ({"monitors": {"hot": {"says": "hot", "violated_if": "heat > 300 K"}},
      "responses": {"bell": {"says": "x", "on": "hot", "do": ["enter_safe"]}}}, "flying.burning"),
    ({"responses": {"bell": {"on": "hot"}}}, "says"),
    ({"nonsense": 1}, "nonsense"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words"), BAD, ids=[each[1] for each in BAD])
def test_what_has_no_meaning_is_rejected_and_nothing_is_staged(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    async def story(deck: Deck) -> None:
        report = await send(deck, "load_protection", table=change)
        assert report.rung == "REJECTED"
        assert words in report.detail
        refused = await send(deck, "activate_protection")
        assert (refused.rung, "nothing is staged" in refused.detail) == ("REJECTED", True)
        assert responses(deck) == {"bell": ("ring 1",)}

    on_deck(tmp_path, PLAN, story)


def test_what_was_dropped_is_not_activated(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await send(deck, "load_protection", table=LOUDER)
        await send(deck, "drop_protection")
        assert (await send(deck, "activate_protection")).rung == "REJECTED"

    on_deck(tmp_path, PLAN, story)


WEAKENING = [
    ("activate_protection", {}),
    ("disable_response", {"response": "bell"}),
    ("disable_monitor", {"monitor": "hot"}),
    ("set_sensor_aside", {"sensor": "sonar"}),
]


@pytest.mark.parametrize(("name", "arguments"), WEAKENING)
def test_what_weakens_the_protection_is_armed_and_fired(
    tmp_path: Path, name: str, arguments: dict[str, Any]
) -> None:
    async def story(deck: Deck) -> None:
        report = await deck.rig.wait_for_end(deck.rig.send("guarded", name, **arguments))
        assert report.rung == "REJECTED"
        assert "ARM it, then FIRE" in report.detail

    on_deck(tmp_path, PLAN, story)


def test_a_response_is_switched_off_and_armed_again(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await send(deck, "disable_response", response="bell")
        await deck.heat(301.0)
        assert deck.node.deeds == []
        await deck.reboot()  # it is kept
        await deck.heat(301.0)
        assert deck.node.deeds == []
        await send(deck, "disable_response", response="bell", passive=True)
        await deck.heat(290.0)
        await deck.heat(301.0)
        assert deck.node.deeds == []
        assert deck.node.protection.responder.runs["bell"].would_have == 1
        await send(deck, "arm_response", response="bell")
        assert deck.node.deeds == ["ring 1"]
        unknown = await send(deck, "arm_response", response="bel")
        assert unknown.rung == "REJECTED" and "did you mean bell?" in unknown.detail

    on_deck(tmp_path, PLAN, story)


def test_a_monitor_is_switched_off_and_on(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await send(deck, "disable_monitor", monitor="hot")
        await deck.heat(301.0)
        assert deck.node.deeds == []
        await send(deck, "enable_monitor", monitor="hot")
        await deck.heat(301.0)
        assert deck.node.deeds == ["ring 1"]

    on_deck(tmp_path, PLAN, story)


def test_a_table_survives_a_reboot_and_a_damaged_one_does_not_count(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await send(deck, "load_protection", table=LOUDER)
        await send(deck, "activate_protection")
        await deck.reboot()
        assert responses(deck) == {"bell": ("ring 5",)}
        deck.node.storage.put(NAMESPACE, TABLE, {"monitors": {"x": 1}})
        await deck.reboot()
        await asyncio.sleep(0.01)
        assert responses(deck) == {"bell": ("ring 1",)}
        assert len(deck.events("protection_defaulted")) == 1

    on_deck(tmp_path, PLAN, story)


def test_no_table_is_changed_while_a_response_acts(tmp_path: Path) -> None:
    plan = table(slow={"do": ["scrub 50"]})

    async def story(deck: Deck) -> None:
        await send(deck, "load_protection", table={"responses": {"slow": None}})
        await deck.heat(301.0)
        report = await send(deck, "activate_protection")
        assert report.rung == "REJECTED" and "slow acts" in report.detail
        await asyncio.sleep(60.0)
        assert deck.node.deeds == ["scrub", "scrubbed"]
        assert (await send(deck, "activate_protection")).rung == "COMPLETED"

    on_deck(tmp_path, plan, story)


def test_an_old_table_watches_no_more(tmp_path: Path) -> None:
    checked = {"says": "x", "of": "sonar.ping.range",
               "checks": {"range": {"value": [20.0, 50.0], "unit": "m"}}}  # fmt: skip
    plan = {"monitors": {"deep": checked, "hot": {"says": "x", "violated_if": "heat > 1 K"}}}

    async def story(deck: Deck) -> None:
        assert not (await deck.ping()).range_valid
        await send(deck, "load_protection", table={"monitors": {"deep": None, "hot": None}})
        await send(deck, "activate_protection")
        assert (await deck.ping()).range_valid
        before = len(deck.events("monitor_violated"))
        await deck.heat(301.0)
        assert len(deck.events("monitor_violated")) == before
        assert deck.node.monitors_violated == ""

    on_deck(tmp_path, plan, story)


def test_each_change_leaves_a_trail_with_the_command_that_made_it(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await send(deck, "disable_response", response="bell")
        await send(deck, "load_protection", table=LOUDER)
        await send(deck, "activate_protection")
        await deck.reboot()
        await asyncio.sleep(0.01)
        told = deck.events("protection_changed")
        assert [each[1] for each in told] == ["response bell", "responses.bell"]
        assert told[0][2:4] == ("active", "disabled")
        assert "ring 1" in told[1][2] and "ring 5" in told[1][3]
        assert all(each[4].startswith("umbilical/") for each in told)
        report = await send(deck, "report_protection")
        assert "umbilical/" in report.detail and "disabled" in report.detail

    on_deck(tmp_path, PLAN, story)


# ------------------------------------------------------------------------- sensors

LOST = {
    "monitors": {"lost": {"says": "x", "of": "sonar.ping", "set": 2.0, **NOT_IN,
                          "checks": {"stamp_age": 5.0}}},
    "responses": {"do_without": {"says": "x", "on": "lost", "do": ["set_aside sonar"],
                                 "when_clear": ["use_again sonar"]}},
}  # fmt: skip


async def lie(deck: Deck) -> None:
    deck.sonar.depth = float("nan")
    for _ in range(4):
        await deck.ping()
        await asyncio.sleep(1.0)


def test_a_sensor_that_lies_is_set_aside_and_used_again_when_it_is_well(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await lie(deck)
        assert deck.events("sensor_set_aside") == [("sensor_set_aside", "sonar")]
        assert deck.node.sensors_set_aside == "sonar"
        await deck.reboot()
        deck.sonar.depth = 10.0
        assert (await deck.ping()).reason == "set aside"  # kept over the reboot
        await send(deck, "use_sensor", sensor="sonar")
        assert (await deck.ping()).range == 10.0

    on_deck(tmp_path / "kept", LOST, story)

    async def healed(deck: Deck) -> None:
        await lie(deck)
        deck.sonar.depth = 10.0
        assert not (await deck.ping()).valid  # the last that is not used
        await asyncio.sleep(0.01)
        assert deck.events("sensor_used_again") == [("sensor_used_again", "sonar")]
        assert (await deck.ping()).valid

    on_deck(tmp_path / "healed", LOST, healed)


def test_the_ground_sets_a_sensor_aside_and_takes_it_back(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await send(deck, "set_sensor_aside", sensor="sonar")
        assert (await deck.ping()).reason == "set aside"
        wrong = await send(deck, "use_sensor", sensor="radar")
        assert wrong.rung == "REJECTED"
        await send(deck, "use_sensor", sensor="sonar")
        assert (await deck.ping()).valid
        again = await send(deck, "use_sensor", sensor="sonar")
        assert again.rung == "REJECTED"

    on_deck(tmp_path, PLAN, story)


LOSS = {"after": 266_326.0, "do": ["ring 7"]}
CONFIRM = {"passes": 2, "parameters": ["speed"]}


def test_a_timer_that_is_changed_leaves_the_other_and_null_takes_one_out(tmp_path: Path) -> None:
    plan = {**PLAN, "timers": {"command_loss": LOSS, "confirm_communication": CONFIRM}}

    async def story(deck: Deck) -> None:
        def timers() -> Any:
            return deck.node.protection.table.timers

        sooner = {"timers": {"command_loss": {**LOSS, "after": 88_775.0}}}
        loaded = await send(deck, "load_protection", table=sooner)
        assert loaded.detail == "timers.command_loss"
        await send(deck, "activate_protection")
        assert timers().command_loss.after == 88_775.0
        assert timers().confirm_communication.passes == 2
        (told,) = deck.events("protection_changed")
        assert told[1] == "timers.command_loss" and told[2] != told[3]
        gone = await send(deck, "load_protection", table={"timers": {"command_loss": None}})
        assert gone.detail == "timers.command_loss"
        await send(deck, "activate_protection")
        assert timers().command_loss is None and timers().confirm_communication.passes == 2

    on_deck(tmp_path, plan, story)
