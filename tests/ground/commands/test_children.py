"""Processes that a command starts end with it, in order, and however it ends."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from ground.commands.children import RESTARTS, Child, end_all

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


def test_one_that_keeps_ending_is_not_started_for_ever() -> None:
    child = Child("one", ["nothing.of.this.name"])
    for _ in range(RESTARTS):
        child._started.append(time.monotonic())
    assert child.may_start_again()
    child._started.append(time.monotonic())
    assert not child.may_start_again()


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
