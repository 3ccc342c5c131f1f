"""What the machine may be asked for, so that a loop is less late; what it refuses is said."""

import ctypes
import gc
import os
import resource
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PRIORITY = 40  # of SCHED_FIFO, in the middle of what a user may be given
STACK = 512 << 10
"""Bytes of the stack of a thread that begins while memory is locked: all of it is there from the
first instant on, and the 8 MB that are usual take 4 ms, in which nobody else has a turn."""
_CURRENT, _FUTURE = 1, 2  # MCL_CURRENT, MCL_FUTURE
NOT_FIFO = "SCHED_FIFO is not permitted: give the user `rtprio` in limits.conf"
NOT_LOCKED = "memory cannot be locked: give the user `memlock` in limits.conf"


def of_the_run(priority: int) -> int:
    """The priority of the run beside a bench process of this one: behind it and who writes its
    recording, so that a run that is busy holds up no heartbeat and no stop."""
    return priority - 2


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
        refused.append(NOT_FIFO)
    if not _lock_memory(True):
        refused.append(NOT_LOCKED)
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


class Ahead:
    """Of a run beside what is real: its memory is locked while it lasts, and it is ahead of other
    programs, without garbage collection, as long as mission time is held to the wall's. Where it
    flies as fast as it can it is as any program: else it would leave the machine nothing.

    `priority`: of SCHED_FIFO; `refused`: a sentence for each that is not permitted.
    """

    def __init__(self, priority: int) -> None:
        self.refused = [] if _lock_memory(True) else [NOT_LOCKED]
        self._stack = threading.stack_size(STACK)
        self._priority = priority
        self._before: tuple[int, os.sched_param, bool] | None = None
        self.take()
        self.leave()

    def take(self) -> None:
        """From now on it is ahead."""
        if self._before is not None:
            return
        self._before = os.sched_getscheduler(0), os.sched_getparam(0), gc.isenabled()
        gc.disable()
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(self._priority))
        except PermissionError:
            if NOT_FIFO not in self.refused:
                self.refused.append(NOT_FIFO)

    def leave(self) -> None:
        """It is as any program."""
        if self._before is None:
            return
        policy, parameter, collects = self._before
        self._before = None
        os.sched_setscheduler(0, policy, parameter)
        if collects:
            gc.enable()

    def end(self) -> None:
        """It lasts no more."""
        self.leave()
        threading.stack_size(self._stack)
        _lock_memory(False)


def is_ahead() -> bool:
    """Whether the thread that asks is ahead of other programs."""
    return os.sched_getscheduler(0) in (os.SCHED_FIFO, os.SCHED_RR)


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
    # What is yet to come is locked only where no limit can be met by it: then memory would end.
    most = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    unlimited = most == resource.RLIM_INFINITY or os.geteuid() == 0
    wanted = _CURRENT | _FUTURE if unlimited else _CURRENT
    return bool((library.mlockall(wanted) if on else library.munlockall()) == 0)
