"""The console's page in real browsers: how soon it lives, how late it paints, and browsers that
stand still.

Debian's chromium, driven by Playwright. A page gives credit for a frame when it has drawn it: that
is when the frame counts as painted.
"""

import asyncio
import importlib.util
import json
import os
import secrets
import signal
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from ground.benchmarks.measurement import Sample

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
BROWSERS, PLOTS = 3, 4
PATIENCE = 30_000.0  # ms for something to be on the page
LONGEST = 300.0  # wall seconds for all that is to be painted
CREDIT = '{"credit":1}'


class Reached(Protocol):
    """A web server, and the cookie of somebody's session with it."""

    port: int
    cookie: str

    def processor(self) -> float:
        """Seconds of the processor that edge and web server have used."""
        ...


@dataclass(frozen=True)
class PaintedFigures:
    """`live`: from the address to the first value that is drawn. `painted`: from the run to the
    page, of so many browsers with so many plots each. `cores`: of edge and web server meanwhile."""

    live: Sample
    painted: Sample
    cores: float


def why_not() -> str:
    """Why no browser can be driven here; empty: one can."""
    if importlib.util.find_spec("playwright") is None:
        return "Playwright is not installed; install threeforks[dev]"
    if not CHROMIUM.exists():
        return f"{CHROMIUM} is not there; apt-get install -y chromium"
    return ""


async def try_painted(
    reached: Reached, samples: int, starts: int
) -> tuple[PaintedFigures | None, str]:
    """The same, or a sentence where the machine is too slow for it."""
    from playwright.async_api import Error

    try:
        return await measure_painted(reached, samples, starts), ""
    except (Error, RuntimeError) as error:
        return None, str(error).partition("\n")[0]


async def measure_painted(reached: Reached, samples: int, starts: int) -> PaintedFigures:
    """So many times painted, so many pages that begin."""
    async with Chromium() as chromium:
        live = []
        for _ in range(starts):
            page = await chromium.open(reached)
            live.append(page.live)
            await page.close()
        pages = [await chromium.open(reached) for _ in range(BROWSERS)]
        for page in pages:
            await page.plot()
            page.latencies.clear()
        used, began = reached.processor(), time.perf_counter()
        while sum(len(page.latencies) for page in pages) < samples:
            if time.perf_counter() - began > LONGEST:
                raise RuntimeError(f"{BROWSERS} browsers painted too little within {LONGEST:g} s")
            await asyncio.sleep(0.1)
        cores = (reached.processor() - used) / (time.perf_counter() - began)
        painted = Sample(tuple(each for page in pages for each in page.latencies))
    return PaintedFigures(Sample(tuple(live)), painted, cores)


class Chromium:
    """A browser of its own, with a window for each page: `async with Chromium() as chromium`."""

    def __init__(self) -> None:
        self._mark = f"--msr-benchmark={secrets.token_hex(8)}"  # by which its process is found
        self._stopped: list[int] = []

    async def __aenter__(self) -> Self:
        from playwright.async_api import async_playwright

        self._driver = await async_playwright().start()
        self._browser = await self._driver.chromium.launch(
            executable_path=str(CHROMIUM), headless=True, args=[*FLAGS, self._mark]
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        for process in self._stopped:
            os.kill(process, signal.SIGCONT)
        await self._browser.close()
        await self._driver.stop()

    async def open(self, reached: Reached) -> "PaintedPage":
        """A page in a window of its own, when it lives."""
        window = await self._browser.new_context(viewport={"width": 1280, "height": 720})
        name, _, value = reached.cookie.partition("=")
        url = f"http://127.0.0.1:{reached.port}"
        await window.add_cookies([{"name": name, "value": value, "url": url}])
        page = PaintedPage(window, await window.new_page())
        await page.begin(f"{url}/#telemetry")
        return page

    def stop(self) -> None:
        """All of it stands still, as in a machine that sleeps: nothing is read or painted."""
        self._stopped = _with_descendants(_process_with(self._mark))
        for process in self._stopped:
            os.kill(process, signal.SIGSTOP)


class PaintedPage:
    """One page; `latencies` from the making of a value until its frame was drawn."""

    def __init__(self, window: Any, page: Any) -> None:
        self.latencies: list[float] = []
        self.live = 0.0
        self._window, self._page = window, page
        self._owed: deque[float | None] = deque()  # when the values of frames were made
        page.set_default_timeout(PATIENCE)
        page.on("websocket", self._opened)

    async def begin(self, url: str) -> None:
        """Until the first value is on the page."""
        began = time.perf_counter()
        await self._page.goto(url)
        await self._page.locator("main td.told strong").first.wait_for()
        self.live = time.perf_counter() - began

    async def plot(self) -> None:
        """Puts so many channels into plots."""
        for channel in range(PLOTS):
            await self._page.get_by_text(f"c{channel}", exact=True).first.click()
            await self._page.locator(".trendpanel").nth(channel).wait_for(state="attached")

    async def close(self) -> None:
        """Its window closes."""
        await self._window.close()

    def _opened(self, socket: Any) -> None:
        self._owed.clear()
        socket.on("framereceived", self._received)
        socket.on("framesent", self._sent)

    def _received(self, text: Any) -> None:
        if isinstance(text, str) and text.startswith('{"poll"'):
            values = [row[2] for row in json.loads(text)["poll"]["telemetry"]]
            self._owed.append(max(values, default=None))

    def _sent(self, text: Any) -> None:
        if text == CREDIT and self._owed:
            made = self._owed.popleft()
            if made is not None:
                self.latencies.append(time.monotonic() - made)


def _process_with(mark: str) -> int:
    """The process that was started with an argument. Raises RuntimeError."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if mark.encode() in words and not any(each.startswith(b"--type=") for each in words):
            return int(folder.name)
    raise RuntimeError("the browser's process is not found")


def _with_descendants(process: int) -> list[int]:
    found = [process]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            found += map(int, task.read_text().split())
    return found
