"""What holds for every test: repeatable examples, virtual time, no task left behind."""

import asyncio
import gc
import random
from collections.abc import Callable, Iterator, Mapping

import pytest
from hypothesis import settings

from flight.runtime.loop import VirtualLoop
from flight.runtime.paced_loop import PacedLoop
from ground.terminal.collecting import SELDOM
from tests.budget import Budget
from tests.drawn import Draws, drawn
from tests.flown import flown
from tests.rewritten import import_share

__all__ = ["flown"]  # missions are flown once for all tests that look at them

# The same examples on every run: a test that fails, fails for everybody.
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--budget", type=float, help="minutes on two cores that these tests may take together"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Draws(), "draws")
    # pytest-xdist would begin with the groups that have most tests, and leave the flights to last.
    config.option.loadscopereorder = False
    minutes = config.getoption("--budget")
    if minutes is not None:
        config.pluginmanager.register(Budget(minutes), "budget")


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Async tests run in virtual time; those marked `paced(rate)` in wall time times `rate`, those
    marked `stock` on asyncio's own loop."""
    if item.get_closest_marker("stock") is not None:
        return {"stock": asyncio.new_event_loop}
    paced = item.get_closest_marker("paced")
    if paced is None:
        return {"virtual": VirtualLoop}
    rate = float(paced.args[0]) if paced.args else 1.0
    return {"paced": lambda: PacedLoop(rate=rate)}


# Seconds that the flight of a mission takes, about: the long ones are started first, so that no
# worker is left with one when the others have ended.
_FLIGHTS = {
    "nominal": 45, "return": 20, "perseverance_delivers": 15, "rover_arm_loads": 15, "short": 10,
}  # fmt: skip


_APART = ("check", "soak", "xdist_group")


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """What is collected stays to the end: Python is not to look through it for garbage, and for
    the rest as seldom as in a flight."""
    gc.disable()
    try:
        import_share(session.config)
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
        gc.set_threshold(SELDOM)


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps tests of one shared flight in one worker, the longest flights first; and the short
    tests of one file, so that what they share is made once."""
    weights: dict[str, int] = {}
    for item in items:
        marks = {mark.name: mark for mark in item.iter_markers()}
        if "flies" in marks:
            (name,) = marks["flies"].args
            item.add_marker(pytest.mark.xdist_group(name))
            weights[item.nodeid] = 1000 + _FLIGHTS.get(name, 5)
        elif "mission" in marks or "processes" in marks:
            weights[item.nodeid] = 1000
        elif marks.keys().isdisjoint(_APART):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
    items.sort(key=lambda item: -weights.get(item.nodeid, 0))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuses to fly each shared flight in each worker, if groups should be kept no longer."""
    if not hasattr(session.config, "workerinput") or not session.config.getvalue("loadgroup"):
        return
    apart = [each.nodeid for each in session.items if each.get_closest_marker("flies")]
    if any("@" not in nodeid for nodeid in apart):
        raise pytest.UsageError("this pytest-xdist does not group the tests of this pytest")


@pytest.fixture
def draw(request: pytest.FixtureRequest) -> random.Random:
    """What a test draws by: something else on each run, unless CHECK_SEED says what."""
    return drawn(request.node.nodeid)


_RUNNER = "_function_scoped_runner"  # the fixture in which pytest-asyncio makes a test's loop


@pytest.fixture(autouse=True)
def no_task_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails an async test that, with its fixtures, leaves a task running: nobody would see it."""
    loop = None
    if _RUNNER in request.fixturenames:
        # Asked for here, the loop outlives this fixture, which outlives those of the test.
        loop = request.getfixturevalue(_RUNNER).get_loop()
    yield
    if loop is not None:
        left = sorted(task.get_name() for task in asyncio.all_tasks(loop))
        if left:
            pytest.fail(f"tasks were left running: {', '.join(left)}", pytrace=False)
