"""Rounds: work that is done again and again, until its end or its first error."""

import asyncio

import pytest

from flight.core.rounds import Rounds
from flight.runtime.loop import VirtualLoop, run
from flight.runtime.nursery import Nursery


def test_it_is_done_at_once_and_then_each_period_until_it_is_ended() -> None:
    times: list[float] = []

    async def main() -> None:
        rounds = Rounds("look", 900.0)
        rounds.end()  # nothing has begun
        async with Nursery("node") as nursery:
            rounds.begin(nursery, lambda: times.append(asyncio.get_running_loop().time()))
            assert times == []
            await asyncio.sleep(2699.0)
            rounds.end()
            await asyncio.sleep(1800.0)

    run(main(), VirtualLoop())
    assert times == [0.0, 900.0, 1800.0]


def test_its_first_error_ends_it_and_the_nursery() -> None:
    times: list[float] = []

    async def main() -> None:
        def fail() -> None:
            times.append(asyncio.get_running_loop().time())
            raise ValueError("broken")

        async with Nursery("node") as nursery:
            Rounds("look", 900.0).begin(nursery, fail)
            await asyncio.sleep(3600.0)

    with pytest.raises(ValueError, match="broken"):
        run(main(), VirtualLoop())
    assert times == [0.0]


def test_rounds_that_their_own_work_has_ended_are_over() -> None:
    times: list[float] = []

    async def main() -> None:
        rounds = Rounds("look", 900.0)

        def last() -> None:
            times.append(asyncio.get_running_loop().time())
            if len(times) == 3:
                rounds.end()

        async with Nursery("node") as nursery:
            rounds.begin(nursery, last)
            await asyncio.sleep(9000.0)

    run(main(), VirtualLoop())
    assert times == [0.0, 900.0, 1800.0]


def test_a_round_stands_among_timers_of_its_instant_where_a_new_timer_would() -> None:
    order: list[str] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        rounds = Rounds("look", 10.0)
        async with Nursery("node") as nursery:
            loop.call_later(20.0, order.append, "before")
            rounds.begin(nursery, lambda: order.append("round"))
            await asyncio.sleep(10.0)  # set after the first round's own timer
            loop.call_later(10.0, order.append, "after")
            await asyncio.sleep(10.0)
            rounds.end()

    run(main(), VirtualLoop())
    assert order == ["round", "round", "before", "round", "after"]
