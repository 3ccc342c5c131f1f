"""Signals that end a command: SIGTERM and SIGHUP do what Ctrl-C does, and are told apart."""

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator

CHILD = "MSR_CHILD"
"""In the environment of processes that a command starts and ends: they leave it to that one to tell
of their end."""
ADOPTED = 10.0  # wall seconds in which one that adopts orphans becomes the parent of one
ENDING = (signal.SIGTERM, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_PR_SET_CHILD_SUBREAPER = 36
_received: list[signal.Signals] = []


@contextlib.contextmanager
def ended_in_order() -> Iterator[None]:
    """While a command works: the signals of ENDING are heard as Ctrl-C is.

    KeyboardInterrupt is raised, or what a loop makes of Ctrl-C is done. A signal that is ignored
    when the command starts (`nohup`) stays ignored. Outside the main thread nothing is changed.
    """
    _received.clear()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # as `ground.start` leaves it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    heard = [each for each in ENDING if signal.getsignal(each) is not signal.SIG_IGN]
    before = {each: signal.signal(each, _interrupt) for each in heard}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _interrupt(number: int, frame: object) -> None:
    _received.append(signal.Signals(number))
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):  # Ctrl-C is ignored here, as in a job of the background
        raise KeyboardInterrupt
    handler(signal.SIGINT, frame)  # type: ignore[arg-type]


def ending_signal() -> signal.Signals:
    """The signal that ends this command: the first that came, SIGINT when none was told."""
    return _received[0] if _received else signal.SIGINT


def end_with_parent() -> None:
    """Asks Linux to end this process when its parent dies, however that happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def become_child_of(parent: int) -> bool:
    """Whether a process that adopts orphans becomes the parent of this one, whose own ends now;
    this one ends with it then."""
    end = time.monotonic() + ADOPTED
    while os.getppid() != parent and time.monotonic() < end:
        time.sleep(0.001)
    end_with_parent()
    return os.getppid() == parent


def adopt_orphans() -> bool:
    """Has this process be the parent of those below it whose own has died; whether it can be."""
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1) == 0)
