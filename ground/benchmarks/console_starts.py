"""How long demos take to begin, and to come back when they were killed; previews in one of them."""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ground.benchmarks.warm_previews import Previews, measure_previews
from ground.missions.run_folder import holder_of
from ground.testbed.operating.control_client import ControlRefused, RunControl

PATIENCE = 60.0  # wall seconds for a process to be there
TICKS = os.sysconf("SC_CLK_TCK")
PREVIEWS = 20  # at most; each spends a twin
DEMO_THERE = "Ctrl-C ends it"
DEMO = ["console", "--demo", "surface", "--pace", "0", "--no-browser"]
KILLED_AT = (5_000.0, 500_000.0)  # s of mission time
KILLED = 3  # demos at most that are killed
SETTLED = 4.0  # wall seconds that a demo stands before it is killed


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


@dataclass
class Starts:
    """How long each start took, and of some how much work it was."""

    floor: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    first_work: list[float] = field(default_factory=list)
    demo: list[float] = field(default_factory=list)
    demo_work: list[float] = field(default_factory=list)
    previews: Previews = field(default_factory=lambda: Previews(()))
    killed: tuple[list[float], ...] = field(default_factory=lambda: tuple([] for _ in KILLED_AT))


def bare_start() -> float:
    """How long a Python takes that does nothing."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", ""], check=True)
    return time.perf_counter() - began


def begin_demo(place: Path, found: Starts) -> None:
    """From the command to the word that it is there: run, edge and page answer."""
    used, began = _used_by_children(), time.perf_counter()
    words = ["ground.cli", *DEMO, "--out", str(place / "run"), "--port", str(free_port())]
    console = Started(words, place)
    try:
        while DEMO_THERE not in console.line():
            pass
        found.demo.append(time.perf_counter() - began)
    finally:
        console.end()
    found.demo_work.append(_used_by_children() - used)


def preview_in_demo(place: Path, count: int) -> Previews:
    """So many previews in a demo that stands."""
    folder = place / "run"
    console = Started(["ground.cli", *DEMO, "--no-web", "--out", str(folder)], place)
    try:
        while DEMO_THERE not in console.line():
            pass
        return measure_previews(folder, count)
    finally:
        console.end()


def kill_demo(place: Path, found: Starts) -> None:
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


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: Any = probe.getsockname()[1]
        return int(found)
