"""When monitors are asked: channels, readings through the gate, quantities, age, states."""

import asyncio
import math
from pathlib import Path
from typing import Any

import pytest

from tests.flight.core.fault_protection.guarded import Deck, on_deck

CHANGES = ("monitor_violated", "monitor_cleared")


def watching(**monitors: dict[str, Any]) -> dict[str, Any]:
    return {"monitors": {name: {"says": name, **each} for name, each in monitors.items()}}


def names(deck: Deck) -> list[tuple[str, str]]:
    return [each[:2] for each in deck.events(*CHANGES)]


def test_a_channel_is_judged_when_it_is_set_also_to_the_same_value(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        await asyncio.sleep(10.0)
        assert names(deck) == []
        await deck.heat(301.0)
        assert names(deck) == [("monitor_violated", "hot")]

    on_deck(tmp_path, watching(hot={"violated_if": "heat > 300 K", "set": 10.0}), story)


def test_a_condition_has_its_hysteresis(tmp_path: Path) -> None:
    plan = watching(hot={"violated_if": "heat > 300 K", "clear_if": "heat < 295 K"})

    async def story(deck: Deck) -> None:
        for kelvin in (299.0, 300.0, 301.0, 299.0, 295.0, 301.0, 294.9):
            await deck.heat(kelvin)
        assert names(deck) == [("monitor_violated", "hot"), ("monitor_cleared", "hot")]

    on_deck(tmp_path, plan, story)


def test_no_value_is_invalid_and_counts_for_nothing(tmp_path: Path) -> None:
    plan = watching(
        hot={"violated_if": "heat > 300 K"},
        blind={"violated_if": "heat > 300 K", "when_invalid": "violated"},
    )

    async def story(deck: Deck) -> None:
        await deck.heat(None)
        assert names(deck) == [("monitor_violated", "blind")]
        verdicts = {n: run.verdict for n, run in deck.node.protection.watch.runs.items()}
        assert verdicts == {"hot": "INVALID", "blind": "INVALID"}

    on_deck(tmp_path, plan, story)


def test_what_is_silent_for_too_long_is_stale(tmp_path: Path) -> None:
    old = {"violated_if": "heat > 300 K", "stale_after": 60.0}
    plan = watching(held=old, old={**old, "when_stale": "violated"})

    async def story(deck: Deck) -> None:
        await deck.heat(290.0)
        await asyncio.sleep(30.0)
        await deck.heat(290.0)
        await asyncio.sleep(59.9)
        assert names(deck) == []
        await asyncio.sleep(0.2)
        assert names(deck) == [("monitor_violated", "old")]
        await deck.heat(290.0)
        assert names(deck)[-1] == ("monitor_cleared", "old")
        await asyncio.sleep(61.0)
        assert len(names(deck)) == 3

    on_deck(tmp_path, plan, story)


def test_before_anything_was_heard_the_age_counts_from_when_one_listens(tmp_path: Path) -> None:
    plan = watching(
        old={"violated_if": "heat > 300 K", "stale_after": 60.0, "when_stale": "violated",
             "active_in": ["working"]},
    )  # fmt: skip

    async def story(deck: Deck) -> None:
        await asyncio.sleep(1000.0)
        await deck.go("work")
        await asyncio.sleep(59.0)
        assert names(deck) == []
        await asyncio.sleep(1.1)
        assert names(deck) == [("monitor_violated", "old")]

    on_deck(tmp_path, plan, story)


def test_it_watches_only_in_its_states(tmp_path: Path) -> None:
    plan = watching(hot={"violated_if": "heat > 300 K", "active_in": ["working"]})

    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        assert names(deck) == []
        await deck.go("work")
        assert names(deck) == []  # what was set before tells nothing yet
        await deck.heat(301.0)
        assert names(deck) == [("monitor_violated", "hot")]
        await deck.go("rest")
        assert names(deck)[-1] == ("monitor_cleared", "hot")

    on_deck(tmp_path, plan, story)


def test_a_state_entered_at_the_instant_of_a_look_is_looked_at_anew(tmp_path: Path) -> None:
    plan = watching(hot={"violated_if": "heat > 300 K", "active_in": ["working"]})

    async def story(deck: Deck) -> None:
        await deck.go("work")
        watch = deck.node.protection.watch
        deck.node.heat = 301.0
        watch.look()
        for state in ("idle", "working"):  # all at one instant
            watch.state_entered(state)
        assert watch.runs["hot"].verdict == "STALE"
        watch.look()
        assert watch.runs["hot"].verdict == "VIOLATED" and watch.runs["hot"].is_set

    on_deck(tmp_path, plan, story)


# --------------------------------------------------------------------------- readings


def test_a_figure_of_a_reading_is_judged_with_each_reading(tmp_path: Path) -> None:
    plan = watching(shallow={"violated_if": "sonar.ping.range < 2 m or not sonar.ping.valid"})

    async def story(deck: Deck) -> None:
        for depth in (10.0, 2.0, 1.9, 3.0):
            deck.sonar.depth = depth
            await deck.ping()
        assert names(deck) == [("monitor_violated", "shallow"), ("monitor_cleared", "shallow")]

    on_deck(tmp_path, plan, story)


CHECKED = {"of": "sonar.ping.range", "checks": {"range": {"value": [1.0, 50.0], "unit": "m"}}}


def test_what_fails_a_check_arrives_without_its_figure_and_violates(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        good = await deck.ping()
        assert good.range_valid and good.range == 10.0
        deck.sonar.depth = 60.0
        bad = await deck.ping()
        # Only this figure: the water has a validity of its own.
        assert bad.valid and not bad.range_valid and bad.water == 280.0
        assert math.isnan(bad.range) and "allowed is 1 to 50" in bad.reason
        assert names(deck) == [("monitor_violated", "deep")]
        assert deck.events("reading_invalid")[0][1:3] == ("sonar", "ping")
        deck.sonar.depth = 50.0
        assert (await deck.ping()).range_valid
        assert names(deck)[-1] == ("monitor_cleared", "deep")

    on_deck(tmp_path, watching(deep=CHECKED), story)


def test_what_is_checked_in_some_states_passes_in_the_others(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        deck.sonar.depth = 60.0
        assert (await deck.ping()).range_valid
        await deck.go("work")
        assert not (await deck.ping()).range_valid

    on_deck(tmp_path, watching(deep={**CHECKED, "active_in": ["working"]}), story)


def test_not_a_number_violates_who_watches_the_reading(tmp_path: Path) -> None:
    plan = watching(
        ping={"of": "sonar.ping"}, deep=CHECKED, water={"of": "sonar.ping.water"}
    )

    async def story(deck: Deck) -> None:
        deck.sonar.depth = math.nan
        await deck.ping()
        assert names(deck) == [("monitor_violated", "ping"), ("monitor_violated", "deep")]

    on_deck(tmp_path, plan, story)


def test_a_device_that_gives_no_answer_is_invalid(tmp_path: Path) -> None:
    plan = watching(ping={"of": "sonar.ping", "when_invalid": "violated", "set": 3.0})

    async def story(deck: Deck) -> None:
        async def silent() -> Any:
            await asyncio.sleep(1e6)

        await deck.ping()
        deck.sonar.ping = silent  # type: ignore[method-assign]
        for _ in range(2):
            with pytest.raises(Exception, match="no answer"):
                await deck.ping()
        assert names(deck) == [("monitor_violated", "ping")]
        assert "no answer" in deck.events("monitor_violated")[0][3]

    on_deck(tmp_path, plan, story)


# -------------------------------------------------------------------------- quantities


def test_a_quantity_is_asked_at_each_housekeeping(tmp_path: Path) -> None:
    plan = watching(
        deep={"violated_if": "depth_by_pressure > 5 m"}, broken={"violated_if": "broken > 1"}
    )

    async def story(deck: Deck) -> None:
        deck.node.pressure_depth = 6.0
        deck.node.protection.housekeeping()
        await asyncio.sleep(0.001)
        assert names(deck) == [("monitor_violated", "deep")]
        # What cannot be worked out ends nothing, and says nothing.
        assert deck.node.protection.watch.runs["broken"].verdict == "INVALID"

    on_deck(tmp_path, plan, story)


def test_a_quantity_that_changes_at_the_instant_of_a_look_is_asked_again(tmp_path: Path) -> None:
    plan = watching(deep={"violated_if": "depth_by_pressure > 5 m"})

    async def story(deck: Deck) -> None:
        for metres, verdict in ((4.0, "OK"), (6.0, "VIOLATED"), (5.0, "OK")):
            deck.node.pressure_depth = metres
            deck.node.protection.watch.look()
            assert deck.node.protection.watch.runs["deep"].verdict == verdict

    on_deck(tmp_path, plan, story)


def test_a_reading_is_held_against_another_source(tmp_path: Path) -> None:
    against = {"depth_by_pressure": {"within": {"value": 2.0, "unit": "m"}}}
    plan = watching(apart={"of": "sonar.ping.range", "checks": {"against": against}})

    async def story(deck: Deck) -> None:
        assert (await deck.ping()).range_valid  # nothing to hold it against
        deck.node.pressure_depth = 8.0
        assert (await deck.ping()).range_valid
        deck.node.pressure_depth = 7.9
        assert not (await deck.ping()).range_valid
        assert names(deck) == [("monitor_violated", "apart")]

    on_deck(tmp_path, plan, story)
