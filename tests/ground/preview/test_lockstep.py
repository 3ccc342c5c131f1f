"""A twin keeps step with the run: it begins nothing before it, and is asked at the same step."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

from flight.runtime.loop import VirtualLoop, run
from ground.mission_control import origin_of
from ground.preview.lockstep import Lockstep

NS = 10**9
PATIENCE = 5000.0


class Twin:
    """A procedure that is led by hand, and the commands of people."""

    def __init__(self) -> None:
        self.begun: list[tuple[float, int]] = []
        self.commands: list[Any] = []
        handling = SimpleNamespace(before=self._before)
        self.control: Any = SimpleNamespace(
            runner=SimpleNamespace(handling=handling),
            tracker=SimpleNamespace(commands=lambda: self.commands),
        )
        self.lockstep = Lockstep(self.now_ns, round(PATIENCE * NS))
        self.lockstep.join(self.control)

    def now_ns(self) -> int:
        return round(asyncio.get_running_loop().time() * NS)

    async def _before(self, instruction: Any, position: int, visit: int) -> None:
        self.begun.append((asyncio.get_running_loop().time(), position))

    async def begins(self, position: int) -> float:
        await self.control.runner.handling.before(None, position, 0)
        return self.begun[-1][0]


def led(work: Callable[[Twin], Awaitable[None]]) -> None:
    async def main() -> None:
        await work(Twin())

    run(main(), VirtualLoop())


def test_no_step_is_begun_before_the_run_has_begun_it() -> None:
    async def work(twin: Twin) -> None:
        twin.lockstep.told([(0, 0), (1000 * NS, 1)])
        assert await twin.begins(0) == 0.0
        assert 1000.0 <= await twin.begins(1) <= 1030.0
        asyncio.get_running_loop().call_later(500.0, twin.lockstep.told, [(1400 * NS, 4)])
        assert 1500.0 <= await twin.begins(2) <= 1530.0  # the run is beyond it
        assert await twin.begins(3) <= 1530.0
        began = await twin.begins(4)
        assert began <= 1530.0  # it is late, and waits for nobody

    led(work)


def test_a_step_that_is_done_again_waits_for_the_run_to_do_it_again() -> None:
    async def work(twin: Twin) -> None:
        twin.lockstep.told([(0, 0), (0, 1), (2000 * NS, 1)])
        for position in (0, 1):
            assert await twin.begins(position) == 0.0
        assert 2000.0 <= await twin.begins(1) <= 2030.0

    led(work)


def test_what_the_run_never_begins_is_waited_for_as_long_as_patience_lasts() -> None:
    async def work(twin: Twin) -> None:
        twin.lockstep.told([(0, 5), (0, 3)])  # it has gone back
        assert PATIENCE < await twin.begins(4) <= PATIENCE + 31.0
        twin.lockstep.is_open = True  # flown ahead of the run, it goes on by itself
        before = asyncio.get_running_loop().time()
        assert await twin.begins(9) == before

    led(work)


def test_a_twin_of_which_nothing_was_told_goes_on_by_itself() -> None:
    async def work(twin: Twin) -> None:
        assert await twin.begins(7) == 0.0 and twin.lockstep.may_take(0)

    led(work)


def test_what_was_asked_at_a_step_is_asked_when_the_twin_has_come_to_it() -> None:
    async def work(twin: Twin) -> None:
        may_take = twin.lockstep.may_take
        twin.lockstep.told([(0, 0), (10 * NS, 1), (20 * NS, 2)])
        await twin.begins(0)
        await asyncio.sleep(30.0)
        assert may_take(9 * NS) and not may_take(10 * NS) and not may_take(25 * NS)
        await twin.begins(1)
        assert may_take(15 * NS) and not may_take(20 * NS)
        await twin.begins(2)
        assert may_take(25 * NS)
        twin.lockstep.told([(40 * NS, 1), (41 * NS, 9)])
        await asyncio.sleep(20.0)
        assert not may_take(45 * NS)
        await asyncio.sleep(PATIENCE)
        assert may_take(45 * NS)  # it is not waited for for ever

    led(work)


def test_a_command_is_sent_when_the_twin_has_heard_what_people_had_heard() -> None:
    async def work(twin: Twin) -> None:
        twin.lockstep.told([(0, 0)], ends=[50 * NS])
        await twin.begins(0)
        sent = SimpleNamespace(order=SimpleNamespace(origin=origin_of("anna")), verdict=None)
        own = SimpleNamespace(order=SimpleNamespace(origin="procedure"), verdict="COMPLETED")
        twin.commands = [own, sent]
        assert twin.lockstep.may_take(49 * NS) and not twin.lockstep.may_take(50 * NS)
        sent.verdict = "REJECTED"
        assert twin.lockstep.may_take(50 * NS)

    led(work)
