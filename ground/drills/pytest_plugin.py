"""A pytest plugin: drills as ordinary async tests, by the fixtures `testbed`, `inject`, `expect`.

    async def test_the_lander_goes_on_without_its_radar(testbed, inject, expect):
        async with testbed("short"):
            await expect.event("lander.radar_locked", within="20 min")
            inject(device="lander.landing_radar", kind="not_a_number", lasts="5 s")
            await expect.state("lander.landed", within="5 min")
            assert expect.holds("truth.lander.touchdown_speed < 2 m/s")

Such a test runs in virtual time: whoever waits, flies on.
"""

import asyncio
import inspect
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ground.drills.bench import Bench, Injected
    from ground.testbed.run import Run

FIXTURE = "testbed"


@pytest.fixture
def drill_bench(tmp_path: Path) -> "Bench":
    """The one run of a test."""
    from ground.drills.bench import Bench

    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    return Bench(tmp_path)


@pytest.fixture
def testbed(drill_bench: "Bench") -> "Callable[..., AbstractAsyncContextManager[Run]]":
    """`async with testbed("short", seed=1, without=()) as run:` flies a scenario."""
    return drill_bench.fly


@pytest.fixture
def inject(drill_bench: "Bench") -> "Callable[..., Injected]":
    """`inject(device=..., kind=..., lasts="5 s")` breaks something, as a drill file says it."""
    return drill_bench.inject


class Expect:
    """What a test waits for, and what it holds a run to."""

    def __init__(self, bench: "Bench") -> None:
        self._bench = bench

    async def event(self, name: str, *, within: str, **fields: Any) -> float:
        """Waits for an event with these values; returns the s that it took."""
        return await self._bench.wait_for(within, event=name, **fields)

    async def state(self, path: str, *, within: str) -> float:
        """Waits until a state is entered; returns the s that it took."""
        return await self._bench.wait_for(within, state=path)

    async def command(self, name: str, *, within: str) -> float:
        """Waits until a command has completed; returns the s that it took."""
        return await self._bench.wait_for(within, command_completes=name)

    async def that(self, expression: str, *, within: str) -> float:
        """Waits until an expression holds; returns the s that it took."""
        return await self._bench.wait_for(within, holds=expression)

    def holds(self, expression: str) -> bool | None:
        """Whether an expression holds now; None: that is not known."""
        return self._bench.holds(expression)

    def always(self, expression: str) -> None:
        """The expression has to hold from now on to the end of the block."""
        self._bench.always(expression)

    def never(self, expression: str) -> None:
        """The expression must not hold from now on to the end of the block."""
        self._bench.never(expression)


@pytest.fixture
def expect(drill_bench: "Bench") -> Expect:
    """`await expect.event("lander.radar_locked", within="20 min")`, and its like."""
    return Expect(drill_bench)


@pytest.hookimpl(optionalhook=True, trylast=True)
def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """For pytest-asyncio: drills run in virtual time, other tests as they would without this."""
    if FIXTURE in getattr(item, "fixturenames", ()):
        from flight.runtime.loop import VirtualLoop

        return {"virtual": VirtualLoop}
    return {"asyncio": asyncio.new_event_loop}


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Runs a drill where nobody else takes async tests."""
    drill = pyfuncitem.obj
    if FIXTURE not in pyfuncitem.fixturenames or not inspect.iscoroutinefunction(drill):
        return None
    from flight.runtime.loop import VirtualLoop, run

    wanted = inspect.signature(drill).parameters
    run(drill(**{name: pyfuncitem.funcargs[name] for name in wanted}), VirtualLoop())
    return True
