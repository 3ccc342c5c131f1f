"""Virtual time held back: a pace, pauses and a way to an instant change nothing; inputs are
recorded, and a run from the record is the same."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import inf, nan
from typing import Any

import pytest

from flight.runtime.loop import Deadlock, VirtualLoop, run
from flight.runtime.throttled_loop import Input, Pace, ThrottledLoop

SECOND = 1_000_000_000


class Wall:
    """A wall clock that moves when it is waited for, and people who do something at its times."""

    def __init__(self, *acts: tuple[float, Callable[[], None]]) -> None:
        self.time = 0.0
        self.acts = list(acts)

    def now(self) -> float:
        return self.time

    def serve(self, seconds: float) -> None:
        if self.acts and self.acts[0][0] <= self.time + seconds:
            at, act = self.acts.pop(0)
            self.time = max(self.time, at)
            act()
        else:
            self.time += seconds


class Story:
    """A run of five timers, that notes what happened when; an input may make one more."""

    def __init__(self, wall: Wall | None = None, **options: Any) -> None:
        self.told: list[tuple[int, str]] = []
        self.recorded: list[Input] = []
        self.wall = wall or Wall()
        self.loop = ThrottledLoop(
            self.wall, admit=self.admit, record=self.recorded.append, **options
        )

    def admit(self, taken: Input) -> None:
        self.told.append((self.loop.time_ns(), str(taken.data)))
        self.loop.call_later(5.0, lambda: self.told.append((self.loop.time_ns(), "echo")))

    async def live(self) -> None:
        for number in range(5):
            await asyncio.sleep(10.0)
            self.told.append((self.loop.time_ns(), f"tick {number}"))

    def fly(self) -> list[tuple[int, str]]:
        run(self.live(), self.loop)
        return self.told


TICKS = [(10 * (n + 1) * SECOND, f"tick {n}") for n in range(5)]


def test_at_full_speed_no_wall_time_passes() -> None:
    story = Story()
    assert story.fly() == TICKS
    assert story.wall.time == 0.0


@pytest.mark.parametrize(("pace", "wall"), [(1.0, 50.0), (50.0, 1.0), (0.5, 100.0)])
def test_a_pace_holds_the_run_back_and_changes_nothing(pace: float, wall: float) -> None:
    story = Story(rate=pace)
    assert story.fly() == TICKS
    assert story.wall.time == pytest.approx(wall)


def test_a_pause_and_changes_of_pace_change_nothing() -> None:
    wall = Wall()
    story = Story(wall, rate=10.0)
    wall.acts = [
        (1.5, lambda: story.loop.set_pace(0.0)),
        (101.5, lambda: story.loop.set_pace(1.0)),
        (106.5, lambda: story.loop.set_pace(inf)),
    ]
    assert story.fly() == TICKS
    assert wall.time == pytest.approx(106.5)


def test_a_run_told_to_run_to_an_instant_stands_there_with_all_done_that_is_due() -> None:
    wall = Wall()
    story = Story(wall, rate=0.0)
    seen: list[tuple[int, int, float]] = []

    def look() -> None:
        seen.append((story.loop.time_ns(), len(story.told), story.loop.pace.rate))

    wall.acts = [
        (5.0, lambda: story.loop.set_pace(inf, 20 * SECOND)),
        (6.0, look),
        (7.0, lambda: story.loop.set_pace(inf, 25 * SECOND)),
        (8.0, look),
        (9.0, lambda: story.loop.set_pace(inf)),
    ]
    assert story.fly() == TICKS
    assert seen == [(20 * SECOND, 2, 0.0), (25 * SECOND, 2, 0.0)]


def test_a_way_to_an_instant_that_is_past_is_refused_and_changes_nothing() -> None:
    wall = Wall()
    story = Story(wall, rate=1.0)

    def back() -> None:
        with pytest.raises(ValueError, match="at 10"):
            story.loop.set_pace(inf, 9 * SECOND)

    wall.acts = [(15.0, back)]
    assert story.fly() == TICKS
    assert wall.time == pytest.approx(50.0)


@pytest.mark.parametrize("rate", [-1.0, nan, 2e9])
def test_a_pace_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="allowed is"):
        Pace(Wall(), rate)


def commanded() -> Story:
    """A person speaks while the run stands, between two timers, and twice at once."""
    wall = Wall()
    story = Story(wall, rate=1.0)
    wall.acts = [
        (3.25, lambda: story.loop.put("drive")),
        (12.0, lambda: story.loop.set_pace(0.0)),
        (40.0, lambda: (story.loop.put("look"), story.loop.put("stop"))),  # type: ignore[arg-type]
        (41.0, lambda: story.loop.set_pace(inf)),
    ]
    story.fly()
    return story


def test_an_input_comes_in_at_the_mission_time_of_the_pace() -> None:
    story = commanded()
    assert [(each.time_ns, each.order, each.data) for each in story.recorded] == [
        (pytest.approx(3.25 * SECOND), 1, "drive"),
        (pytest.approx(12.0 * SECOND), 2, "look"),
        (pytest.approx(12.0 * SECOND), 3, "stop"),
    ]


@pytest.mark.parametrize("rate", [inf, 7.0])
def test_a_run_from_its_record_is_the_same_run_at_any_pace(rate: float) -> None:
    first = commanded()
    again = Story(rate=rate, inputs=first.recorded)
    assert again.fly() == first.told
    assert again.recorded == first.recorded
    assert again.loop.left_to_admit == 0


def test_an_input_that_is_altered_or_left_out_gives_another_run() -> None:
    first = commanded()
    altered = [replace(first.recorded[0], data="turn"), *first.recorded[1:]]
    assert Story(inputs=altered).fly() != first.told
    assert Story(inputs=first.recorded[1:]).fly() != first.told


def test_an_input_at_the_instant_of_a_timer_comes_after_all_that_is_due_then() -> None:
    story = Story(inputs=[Input(10 * SECOND, 1, "drive")])
    assert story.fly()[:2] == [(10 * SECOND, "tick 0"), (10 * SECOND, "drive")]


def test_an_input_after_the_last_timer_is_left_and_said() -> None:
    story = Story(inputs=[Input(90 * SECOND, 1, "late")])
    assert story.fly() == TICKS
    assert story.loop.left_to_admit == 1


def test_inputs_by_chance_fly_again_to_the_same_story() -> None:
    for seed in range(30):
        draw = random.Random(seed)
        wall = Wall()
        first = Story(wall, rate=draw.choice([0.5, 1.0, 3.0]))
        times = sorted(draw.uniform(0.0, 20.0) for _ in range(draw.randrange(6)))
        wall.acts = [(at, partial(first.loop.put, f"at {at}")) for at in times]
        first.fly()
        assert Story(inputs=first.recorded).fly() == first.told


def test_a_run_that_nobody_speaks_to_is_the_same_as_in_a_plain_virtual_loop() -> None:
    told: list[tuple[int, str]] = []

    async def live() -> None:
        loop = asyncio.get_running_loop()
        for number in range(5):
            await asyncio.sleep(10.0)
            told.append((round(loop.time() * SECOND), f"tick {number}"))

    run(live(), VirtualLoop())
    assert Story().fly() == told


def test_a_deadlock_is_still_told() -> None:
    async def wait() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Deadlock):
        run(wait(), ThrottledLoop(Wall()))


@pytest.mark.parametrize("rate", [inf, 1.0, 0.5])
def test_no_input_parts_what_is_due_at_one_instant(rate: float) -> None:
    class Twice(Story):
        async def live(self) -> None:
            await asyncio.sleep(10.0)
            self.told.append((self.loop.time_ns(), "first"))
            self.loop.put("input")
            second = (self.loop.time_ns(), "second")
            self.loop.call_later(0.0, self.told.append, second)
            await asyncio.sleep(10.0)

    story = Twice(rate=rate)
    told = story.fly()
    assert [what for _, what in told] == ["first", "second", "input", "echo"]
    again = Twice(inputs=story.recorded)
    again.loop.put = lambda data: None  # type: ignore[method-assign]
    assert again.fly() == told
