"""When the capsule believes that it was let go: by two devices, or by what lasts."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flight.entry.sensing import recall_entry, separation
from flight.icd.devices.base import DeviceTimeout

ARMED_LOOK = 10.0
DETECTION_DELAY = 3700.0
LONGEST_DOUBT = 3000.0
SHORT_DOUBT = 15.0


class Capsule:
    """A capsule whose wires and battery the test sets; None: that one does not answer."""

    def __init__(self, state: str = "armed") -> None:
        self.wires: list[bool] | None = [False, False]
        self.current: float | None = 0.0
        self.state, self.doubted_since = state, None
        self.troubles: list[str] = []
        self.timer = SimpleNamespace(state=self._timer)
        self.battery = SimpleNamespace(state=self._battery)

    async def _timer(self) -> Any:
        if self.wires is None:
            raise DeviceTimeout("the timer does not answer")
        return SimpleNamespace(valid=True, separated=self.wires)

    async def _battery(self) -> Any:
        if self.current is None:
            raise DeviceTimeout("the battery does not answer")
        return SimpleNamespace(valid=True, current=self.current)

    def is_in(self, state: str) -> bool:
        return state == self.state

    def trouble(self, what: str, reason: str) -> None:
        self.troubles.append(what)


async def first_true(node: Any, seconds: float) -> float | None:
    """When, looked at every ten seconds, it is believed; None: not within so many seconds."""
    start = asyncio.get_running_loop().time()
    while (now := asyncio.get_running_loop().time() - start) <= seconds:
        if await separation(node):
            return now
        await asyncio.sleep(ARMED_LOOK)
    return None


@pytest.mark.parametrize("current", [0.0, -0.5, None])
async def test_two_whole_wires_say_that_it_is_carried(current: float | None) -> None:
    node: Any = Capsule()
    node.current = current
    assert not await separation(node) and node.troubles == []


@pytest.mark.parametrize(("current", "troubles"), [(-0.5, []), (None, ["battery"])])
async def test_two_cut_wires_and_a_battery_that_does_not_contradict_are_believed_at_once(
    current: float | None, troubles: list[str]
) -> None:
    node: Any = Capsule("stowed")
    node.wires, node.current = [True, True], current
    assert await separation(node) and node.troubles == troubles


async def test_wires_against_the_battery_are_believed_when_that_lasts_and_is_awaited() -> None:
    armed: Any = Capsule()
    armed.wires = [True, True]
    assert await first_true(armed, 2.0 * LONGEST_DOUBT) == LONGEST_DOUBT < DETECTION_DELAY
    stowed: Any = Capsule("stowed")
    stowed.wires = [True, True]
    assert await first_true(stowed, 3.0 * LONGEST_DOUBT) is None


async def test_a_timer_that_lies_for_a_while_lets_nothing_go_and_the_doubt_begins_anew() -> None:
    node: Any = Capsule()
    node.wires = [True, True]
    assert await first_true(node, LONGEST_DOUBT - 20.0) is None
    node.wires = [False, False]
    assert not await separation(node)
    node.wires = [True, True]
    assert await first_true(node, LONGEST_DOUBT - 20.0) is None


async def test_one_wire_needs_a_battery_that_gives_current_for_a_while() -> None:
    node: Any = Capsule("stowed")
    node.wires = [True, False]
    assert await first_true(node, 1000.0) is None
    node.current = -0.5
    assert await first_true(node, 1000.0) == 20.0 >= SHORT_DOUBT
    silent: Any = Capsule()
    silent.wires, silent.current = [True, False], None
    assert await first_true(silent, 1000.0) is None


async def test_a_timer_that_is_silent_leaves_it_to_the_battery() -> None:
    node: Any = Capsule()
    node.wires = None
    assert await first_true(node, 1000.0) is None
    node.current = -0.5
    assert await first_true(node, 1000.0) == 20.0


@pytest.mark.parametrize(
    ("known", "kept", "then"), [(None, 2.6e5, 2.6e5), (None, 0.0, None), (7.0, 2.6e5, 7.0)]
)
async def test_who_has_forgotten_the_time_of_the_entry_has_it_from_the_timer(
    known: float | None, kept: float, then: float | None
) -> None:
    node: Any = Capsule()
    node.entry_time, node.entry_predicted = known, True
    node.timer.state = answer(SimpleNamespace(valid=True, entry_after=kept))
    await recall_entry(node)
    assert node.entry_time == then and node.entry_predicted is (then != kept)


async def test_a_timer_that_does_not_answer_tells_no_entry() -> None:
    node: Any = Capsule()
    node.entry_time, node.wires = None, None
    await recall_entry(node)
    assert node.entry_time is None and node.troubles == ["timer"]


def answer(state: Any) -> Any:
    async def call() -> Any:
        return state

    return call


@pytest.mark.parametrize(("current", "gives"), [(-0.00101, True), (-0.001, False), (0.5, False)])
async def test_a_battery_gives_current_from_a_milliampere_on(current: float, gives: bool) -> None:
    node: Any = Capsule()
    node.wires, node.current = [True, True], current
    assert await separation(node) is gives


@pytest.mark.parametrize(("wires", "lasts"), [([True, False], 15.0), ([True, True], 3_000.0)])
async def test_a_doubt_lasts_so_long_to_the_second(wires: list[bool], lasts: float) -> None:
    node: Any = Capsule()
    node.wires, node.current = wires, 0.0 if all(wires) else -0.5
    assert not await separation(node)
    await asyncio.sleep(lasts - 0.001)
    assert not await separation(node)
    await asyncio.sleep(0.001)
    assert await separation(node)
