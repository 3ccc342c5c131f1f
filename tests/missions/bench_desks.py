"""Wheels in C on a pty, on a desk of each test's own, that can die in mid-drive and come again."""

import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ground.testbed.run import Run
from sim_hw.bench.building import build

BENCH = """
format: 1
title: test
patience: {{value: 20, unit: s, source: test}}
wires:
  pty: {{address: "serial://{line}"}}
devices:
  rover.wheels:
    mode: real
    wire: pty
    identity: {{interface: Wheels, serial: {serial}, firmware: ">=0.1"}}
    rates:
      drive: {{value: {rate}, unit: m/s, source: test}}
      turn: {{value: {rate}, unit: rad/s, source: test}}
"""


class Cables:
    """Lets a device die in the middle of some drives, and starts it again."""

    def __init__(self, kill: Any, start: Any) -> None:
        self._kill, self._start = kill, start
        self._timers: list[threading.Timer] = []
        self.kills = 0

    def kill_in_mid_drive(self, drives: set[int]) -> Any:
        """What a run shows itself to: at some drives the device dies, and is started again."""
        seen = 0
        watched: list[Run] = []

        def hear(service: str, method: str) -> None:
            nonlocal seen
            if (service, method) == ("rover.wheels", "drive"):
                seen += 1
                if seen in drives:
                    self.kills += 1
                    self._later(0.1, self._kill)
                    self._later(0.6, self._start)

        def look(run: Run) -> None:
            if not watched:
                watched.append(run)
                run.hardware.called.append(hear)

        return look

    def _later(self, seconds: float, work: Any) -> None:
        self._timers.append(threading.Timer(seconds, work))
        self._timers[-1].start()

    def join(self) -> None:
        for timer in self._timers:
            timer.join()


class Desk:
    """The wheels on a pty, and the file of the bench that they are on."""

    def __init__(self, folder: Path, binary: Path, speed: float) -> None:
        self.folder, self._binary, self._speed = folder, binary, speed
        self._process: subprocess.Popen[str] | None = None
        self.serial = "SN0001"
        """Of the device that is started next."""
        self.cables = Cables(self.kill, self.start)
        self.start()

    def start(self) -> None:
        words = ["--speed", str(self._speed), "--turn-rate", str(self._speed)]
        words += ["--serial", self.serial]
        self._process = subprocess.Popen(
            [self._binary, "--pty", str(self.folder / "line"), *words],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        while self._process.stdout.readline().strip() != "ready":
            assert self._process.poll() is None

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def bench(self, *, serial: str = "SN0001", rate: float | None = None) -> Path:
        file = self.folder / "desk.yaml"
        rate = 1.2 * self._speed if rate is None else rate
        file.write_text(BENCH.format(line=self.folder / "line", serial=serial, rate=rate))
        return file

    def close(self) -> None:
        self.cables.join()
        self.kill()


def events(folder: Path, name: str) -> list[dict[str, Any]]:
    lines = (folder / "events.jsonl").read_text().splitlines()
    return [told for told in map(json.loads, lines) if told["name"] == name]


@pytest.fixture(scope="session")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheels", "posix", tmp_path_factory.mktemp("build"))


@pytest.fixture
def desk(tmp_path: Path, binary: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    made = Desk(tmp_path, binary, getattr(request, "param", 200.0))
    yield made
    made.close()


@pytest.fixture
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of this test alone: others have devices of the same number on their desks."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
