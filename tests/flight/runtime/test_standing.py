"""Whose process stands does nothing; what was due meanwhile is done in its order afterwards."""

import asyncio
from collections.abc import Callable

from flight.runtime.loop import VirtualLoop, run
from flight.runtime.participants import working_as


def test_what_is_held_back_comes_once_and_in_its_order_and_others_go_on() -> None:
    told: list[tuple[str, float]] = []
    loop = VirtualLoop()

    def tells(name: str) -> Callable[[], None]:
        return lambda: told.append((name, loop.time()))

    async def main() -> None:
        for who in ("rover", "lander"):
            with working_as(who):
                for second in (1.0, 2.0, 5.0):
                    loop.call_at(second, tells(f"{who} {second:g}"))
        loop.hold("rover")
        await asyncio.sleep(3.0)
        assert told == [("lander 1", 1.0), ("lander 2", 2.0)]
        loop.release("rover")
        await asyncio.sleep(3.0)
        loop.release("rover")  # nothing is left of it

    run(main(), loop)
    assert told[2:] == [
        ("rover 1", 3.0), ("rover 2", 3.0), ("rover 5", 5.0), ("lander 5", 5.0),
    ]  # fmt: skip


def test_of_two_that_stand_one_goes_on_alone() -> None:
    told: list[str] = []
    loop = VirtualLoop()

    async def main() -> None:
        for who in ("rover", "lander"):
            loop.hold(who)
            with working_as(who):
                loop.call_at(1.0, told.append, who)
        loop.call_at(1.0, told.append, "nobody")
        await asyncio.sleep(2.0)
        assert told == ["nobody"]
        loop.release("lander")
        await asyncio.sleep(2.0)
        assert told == ["nobody", "lander"]
        loop.release("rover")
        await asyncio.sleep(2.0)

    run(main(), loop)
    assert told == ["nobody", "lander", "rover"]


def test_a_reader_whose_participant_stands_is_woken_again() -> None:
    told: list[float] = []
    loop = VirtualLoop()

    async def main() -> None:
        waits = [True]

        def take() -> None:
            waits.clear()
            told.append(loop.time())

        with working_as("rover"):
            reader = loop.add_queue_reader(take, lambda: bool(waits))
        loop.hold("rover")
        reader.wake()
        await asyncio.sleep(2.0)
        assert told == []
        loop.release("rover")
        await asyncio.sleep(2.0)
        assert told == [2.0]
        with working_as("rover"):
            ended = loop.add_queue_reader(take, lambda: True)
        loop.hold("rover")
        ended.wake()
        await asyncio.sleep(1.0)
        ended.handle.cancel()
        loop.release("rover")
        await asyncio.sleep(1.0)

    run(main(), loop)
    assert told == [2.0]


def test_a_task_that_stands_does_not_go_on_and_ends_as_it_would_have() -> None:
    steps: list[float] = []
    loop = VirtualLoop()

    async def work() -> None:
        for _ in range(3):
            await asyncio.sleep(1.0)
            steps.append(loop.time())

    async def main() -> None:
        with working_as("rover"):
            task = asyncio.get_running_loop().create_task(work())
        await asyncio.sleep(1.5)
        loop.hold("rover")
        await asyncio.sleep(10.0)
        assert steps == [1.0]
        loop.release("rover")
        await task

    run(main(), loop)
    assert steps == [1.0, 11.5, 12.5]
