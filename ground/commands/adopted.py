"""A process that somebody else has started, and that is a child of this one now."""

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Collection
from typing import IO

NOBODY_WAS_TOLD = -int(signal.SIGKILL)
"""How a process has ended of which another was told: as one that was killed, whose work is to be
looked at, and never as one that succeeded."""


def bury_others(known: Collection[int]) -> None:
    """Waits for the children of this process that have ended and of which nobody here will ask how:
    copies of its children that were left to it. `known` are those that are asked about."""
    with contextlib.suppress(ChildProcessError):
        while told := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if told.si_pid in known:
                return  # who asks about it comes first; the others wait until the next time
            os.waitpid(told.si_pid, os.WNOHANG)


class Adopted:
    """As far as it is needed, what `subprocess.Popen` is. It is known by a descriptor: one that has
    ended is not taken for another that has its number now."""

    def __init__(
        self, pid: int, stdin: IO[bytes] | None = None, stdout: IO[bytes] | None = None
    ) -> None:
        self.pid, self.stdin, self.stdout = pid, stdin, stdout
        self.returncode: int | None = None
        """What it ended with, as far as anybody has asked; see `poll`."""
        self._handle = -1
        try:
            self._handle = os.pidfd_open(pid)
        except OSError:  # it has ended, and somebody was told
            self.returncode = NOBODY_WAS_TOLD

    def poll(self) -> int | None:
        """What it ended with, below zero: the signal; None while it runs."""
        if self.returncode is None and (code := self._ended()) is not None:
            self.returncode = code
            os.close(self._handle)
        return self.returncode

    def _ended(self) -> int | None:
        if not select.select([self._handle], [], [], 0.0)[0]:
            return None
        try:
            told = os.waitid(os.P_PIDFD, self._handle, os.WEXITED)
        except ChildProcessError:
            return NOBODY_WAS_TOLD
        assert told is not None
        return told.si_status if told.si_code == os.CLD_EXITED else -told.si_status

    def terminate(self) -> None:
        """Asks it to end in order."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it."""
        self._send(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """What it ended with; raises subprocess.TimeoutExpired."""
        end = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired(["a process"], timeout or 0.0)
            time.sleep(0.01)
        return code

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, number)
