"""Processes that a command starts end with it, in order, and however it ends."""

import itertools
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from ground.commands import children, pulse
from ground.commands.children import Child, end_all

pytestmark = pytest.mark.processes

SERVER = ["http.server", "0", "--bind", "127.0.0.1"]  # runs until it is ended
PARENT = f"""
import time
from ground.commands.children import Child
child = Child("a server", {SERVER!r})
child.start()
print(child._process.pid, flush=True)
time.sleep(100)
"""


def test_they_end_in_order_and_tell_how() -> None:
    children = [Child("one", SERVER), Child("two", SERVER), Child("never started", SERVER)]
    for child in children[:2]:
        child.start()
        assert child.code is None
    end_all(children)
    assert [child.code for child in children] == [-15, -15, None]


class Ends:
    """A process that has ended in a way, on a clock of the test's."""

    stdout = None

    def __init__(self, code: int) -> None:
        self.code = code

    def poll(self) -> int:
        return self.code


@pytest.fixture
def ending(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """How often one is started whose lives end so, one each `every` s, a thousand at most."""
    now = [1000.0]
    monkeypatch.setattr(children, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def starts(codes: Sequence[int], every: float) -> int:
        lives = itertools.cycle(codes)
        monkeypatch.setattr(children.subprocess, "Popen", lambda *_, **__: Ends(next(lives)))
        child = Child("one", ["nothing"])
        child.start()
        for number in range(1, 1000):
            now[0] += every
            if not child.may_start_again():
                return number
            child.start()
        return 1000

    return starts


def test_one_that_keeps_ending_is_not_started_for_ever(ending: Callable[..., int]) -> None:
    for code in (0, 1, -signal.SIGSEGV, -signal.SIGTERM):
        assert ending([code], 1.0) == 6
    assert ending([1], 12.1) == 1000  # five in a minute


def test_one_that_somebody_keeps_killing_is_started_again(ending: Callable[..., int]) -> None:
    assert ending([-signal.SIGKILL], 1.1) == 1000
    assert ending([-signal.SIGKILL, -signal.SIGKILL, 1], 1.1) == 18  # the sixth that broke
    assert ending([-signal.SIGKILL], 0.01) == 60  # faster than anything starts


def test_when_the_command_is_killed_they_end_too() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert Path(f"/proc/{child}").exists()
        parent.kill()
    for _ in range(1000):
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().split()[2] == "Z":
            return
        time.sleep(0.01)
    raise AssertionError("it goes on")


def test_one_that_is_stopped_is_ended_and_another_is_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pulse, "HUNG", 0.05)
    monkeypatch.setattr(children, "FORCED", 0.05)
    one, lives = Child("one", SERVER), Child("another", ["timeit", "-n", "1000000000000"])
    one.start()
    lives.start()
    assert one._process is not None
    one._process.send_signal(signal.SIGSTOP)  # type: ignore[union-attr]
    end = time.monotonic() + 60.0
    while one.code is None:
        assert time.monotonic() < end
        one.hangs()
        assert not lives.hangs() and lives.code is None, "it computes, and is not asked otherwise"
        time.sleep(0.01)
    assert one.code == -signal.SIGKILL and one.may_start_again()
    one.start()
    assert one.code is None
    end_all([one, lives])
