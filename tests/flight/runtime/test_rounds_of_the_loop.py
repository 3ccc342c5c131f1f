"""Rounds of the loop of virtual time: what is run in which, who looks between, how a run ends."""

import asyncio
import logging
import random
import selectors
from types import SimpleNamespace
from typing import Any

import pytest

from flight.runtime import paced_loop, timer_descriptor
from flight.runtime.handles import LeanTimer, QueueReader
from flight.runtime.loop import Livelock, PacedLoop, VirtualLoop, clock_of, run
from flight.runtime.pace import SteadyClock

S = 1_000_000_000


def current() -> VirtualLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop


# --------------------------------------------------------------------------- rounds


def test_five_million_callbacks_may_be_at_one_instant_and_one_more_ends_the_run() -> None:
    async def main() -> None:
        loop = current()
        loop._standing = 5_000_000 - 1
        await asyncio.sleep(0)
        assert loop.callbacks == 5_000_000
        await asyncio.sleep(1.0)
        assert loop.callbacks > 5_000_000 and loop._standing < 10, "counted from each instant"
        loop._standing = 5_000_000
        await asyncio.sleep(0)

    with pytest.raises(Livelock, match="5000001 callbacks at one instant; tasks: main"):
        run(main(), VirtualLoop())


async def test_callbacks_are_counted_over_all_instants() -> None:
    loop = current()
    before = loop.callbacks
    for _ in range(10):
        loop.call_soon(lambda: None)
    await asyncio.sleep(1.0)
    await asyncio.sleep(1.0)
    assert loop.callbacks == before + 10 + 4


def test_two_that_are_ready_together_may_be_shuffled() -> None:
    def order(seed: int) -> str:
        seen: list[str] = []

        async def main() -> None:
            current().call_soon(seen.append, "a")
            current().call_soon(seen.append, "b")
            await asyncio.sleep(1.0)

        run(main(), VirtualLoop(shuffle=random.Random(seed)))
        return "".join(seen)

    assert {order(seed) for seed in range(8)} == {"ab", "ba"}


async def test_what_a_callback_makes_ready_has_its_turn_in_the_next_round() -> None:
    loop, seen = current(), []  # type: ignore[var-annotated]
    loop.call_soon(lambda: (seen.append("a"), loop.call_soon(seen.append, "c")))
    loop.call_soon(seen.append, "b")
    loop.between(lambda: seen.append(f"between {loop.is_between}"))
    await asyncio.sleep(0)
    assert seen == ["between True", "a", "b"] and not loop.is_between
    await asyncio.sleep(0)
    assert seen[3:] == ["c"]


def test_what_fails_between_two_rounds_ends_the_run_and_the_rest_waits() -> None:
    seen: list[str] = []

    def fail() -> None:
        raise OSError("between")

    async def main() -> None:
        loop.between(fail)
        loop.between(lambda: seen.append("later"))
        try:
            await asyncio.sleep(1.0)
        finally:
            seen.append(f"cleaned up, between {loop.is_between}")

    loop = VirtualLoop()
    with pytest.raises(OSError, match="between"):
        run(main(), loop)
    assert seen == ["later", "cleaned up, between False"]


def test_of_two_callbacks_that_fail_the_first_ends_the_run_and_the_other_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(what: str) -> None:
        raise ValueError(what)

    async def main() -> None:
        current().call_soon(fail, "one")
        current().call_soon(fail, "two")
        await asyncio.sleep(1.0)

    with caplog.at_level(logging.ERROR), pytest.raises(ValueError, match="one"):
        run(main(), VirtualLoop())
    assert "two" in caplog.text and "ValueError: one" not in caplog.text


# --------------------------------------------------------------------------- timers


async def test_a_delay_is_a_nanosecond_at_least_and_none_is_now() -> None:
    loop, seen = current(), []  # type: ignore[var-annotated]
    await asyncio.sleep(3.0)
    for delay in (1e-12, 0.0, -5.0, 4e-10, 1.6e-9):
        loop.call_later(delay, lambda delay=delay: seen.append((delay, loop.time_ns() - 3 * S)))
    await asyncio.sleep(1.0)
    assert seen == [(0.0, 0), (-5.0, 0), (1e-12, 1), (4e-10, 1), (1.6e-9, 2)]


async def test_a_timer_that_has_fired_may_be_called_again_and_cancelled_as_any() -> None:
    loop, seen = current(), []  # type: ignore[var-annotated]

    def tick() -> None:
        seen.append(loop.time())
        if len(seen) < 4:
            timer.again(loop.time_ns() + 2 * S)
            assert timer.when() == loop.time() + 2.0

    timer = loop.call_later(1.0, tick)
    assert isinstance(timer, LeanTimer)
    await asyncio.sleep(6.0)
    assert seen == [1.0, 3.0, 5.0]
    waiting = loop._cancelled_timers
    timer.cancel()
    timer.cancel()
    assert loop._cancelled_timers == waiting + 1, "it is counted once, while it waits"
    await asyncio.sleep(9.0)
    assert len(seen) == 3 and loop._cancelled_timers == 0


async def test_cancelled_timers_are_counted_as_long_as_they_wait() -> None:
    loop = current()
    loop.call_later(5.0, lambda: None)
    same = loop.call_later(5.0, lambda: None)
    later = [loop.call_later(9.0, lambda: None) for _ in range(3)]
    for timer in (same, *later):
        timer.cancel()
    assert loop._cancelled_timers == 4
    await asyncio.sleep(6.0)
    assert loop._cancelled_timers == 3, "one of them has had its time"
    await asyncio.sleep(6.0)
    assert loop._cancelled_timers == 0


# ----------------------------------------------------------------------- who looks


def test_a_look_comes_after_all_of_an_instant_and_no_oftener_than_was_asked() -> None:
    loop, looks = VirtualLoop(), []  # type: ignore[var-annotated]
    loop.watch(lambda: looks.append(loop.time()), 10 * S)

    async def main() -> None:
        for _ in range(30):
            await asyncio.sleep(1.0)

    run(main(), loop)
    assert looks == [0.0, 11.0, 22.0]


def test_a_look_that_gives_something_to_do_has_it_done_before_time_goes_on() -> None:
    loop, seen = VirtualLoop(), []  # type: ignore[var-annotated]

    def look() -> None:
        if loop.time() == 4.0:
            loop.call_soon(lambda: seen.append(loop.time()))
            loop.watch(None, 0)

    async def main() -> None:
        loop.watch(look, 1)
        for _ in range(9):
            await asyncio.sleep(1.0)

    run(main(), loop)
    assert seen == [4.0]


# ---------------------------------------------------------------------- readers of queues


def test_queue_readers_are_called_in_the_order_of_their_making_where_something_waits() -> None:
    loop, seen = VirtualLoop(), []  # type: ignore[var-annotated]
    waits = {"a": True, "b": False, "c": True, "d": True}

    def reader(name: str) -> QueueReader:
        def take() -> None:
            seen.append(name)
            waits[name] = False

        return loop.add_queue_reader(take, lambda: waits[name])

    readers = {name: reader(name) for name in waits}

    async def main() -> None:
        for name in ("d", "c", "b", "a"):
            readers[name].wake()
        readers["d"].close()
        await asyncio.sleep(1.0)
        assert seen == ["a", "c"]
        waits["b"] = True
        await asyncio.sleep(1.0)
        assert seen == ["a", "c"], "nobody has woken it"
        readers["b"].wake()
        await asyncio.sleep(1.0)
        assert seen == ["a", "c", "b"]
        readers["a"].wake()
        readers["a"].close()
        readers["c"].wake()
        await asyncio.sleep(1.0)

    run(main(), loop)
    assert seen == ["a", "c", "b"]


@pytest.mark.parametrize("count", [1, 2])
def test_an_error_of_a_reader_of_queues_ends_the_run(count: int) -> None:
    loop = VirtualLoop()

    def fail() -> None:
        raise ValueError("a reader")

    readers = [loop.add_queue_reader(fail, lambda: True) for _ in range(count)]

    async def main() -> None:
        for reader in readers:
            reader.wake()
        await asyncio.sleep(1.0)

    with pytest.raises(ValueError, match="a reader"):
        run(main(), loop)


@pytest.mark.parametrize("count", [1, 2])
def test_what_a_reader_makes_ready_is_done_before_time_goes_on(count: int) -> None:
    loop, seen = VirtualLoop(), []  # type: ignore[var-annotated]
    waits = [False] * count

    def reader(number: int) -> QueueReader:
        def take() -> None:
            waits[number] = False
            loop.call_soon(lambda: seen.append((number, loop.time())))

        return loop.add_queue_reader(take, lambda: waits[number])

    readers = [reader(number) for number in range(count)]

    async def main() -> None:
        for number in range(count):
            waits[number] = True
            readers[number].wake()
        await asyncio.sleep(7.0)

    run(main(), loop)
    assert seen == [(number, 0.0) for number in range(count)]


# -------------------------------------------------------------------------- its end


def test_an_error_of_the_run_is_told_before_tasks_that_it_left() -> None:
    async def main(error: Exception) -> None:
        orphan: Any = asyncio.get_running_loop().create_task(asyncio.sleep(1.0), name="orphan")
        orphan._log_destroy_pending = False
        raise error

    with pytest.raises(OSError, match="the disc"):
        run(main(OSError("the disc")), VirtualLoop())
    loop = VirtualLoop()
    with pytest.raises(asyncio.CancelledError):
        run(main(asyncio.CancelledError()), loop)  # type: ignore[arg-type]
    assert loop.is_closed()


def test_a_generator_that_was_left_is_ended_with_the_run() -> None:
    ended: list[str] = []
    kept: list[Any] = []

    async def numbers() -> Any:
        try:
            yield 1
            yield 2
        finally:
            ended.append("generator")

    async def main() -> int:
        kept.append(numbers())
        async for number in kept[0]:
            return int(number)
        return 0

    assert run(main(), VirtualLoop()) == 1 and ended == ["generator"]


def test_the_clock_of_a_loop_is_its_own_in_nanoseconds() -> None:
    virtual = VirtualLoop(start_ns=7)
    paced = PacedLoop(clock=SteadyClock(1e-9))
    other: Any = SimpleNamespace(time=lambda: 1.5)
    try:
        assert clock_of(virtual)() == 7 and clock_of(virtual) == virtual.time_ns
        assert clock_of(paced) == paced.time_ns and clock_of(other)() == 1_500_000_000
    finally:
        virtual.close()
        paced.close()


# --------------------------------------------------------------------- the paced one


class Timer:
    """A timer of the kernel that notes how it is set, and says when it is readable."""

    descriptor = 77

    def __init__(self) -> None:
        self.did: list[Any] = []

    def set(self, seconds: float) -> None:
        self.did.append(seconds)

    def taken(self) -> None:
        self.did.append("taken")

    def close(self) -> None:
        self.did.append("closed")


Found = list[tuple[Any, int]]


def selecting(
    monkeypatch: pytest.MonkeyPatch, timer: Timer | None, rate: float, found: Found
) -> tuple[Any, list[float | None]]:
    waits: list[float | None] = []

    def select(self: object, timeout: float | None = None) -> Found:
        waits.append(timeout)
        return found

    monkeypatch.setattr(selectors.DefaultSelector, "select", select)
    monkeypatch.setattr(selectors.DefaultSelector, "register", lambda *given: None)
    made: Any = paced_loop._PacedSelector(rate, timer)  # type: ignore[arg-type]
    return made, waits


def test_a_paced_loop_waits_by_the_wall_a_share_of_what_it_is_asked_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = SimpleNamespace
    found: Found = [(key(fd=77), 1), (key(fd=5), 1)]
    timer = Timer()
    made, waits = selecting(monkeypatch, timer, 4.0, found)
    assert made.select(2.0) == [(key(fd=5), 1)] and timer.did == [0.5, "taken"]
    for timeout, asked in ((None, None), (0.0, 0.0), (-1.0, -1.0)):
        made.select(timeout)
        assert waits[-1] == asked and timer.did[-1] == "taken" and len(timer.did) < 6
    assert waits[0] is None, "the timer ends it"
    found[:] = [(key(fd=5), 1)]
    timer.did.clear()
    assert made.select(1e9) == found and timer.did == [1e6]
    made.close()
    made.close()
    assert timer.did == [1e6, "closed"]
    made, waits = selecting(monkeypatch, None, 4.0, found)
    for timeout, asked in ((2.0, 0.5), (0.0, 0.0), (None, None)):
        assert made.select(timeout) == found and waits[-1] == asked
    made.close()


def test_a_steady_clock_begins_at_zero_and_goes_by_its_rate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wall = SimpleNamespace(now=5_000)
    monkeypatch.setattr("flight.runtime.pace.time", SimpleNamespace(monotonic_ns=lambda: wall.now))
    clock = SteadyClock(2.5)
    assert (clock.rate, clock.now_ns()) == (2.5, 0)
    wall.now += 1_001
    assert clock.now_ns() == 2_502
    assert SteadyClock().rate == 1.0


@pytest.mark.parametrize(
    ("seconds", "told"), [(1.5, (1, 500_000_000)), (0.0, (0, 1)), (-3.0, (0, 1)), (3e-9, (0, 3))]
)
def test_a_timer_of_the_kernel_is_set_in_seconds_and_nanoseconds(
    seconds: float, told: tuple[int, int]
) -> None:
    made: Any = object.__new__(timer_descriptor.TimerDescriptor)
    given: list[Any] = []

    def settime(descriptor: int, how: int, setting: Any, before: Any) -> int:
        value = setting._obj.value
        given.append((descriptor, how, (value.seconds, value.nanoseconds), before))
        return 0 if descriptor == 9 else -1

    vars(made).update(
        descriptor=9, _library=SimpleNamespace(timerfd_settime=settime),
        _setting=timer_descriptor._Setting(),
    )  # fmt: skip
    made.set(seconds)
    assert given == [(9, 0, told, None)]
    made.descriptor = 8
    with pytest.raises(OSError, match="timerfd_settime"):
        made.set(seconds)


def test_where_there_is_no_timer_of_the_kernel_a_loop_goes_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timer_descriptor.sys, "platform", "other")
    assert timer_descriptor.timer_descriptor() is None
    loop = PacedLoop()
    assert not loop.exact_timers
    loop.close()
    monkeypatch.undo()
    library = SimpleNamespace(timerfd_create=lambda *given: -1)
    monkeypatch.setattr(timer_descriptor, "_library", lambda: library)
    assert timer_descriptor.timer_descriptor() is None, "no descriptor is left"
