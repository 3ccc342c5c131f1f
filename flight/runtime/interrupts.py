"""Ctrl-C in a run: a cancellation, so that what runs cleans up."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any


@contextlib.contextmanager
def interruptible(task: asyncio.Task[Any], wake: Callable[[], None] | None) -> Iterator[None]:
    """Turns SIGINT, which Python raises in the middle of any callback, into a cancellation.

    `wake` ends the wait of the loop; without it nothing is turned. Raises KeyboardInterrupt when
    the task has ended after one.
    """
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    here = threading.current_thread() is threading.main_thread()
    if not usual or not here or wake is None:
        yield
        return
    interrupted = False

    def interrupt(number: int, frame: object) -> None:
        nonlocal interrupted
        if interrupted:
            raise KeyboardInterrupt
        interrupted = True
        task.cancel()
        wake()  # it may be asleep

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if interrupted:
            raise KeyboardInterrupt
