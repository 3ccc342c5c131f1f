"""Going safe where it is allowed, later where it is deferred, and not where it is forbidden."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.flight.core.fault_protection.guarded import NOT_IN, Deck, on_deck, table

STORY = ("safing_withheld", "safing_deferred", "entered_safe")


def test_where_it_is_allowed_it_is_done(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.go("work")
        deck.node.go_safe("a reason")
        await asyncio.sleep(0.01)
        assert deck.node.state == "safe"
        assert deck.events(*STORY) == [("entered_safe", "a reason")]

    on_deck(tmp_path, {}, story)


def test_where_it_is_forbidden_it_is_said_and_not_done(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.go("fly")
        deck.node.go_safe("a reason")
        report = await deck.rig.command("guarded", "enter_safe")
        assert report.rung == "REJECTED"
        assert "flying.burning nothing is safer than going on" in report.detail
        assert deck.node.state == "flying.burning"
        withheld = ("safing_withheld", "flying.burning")
        assert deck.events(*STORY) == [(*withheld, "a reason"), (*withheld, "commanded")]
        await asyncio.sleep(101.0)  # the burn ends, and what was withheld is forgotten
        assert deck.node.state == "flying.resting"
        # The state around it forbids it still; the innermost that says decides.
        deck.node.go_safe("another")
        await asyncio.sleep(0.01)
        assert deck.node.state == "safe"

    on_deck(tmp_path, {}, story)


def test_where_it_is_deferred_it_is_done_at_the_end(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.go("cut")
        deck.node.go_safe("a reason")
        deck.node.go_safe("a reason")
        assert (await deck.rig.command("guarded", "enter_safe")).rung == "COMPLETED"
        assert deck.node.state == "delicate"
        deferred = ("safing_deferred", "delicate")
        assert deck.events(*STORY) == [(*deferred, "a reason"), (*deferred, "commanded")]
        await deck.go("rest")
        assert deck.node.state == "safe"
        assert deck.events("entered_safe") == [("entered_safe", "a reason")]

    on_deck(tmp_path, {}, story)


def test_what_was_deferred_is_judged_again(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.go("cut")
        holds = [True]
        deck.node.go_safe("a reason", still=lambda: holds[0])
        await asyncio.sleep(0.01)
        holds[0] = False
        await deck.go("rest")
        assert deck.node.state == "idle"
        assert deck.events("entered_safe") == []

    on_deck(tmp_path, {}, story)


def test_within_a_critical_stretch_it_waits_for_the_end_of_that(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.go("work")
        with deck.node.critical("a burn"):
            with deck.node.critical("a burn"):  # one within another
                deck.node.go_safe("a reason")
                await asyncio.sleep(10.0)
            assert deck.node.state == "working"
        await asyncio.sleep(0.01)
        assert deck.node.state == "safe"

    on_deck(tmp_path, {}, story)


def test_a_stretch_that_ends_by_an_error_ends_all_the_same(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.go("work")
        with pytest.raises(ZeroDivisionError), deck.node.critical("a burn"):
            deck.node.go_safe("a reason")
            await asyncio.sleep(1.0)
            raise ZeroDivisionError
        await asyncio.sleep(0.01)
        assert deck.node.state == "safe"

    on_deck(tmp_path, {}, story)


# ------------------------------------------------------------ errors of the software


def test_an_activity_that_is_made_for_it_is_begun_again(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        deck.node.bugs = 2
        await deck.go("fly")
        await asyncio.sleep(0.01)
        assert deck.node.deeds == ["burn"] * 3
        assert deck.node.state == "flying.burning"
        assert len(deck.events("activity_fault")) == 2
        assert deck.events(*STORY) == []
        await asyncio.sleep(100.0)
        assert deck.node.state == "flying.resting"

    on_deck(tmp_path, {}, story)


def test_not_more_often_than_the_state_says_and_anew_for_the_next_time(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        deck.node.bugs = 3
        await deck.go("fly")
        await asyncio.sleep(0.01)
        assert deck.node.deeds == ["burn"] * 3
        # Given up: the statechart leads out, and then one may go safe.
        assert deck.node.state == "safe"
        await deck.go("leave_safe")
        deck.node.bugs = 2
        await deck.go("fly")
        await asyncio.sleep(0.01)
        assert deck.node.state == "flying.burning"

    on_deck(tmp_path, {}, story)


# -------------------------------------------------------------------------- reboots


async def boot_often(deck: Deck) -> None:
    for _ in range(4):
        await deck.reboot()
        await asyncio.sleep(0.01)


def test_a_reduced_boot_is_none_where_nothing_is_safer_than_going_on(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.go("fly")
        await boot_often(deck)
        assert deck.node.boot.reduced
        assert deck.node.state == "flying.burning"
        await asyncio.sleep(101.0)
        assert deck.node.state == "flying.resting"
        await boot_often(deck)
        assert deck.node.state == "safe"

    on_deck(tmp_path, {}, story)


def test_elsewhere_a_reduced_boot_comes_up_safe(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.go("work")
        await boot_often(deck)
        assert deck.node.state == "safe"

    on_deck(tmp_path, {}, story)


def test_a_table_that_is_no_good_is_refused_before_anything_runs(tmp_path: Path) -> None:
    plan: dict[str, Any] = {"monitors": {"x": {"says": "x", "violated_if": "nothing > 1"}}}
    with pytest.raises(ValueError, match="nothing"):
        on_deck(tmp_path, plan, lambda deck: asyncio.sleep(0.0))


# ------------------------------------------------------------------ what may be left again


def two_causes(**second: Any) -> dict[str, Any]:
    """One response that leads into the safe state and out of it, and another one for `wet`."""
    plan = table(
        cool={"do": ["enter_safe"], "when_clear": ["work_again"]},
        dry={"do": ["enter_safe"], **second},
    )
    plan["monitors"]["wet"] = {"says": "wet", "violated_if": "wet", **NOT_IN}
    plan["responses"]["dry"]["on"] = "wet"
    return plan


async def wet(deck: Deck, value: bool) -> None:
    deck.node.wet = value
    await asyncio.sleep(0.01)


def test_the_response_that_led_to_the_safe_state_leads_out_of_it(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        await asyncio.sleep(0.01)
        assert (deck.node.state, deck.node.safe_causes) == ("safe", ["response cool"])
        await deck.heat(290.0)
        await asyncio.sleep(0.01)
        assert (deck.node.state, deck.node.safe_causes) == ("idle", [])
        assert deck.events("safe_is_kept") == []

    on_deck(tmp_path, two_causes(), story)


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("reboot", [True, False])
def test_what_somebody_else_had_a_cause_for_is_kept(
    tmp_path: Path, before: bool, reboot: bool
) -> None:
    async def story(deck: Deck) -> None:
        if before:
            await deck.rig.command("guarded", "enter_safe")
        await deck.heat(301.0)
        await asyncio.sleep(0.01)
        if not before:
            await deck.rig.command("guarded", "enter_safe")
        if reboot:
            await deck.reboot()
            await asyncio.sleep(0.01)
        await deck.heat(290.0)
        deck.node.post("recovered")  # by whatever way it comes
        await asyncio.sleep(0.01)
        assert deck.node.state == "safe"
        assert deck.events("safe_is_kept") == [("safe_is_kept", "commanded")]
        await deck.rig.command("guarded", "leave_safe")
        await asyncio.sleep(0.01)
        assert (deck.node.state, deck.node.safe_causes) == ("idle", [])

    on_deck(tmp_path, two_causes(), story)


def test_causes_that_are_not_remembered_are_taken_for_present(tmp_path: Path) -> None:
    """The record of them is gone: a response that is well again does not lead out."""

    async def story(deck: Deck) -> None:
        await deck.rig.command("guarded", "enter_safe")
        deck.node.safe_causes = []
        await deck.reboot()
        await deck.heat(301.0)
        await asyncio.sleep(0.01)
        await deck.heat(290.0)
        await asyncio.sleep(0.01)
        assert deck.node.state == "safe"
        told = [each[1] for each in deck.events("safe_is_kept")]
        assert told == ["a cause that is not remembered"]
        await deck.rig.command("guarded", "leave_safe")
        await asyncio.sleep(0.01)
        assert (deck.node.state, deck.node.safe_causes) == ("idle", [])

    on_deck(tmp_path, two_causes(), story)


def test_of_two_responses_the_last_to_be_well_leads_out(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        await wet(deck, True)
        await deck.heat(290.0)
        await asyncio.sleep(0.01)
        assert deck.node.state == "safe"
        assert deck.events("safe_is_kept") == [("safe_is_kept", "response dry")]
        await wet(deck, False)
        assert deck.node.state == "idle"

    on_deck(tmp_path, two_causes(when_clear=["work_again"]), story)


def test_a_response_that_does_not_lead_out_is_not_led_out_of_by_another(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await wet(deck, True)
        await deck.heat(301.0)
        await wet(deck, False)
        await deck.heat(290.0)
        await asyncio.sleep(0.01)
        assert deck.node.state == "safe"
        assert deck.events("safe_is_kept") == [("safe_is_kept", "response dry")]

    on_deck(tmp_path, two_causes(when_clear=["ring 1"]), story)


def test_each_cause_that_was_deferred_counts(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.go("work")
        await deck.heat(301.0)
        await deck.rig.command("guarded", "leave_safe")
        with deck.node.critical("a burn"):
            deck.node.go_safe("response cool")
            deck.node.go_safe("an error")
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.01)
        assert deck.node.safe_causes == ["response cool", "an error"]
        assert len(deck.events("entered_safe")) == 2

    on_deck(tmp_path, two_causes(), story)


def test_a_response_that_has_waited_for_the_end_of_a_stretch_begins_then(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.go("work")
        with deck.node.critical("a burn"):
            with deck.node.critical("a burn"):
                await deck.heat(301.0)
            await asyncio.sleep(1.0)
            assert deck.node.deeds == []
        await asyncio.sleep(0.001)
        assert deck.node.deeds == ["scrub"]
        await asyncio.sleep(2.0)
        await deck.heat(290.0)
        with deck.node.critical("a burn"):
            await deck.heat(301.0)
            await deck.heat(290.0)  # it has passed by the end
        await asyncio.sleep(2.0)
        assert deck.node.deeds == ["scrub", "scrubbed"]

    on_deck(tmp_path, table(cleaning={"do": ["scrub 1.0"]}), story)


def test_who_waits_until_it_is_calm_waits_for_all_that_is_critical(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        control, calm_at = deck.node.safing_control, []

        async def wait() -> None:
            await control.calm()
            calm_at.append(deck.node.state)

        await wait()
        assert calm_at == ["idle"]
        with deck.node.critical("a burn"):
            with deck.node.critical("another"):
                waiting = [asyncio.create_task(wait()) for _ in range(2)]
                await asyncio.sleep(0.01)
                waiting[1].cancel()
            await asyncio.sleep(0.01)
            assert calm_at == ["idle"]
            await deck.go("fly")  # where nothing is safer than going on
        await asyncio.sleep(0.01)
        assert calm_at == ["idle"]
        await asyncio.sleep(101.0)
        assert calm_at == ["idle", "flying.resting"]
        assert waiting[0].done() and waiting[1].cancelled()

    on_deck(tmp_path, {}, story)
