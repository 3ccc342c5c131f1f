"""The loops: time jumps, order of timers, dead-lock, shuffle; and the paced one."""

import asyncio
import os
import random
import select
import sys
from collections.abc import Callable

import pytest

from flight.runtime.loop import (
    Deadlock,
    Livelock,
    PacedLoop,
    VirtualLoop,
    run,
    time_ns,
    transport_grace,
)
from flight.runtime.nursery import Nursery
from flight.runtime.timer_descriptor import timer_descriptor

YEAR = 365.25 * 86_400.0


def now() -> float:
    return asyncio.get_running_loop().time()


# ------------------------------------------------------------------ virtual time


@pytest.mark.requirement("RUN-04")
async def test_time_jumps_over_a_year_to_the_next_timer() -> None:
    assert now() == 0.0
    await asyncio.sleep(YEAR)
    assert now() == YEAR
    assert time_ns() == round(YEAR * 1e9)


async def test_time_stands_still_while_anything_is_ready() -> None:
    for _ in range(1000):
        await asyncio.sleep(0)
    assert now() == 0.0


async def test_a_timeout_and_a_sleep_follow_the_same_clock() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(3600.0):
            await asyncio.sleep(3601.0)
    assert now() == 3600.0


@pytest.mark.requirement("RUN-04")
async def test_timers_of_one_instant_fire_in_the_order_they_were_made() -> None:
    loop, fired = asyncio.get_running_loop(), list[int]()
    # Made in an order in which a plain heap of times would not return them.
    for number in range(100):
        at_once = number % 3 == 0
        if at_once:
            loop.call_at(10.0, fired.append, number)
        else:
            loop.call_later(10.0, fired.append, number)
    await asyncio.sleep(11.0)
    assert fired == list(range(100))


async def test_a_timer_in_the_past_fires_without_moving_the_clock_back() -> None:
    loop, seen = asyncio.get_running_loop(), list[float]()
    await asyncio.sleep(100.0)
    loop.call_at(5.0, lambda: seen.append(now()))
    await asyncio.sleep(1.0)
    assert seen == [100.0]


async def test_a_cancelled_timer_neither_fires_nor_moves_the_clock() -> None:
    loop, fired = asyncio.get_running_loop(), list[str]()
    loop.call_later(1.0, fired.append, "cancelled").cancel()
    loop.call_later(2.0, fired.append, "kept")
    await asyncio.sleep(2.0)
    assert (fired, now()) == (["kept"], 2.0)


async def test_many_cancelled_timers_are_forgotten_and_the_others_keep_their_order() -> None:
    loop, fired = asyncio.get_running_loop(), list[int]()
    timers = [loop.call_later(5.0, fired.append, number) for number in range(5000)]
    for number, timer in enumerate(timers):
        if number % 5:
            timer.cancel()
    assert isinstance(loop, VirtualLoop)
    assert len(loop._timers) < 2500
    await asyncio.sleep(6.0)
    assert fired == list(range(0, 5000, 5))


def test_a_run_may_start_at_any_time() -> None:
    async def main() -> float:
        await asyncio.sleep(1.5)
        return now()

    assert run(main(), VirtualLoop(start_ns=2_000_000_000)) == 3.5


# -------------------------------------------------------------------- dead-lock


def test_who_waits_for_the_rest_of_a_time_sees_it_pass() -> None:
    async def wait_for(instant: float) -> None:
        while now() < instant:  # noqa: ASYNC110  that is what is tested
            await asyncio.sleep(min(instant - now(), 1e-10))

    # After a year a float of seconds has no digits left for what is slept here.
    loop = VirtualLoop(start_ns=round(YEAR * 1e9))
    run(wait_for(YEAR + 1e-7), loop)


def test_a_clock_that_stands_still_for_ever_ends_the_run_and_names_the_tasks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flight.runtime.loop.LONGEST_INSTANT", 1000)

    async def spin() -> None:
        while True:  # noqa: ASYNC110  that is what is tested
            await asyncio.sleep(0)

    with pytest.raises(Livelock, match=r"no time passes any more at t = 0\.000 s.*main"):
        run(spin(), VirtualLoop())


@pytest.mark.requirement("RUN-05")
def test_a_deadlock_raises_and_names_the_tasks_that_wait() -> None:
    async def wait_for_ever() -> None:
        await asyncio.get_running_loop().create_future()

    async def main() -> None:
        async with Nursery("crew") as nursery:
            nursery.start(wait_for_ever(), name="radio")
            nursery.start(wait_for_ever(), name="wheels")
            await asyncio.sleep(7.0)

    with pytest.raises(Deadlock) as caught:
        run(main(), VirtualLoop())
    assert "t = 7.000 s" in str(caught.value)
    assert "crew/radio, crew/wheels, main" in str(caught.value)


def test_tasks_in_a_deadlock_get_to_clean_up() -> None:
    cleaned = []

    async def main() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            cleaned.append(True)

    with pytest.raises(Deadlock):
        run(main(), VirtualLoop())
    assert cleaned == [True]


def test_a_run_that_leaves_a_task_behind_fails() -> None:
    async def main() -> None:
        asyncio.get_running_loop().create_task(asyncio.sleep(1.0), name="orphan")

    with pytest.raises(RuntimeError, match="orphan"):
        run(main(), VirtualLoop())


def test_an_error_in_a_callback_ends_the_run() -> None:
    def fail() -> None:
        raise ValueError("in a callback")

    async def main() -> None:
        asyncio.get_running_loop().call_later(1.0, fail)
        await asyncio.sleep(10.0)

    with pytest.raises(ValueError, match="in a callback"):
        run(main(), VirtualLoop())


def test_threads_are_refused() -> None:
    async def main() -> None:
        asyncio.get_running_loop().call_soon_threadsafe(lambda: None)

    with pytest.raises(RuntimeError, match="threads"):
        run(main(), VirtualLoop())


# ---------------------------------------------------------------------- readers


@pytest.fixture
def pipe() -> "Callable[[], tuple[int, int]]":
    made: list[int] = []

    def make() -> tuple[int, int]:
        ends = os.pipe()
        made.extend(ends)
        return ends

    yield make  # type: ignore[misc]
    for end in made:
        os.close(end)


async def test_readers_are_looked_at_before_time_jumps(
    pipe: "Callable[[], tuple[int, int]]",
) -> None:
    loop, seen = asyncio.get_running_loop(), list[tuple[str, float]]()
    reading, writing = pipe()

    def read() -> None:
        seen.append((os.read(reading, 10).decode(), now()))

    loop.add_reader(reading, read)
    loop.call_later(1.0, os.write, writing, b"a")
    loop.call_later(2.0, os.write, writing, b"b")
    await asyncio.sleep(3600.0)
    loop.remove_reader(reading)
    assert seen == [("a", 1.0), ("b", 2.0)]


async def test_readers_are_served_in_the_order_of_their_registration(
    pipe: "Callable[[], tuple[int, int]]",
) -> None:
    loop, seen = asyncio.get_running_loop(), list[int]()
    pipes = [pipe() for _ in range(8)]
    order = [5, 2, 7, 0, 1, 6, 4, 3]
    for number in order:
        reading = pipes[number][0]
        loop.add_reader(reading, lambda n=number, r=reading: (seen.append(n), os.read(r, 1)))
    for _, writing in pipes:
        os.write(writing, b"x")
    await asyncio.sleep(1.0)
    for reading, _ in pipes:
        assert loop.remove_reader(reading)
        assert not loop.remove_reader(reading)
    assert seen == order


async def test_a_reader_that_another_reader_removes_is_not_called(
    pipe: "Callable[[], tuple[int, int]]",
) -> None:
    loop, seen = asyncio.get_running_loop(), list[str]()
    (first, wakes_first), (second, wakes_second) = pipe(), pipe()

    def take_first() -> None:
        os.read(first, 1)
        seen.append("first")
        loop.remove_reader(second)

    loop.add_reader(first, take_first)
    loop.add_reader(second, seen.append, "second")
    os.write(wakes_first, b"x")
    os.write(wakes_second, b"x")
    await asyncio.sleep(1.0)
    loop.remove_reader(first)
    assert seen == ["first"]


# ---------------------------------------------------------------------- shuffle


def sell_last_tube(shuffle: random.Random | None) -> tuple[int, list[str]]:
    """Two tasks look whether there is a tube, and then take it: a race if they interleave."""
    tubes, order = 1, list[str]()

    async def take(name: str, looks: int) -> None:
        nonlocal tubes
        if tubes > 0:
            for _ in range(looks):
                await asyncio.sleep(0)
            tubes -= 1
            order.append(name)

    async def main() -> None:
        gone = asyncio.Event()

        async def first() -> None:
            await take("first", 0)
            gone.set()

        async with Nursery("buyers") as nursery:
            nursery.start(first(), name="first")
            nursery.start(take("second", 1), name="second")

    run(main(), VirtualLoop(shuffle=shuffle))
    return tubes, order


def test_first_come_first_served_hides_a_check_then_act_race_that_shuffle_finds() -> None:
    assert sell_last_tube(None)[0] == 0
    found = [seed for seed in range(20) if sell_last_tube(random.Random(seed))[0] < 0]
    assert found, "no seed of twenty finds the race"
    assert len(found) < 20, "every order shows the race: it is none"


def test_the_same_seed_shuffles_the_same_way() -> None:
    def order(seed: int) -> list[int]:
        seen: list[int] = []

        async def note(number: int) -> None:
            for _ in range(3):
                await asyncio.sleep(1.0)
                seen.append(number)

        async def main() -> None:
            async with Nursery("many") as nursery:
                for number in range(10):
                    nursery.start(note(number), name=str(number))

        run(main(), VirtualLoop(shuffle=random.Random(seed)))
        return seen

    assert order(3) == order(3)
    assert order(3) != order(4)
    assert sorted(order(3)) == sorted(order(4))


# ------------------------------------------------------------------------ paced


@pytest.mark.paced(1000.0)
async def test_the_paced_loop_runs_at_its_rate() -> None:
    loop = asyncio.get_running_loop()
    before = loop.time()
    await asyncio.sleep(20.0)  # 20 ms of wall time
    assert loop.time() - before >= 20.0
    assert transport_grace() == 2000.0


def test_two_paced_loops_of_one_origin_share_the_mission_time() -> None:
    first = PacedLoop(rate=10.0)
    second = PacedLoop(clock=first.clock)
    try:
        earlier, between, later = first.time(), second.time(), first.time()
        assert earlier <= between <= later
    finally:
        first.close()
        second.close()


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan")])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        PacedLoop(rate=rate)


async def test_in_virtual_time_transport_needs_no_grace() -> None:
    assert transport_grace() == 0.0


async def test_a_timer_that_has_fired_is_not_counted_among_the_cancelled() -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    heap = loop._timers
    for _ in range(1500):
        await asyncio.sleep(1.0)  # cancels its timer when it has fired
    assert loop._cancelled_timers == 0 and loop._timers is heap
    loop.call_later(1.0, lambda: None).cancel()
    assert loop._cancelled_timers == 1
    await asyncio.sleep(2.0)
    assert loop._cancelled_timers == 0


def test_the_paced_loop_waits_by_a_timer_of_the_kernel_where_there_is_one() -> None:
    loop = PacedLoop(rate=100.0)
    try:
        assert loop.exact_timers == (sys.platform == "linux")
        order: list[int] = []
        for number, delay in ((3, 0.3), (1, 0.1), (2, 0.2)):
            loop.call_later(delay, order.append, number)
        loop.call_later(0.4, loop.stop)
        loop.run_forever()
        assert order == [1, 2, 3]
        assert loop.time() >= 0.4
    finally:
        loop.close()


def test_the_timer_of_a_paced_loop_is_heard_by_nobody_else() -> None:
    """A timer that was set for one wait and runs out in another: with none, or without waiting."""
    loop = PacedLoop()
    ours, theirs = os.pipe()
    try:
        heard: list[bytes] = []

        def hear() -> None:
            heard.append(os.read(ours, 1))
            if len(heard) == 2:
                loop.stop()

        loop.add_reader(ours, hear)
        loop.call_later(0.001, os.write, theirs, b"1")
        handle = loop.call_later(0.002, heard.append, b"never")
        loop.call_later(0.0015, handle.cancel)
        loop.call_later(0.003, os.write, theirs, b"2")
        loop.run_forever()
        assert heard == [b"1", b"2"]
    finally:
        loop.remove_reader(ours)
        os.close(ours)
        os.close(theirs)
        loop.close()


def test_a_paced_loop_without_exact_timers_runs_as_well() -> None:
    loop = PacedLoop(rate=100.0, exact_timers=False)
    try:
        assert not loop.exact_timers
        loop.call_later(0.2, loop.stop)
        loop.run_forever()
        assert loop.time() >= 0.2
    finally:
        loop.close()


def test_a_timer_of_the_kernel_is_readable_when_its_time_is_over() -> None:
    timer = timer_descriptor()
    assert timer is not None
    try:
        timer.set(1000.0)
        assert select.select([timer.descriptor], [], [], 0.0)[0] == []
        timer.set(0.0)
        assert select.select([timer.descriptor], [], [], 10.0)[0] == [timer.descriptor]
        timer.taken()
        timer.taken()  # nothing there: not an error
        assert select.select([timer.descriptor], [], [], 0.0)[0] == []
    finally:
        timer.close()
