"""What the machine may be asked for, so that a loop is less late; what it refuses is said."""

import ctypes
import gc
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PRIORITY = 40
STACK = 512 << 10
"""Bytes of the stack of a thread that begins while memory is locked: all of it is there from the
first instant on, and the 8 MB that are usual take 4 ms, in which nobody else has a turn."""
_CURRENT, _FUTURE = 1, 2  # MCL_CURRENT, MCL_FUTURE


@contextmanager
def real_time(priority: int = PRIORITY) -> Iterator[list[str]]:
    """SCHED_FIFO, memory locked, no garbage collection while it lasts.

    Gives a sentence for each that is not permitted, with the next step.
    """
    refused = []
    policy, parameter = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except PermissionError:
        refused.append("SCHED_FIFO is not permitted: give the user `rtprio` in limits.conf")
    if not _lock_memory(True):
        refused.append("memory cannot be locked: give the user `memlock` in limits.conf")
    stack = threading.stack_size(STACK)
    collects = gc.isenabled()
    gc.disable()
    try:
        yield refused
    finally:
        if collects:
            gc.enable()
        threading.stack_size(stack)
        os.sched_setscheduler(0, policy, parameter)
        _lock_memory(False)


def prefer_thread(native: int, priority: int = PRIORITY - 1) -> bool:
    """A thread of this process is ahead of all others' as well, behind its own main one; whether
    that is permitted. One that is not, and holds what the main one waits for, holds that up for as
    long as others have the processor."""
    try:
        os.sched_setscheduler(native, os.SCHED_FIFO, os.sched_param(priority))
    except (PermissionError, ProcessLookupError):
        return False
    return True


def _lock_memory(on: bool) -> bool:
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    return bool((library.mlockall(_CURRENT | _FUTURE) if on else library.munlockall()) == 0)
