"""Responses: one at a time, judged again, not for ever, and never where they would do harm."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.flight.core.fault_protection.guarded import Deck, on_deck, table, two_monitors

STORY = ("response_started", "response_ended", "response_tripped")


def test_it_acts_when_its_monitor_is_violated_and_says_so(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.heat(300.0)
        assert deck.node.deeds == []
        await deck.heat(301.0)
        assert deck.node.deeds == ["ring 2"]
        assert deck.events("monitor_violated", *STORY) == [
            ("monitor_violated", "hot", "VIOLATED", "heat = 301"),
            ("response_started", "bell", "hot"),
            ("response_ended", "bell", "done"),
        ]
        assert deck.node.monitors_violated == "hot"
        assert deck.node.response_running == ""

    on_deck(tmp_path, table(bell={"do": ["ring 2"]}), story)


def test_it_acts_once_for_one_violation_and_again_for_the_next(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        for kelvin in (301.0, 302.0, 303.0):
            await deck.heat(kelvin)
        assert deck.node.deeds == ["ring 1"]
        await deck.heat(290.0)
        await deck.heat(301.0)
        assert deck.node.deeds == ["ring 1", "ring 1"]

    on_deck(tmp_path, table(bell={"do": ["ring"]}), story)


def test_a_passive_one_counts_and_never_uses_up_a_shot(tmp_path: Path) -> None:
    plan = table(bell={"do": ["ring"], "mode": "passive", "budget": {"times": 1, "per": 1e6}})

    async def story(deck: Deck) -> None:
        for _ in range(3):
            await deck.heat(301.0)
            await deck.heat(290.0)
        run = deck.node.protection.responder.runs["bell"]
        assert (run.would_have, deck.node.deeds) == (3, [])
        assert deck.events(*STORY) == []
        assert len(deck.events("response_passive")) == 3
        await deck.rig.command("guarded", "arm_response", response="bell")
        await deck.heat(301.0)
        assert deck.node.deeds == ["ring 1"]

    on_deck(tmp_path, plan, story)


def test_a_disabled_one_does_nothing_at_all(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        run = deck.node.protection.responder.runs["bell"]
        assert (run.would_have, deck.node.deeds) == (0, [])
        assert deck.events(*STORY, "response_passive") == []

    on_deck(tmp_path, table(bell={"do": ["ring"], "mode": "disabled"}), story)


def test_a_budget_that_is_used_up_trips_it_until_it_is_armed_again(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        for _ in range(4):
            await deck.heat(301.0)
            await deck.heat(290.0)
        assert deck.node.deeds == ["ring 1", "ring 1"]
        assert [each[0] for each in deck.events(*STORY)][-1] == "response_tripped"
        assert len(deck.events("response_tripped")) == 1  # told once, not again and again
        await asyncio.sleep(1000.0)  # the time of its budget is over: it stays tripped
        await deck.heat(301.0)
        assert len(deck.node.deeds) == 2
        report = await deck.rig.command("guarded", "arm_response", response="bell")
        assert report.rung == "COMPLETED"
        # It is still hot: an armed response does not wait for the next time.
        assert len(deck.node.deeds) == 3

    on_deck(tmp_path, table(bell={"do": ["ring"], "budget": {"times": 2, "per": 100.0}}), story)


def test_a_shot_comes_back_when_its_time_is_over(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        await deck.heat(290.0)
        await asyncio.sleep(100.0)
        await deck.heat(301.0)
        assert deck.node.deeds == ["ring 1", "ring 1"]
        assert deck.events("response_tripped") == []

    on_deck(tmp_path, table(bell={"do": ["ring"], "budget": {"times": 1, "per": 100.0}}), story)


@pytest.mark.requirement("FP-06")
def test_a_budget_over_boots_is_not_refilled_by_a_reboot_and_the_other_is(tmp_path: Path) -> None:
    budget = {"times": 1, "per": 1e6}
    plan = table(
        kept={"do": ["ring 1"], "budget": {**budget, "over_boots": True}},
        fresh={"do": ["ring 2"], "budget": budget},
    )

    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        assert sorted(deck.node.deeds) == ["ring 1", "ring 2"]
        await deck.reboot()
        await asyncio.sleep(0.01)
        await deck.heat(301.0)
        assert deck.node.deeds == ["ring 2"]
        assert deck.events("response_tripped") == [("response_tripped", "kept")]
        await deck.reboot()
        await asyncio.sleep(0.01)
        await deck.heat(301.0)
        # Tripped before the reboot: it is neither tried nor told again.
        assert deck.node.deeds == ["ring 2"]
        assert len(deck.events("response_tripped")) == 1

    on_deck(tmp_path, plan, story)


def test_after_its_cool_down_it_acts_again_if_there_is_still_a_reason(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        await asyncio.sleep(59.9)
        assert deck.node.deeds == ["ring 1"]
        await asyncio.sleep(0.2)
        assert deck.node.deeds == ["ring 1", "ring 1"]
        await deck.heat(290.0)
        await asyncio.sleep(200.0)
        assert len(deck.node.deeds) == 2
        await deck.heat(301.0)
        await deck.heat(290.0)
        await deck.heat(301.0)  # within the cool-down: not yet
        assert len(deck.node.deeds) == 3

    on_deck(tmp_path, table(bell={"do": ["ring"], "cool_down": 60.0}), story)


# ---------------------------------------------------------------------- one at a time


def test_one_acts_at_a_time_and_the_higher_priority_first(tmp_path: Path) -> None:
    plan = table(
        low={"do": ["ring 1"], "priority": 10},
        slow={"do": ["scrub 50"], "priority": 90},
        high={"do": ["ring 9"], "priority": 60},
    )

    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        assert deck.node.deeds == ["scrub"]
        assert deck.node.response_running == "slow"
        await asyncio.sleep(51.0)
        assert deck.node.deeds == ["scrub", "scrubbed", "ring 9", "ring 1"]

    on_deck(tmp_path, plan, story)


# ---------------------------------------------------------------------------- ladders


LADDER = {
    "do": ["ring 1"],
    "then": {
        "not_cleared_in": 10.0,
        "do": ["ring 2"],
        "then": {"not_cleared_in": 20.0, "do": ["ring 3"]},
    },
}


def test_a_ladder_is_climbed_as_long_as_it_is_not_clear(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        await asyncio.sleep(9.9)
        assert deck.node.deeds == ["ring 1"]
        await asyncio.sleep(0.2)
        assert deck.node.deeds == ["ring 1", "ring 2"]
        await asyncio.sleep(20.0)
        assert deck.node.deeds == ["ring 1", "ring 2", "ring 3"]
        await asyncio.sleep(1000.0)
        assert len(deck.node.deeds) == 3
        assert deck.events(*STORY) == [
            ("response_started", "bell", "hot"), ("response_ended", "bell", "done"),
        ]  # fmt: skip

    on_deck(tmp_path, table(bell=LADDER), story)


def test_what_has_helped_ends_the_ladder(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        await asyncio.sleep(5.0)
        await deck.heat(290.0)
        await asyncio.sleep(100.0)
        assert deck.node.deeds == ["ring 1"]
        assert deck.events("response_ended") == [("response_ended", "bell", "cleared")]
        await deck.heat(301.0)  # a next time begins at the bottom
        assert deck.node.deeds == ["ring 1", "ring 1"]

    on_deck(tmp_path, table(bell=LADDER), story)


def test_who_watches_whether_it_helped_keeps_nobody_from_acting(tmp_path: Path) -> None:
    plan = two_monitors()
    plan["responses"]["slow"] |= LADDER

    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        await asyncio.sleep(1.0)
        deck.node.wet = True
        await asyncio.sleep(1.0)
        assert deck.node.deeds == ["ring 1", "ring 9"]

    on_deck(tmp_path, plan, story)


def test_when_all_is_clear_again_it_is_undone_once(tmp_path: Path) -> None:
    plan = table(bell={"do": ["ring 1"], "when_clear": ["ring 7"]})

    async def story(deck: Deck) -> None:
        await deck.heat(290.0)
        assert deck.node.deeds == []  # it has not acted: nothing is to be undone
        await deck.heat(301.0)
        assert deck.node.deeds == ["ring 1"]
        await deck.heat(290.0)
        await deck.heat(289.0)
        assert deck.node.deeds == ["ring 1", "ring 7"]

    on_deck(tmp_path, plan, story)


def two_sheds() -> Any:
    plan = table(
        first={
            "do": ["shed lamp", "shed heater"], "when_clear": ["restore lamp", "restore heater"],
        },
        second={"do": ["shed lamp"], "when_clear": ["restore lamp"]},
    )  # fmt: skip
    plan["monitors"]["wet"] = {"says": "wet", "violated_if": "wet"}
    plan["responses"]["second"]["on"] = "wet"
    return plan


@pytest.mark.parametrize("boots", [False, True])
def test_what_two_have_shed_is_back_when_both_have_no_reason(tmp_path: Path, boots: bool) -> None:
    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        deck.node.wet = True
        await asyncio.sleep(0.001)
        if boots:
            await deck.reboot()
            deck.node.wet = True
        await deck.heat(290.0)
        assert deck.node.loads_shed == "lamp", "the second has a reason still"
        deck.node.wet = False
        await asyncio.sleep(0.001)
        assert deck.node.loads_shed == ""

    on_deck(tmp_path, two_sheds(), story)


def test_who_never_acted_and_who_takes_back_something_else_hold_nothing(tmp_path: Path) -> None:
    plan = two_sheds()
    plan["responses"]["second"] |= {"mode": "disabled"}
    plan["responses"]["third"] = {
        "says": "x", "on": "wet", "do": ["shed heater"], "when_clear": ["ring 3"],
    }  # fmt: skip

    async def story(deck: Deck) -> None:
        deck.node.wet = True
        await deck.heat(301.0)
        await deck.heat(290.0)
        assert deck.node.loads_shed == ""

    on_deck(tmp_path, plan, story)


def test_a_later_step_takes_back_what_its_own_response_has_shed(tmp_path: Path) -> None:
    plan = two_sheds()
    plan["responses"]["first"]["then"] = {"not_cleared_in": 10.0, "do": ["restore heater"]}

    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        assert deck.node.loads_shed == "lamp, heater"
        await asyncio.sleep(11.0)
        assert deck.node.loads_shed == "lamp"

    on_deck(tmp_path, plan, story)


def test_an_action_that_fails_is_told_and_keeps_no_other_from_being_done(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        assert deck.node.deeds == ["ring 1"]
        ended = deck.events("response_ended")
        assert ended == [("response_ended", "bell", "failed: stumble: fell over")]
        assert deck.node.state == "idle"

    on_deck(tmp_path, table(bell={"do": ["stumble", "ring"]}), story)


@pytest.mark.parametrize("passive", [True, False])
def test_one_that_is_switched_off_while_it_acts_climbs_no_further(
    tmp_path: Path, passive: bool
) -> None:
    then = {"not_cleared_in": 10.0, "do": ["ring 2"]}

    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        await deck.rig.command("guarded", "disable_response", response="bell", passive=passive)
        await asyncio.sleep(100.0)
        assert deck.node.deeds == ["scrub", "scrubbed"]  # what it had begun, and nothing more
        set_to = "set to passive" if passive else "set to disabled"
        assert deck.events("response_ended") == [("response_ended", "bell", set_to)]

    on_deck(tmp_path, table(bell={"do": ["scrub 5"], "then": then, "cool_down": 20.0}), story)


def test_what_cannot_be_undone_is_told(tmp_path: Path) -> None:
    plan = table(bell={"do": ["ring 1"], "when_clear": ["stumble", "ring 7"]})

    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        assert deck.events("response_not_undone") == []
        await deck.heat(290.0)
        assert deck.node.deeds == ["ring 1", "ring 7"]
        assert deck.events("response_not_undone") == [
            ("response_not_undone", "bell", "stumble: fell over")
        ]
        await deck.heat(301.0)
        # What failed at the end of the last time is no failure of this one.
        assert deck.events("response_ended")[-1] == ("response_ended", "bell", "done")

    on_deck(tmp_path, plan, story)


def test_who_gives_way_is_broken_off_once(tmp_path: Path) -> None:
    plan = two_monitors(interruptible=True)
    plan["responses"]["slow"]["do"] = ["put_down 10"]

    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        deck.node.wet = True
        await asyncio.sleep(1.0)
        deck.node.protection.responder.go_on()
        await deck.heat(302.0)
        await asyncio.sleep(8.0)
        assert deck.node.deeds == ["put_down"]
        await asyncio.sleep(2.0)
        assert deck.node.deeds[:3] == ["put_down", "it is down", "ring 9"]

    on_deck(tmp_path, plan, story)


def test_who_has_not_begun_yet_gives_way_as_well(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        deck.node.heat = 301.0
        deck.node.wet = True  # at once: nothing of `slow` has been done
        await asyncio.sleep(1.0)
        assert deck.node.deeds == ["ring 9", "scrub"]
        assert deck.node.response_running == "slow"
        await asyncio.sleep(60.0)
        assert deck.node.deeds[-1] == "scrubbed"

    on_deck(tmp_path, two_monitors(interruptible=True), story)


def test_after_a_reboot_what_is_still_violated_is_said(tmp_path: Path) -> None:
    plan = table(bell={"do": ["ring 1"], "when_clear": ["ring 7"]})

    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        await deck.reboot()
        await asyncio.sleep(0.01)
        assert deck.node.protection.is_set("hot")
        assert deck.node.monitors_violated == "hot"
        await deck.heat(290.0)
        assert (deck.node.monitors_violated, deck.node.deeds) == ("", ["ring 7"])

    on_deck(tmp_path, plan, story)


# ------------------------------------------------------------------------ where it may


def test_where_safing_is_deferred_it_waits_and_is_judged_again(tmp_path: Path) -> None:
    plan = table(scrubbing={"do": ["scrub 1"]}, bell={"do": ["ring"], "priority": 10})

    async def story(deck: Deck) -> None:
        await deck.go("cut")
        await deck.heat(301.0)
        await asyncio.sleep(100.0)
        assert deck.node.deeds == ["ring 1"]  # what keeps it going is done at once
        await deck.go("rest")
        assert deck.node.deeds == ["ring 1", "scrub"]

    on_deck(tmp_path / "still", plan, story)

    async def passed(deck: Deck) -> None:
        await deck.go("cut")
        await deck.heat(301.0)
        await deck.heat(290.0)
        await deck.go("rest")
        assert deck.node.deeds == ["ring 1"]

    on_deck(tmp_path / "passed", plan, passed)


def test_a_ladder_that_comes_to_a_state_that_forbids_it_waits_there(tmp_path: Path) -> None:
    plan = table(bell={"do": ["ring"], "then": {"not_cleared_in": 5.0, "do": ["enter_safe"]}})

    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        await deck.go("fly")
        await asyncio.sleep(50.0)
        assert deck.node.state == "flying.burning"
        assert deck.events("entered_safe") == []

    on_deck(tmp_path, plan, story)
