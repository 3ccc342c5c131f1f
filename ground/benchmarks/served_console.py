"""The console as it is served: how soon it answers, what it costs, and who suffers from whom.

Edge and web server are processes as `msr console` starts them, in front of a run that tells 200
values ten times a second. Browsers are websockets that take each frame and give credit for it, and
real ones besides, where one can be driven.
"""

import asyncio
import contextlib
import http.client
import importlib.util
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from flight.configuration.files import ConfigurationError
from flight.configuration.scratch_folder import ScratchFolder
from ground.benchmarks import painted_console
from ground.benchmarks.bare_browser import BareBrowser
from ground.benchmarks.console_starts import (
    KILLED,
    PATIENCE,
    PREVIEWS,
    Started,
    Starts,
    bare_start,
    begin_demo,
    free_port,
    kill_demo,
    preview_in_demo,
)
from ground.benchmarks.measurement import Sample
from ground.benchmarks.telling_run import TellingRun

USER = "anna"
BROWSERS, STALLED = 3, 50
STOPPED = 5
"""Of the stalled ones, so many are real browsers that stand still, where one can be driven."""
NEEDED = ("starlette", "uvicorn", "websockets")


@dataclass(frozen=True)
class ServedFigures:
    """Of one run of the benchmark; times in wall seconds, `cores` in processors, sizes in MB.

    `floor_start`: a Python that does nothing. `floor_timer`: by how much a bare timer of ten a
    second was late meanwhile. `floor_ping`: a websocket's own ping and its answer. What ends in
    `_work` is the same in the processor's time, of all processes that were started for it.
    `killed`, `killed_old`: from the death of a demo until it is where it was (`KILLED_AT`).
    `preview`: of a drive, on a twin that is warm. `page_live`, `painted` and `cores_painted`: of
    pages in real browsers; None where there are none, and `not_previewed`, `not_painted` say why.
    `stopped`: how many real ones stood still.
    """

    floor_start: Sample
    first_response: Sample
    first_response_work: Sample
    demo: Sample
    demo_work: Sample
    killed: Sample
    killed_old: Sample
    page: Sample
    answer: Sample
    floor_ping: Sample
    latency_alone: Sample
    latency: Sample
    latency_stalled: Sample
    floor_timer: Sample
    cores_alone: float
    cores: float
    cores_stalled: float
    memory: float
    memory_stalled: float
    web_grew: float
    preview: Sample | None
    not_previewed: str
    page_live: Sample | None
    painted: Sample | None
    cores_painted: float | None
    stopped: int
    not_painted: str


def check() -> None:
    """Raises ConfigurationError where the page's server is not installed."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigurationError(
            "command line", None, "console",
            f"the page needs {', '.join(missing)}, which is not installed",
        )  # fmt: skip


def measure_served(samples: int, starts: int) -> ServedFigures:
    """At least so many samples of each time, so many starts; raises ConfigurationError."""
    check()
    with ScratchFolder("served-") as folder:
        place = Path(folder)
        found = Starts()
        for turn in range(starts):
            found.floor.append(bare_start())
            begin_demo(place / f"demo{turn}", found)
            if turn < KILLED:
                kill_demo(place / f"killed{turn}", found)
        found.previews = preview_in_demo(place / "previews", max(2, min(PREVIEWS, samples // 10)))
        return asyncio.run(_measure(place, samples, starts, found))


@dataclass
class Front:
    """Edge and web server, and how they are reached."""

    edge: Started
    web: Started
    port: int
    cookie: str = ""

    def processor(self) -> float:
        """Seconds of the processor that both have used."""
        return self.edge.processor() + self.web.processor()

    def memory(self) -> float:
        """MB that both hold."""
        return self.edge.memory() + self.web.memory()


@contextlib.contextmanager
def _front(place: Path, starts: int, found: Starts) -> Iterator[Front]:
    """Starts them; the web server several times, for the time to its first response."""
    run = str(place / "run")
    edge = Started(["ground.cli", "control", run, "--demo", "--json"], place)
    web: Started | None = None
    try:
        served = json.loads(edge.line())
        for _ in range(starts):
            if web is not None:
                web.end()
            port, began = free_port(), time.perf_counter()
            addresses = ["--api", served["requests"], "--streams", served["streams"]]
            web = Started(["ground.console", *addresses, "--port", str(port)], place)
            _wait_for(lambda port=port: _get(port, "/login") == 200)  # type: ignore[misc]
            found.first.append(time.perf_counter() - began)
            found.first_work.append(web.processor())
        assert web is not None
        front = Front(edge, web, port)
        front.cookie = _log_in(port, served["links"][USER])
        yield front
    finally:
        if web is not None:
            web.end()
        edge.end()


async def _measure(place: Path, samples: int, starts: int, found: Starts) -> ServedFigures:
    async with TellingRun(place / "run") as run:
        opened = _front(place, starts, found)
        front = await asyncio.to_thread(opened.__enter__)
        try:
            return await _measured(run, front, samples, starts, found)
        finally:
            await asyncio.to_thread(opened.__exit__, None, None, None)


async def _measured(
    run: TellingRun, front: Front, samples: int, starts: int, found: Starts
) -> ServedFigures:
    page = await asyncio.to_thread(_pages, front.port, samples)
    not_painted = painted_console.why_not()
    drives, real = not not_painted, None
    if drives:
        real, not_painted = await painted_console.try_painted(front, samples, starts)
    async with contextlib.AsyncExitStack() as open_ones:

        async def browser(stalls: bool = False) -> "BareBrowser":
            return await open_ones.enter_async_context(BareBrowser(front, stalls=stalls))

        pages = [await browser()]
        run.late.clear()
        alone, cores_alone = await _watched(front, pages, samples)
        pages += [await browser() for _ in range(BROWSERS - 1)]
        together, cores = await _watched(front, pages, samples)
        late = Sample(tuple(run.late))
        answer, ping = await pages[0].answers(samples), await pages[0].pings(samples)
        memory, web = front.memory(), front.web.memory()
        if drives:
            chromium = await open_ones.enter_async_context(painted_console.Chromium())
            for _ in range(STOPPED):
                await chromium.open(front)
            chromium.stop()
        for _ in range(STALLED - (STOPPED if drives else 0)):
            await browser(stalls=True)
        stalled, cores_stalled = await _watched(front, pages, samples)
        return ServedFigures(
            Sample(tuple(found.floor)), Sample(tuple(found.first)),
            Sample(tuple(found.first_work)), Sample(tuple(found.demo)),
            Sample(tuple(found.demo_work)), Sample(tuple(found.killed[0])),
            Sample(tuple(found.killed[1])), page, answer, ping, alone, together, stalled, late,
            cores_alone, cores, cores_stalled, memory, front.memory(), front.web.memory() - web,
            Sample(found.previews.seconds) if found.previews.seconds else None,
            found.previews.refused,
            real.live if real else None, real.painted if real else None,
            real.cores if real else None, STOPPED if drives else 0, not_painted,
        )  # fmt: skip


async def _watched(front: Front, pages: "list[BareBrowser]", samples: int) -> tuple[Sample, float]:
    """Latencies at all pages together, and the share of a processor meanwhile."""
    for page in pages:
        page.latencies.clear()
    used, began = front.processor(), time.perf_counter()
    while sum(len(page.latencies) for page in pages) < samples:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    cores = (front.processor() - used) / (time.perf_counter() - began)
    return Sample(tuple(each for page in pages for each in page.latencies)), cores


def _pages(port: int, count: int) -> Sample:
    """Requests over HTTP, one after the other on one connection."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20.0)
    seconds = []
    for _ in range(count):
        began = time.perf_counter()
        line.request("GET", "/login")
        line.getresponse().read()
        seconds.append(time.perf_counter() - began)
    line.close()
    return Sample(tuple(seconds))


def _log_in(port: int, token: str) -> str:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20.0)
    origin = f"http://127.0.0.1:{port}"
    headers = {"Origin": origin, "Content-Type": "application/x-www-form-urlencoded"}
    line.request("POST", "/login", urlencode({"token": token}), headers)
    cookie = line.getresponse().getheader("set-cookie", "")
    line.close()
    return str(cookie).partition(";")[0]


def _get(port: int, path: str) -> int:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5.0)
    try:
        line.request("GET", path)
        return line.getresponse().status
    except OSError:
        return 0
    finally:
        line.close()


def _wait_for(there: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not there():
        if time.monotonic() > end:
            raise RuntimeError("the web server does not answer")
        time.sleep(0.01)
