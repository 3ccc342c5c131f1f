"""Who shows that a mailbox is being emptied: only the task that empties it."""

import asyncio

import pytest

from flight.core.chart.statechart import Signal
from flight.core.keeping.health import Progress
from flight.core.mailbox import Mailbox, Ping
from flight.runtime.loop import VirtualLoop, run


def progress() -> Progress:
    return Progress("mailbox", 900.0, 1800.0, True, asyncio.get_running_loop().time)


def test_who_waits_for_the_next_item_shows_by_that_that_it_takes_them() -> None:
    async def story() -> None:
        mailbox, shown = Mailbox(on_drop=pytest.fail), progress()
        taking = asyncio.create_task(mailbox.take())
        await asyncio.sleep(10.0)
        mailbox.ask(shown)
        assert (shown.count, shown.last) == (1, 10.0)
        assert len(mailbox) == 0
        assert not taking.done()  # it was not woken for that
        mailbox.post(Signal("news"))
        assert await taking == Signal("news")

    run(story(), VirtualLoop())


def test_who_is_busy_shows_nothing_until_it_comes_to_the_question() -> None:
    async def story() -> None:
        mailbox, shown = Mailbox(on_drop=pytest.fail), progress()
        mailbox.ask(shown)  # nobody takes
        assert shown.count == 0
        question = await mailbox.take()
        assert isinstance(question, Ping)
        assert question.progress is shown

    run(story(), VirtualLoop())


def test_who_was_woken_and_has_not_run_yet_has_shown_nothing() -> None:
    async def story() -> None:
        mailbox, shown = Mailbox(on_drop=pytest.fail), progress()
        taking = asyncio.create_task(mailbox.take())
        await asyncio.sleep(0)
        mailbox.post(Signal("news"))
        mailbox.ask(shown)
        assert shown.count == 0
        assert await taking == Signal("news")
        assert isinstance(await mailbox.take(), Ping)

    run(story(), VirtualLoop())


def test_a_taker_that_is_gone_shows_nothing() -> None:
    async def story() -> None:
        mailbox, shown = Mailbox(on_drop=pytest.fail), progress()
        taking = asyncio.create_task(mailbox.take())
        await asyncio.sleep(0)
        taking.cancel()
        await asyncio.sleep(1.0)
        mailbox.ask(shown)
        assert shown.count == 0

    run(story(), VirtualLoop())


def test_a_full_lane_drops_what_comes_and_says_so_and_the_other_lane_has_room() -> None:
    async def story() -> None:
        dropped: list[object] = []
        mailbox = Mailbox(on_drop=dropped.append)
        assert all(mailbox.post(Signal(f"{n}")) for n in range(1000))
        assert not mailbox.post(Signal("one too many"))
        assert all(mailbox.post(Signal(f"u{n}"), urgent=True) for n in range(100))
        assert not mailbox.post(Signal("one emergency too many"), urgent=True)
        assert dropped == [Signal("one too many"), Signal("one emergency too many")]
        assert (mailbox.dropped, mailbox.depth, len(mailbox)) == (2, 1100, 1100)
        assert await mailbox.take() == Signal("u0")  # what cannot wait goes first, in its order
        for _ in range(99):
            await mailbox.take()
        assert await mailbox.take() == Signal("0")
        assert mailbox.post(Signal("now there is room"))

    run(story(), VirtualLoop())
