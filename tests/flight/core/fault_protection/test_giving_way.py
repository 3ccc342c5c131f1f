"""Of two responses the higher one goes first, and breaks off only what may be interrupted."""

import asyncio
from pathlib import Path

from tests.flight.core.fault_protection.guarded import Deck, on_deck, two_monitors


def test_a_higher_one_breaks_off_only_what_may_be_interrupted(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        deck.node.wet = True
        await asyncio.sleep(1.0)
        assert deck.node.deeds == ["scrub"]
        await asyncio.sleep(60.0)
        assert deck.node.deeds == ["scrub", "scrubbed", "ring 9"]

    on_deck(tmp_path / "not", two_monitors(), story)

    async def interrupted(deck: Deck) -> None:
        await deck.heat(301.0)
        deck.node.wet = True
        await asyncio.sleep(1.0)
        assert deck.node.deeds == ["scrub", "scrub broken off", "ring 9", "scrub"]
        assert deck.events("response_ended")[:2] == [
            ("response_ended", "slow", "gave way to high"),
            ("response_ended", "high", "done"),
        ]
        await asyncio.sleep(60.0)
        assert deck.node.deeds[-1] == "scrubbed"

    on_deck(tmp_path / "may", two_monitors(interruptible=True), interrupted)


def test_one_that_gave_way_goes_on_with_the_shot_that_it_has(tmp_path: Path) -> None:
    once = {"times": 1, "per": 10_000.0}

    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        deck.node.wet = True
        await asyncio.sleep(60.0)
        assert deck.node.deeds == ["scrub", "scrub broken off", "ring 9", "scrub", "scrubbed"]
        assert deck.events("response_tripped") == []
        await deck.heat(290.0)
        await deck.heat(301.0)  # and has none any more
        assert deck.node.deeds[-1] == "scrubbed"
        assert [each[1] for each in deck.events("response_tripped")] == ["slow"]

    on_deck(tmp_path, two_monitors(interruptible=True, budget=once), story)


def test_a_shot_that_was_not_used_in_full_is_not_kept_for_another_time(tmp_path: Path) -> None:
    """It gave way, and what it was for has passed meanwhile: what comes later is another case."""
    plan = two_monitors(interruptible=True, budget={"times": 1, "per": 10_000.0})
    plan["responses"]["high"]["do"] = ["scrub 20"]

    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        deck.node.wet = True
        await asyncio.sleep(1.0)
        await deck.heat(290.0)  # while the higher one works
        await asyncio.sleep(60.0)
        await deck.heat(301.0)
        assert [each[1] for each in deck.events("response_tripped")] == ["slow"]

    on_deck(tmp_path, plan, story)


def test_an_equal_one_breaks_nothing_off(tmp_path: Path) -> None:
    plan = two_monitors(interruptible=True)
    plan["responses"]["slow"]["priority"] = 80

    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        deck.node.wet = True
        await asyncio.sleep(60.0)
        assert deck.node.deeds == ["scrub", "scrubbed", "ring 9"]

    on_deck(tmp_path, plan, story)


def test_what_has_passed_while_it_waited_is_not_done(tmp_path: Path) -> None:
    plan = two_monitors()
    plan["responses"]["high"]["priority"] = 10

    async def story(deck: Deck) -> None:
        await deck.heat(301.0)
        deck.node.wet = True
        await asyncio.sleep(10.0)
        deck.node.wet = False
        await asyncio.sleep(60.0)
        assert deck.node.deeds == ["scrub", "scrubbed"]
        assert [each[1] for each in deck.events("response_started")] == ["slow"]

    on_deck(tmp_path, plan, story)
