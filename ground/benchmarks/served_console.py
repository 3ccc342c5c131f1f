"""The console as it is served: how soon it answers, what it costs, and who suffers from whom.

Edge and web server are processes as `msr console` starts them, in front of a run that tells 200
values ten times a second. Browsers are websockets that take each frame and give credit for it: what
is not measured here is the painting.
"""

import asyncio
import contextlib
import http.client
import importlib.util
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flight.configuration.files import ConfigurationError
from ground.benchmarks.measurement import Sample
from ground.benchmarks.telling_run import TellingRun
from ground.missions.run_folder import holder_of
from ground.testbed.control_client import ControlRefused, RunControl

USER = "anna"
BROWSERS, STALLED = 3, 50
PATIENCE = 60.0  # wall seconds for a process to be there
TICKS = os.sysconf("SC_CLK_TCK")
NEEDED = ("starlette", "uvicorn", "websockets")
DEMO = ["console", "--demo", "surface", "--pace", "0", "--no-browser"]
DEMO_THERE = "Ctrl-C ends it"
KILLED_AT = (5_000.0, 500_000.0)  # s of mission time
KILLED = 3  # demos at most that are killed
SETTLED = 4.0  # wall seconds that a demo stands before it is killed


@dataclass(frozen=True)
class ServedFigures:
    """Of one run of the benchmark; times in wall seconds, `cores` in processors, sizes in MB.

    `floor_start`: a Python that does nothing. `floor_timer`: by how much a bare timer of ten a
    second was late meanwhile. `floor_ping`: a websocket's own ping and its answer. What ends in
    `_work` is the same in the processor's time, of all processes that were started for it.
    `killed`, `killed_old`: from the death of a demo until it is where it was (`KILLED_AT`).
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


class Started:
    """A process of this benchmark; its words are read line by line."""

    def __init__(self, words: list[str], home: Path) -> None:
        self._words = words
        private = {"XDG_STATE_HOME": str(home / "state"), "XDG_CONFIG_HOME": str(home / "config")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", *words], env=os.environ | private, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
        )  # fmt: skip

    def line(self) -> str:
        """The next line that it writes. Raises RuntimeError when it has ended."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(self._words)} ended with {self._process.wait()}")
        return line

    def processor(self) -> float:
        """Seconds of the processor that it has used."""
        words = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / TICKS

    def memory(self) -> float:
        """MB that it holds."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024.0
        return 0.0

    def end(self) -> None:
        """Ends it in order."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(20.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


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
    with tempfile.TemporaryDirectory(prefix="msr-served-") as folder:
        place = Path(folder)
        found = Starts()
        for turn in range(starts):
            found.floor.append(_bare_start())
            _demo(place / f"demo{turn}", found)
            if turn < KILLED:
                _kill(place / f"killed{turn}", found)
        return asyncio.run(_measure(place, samples, starts, found))


@dataclass
class Starts:
    """How long each start took, and of some how much work it was."""

    floor: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    first_work: list[float] = field(default_factory=list)
    demo: list[float] = field(default_factory=list)
    demo_work: list[float] = field(default_factory=list)
    killed: tuple[list[float], ...] = field(default_factory=lambda: tuple([] for _ in KILLED_AT))


def _bare_start() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", ""], check=True)
    return time.perf_counter() - began


def _demo(place: Path, found: Starts) -> None:
    """From the command to the word that it is there: run, edge and page answer."""
    used, began = _used_by_children(), time.perf_counter()
    words = ["ground.cli", *DEMO, "--out", str(place / "run"), "--port", str(_free_port())]
    console = Started(words, place)
    try:
        while DEMO_THERE not in console.line():
            pass
        found.demo.append(time.perf_counter() - began)
    finally:
        console.end()
    found.demo_work.append(_used_by_children() - used)


def _kill(place: Path, found: Starts) -> None:
    """A demo that flies to an instant, stands there and is killed: until it answers from there."""
    folder = place / "run"
    console = Started(["ground.cli", *DEMO, "--no-web", "--out", str(folder)], place)
    try:
        while DEMO_THERE not in console.line():
            pass
        for age, took in zip(KILLED_AT, found.killed, strict=True):
            with RunControl(folder) as control:
                control.pace(None, age)
            _stands(folder, age)
            time.sleep(SETTLED)
            began = time.perf_counter()
            os.kill(holder_of(folder), signal.SIGKILL)
            _stands(folder, age)
            took.append(time.perf_counter() - began)
    finally:
        console.end()


def _stands(folder: Path, age: float) -> None:
    """Waits until the run stands there. Raises RuntimeError where it does not come."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(ControlRefused), RunControl(folder, patience=1.0) as control:
            look = control.look()
            if look["time"] == age and look["pace"] == 0.0:
                return
        time.sleep(0.01)
    raise RuntimeError(f"a demo did not come to {age:g} s within {PATIENCE:g} s")


def _used_by_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


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
            port, began = _free_port(), time.perf_counter()
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
            return await _measured(run, front, samples, found)
        finally:
            await asyncio.to_thread(opened.__exit__, None, None, None)


async def _measured(run: TellingRun, front: Front, samples: int, found: Starts) -> ServedFigures:
    page = await asyncio.to_thread(_pages, front.port, samples)
    async with contextlib.AsyncExitStack() as open_ones:

        async def browser(stalls: bool = False) -> "Page":
            return await open_ones.enter_async_context(Page(front, stalls=stalls))

        pages = [await browser()]
        run.late.clear()
        alone, cores_alone = await _watched(front, pages, samples)
        pages += [await browser() for _ in range(BROWSERS - 1)]
        together, cores = await _watched(front, pages, samples)
        late = Sample(tuple(run.late))
        answer, ping = await pages[0].answers(samples), await pages[0].pings(samples)
        memory, web = front.memory(), front.web.memory()
        for _ in range(STALLED):
            await browser(stalls=True)
        stalled, cores_stalled = await _watched(front, pages, samples)
        return ServedFigures(
            Sample(tuple(found.floor)), Sample(tuple(found.first)),
            Sample(tuple(found.first_work)), Sample(tuple(found.demo)),
            Sample(tuple(found.demo_work)), Sample(tuple(found.killed[0])),
            Sample(tuple(found.killed[1])), page, answer, ping, alone, together, stalled, late,
            cores_alone, cores, cores_stalled, memory, front.memory(), front.web.memory() - web,
        )  # fmt: skip


async def _watched(front: Front, pages: "list[Page]", samples: int) -> tuple[Sample, float]:
    """Latencies at all pages together, and the share of a processor meanwhile."""
    for page in pages:
        page.latencies.clear()
    used, began = front.processor(), time.perf_counter()
    while sum(len(page.latencies) for page in pages) < samples:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    cores = (front.processor() - used) / (time.perf_counter() - began)
    return Sample(tuple(each for page in pages for each in page.latencies)), cores


class Page:
    """What a browser does, without painting: takes frames, and gives credit unless it `stalls`."""

    def __init__(self, front: Front, *, stalls: bool) -> None:
        self.latencies: list[float] = []
        self._front = front
        self._stalls = stalls
        self._answered: dict[int, asyncio.Future[None]] = {}

    async def __aenter__(self) -> "Page":
        from websockets.asyncio.client import connect

        place = f"127.0.0.1:{self._front.port}"
        self._socket = await connect(
            f"ws://{place}/ws", origin=f"http://{place}", max_size=None,  # type: ignore[arg-type]
            additional_headers={"Cookie": self._front.cookie},
        )  # fmt: skip
        self._reading = asyncio.get_running_loop().create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reading.cancel()
        await asyncio.wait([self._reading])
        await self._socket.close()

    async def _read(self) -> None:
        async for text in self._socket:
            frame = json.loads(text)
            if "poll" in frame:
                now = time.monotonic()
                values = [row[2] for row in frame["poll"]["telemetry"] if row[0] == "rover"]
                if values:
                    self.latencies.append(now - max(values))
                if not self._stalls:
                    await self._socket.send('{"credit": 1}')
            elif frame.get("id") in self._answered:
                if not frame["ok"]:
                    raise RuntimeError(f"mission control refused: {frame}")
                self._answered.pop(frame["id"]).set_result(None)

    async def answers(self, count: int) -> Sample:
        """Requests one after the other: to the run and back."""
        seconds = []
        for number in range(1, count + 1):
            answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._answered[number] = answered
            began = time.perf_counter()
            await self._socket.send(json.dumps({"id": number, "request": {"do": "hello"}}))
            await answered
            seconds.append(time.perf_counter() - began)
        return Sample(tuple(seconds))

    async def pings(self, count: int) -> Sample:
        """The websocket's own question and answer."""
        seconds = []
        for _ in range(count):
            began = time.perf_counter()
            await (await self._socket.ping())
            seconds.append(time.perf_counter() - began)
        return Sample(tuple(seconds))


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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: Any = probe.getsockname()[1]
        return int(found)
