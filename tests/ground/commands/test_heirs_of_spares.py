"""Who inherits the place of a spare that was killed: its sleeping copy, if it says so in time."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ground.commands import spare
from ground.commands.spare import Spare

KILLED = -signal.SIGKILL
LIVES = 4_000_000  # beyond what Linux numbers processes by


class Process:
    """One that has ended with a code, or not; what it, or its copy, says comes by a pipe."""

    def __init__(self, code: int | None, *, pipes: bool = True, pid: int = LIVES) -> None:
        self.code, self.pid = code, pid
        self.reading, self.writing = os.pipe()
        self.stdin = SimpleNamespace(write=self.told, flush=lambda: None, close=lambda: None)
        self.stdout: Any = SimpleNamespace(
            fileno=lambda: self.reading, close=lambda: None
        ) if pipes else None  # fmt: skip
        self.heard: list[Any] = []
        self.signals: list[str] = []

    def told(self, line: bytes) -> None:
        self.heard.append(json.loads(line))

    def says(self, text: str) -> None:
        os.write(self.writing, text.encode() + b"\n")

    def closes(self) -> None:
        if self.writing >= 0:
            os.close(self.writing)
            self.writing = -1

    def poll(self) -> int | None:
        return self.code

    def wait(self, timeout: float | None = None) -> int | None:
        return self.code

    def terminate(self) -> None:
        self.signals.append("terminate")
        self.code = -signal.SIGTERM


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A spare on a clock of the test's, whose heirs are made by hand."""
    one: Any = Spare(tmp_path, "demo")
    one.now, one.heirs, one.waits, one.processes = 1000.0, {}, [], []

    def wait(reading: Any, writing: Any, broken: Any, seconds: float) -> Any:
        one.waits.append(seconds)
        one.now += seconds
        return real(reading, writing, broken, 0.0)

    def adopted(pid: int, *pipes: Any) -> Any:
        heir = one.heirs.setdefault(pid, Process(None, pid=pid))
        heir.given = pipes
        return heir

    real = spare.select.select
    monkeypatch.setattr(spare, "time", SimpleNamespace(monotonic=lambda: one.now))
    monkeypatch.setattr(spare, "select", SimpleNamespace(select=wait))
    monkeypatch.setattr(spare, "Adopted", adopted)
    monkeypatch.setattr(spare, "Pulse", lambda pid: SimpleNamespace(pid=pid, hangs=False))
    yield one
    for each in (*one.processes, *one.heirs.values()):
        each.closes()
        os.close(each.reading)


def spared(made: Any, code: int | None, **more: Any) -> Process:
    process = Process(code, **more)
    made.processes.append(process)
    made._process = process
    made._started = made._alive = made.now
    made._starts = 1
    return process


def test_a_copy_that_says_so_is_the_spare_from_then_on(made: Any) -> None:
    dead = spared(made, KILLED)
    assert not made.stands_by and made.pid == LIVES
    dead.says('{"heir": 77}')
    assert made.stands_by and made.pid == 77
    assert made.heirs[77].given == (dead.stdin, dead.stdout), "it is ordered as that one was"
    assert made._starts == 2, "another has ended by itself"


@pytest.mark.parametrize("said", ["", "{}", "x", '{"heir": "x"}', "[]", "3"])
def test_what_is_no_word_of_a_copy_makes_none(made: Any, said: str) -> None:
    dead = spared(made, KILLED)
    dead.says(said)
    assert not made.stands_by and made._process is dead
    dead.says('{"heir": 77}')
    assert made.stands_by, "it may come later"


@pytest.mark.parametrize(
    ("code", "pipes", "may"),
    [(KILLED, True, True), (-signal.SIGTERM, True, True), (0, True, False), (1, True, False),
     (KILLED, False, False)],
)  # fmt: skip
def test_only_one_that_was_killed_has_an_heir(made: Any, code: int, pipes: bool, may: bool) -> None:
    dead = spared(made, code, pipes=pipes)
    assert made._may_be_inherited(dead) is may
    dead.says('{"heir": 77}')
    assert made.stands_by is may


def test_a_copy_has_ten_seconds_from_when_the_death_was_seen(made: Any) -> None:
    dead = spared(made, KILLED)
    made.now = 2000.0
    assert not made.stands_by
    made.now = 2010.0
    assert made._may_be_inherited(dead)
    made.now = 2010.1
    assert not made._may_be_inherited(dead)
    dead.says('{"heir": 77}')
    assert not made.stands_by, "it comes too late"
    other = spared(made, KILLED)
    assert made._may_be_inherited(other), "of another death the time is its own"


def test_where_nobody_is_left_who_could_say_so_none_is_waited_for(made: Any) -> None:
    dead = spared(made, KILLED)
    made.now += 10.1
    made._seen_dead = made.now
    assert made._may_be_inherited(dead) and not made.is_wanted
    dead.closes()
    assert not made.stands_by and not made._may_be_inherited(dead)
    made.now += 10.1
    assert made.is_wanted, "another is to be started"


def test_as_long_as_one_may_come_no_other_is_started(made: Any) -> None:
    spared(made, KILLED)
    made._started = made._alive = made.now - 100.0
    assert not made.is_wanted
    made.now += 10.1
    assert made.is_wanted


def test_too_many_that_were_killed_leave_no_heir(made: Any) -> None:
    for starts, stands in ((4, True), (5, False)):
        dead = spared(made, KILLED)
        made._starts = starts
        dead.says('{"heir": 77}')
        assert made.stands_by is stands
        assert made.heirs.pop(77).signals == ([] if stands else ["terminate"])


# --------------------------------------------------------------------------- taking over


def test_who_takes_over_waits_for_a_copy_and_looks_ten_times_a_second(made: Any) -> None:
    dead = spared(made, KILLED)
    seen: list[float] = []

    def meanwhile() -> None:
        seen.append(made.now)
        if len(seen) == 5:
            heir = made.heirs[77] = Process(None, pid=77)
            dead.says('{"heir": 77}')
            heir.says('{"pid": 123}')

    begun = made.now
    found = made.take_over(Path("record"), meanwhile)
    assert found is made.heirs[123] and made.pid == 77 and made._starts == 1
    assert seen[:5] == pytest.approx([begun + 0.1 * n for n in range(1, 6)])
    order = {"do": "take_over", "record": "record", "parent": os.getpid()}
    assert dead.heard == [] and made.heirs[77].heard == [order]


def test_where_no_copy_comes_nobody_takes_over(made: Any) -> None:
    spared(made, KILLED)
    seen: list[float] = []
    assert made.take_over(Path("record"), lambda: seen.append(made.now)) is None
    assert 10.0 <= made.now - 1000.0 <= 10.3 and len(seen) == pytest.approx(101, abs=1)
    made._process = None
    seen.clear()
    assert made.take_over(Path("record"), lambda: seen.append(made.now)) is None and seen == []


@pytest.mark.parametrize(
    ("age", "patience"), [(0.0, 20.0), (14.0, 6.0), (15.0, 5.0), (3600.0, 5.0)]
)
def test_one_that_was_just_started_has_twenty_seconds_and_others_five(
    made: Any, age: float, patience: float
) -> None:
    spared(made, None)
    made._started = made.now - age
    begun = made.now
    told = made._asked({"do": "x"}, lambda: None)
    assert told == {"refused": "it did not answer in time"}
    assert made.now - begun == pytest.approx(patience, abs=0.11)


def test_one_that_ends_while_it_is_asked_is_not_waited_for(made: Any) -> None:
    process = spared(made, None)

    def ends() -> None:
        process.code = 1

    assert made._asked({"do": "x"}, ends) == {"refused": "it has ended"}
    assert made.now - 1000.0 == pytest.approx(0.2)
    shut = spared(made, None)
    shut.closes()
    assert made._asked({"do": "x"}, lambda: None) == {"refused": "it did not answer in time"}
    torn = spared(made, None)
    torn.says("no json")
    assert "Expecting value" in made._asked({"do": "x"}, lambda: None)["refused"]
