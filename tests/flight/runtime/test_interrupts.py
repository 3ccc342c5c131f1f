"""Ctrl-C in a run is a cancellation, a second one breaks it off; a process begins anew once."""

import signal
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from flight.runtime import libm
from flight.runtime.interrupts import interruptible

pytestmark = pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(), reason="signals are for one thread"
)


class Task:
    """A task that counts how often it was cancelled."""

    cancelled = 0

    def cancel(self) -> None:
        self.cancelled += 1


@pytest.fixture(autouse=True)
def usual() -> Any:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_cancels_and_wakes_and_is_told_when_all_has_ended() -> None:
    task: Any = Task()
    woken: list[int] = []
    did: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        with interruptible(task, lambda: woken.append(1)):
            signal.raise_signal(signal.SIGINT)
            did.append("goes on, to clean up")
        did.append("never")
    assert (task.cancelled, woken, did) == (1, [1], ["goes on, to clean up"])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_interrupt_breaks_it_off() -> None:
    task: Any = Task()
    did: list[str] = []
    with pytest.raises(KeyboardInterrupt), interruptible(task, lambda: None):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        did.append("never")
    assert task.cancelled == 1 and did == []


def test_without_an_interrupt_nothing_happens_and_the_usual_handler_is_back() -> None:
    task: Any = Task()
    with interruptible(task, lambda: None):
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert task.cancelled == 0
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_where_nothing_can_be_woken_or_somebody_else_hears_it_nothing_is_turned() -> None:
    task: Any = Task()
    with interruptible(task, None):
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    heard: list[int] = []

    def theirs(number: int, frame: object) -> None:
        heard.append(number)

    signal.signal(signal.SIGINT, theirs)
    with interruptible(task, lambda: None):
        signal.raise_signal(signal.SIGINT)
    assert heard == [signal.SIGINT] and task.cancelled == 0
    assert signal.getsignal(signal.SIGINT) is theirs


@pytest.mark.parametrize(
    ("decides", "executable", "begun"),
    [
        ("by the CPU: not pinned at the start", "/usr/bin/python", True),
        ("by the CPU: not pinned at the start", "", False), ("pinned", "/usr/bin/python", False),
        ("by the CPU: only the GNU C library can be pinned", "/usr/bin/python", False),
    ],
)  # fmt: skip
def test_a_process_begins_anew_where_that_pins_it(
    decides: str, executable: str, begun: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(libm, "dispatch", lambda: decides)
    monkeypatch.setattr(
        libm, "sys", SimpleNamespace(executable=executable, orig_argv=["python", "-m", "x", "y"])
    )
    monkeypatch.setattr(
        libm, "os", SimpleNamespace(environ={"A": "1"}, execve=lambda *given: asked.append(given))
    )
    libm.pin()
    environment = {"A": "1", "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-FMA4"}
    wanted = ("/usr/bin/python", ["/usr/bin/python", "-m", "x", "y"], environment)
    assert asked == ([wanted] if begun else [])
