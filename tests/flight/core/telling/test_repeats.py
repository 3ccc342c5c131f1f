"""What lasts is told when it begins, and then ever more seldom; other words are other news."""

import asyncio

from flight.arm.node import Arm
from flight.core.telling.repeats import Repeats
from flight.entry.node import EntryCapsule
from flight.icd.messages import EventReport
from flight.lander.node import Lander
from flight.mav.node import Mav
from flight.orbiter.node import Orbiter
from flight.perseverance.node import Perseverance
from flight.rover.node import FetchRover
from ground.testbed.rig import Rig
from tests.flight.core.toy_node import toy

CAPACITY = 256
FORGOTTEN = 7200.0
LONGEST = 88775.244


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def told(repeats: Repeats, clock: Clock, times: int, every: float) -> list[tuple[int, int]]:
    """Of so many reports those that are told, and how many each says were kept back."""
    found = []
    for number in range(1, times + 1):
        kept_back = repeats.untold("trouble", "does not answer")
        if kept_back is not None:
            found.append((number, kept_back))
        clock.now += every
    return found


def test_a_device_that_is_silent_for_a_sol_is_told_of_a_dozen_times() -> None:
    clock = Clock()
    found = told(Repeats(clock), clock, 1479, 60.0)
    assert [number for number, _ in found] == [1, 2, 3, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
    assert found[3:6] == [(4, 0), (8, 3), (16, 7)]


def test_once_a_sol_it_is_told_again() -> None:
    clock = Clock()
    repeats = Repeats(clock)
    told(repeats, clock, 64, 3600.0)
    first = [number for number, _ in told(repeats, clock, 60, 3600.0)]
    assert first == [25, 50]  # 24.66 h after the 64th, which was told
    assert LONGEST < 25 * 3600.0


def test_other_words_are_other_news_and_after_a_while_the_same_are() -> None:
    clock = Clock()
    repeats = Repeats(clock)
    told(repeats, clock, 7, 60.0)
    assert repeats.untold("trouble", "jammed") == 0
    assert repeats.untold("fault", "does not answer") == 0
    clock.now += FORGOTTEN - 60.0
    assert repeats.untold("trouble", "does not answer") == 3, "the eighth, exactly in time"
    clock.now += FORGOTTEN
    assert repeats.untold("trouble", "does not answer") is None
    clock.now += FORGOTTEN + 0.001
    assert repeats.untold("trouble", "does not answer") == 0


def test_what_is_counted_is_bounded() -> None:
    repeats = Repeats(Clock())
    for number in range(3 * CAPACITY):
        assert repeats.untold("trouble", f"reason {number}") == 0
    assert len(repeats._seen) == CAPACITY


def test_trouble_with_a_device_lasts_on_every_vehicle() -> None:
    for node in (Arm, EntryCapsule, Lander, Mav, Orbiter, Perseverance, FetchRover):
        assert node.device_trouble.lasts, node.__name__


async def test_a_node_keeps_back_what_it_has_said_and_counts_it(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    node = toy(rig)
    for _ in range(9):
        node.ailing(reason="does not answer")
    node.ailing(reason="jammed")
    await asyncio.sleep(1.0)
    reports: list[EventReport] = [e for e in rig.events if e.name == "ailing"]
    assert [e.data["reason"] for e in reports] == ["does not answer"] * 5 + ["jammed"]
    assert reports[3].text == "Ailing: does not answer"
    assert reports[4].text == "Ailing: does not answer (and 3 times since it was told last)"
