"""A loop that follows flies to where it is told and stands; who speaks is served at any speed."""

import asyncio
import os
from math import inf
from typing import Any

import pytest

from flight.runtime import throttled_loop
from flight.runtime.following_loop import FollowingLoop
from flight.runtime.loop import run
from flight.runtime.throttled_loop import Descriptors, Input, ThrottledLoop

S = 1_000_000_000


def flown(targets: list[tuple[int, list[Input]]], **options: Any) -> tuple[list[Any], list[int]]:
    """What happened in a run of three timers, and where it stood to be told how it goes on."""
    told: list[Any] = []
    stood: list[int] = []

    def stands() -> None:
        stood.append(loop.time_ns())
        assert loop.is_between
        until, inputs = targets.pop(0)
        loop.follow(until, inputs)

    loop = FollowingLoop(
        stands, admit=lambda taken: told.append((loop.time_ns(), taken.data)), **options
    )

    async def live() -> None:
        for number in range(3):
            await asyncio.sleep(10.0)
            told.append((loop.time_ns(), number))

    try:
        run(live(), loop)
    finally:
        loop.outside.close()  # type: ignore[attr-defined]
    return told, stood


def test_it_does_all_that_is_due_up_to_an_instant_and_asks_before_the_next() -> None:
    told, stood = flown([(10 * S - 1, []), (10 * S, []), (19 * S, []), (5 * S, []), (60 * S, [])])
    assert told == [(10 * S, 0), (20 * S, 1), (30 * S, 2)]
    assert stood == [0, 0, 10 * S, 10 * S, 10 * S], "what is less than before changes nothing"
    told, stood = flown([(60 * S, [])], until_ns=10 * S)
    assert stood == [10 * S] and len(told) == 3


def test_it_stands_before_the_first_nanosecond_until_it_is_told_how_far_to_fly() -> None:
    did: list[Any] = []

    def stands() -> None:
        did.append("stands")
        loop.follow(S)

    loop = FollowingLoop(stands)

    async def live() -> None:
        loop.call_later(0.0, did.append, "at once")  # of the very instant
        loop.call_later(1e-9, did.append, "a nanosecond later")
        await asyncio.sleep(0.5)

    run(live(), loop)
    assert did == ["at once", "stands", "a nanosecond later"]


def test_inputs_of_who_is_followed_come_at_their_instants_and_no_earlier_than_it_may_fly() -> None:
    first, second = Input(12 * S, 1, "drive"), Input(25 * S, 2, "stop")
    told, stood = flown([(12 * S - 1, [first]), (12 * S, [second]), (60 * S, [])])
    assert told == [
        (10 * S, 0), (12 * S, "drive"), (20 * S, 1), (25 * S, "stop"), (30 * S, 2),
    ]  # fmt: skip
    assert stood == [0, 10 * S, 12 * S]


# ------------------------------------------------------------------ who speaks is served


class Wall:
    """A wall clock that a test moves, and that notes for how long it was asked to serve."""

    def __init__(self) -> None:
        self.time = 50.0
        self.served: list[float] = []

    def now(self) -> float:
        return self.time

    def serve(self, seconds: float) -> None:
        self.served.append(seconds)
        self.time += seconds


@pytest.mark.parametrize(("step", "served"), [(0.0, 0), (0.0199, 2), (0.0201, 5)])
def test_at_full_speed_who_speaks_is_served_each_fiftieth_of_a_second(
    step: float, served: int
) -> None:
    wall = Wall()
    loop = ThrottledLoop(wall)

    async def live() -> None:
        for _ in range(5):
            await asyncio.sleep(10.0)
            wall.time += step

    run(live(), loop)
    # The last step is after the last wait.
    assert len(wall.served) == (served - 1 if served == 5 else served)
    assert set(wall.served) <= {0.0}


def test_held_back_it_serves_for_a_fiftieth_at_a_time_and_for_no_longer_than_it_waits() -> None:
    wall = Wall()
    loop = ThrottledLoop(wall, rate=100.0)

    async def live() -> None:
        await asyncio.sleep(5.0)

    run(live(), loop)
    assert wall.served == pytest.approx([0.02, 0.02, 0.01]) and wall.time == pytest.approx(50.05)
    assert loop.time() == 5.0


def test_an_input_is_recorded_with_its_order_before_it_is_admitted_and_a_run_may_take_none() -> (
    None
):
    did: list[Any] = []
    wall = Wall()
    loop = ThrottledLoop(
        wall, admit=lambda taken: did.append(("admit", taken)),
        record=lambda taken: did.append(("record", taken)),
    )  # fmt: skip

    async def live() -> None:
        loop.put("a")
        loop.put("b")
        await asyncio.sleep(1.0)
        assert loop.admitted == 2

    run(live(), loop)
    one, two = Input(0, 1, "a"), Input(0, 2, "b")
    assert did == [("record", one), ("admit", one), ("record", two), ("admit", two)]

    async def spoken_to() -> None:
        deaf.put("a")
        await asyncio.sleep(1.0)

    deaf = ThrottledLoop(Wall())
    with pytest.raises(RuntimeError, match="takes none"):
        run(spoken_to(), deaf)


def test_inputs_of_before_come_in_the_order_of_time_and_then_of_their_numbers() -> None:
    told: list[str] = []
    inputs = [Input(2 * S, 3, "c"), Input(S, 2, "b"), Input(S, 1, "a")]
    loop = ThrottledLoop(
        Wall(), admit=lambda taken: told.append(f"{taken.data}{taken.order}"), inputs=inputs
    )

    async def live() -> None:
        await asyncio.sleep(3.0)

    assert loop.left_to_admit == 3
    run(live(), loop)
    assert told == ["a1", "b2", "c3"] and loop.left_to_admit == 0


def test_what_is_set_by_an_instant_that_comes_before_the_next_timer_is_reached_there() -> None:
    wall = Wall()
    loop = ThrottledLoop(wall)
    stood: list[tuple[float, float]] = []

    def serve(seconds: float) -> None:
        stood.append((loop.time(), loop.pace.rate))
        wall.time += seconds
        if loop.pace.rate == 0.0:
            loop.set_pace(inf)

    wall.serve = serve  # type: ignore[method-assign]

    async def live() -> None:
        loop.set_pace(inf, 4 * S)
        await asyncio.sleep(10.0)

    run(live(), loop)
    assert stood[-1] == (4.0, 0.0) and loop.time() == 10.0


def test_descriptors_are_served_while_they_are_watched_and_looks_come_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(throttled_loop.time, "sleep", slept.append)
    outside, (reading, writing) = Descriptors(), os.pipe()
    looks: list[int] = []
    outside.serve(0.5)
    outside.serve(-1.0)
    assert slept == [0.5, 0.0]
    outside.look = lambda: looks.append(1)
    heard: list[bytes] = []
    outside.add(reading, lambda: heard.append(os.read(reading, 9)))
    outside.serve(-1.0)
    os.write(writing, b"x")
    outside.serve(60.0)
    assert heard == [b"x"] and len(looks) == 2 and len(slept) == 2
    os.write(writing, b"y")
    outside.remove(reading)
    outside.serve(0.0)
    assert heard == [b"x"] and len(slept) == 3
    before = outside.now()
    assert outside.now() >= before
    outside.close()
    os.close(reading)
    os.close(writing)
