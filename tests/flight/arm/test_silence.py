"""A vehicle that gives no answer is waited for, for so long and no longer."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flight.arm import lid
from flight.arm.motion import NotSeen
from flight.arm.silence import heard_again, is_silence
from flight.core.custody.handover import HandoverFailed
from flight.core.exchanges import ExchangeFailed, NoAnswer
from tests.flight.arm.still import Arm
from tests.flight.lander.descent_bench import Answers

ASKED_EVERY = 3600.0
LONGEST_SILENCE = 355_100.977  # four sols


def caused(by: Exception) -> Exception:
    failure = HandoverFailed("not given", settled=True)
    failure.__cause__ = by
    return failure


def test_silence_is_that_of_the_exchange_behind_a_failure() -> None:
    assert is_silence(NoAnswer("rover gave no answer"))
    assert is_silence(caused(NoAnswer("rover gave no answer")))
    assert not is_silence(caused(ExchangeFailed("rover refused")))
    assert not is_silence(caused(ValueError("no"))) and not is_silence(None)


class Waiting(Arm):
    """An arm that asks; `silent`: how often it is not heard."""

    def __init__(self, silent: int, refuses: bool = False) -> None:
        super().__init__()
        self.silent, self.refuses, self.asked = silent, refuses, 0
        self.silence_borne: dict[str, float] = {}
        self.hardware.arm = Answers(set_brakes=[SimpleNamespace(valid=True, reason="")])
        self.exchanges = SimpleNamespace(ask=self._ask)

    async def _ask(self, vehicle: str, *question: Any, **how: Any) -> Any:
        self.asked += 1
        assert how == {"timeout": 60.0, "attempts": 1}
        if self.asked <= self.silent:
            raise NoAnswer(f"{vehicle} gave no answer")
        if self.refuses:
            raise ExchangeFailed(f"{vehicle} refused")


@pytest.mark.parametrize(("silent", "refuses"), [(0, False), (5, False), (5, True)])
async def test_it_is_asked_each_hour_until_it_says_anything(silent: int, refuses: bool) -> None:
    node: Any = Waiting(silent, refuses)
    began = asyncio.get_running_loop().time()
    assert await heard_again(node, "rover")
    assert node.asked == silent + 1 and node.silence_borne == {}
    assert asyncio.get_running_loop().time() - began == silent * ASKED_EVERY
    assert node.hardware.arm.of("set_brakes") == [(True,)]


async def test_the_same_silence_is_not_waited_through_twice() -> None:
    node: Any = Waiting(10_000)
    began = asyncio.get_running_loop().time()
    assert not await heard_again(node, "rover")
    waited = asyncio.get_running_loop().time() - began
    assert LONGEST_SILENCE <= waited < LONGEST_SILENCE + ASKED_EVERY
    asked = node.asked
    assert not await heard_again(node, "rover") and node.asked == asked
    node.silent = 0
    assert await heard_again(node, "perseverance"), "another one is another silence"


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("seen", [True, False])
async def test_a_lid_that_nobody_has_moved_is_where_it_is_seen(
    monkeypatch: pytest.MonkeyPatch, closed: bool, seen: bool
) -> None:
    went: list[Any] = []

    async def transit(node: Any, pose: Any) -> None:
        went.append(pose)

    async def look(node: Any, target: str) -> None:
        assert target == "lid"
        if not seen:
            raise NotSeen("lid is not in view")

    async def nothing(node: Any) -> None:
        return None

    for name, stub in (("transit", transit), ("look", look), ("release_brakes", nothing)):
        monkeypatch.setattr(lid, name, stub)
    node: Any = Arm()
    assert await lid._is_seen(node, closed) is seen
    assert went == [lid.standoff(lid.ON_SEAT if closed else lid.ON_STAND, lid.STANDOFF)]
