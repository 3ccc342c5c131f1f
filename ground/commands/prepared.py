"""A process that has read the code of flights; each begins as a copy of it.

To read the code takes a second of the processor's time, on a machine with much to do ten by the
wall: one process does so once, for the run, for its spare, and for those that come after they have
died. Where it has died itself, or there can be none, a program is started as any other is.
"""

import contextlib
import json
import math
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

from ground.commands.pulse import Pulse
from ground.terminal.signals import CHILD, adopt_orphans, end_with_parent

PROGRAM = "ground.commands.preparing"
LARGEST = 1 << 16  # bytes of an order, and of an answer
AGAIN = 10.0  # wall seconds from a start to the next one
STOPS = 10.0  # wall seconds for a copy that is on its way to be there
MOST_STARTS = 6  # of those that did not get ready


class Prepared:
    """That process, which is started, asked for copies of itself, and ended. Those will mostly fly
    `mission`."""

    def __init__(self, mission: str = "") -> None:
        self._mission = mission
        self._process: subprocess.Popen[bytes] | None = None
        self._pulse: Pulse | None = None
        self._channel: socket.socket | None = None
        self._number = 0
        self._pids: dict[int, int] = {}
        self._ready = False
        self._started = -math.inf
        self._starts = 0  # since one was ready

    def keep(self) -> None:
        """Starts it where there is none, now and then, and not for ever where it never gets ready;
        nor where a copy could not become a child of this process. One that is stopped is ended."""
        if self._pulse is not None and self._pulse.hangs:
            self._bury()
        self._hear()
        early = time.monotonic() - self._started < AGAIN
        if self._channel is not None or early or self._starts >= MOST_STARTS:
            return
        if not adopt_orphans():
            self._starts = MOST_STARTS
            return
        self._started = time.monotonic()
        self._starts += 1
        self._bury()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, contextlib.suppress(OSError, subprocess.SubprocessError):
            self._process = subprocess.Popen(
                [sys.executable, "-m", PROGRAM, str(theirs.fileno()), self._mission],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True,
                pass_fds=[theirs.fileno()],
                # A process with threads cannot be copied.
                env={**os.environ, CHILD: "1", "OPENBLAS_NUM_THREADS": "1"},
                preexec_fn=end_with_parent,
            )  # fmt: skip
            self._channel, self._pulse = ours, Pulse(self._process.pid, idle=True)
            return
        ours.close()

    @property
    def pid(self) -> int:
        """The number of its process; 0: there is none."""
        return 0 if self._process is None else self._process.pid

    @property
    def is_ready(self) -> bool:
        """Whether a copy takes no longer than to make it."""
        self._hear()
        return self._ready

    @property
    def is_gone(self) -> bool:
        """Whether there is none, nor a copy that is on its way."""
        self._hear()
        return self._channel is None

    def order(self, words: Sequence[str], pipes: Sequence[int] = ()) -> int:
        """Orders a copy to be a program: its module, and the arguments of that. `pipes`: its
        standard input and output; nothing unless given. A number by which its process is asked
        for; 0: there will be none."""
        self._hear()
        if self._channel is None:
            return 0
        number = self._number + 1
        order = {"number": number, "words": list(words), "parent": os.getpid()}
        try:
            socket.send_fds(self._channel, [json.dumps(order).encode()], list(pipes))
        except OSError:  # it has just died, or takes nothing
            return 0
        self._number = number
        return number

    def pid_of(self, number: int, patience: float = 0.0) -> int:
        """The process that was ordered, a child of this one, within so many wall seconds; 0: it is
        not there."""
        end = time.monotonic() + patience
        while not self._pids.get(number):
            self._hear()
            left = end - time.monotonic()
            if self._pids.get(number) or self._channel is None or left <= 0.0:
                break
            select.select([self._channel], [], [], left)
        return self._pids.pop(number, 0)

    def _hear(self) -> None:
        """Takes what it and its copies have told. When all of them have closed their ends it is
        gone, and nobody is on the way."""
        while self._channel is not None:
            try:
                data = self._channel.recv(LARGEST, socket.MSG_DONTWAIT)
                told = json.loads(data) if data else None
            except BlockingIOError:
                return
            except (OSError, ValueError):
                told = None
            if told is None:
                self._channel.close()
                self._channel, self._ready = None, False
            elif "pid" in told:
                self._pids[told["number"]] = told["pid"]
            else:
                self._ready, self._starts = True, 0

    def end(self) -> None:
        """Ends it; not its copies. What it was ordered and has not begun is not begun."""
        self._bury()
        end = time.monotonic() + STOPS
        while self._channel is not None and (left := end - time.monotonic()) > 0.0:
            select.select([self._channel], [], [], left)
            self._hear()
        if self._channel is not None:
            self._channel.close()
            self._channel, self._ready = None, False

    def _bury(self) -> None:
        process, self._process, self._pulse = self._process, None, None
        if process is not None:
            process.kill()
            process.wait()
