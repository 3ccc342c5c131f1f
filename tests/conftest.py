"""What holds for every test: repeatable examples, virtual time, no task left behind."""

import asyncio
from collections.abc import Callable, Generator, Mapping

import pytest
from hypothesis import settings

from flight.runtime.loop import PacedLoop, VirtualLoop

# The same examples on every run: a test that fails, fails for everybody.
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
settings.load_profile("repeatable")

_loops: list[asyncio.AbstractEventLoop] = []


def _watched(loop: asyncio.AbstractEventLoop) -> asyncio.AbstractEventLoop:
    _loops.append(loop)
    return loop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Async tests run in virtual time; those marked `paced(rate)` in wall time times `rate`."""
    paced = item.get_closest_marker("paced")
    if paced is None:
        return {"virtual": lambda: _watched(VirtualLoop())}
    rate = float(paced.args[0]) if paced.args else 1.0
    return {"paced": lambda: _watched(PacedLoop(rate=rate))}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Forgets the loops of the test before."""
    _loops.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    """Fails an async test that leaves a task running: nobody would see its error."""
    result = yield
    left = sorted(
        task.get_name()
        for loop in _loops
        if not loop.is_closed()
        for task in asyncio.all_tasks(loop)
    )
    if left:
        pytest.fail(f"tasks were left running: {', '.join(left)}", pytrace=False)
    return result
