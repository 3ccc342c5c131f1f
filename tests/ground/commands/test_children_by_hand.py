"""Processes of a command, played by hand: when each is started, again or not, and how it ends."""

import os
import subprocess
from types import SimpleNamespace
from typing import Any

import pytest

from ground.commands import children, pulse
from ground.commands.children import Child, end_all


class Process:
    """A process that does what a test says."""

    def __init__(self, code: int | None = None, *, deaf: bool = False) -> None:
        self.code, self.deaf = code, deaf
        self.did: list[Any] = []
        self.stdout: Any = SimpleNamespace(close=lambda: self.did.append("closed"))

    def poll(self) -> int | None:
        return self.code

    def terminate(self) -> None:
        self.did.append("terminate")

    def kill(self) -> None:
        self.did.append("kill")

    def wait(self, patience: float | None = None) -> None:
        self.did.append(("wait", patience))
        if self.deaf and patience is not None:
            raise subprocess.TimeoutExpired("it", patience)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Any:
    made = SimpleNamespace(now=1_000.0)
    monkeypatch.setattr(children, "time", SimpleNamespace(monotonic=lambda: made.now))
    return made


def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    began: list[Any] = []

    def popen(words: list[str], **options: Any) -> Process:
        began.append((words[1:], options))
        return Process()

    monkeypatch.setattr(
        children, "subprocess",
        SimpleNamespace(Popen=popen, DEVNULL=-3, PIPE=-1, TimeoutExpired=subprocess.TimeoutExpired),
    )  # fmt: skip
    return began


@pytest.mark.parametrize(("speaks", "out"), [(True, -1), (False, -3)])
def test_it_is_started_in_a_session_of_its_own_and_heard_where_it_speaks(
    speaks: bool, out: int, wall: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = opened(monkeypatch)
    child = Child("one", ["a.module", "x"], speaks=speaks)
    assert not child.started and child.code is None
    child.start()
    [(words, options)] = began
    assert words == ["-m", "a.module", "x"] and child.started and child.code is None
    assert options["start_new_session"] is True and options["text"] is True
    assert (options["stdin"], options["stdout"]) == (-3, out)
    assert options["env"][children.CHILD] == "1"
    assert options["preexec_fn"] is children.end_with_parent


@pytest.mark.parametrize(
    ("process", "did"),
    [
        (Process(), ["terminate", ("wait", 10.0), "closed"]), (Process(0), ["closed"]),
        (Process(-9), ["closed"]),
        (Process(deaf=True), ["terminate", ("wait", 10.0), "kill", ("wait", None), "closed"]),
    ],
)  # fmt: skip
def test_it_has_ten_seconds_to_end_in_order(process: Process, did: list[Any]) -> None:
    child = Child("one", [])
    child.end()
    child._process = process  # type: ignore[assignment]
    child.end()
    assert process.did == did
    process.did.clear()
    process.stdout = None
    process.code = 0
    child.end()
    assert process.did == []


def test_one_that_broke_five_times_in_a_minute_may_be_started_again_and_no_more(wall: Any) -> None:
    child = Child("one", [])
    for number in range(7):
        child.become(Process(1))  # type: ignore[arg-type]
        assert child.may_start_again() is (number < 5)
        wall.now += 1.0
    wall.now += 55.0
    assert child.may_start_again(), "of late it has broken less often"
    killed = Child("two", [])
    for number in range(61):
        killed.become(Process(-9))  # type: ignore[arg-type]
        assert killed.may_start_again() is (number < 59), "nobody dies by signal 9 by itself"
    wall.now += 60.0
    assert killed.may_start_again()
    fine = Child("three", [])
    fine.become(Process())  # type: ignore[arg-type]
    assert fine.may_start_again() and fine._broken == []


class Prepared:
    """One that makes copies when a test says so."""

    def __init__(self) -> None:
        self.pid, self.is_gone, self.number = 0, False, 3
        self.did: list[Any] = []

    def order(self, words: Any) -> int:
        self.did.append(list(words))
        return self.number

    def pid_of(self, number: int) -> int:
        self.did.append(number)
        return self.pid

    def end(self) -> None:
        self.did.append("end")


def test_a_copy_that_is_on_its_way_is_waited_for_and_where_none_comes_it_is_started(
    wall: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = opened(monkeypatch)
    monkeypatch.setattr(children, "Adopted", lambda pid: Process(pid))
    prepared = Prepared()
    child = Child("one", ["a.module"], prepared=prepared)  # type: ignore[arg-type]
    child.start()
    assert child.started and child.code is None and began == []
    prepared.pid = 77
    assert child.code == 77 and prepared.did == [["a.module"], 3, 3]
    assert child.code == 77 and len(prepared.did) == 3, "it is there"
    prepared.pid = 0
    child.start()
    assert child.code is None
    prepared.is_gone = True
    assert child.code is None and len(began) == 1, "as any other program"
    prepared.number = 0
    child.start()
    assert len(began) == 2, "there will be no copy"
    prepared.number, prepared.pid = 4, 78
    child.start()
    prepared.did.clear()
    child.end()
    assert prepared.did == ["end", 4] and child.code == 78
    child.end()
    assert prepared.did == ["end", 4]


class Told:
    """What Linux tells of a process, as a test has it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.state, self.beats = "S", 0
        monkeypatch.setattr(pulse, "told_of", lambda pid: (self.state, self.beats))


@pytest.fixture
def told(wall: Any, monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.setattr(pulse, "time", SimpleNamespace(monotonic=lambda: wall.now))
    return Told(monkeypatch)


@pytest.mark.parametrize(
    ("state", "beats", "idle", "hangs"),
    [
        ("T", 0, False, True), ("S", 0, False, True), ("S", 1, False, False),
        ("R", 0, False, False), ("D", 0, False, False), ("t", 0, False, False),
        ("", 0, False, False), ("Z", 0, False, False), ("T", 0, True, True),
        ("S", 0, True, False),
    ],
)  # fmt: skip
def test_who_could_run_and_does_not_hangs_after_five_seconds_and_no_sooner(
    state: str, beats: int, idle: bool, hangs: bool, told: Told, wall: Any
) -> None:
    made = pulse.Pulse(7, idle)
    told.state = state
    assert not made.hangs
    for look in range(1, 51):
        wall.now += 0.125
        told.beats += beats
        assert made.hangs is (hangs and look >= 40), look
        assert made.is_still is (hangs and look >= 3)
    told.state, told.beats = "S", told.beats + 1
    assert not made.hangs, "it has moved"


class Worked:
    """What Linux tells of the work of a process, as a test has it; and whether it answers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.waits, self.used, self.answers, self.asked = 5, 100.0, False, 0
        monkeypatch.setattr(pulse, "worked", lambda pid: (self.waits, self.used))

    def answer(self) -> bool:
        self.asked += 1
        return self.answers

    def looks(self, spin: pulse.Spin, seconds: int) -> int | None:
        """After how many seconds of work it spins."""
        for second in range(seconds):
            self.used += second > 0
            if spin.spins:
                return second
        return None


def test_who_computes_and_neither_waits_nor_answers_spins(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Worked(monkeypatch)
    assert told.looks(pulse.Spin(7), 60) == 15, "nobody need be asked"
    assert told.looks(pulse.Spin(7, told.answer), 60) == 18 and told.asked == 4
    told.answers, told.asked = True, 0
    assert told.looks(pulse.Spin(7, told.answer), 100) is None, "a run at full speed"
    assert told.asked == 6, "it is asked now and then"
    waiting = pulse.Spin(7)
    assert told.looks(waiting, 15) is None
    told.waits += 1
    assert told.looks(waiting, 15) is None, "it has come to its loop"
    told.waits = -1
    assert told.looks(pulse.Spin(7), 60) is None, "nobody tells"


def test_linux_tells_what_this_process_has_done() -> None:
    waits, used = pulse.worked(os.getpid())
    assert waits >= 0 and used > 0.0
    assert pulse.worked(2**30) == (-1, 0.0)


def test_one_that_spins_is_ended_like_one_that_hangs(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Worked(monkeypatch)
    process: Any = Process()
    process.pid, told.state = 7, "R"
    child = Child("one", [], answers=work.answer)
    child.become(process)
    assert not child.hangs()
    work.used += 18.0
    assert child.hangs() and len(process.did) == 1
    assert not child.hangs(), "that is no news"


def test_who_was_stopped_itself_takes_nobody_to_hang(told: Told, wall: Any) -> None:
    made = pulse.Pulse(7)
    for _ in range(3):
        assert not made.hangs
        wall.now += 3600.0


def test_one_that_hangs_is_asked_to_end_and_forced_two_seconds_later(
    told: Told, wall: Any
) -> None:
    process: Any = Process()
    process.pid = 7
    child = Child("one", [])
    assert not child.hangs() and not child.is_still, "it was never started"
    child.become(process)
    told.beats = 1
    seen = []
    for _ in range(200):
        seen.append(child.hangs())
        wall.now += 0.1
        if "kill" in process.did:
            break
    assert seen.count(True) == 1 and process.did == ["terminate", "kill"]
    assert 2.0 < 0.1 * (len(seen) - seen.index(True)) < 2.4
    assert child.code is None
    process.code = 143
    assert child.code == -9, "whatever it says: its work is to be looked at"
    assert not child.hangs()
    other: Any = Process(143)
    other.pid = 7
    child.become(other)
    assert child.code == 143, "another life"


def test_a_line_is_heard_when_it_is_whole_and_not_waited_for() -> None:
    reading, writing = os.pipe()
    child = Child("one", [], speaks=True)
    with open(reading, encoding="utf-8") as pipe:
        child._process = subprocess.Popen(["true"], stdout=subprocess.DEVNULL, text=True)
        child._process.stdout = pipe
        assert child.line() == ""
        os.write(writing, b'{"a"')
        assert child.line() == "" and child.line() == ""
        os.write(writing, b": 1}\nmore")
        assert child.line() == '{"a": 1}\n' and child.line() == ""
        os.close(writing)
        assert child.line() == ""
        child._process.wait()


def test_a_second_interrupt_meanwhile_leaves_none_behind() -> None:
    ended: list[str] = []
    interrupts = [True, True, False, False]

    def child(name: str) -> Any:
        def end() -> None:
            ended.append(name)
            if interrupts.pop(0):
                raise KeyboardInterrupt

        return SimpleNamespace(end=end)

    end_all([child("page"), child("edge"), child("run")])
    assert ended == ["page", "page", "edge", "run"]
