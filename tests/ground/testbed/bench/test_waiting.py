"""Devices that are not there when a flight begins, and what becomes of a flight that has them."""

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from ground.testbed.bench import opening as bench_opening
from ground.testbed.bench.file import BenchFile, load_bench
from ground.testbed.bench.host import Bench
from ground.testbed.bench.opening import until_ready
from ground.testbed.hosts.throttled import Throttled, ThrottledHost
from ground.testbed.record.session import Session

SERVICE = "rover.wheels"


class Terminal(io.StringIO):
    there = True

    def isatty(self) -> bool:
        return self.there


class Process:
    """Tells one thing a look, and has an eye on what stands at the terminal then."""

    gone = False
    identifier = 0

    def __init__(self, says: dict[int, list[Any]], terminal: Terminal) -> None:
        self.says, self.terminal, self.look, self.seen = says, terminal, 0, {0: ""}

    def take(self, wait: float) -> list[Any] | None:
        told = self.says.pop(self.look, None)
        if told is None:
            self.look += 1
            self.seen[self.look] = self.terminal.getvalue()
        return told

    def now(self) -> float:
        return self.look * 0.1


class Flaps(Process):
    """Comes and goes, ten times within a look: it is never silent."""

    def take(self, wait: float) -> list[Any] | None:
        self.look += 1
        return state("found" if self.look % 2 else "lost", f"broken {self.look} times")

    def now(self) -> float:
        return self.look * 0.01


def state(what: str, words: str = "") -> list[Any]:
    return ["state", SERVICE, what, words, 0, {}]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    made = Terminal()
    monkeypatch.setattr(bench_opening, "sys", SimpleNamespace(stderr=made))
    monkeypatch.setattr(bench_opening.time, "time", lambda: 0.0)
    monkeypatch.setattr(bench_opening.time, "localtime", bench_opening.time.gmtime)
    return made


def waited(process: Process) -> str:
    """What is refused after all."""
    file, bench = load_bench("wheels_on_a_pty")
    with pytest.raises(ConfigurationError) as refusal:
        until_ready(process, file, bench, process.now)  # type: ignore[arg-type]
    return str(refusal.value)


def test_what_is_not_there_is_told_at_once_and_once(terminal: Terminal) -> None:
    absent = state("absent", "no such device")
    process = Process({1: absent, 2: state("absent", "still none"), 5: absent}, terminal)
    assert "no such device" in waited(process)
    line = f"note: {SERVICE} is absent (no such device); it is waited for until 00:00:30, 30 s"
    assert process.seen[1] == "" and process.seen[2].startswith(line)
    assert terminal.getvalue().count("\n") == 1


def test_one_that_is_found_has_some_time_to_be_ready(terminal: Terminal) -> None:
    process = Process({1: state("found")}, terminal)
    waited(process)
    noted = 30
    assert process.seen[noted] == "" and f"{SERVICE} is found; it is" in process.seen[noted + 1]


def test_one_that_is_ready_and_nobody_at_a_terminal_are_told_nothing(terminal: Terminal) -> None:
    file, bench = load_bench("wheels_on_a_pty")
    ready = "armed" if bench.wired[SERVICE].arms_itself else "safe"
    process = Process({0: state("found"), 2: state(ready)}, terminal)
    told = until_ready(process, file, bench, process.now)  # type: ignore[arg-type]
    assert told[-1] == state(ready)
    terminal.there = False
    waited(Process({1: state("absent", "no such device")}, terminal))
    assert terminal.getvalue() == ""


def test_one_that_comes_and_goes_all_the_time_is_waited_for_no_longer(terminal: Terminal) -> None:
    process = Flaps({}, terminal)
    assert "broken 3000 times" in waited(process)
    assert terminal.getvalue().count("\n") == 1


def session() -> Session:
    """A record of an earlier run."""
    made: Any = SimpleNamespace(torn=None, inputs=(), head=SimpleNamespace(parent=None))
    return made  # type: ignore[no-any-return]


def test_what_real_devices_did_is_kept_as_what_people_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, bench = load_bench("wheels_on_a_pty")
    empty = BenchFile(1, "", {}, {})
    kept = [Throttled(), Bench(bench=bench), Bench(bench=empty, serve=True)]
    again = [
        Throttled(serve=False), Bench(bench=bench, session=session()), Bench(bench=empty),
        Bench(bench=bench, in_memory=True), Throttled(in_memory=True),
    ]  # fmt: skip
    given: list[Any] = []
    monkeypatch.setattr(
        "ground.testbed.hosts.virtual.VirtualHost.__init__",
        lambda *_, **options: given.append(options["durable"]),
    )
    for kind in (*kept, *again):
        ThrottledHost(None, None, kind)  # type: ignore[arg-type]
    assert given == [True] * len(kept) + [False] * len(again)
