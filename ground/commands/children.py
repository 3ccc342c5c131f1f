"""Processes that a command starts, watches and ends in order."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ground.commands.adopted import Adopted
from ground.commands.pulse import Pulse, Spin
from ground.terminal.signals import CHILD, end_with_parent

if TYPE_CHECKING:
    from ground.commands.prepared import Prepared

PATIENCE = 10.0  # wall seconds for a process to end in order
FORCED = 2.0  # wall seconds that one which hangs has for that
RESTARTS = 5  # of one process that has ended by itself, in RESTARTS_IN
MOST_STARTS = 60  # in RESTARTS_IN, also of one that somebody keeps killing
RESTARTS_IN = 60.0  # wall seconds
COPIED = 30.0  # wall seconds in which a copy of who is prepared is there, or a program is started


@dataclass
class Child:
    """A process of this program's, in a session of its own: Ctrl-C is for who started it.

    With `speaks`, what it writes on standard output can be read. With `prepared` it begins as a
    copy of that process, as soon as that can be, and nothing of what it writes there can.
    `answers`: whether it answers now, of one that may compute for ever (`Spin`).
    """

    name: str
    words: Sequence[str]
    speaks: bool = False
    prepared: "Prepared | None" = None
    answers: Callable[[], bool] | None = None
    _process: subprocess.Popen[str] | Adopted | None = None
    _ordered: int = 0  # of `prepared`
    _pulse: Pulse | None = None
    _spin: Spin | None = None
    _asked_to_end: float | None = None  # when it was, since it hangs
    _heard: str = ""
    _started: list[float] = field(default_factory=list)
    _broken: list[float] = field(default_factory=list)  # when it was started after it had ended

    def start(self) -> None:
        """Starts it."""
        self._begins()
        self._process = None
        self._ordered = 0 if self.prepared is None else self.prepared.order(self.words)
        if not self._ordered:
            self._open()

    def _begins(self) -> None:
        self._started.append(time.monotonic())
        if self._has_broken:
            self._broken.append(time.monotonic())
        self._pulse, self._asked_to_end, self._heard = None, None, ""

    def _open(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", *self.words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if self.speaks else subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, CHILD: "1"},
            preexec_fn=end_with_parent,  # also when this one is killed
            text=True,
        )

    def become(self, process: Adopted) -> None:
        """It is another process now, which somebody else has started."""
        self._begins()
        self._process, self._ordered = process, 0

    def _begun(self) -> subprocess.Popen[str] | Adopted | None:
        """Its process; None where it was not started, or where its copy is not there yet. One that
        hangs, or has lost an order, is not waited for."""
        if self._ordered and self.prepared is not None:
            if time.monotonic() - self._started[-1] > COPIED:
                self.prepared.end()
            if pid := self.prepared.pid_of(self._ordered):
                self._process, self._ordered = Adopted(pid), 0
            elif self.prepared.is_gone:
                self._ordered = 0
                self._open()
        return self._process

    @property
    def code(self) -> int | None:
        """What it ended with; None while it runs. Below zero: the signal that killed it."""
        process = self._begun()
        code = None if process is None else process.poll()
        # Of one that was ended because it hung the work is to be looked at, as if it were killed.
        return code if code is None or self._asked_to_end is None else -signal.SIGKILL

    @property
    def pid(self) -> int:
        """The number of its process; 0: there is none, or none yet."""
        return 0 if self._process is None else self._process.pid

    @property
    def is_on_its_way(self) -> bool:
        """Whether it was ordered, and its process is not known yet."""
        return self._begun() is None and self._ordered > 0

    def hangs(self) -> bool:
        """Whether it hangs or spins, and that is new. It is ended then, in order first and by force
        `FORCED` s later, without being waited for: to be called at each look, until it has ended.
        """
        if self.code is not None or self._process is None:
            return False
        if self._asked_to_end is not None:
            if time.monotonic() - self._asked_to_end > FORCED:
                self._process.kill()
            return False
        if not self._own_pulse(self._process.pid).hangs and not self._own_spin().spins:
            return False
        self._asked_to_end = time.monotonic()
        self._process.terminate()
        return True

    @property
    def is_still(self) -> bool:
        """Whether it has not moved of late: who asks it something may wait for long."""
        return self._process is not None and self._own_pulse(self._process.pid).is_still

    def _own_spin(self) -> Spin:
        pid = self.pid
        if self._spin is None or self._spin.pid != pid:
            self._spin = Spin(pid, self.answers)
        return self._spin

    def _own_pulse(self, pid: int) -> Pulse:
        if self._pulse is None or self._pulse.pid != pid:
            self._pulse = Pulse(pid)
        return self._pulse

    @property
    def started(self) -> bool:
        """Whether it was."""
        return self._process is not None or self._ordered > 0

    def line(self) -> str:
        """The next line that it has written, with its end; empty where there is none yet. It is
        not waited for."""
        process = self._process
        assert isinstance(process, subprocess.Popen) and process.stdout is not None
        pipe = process.stdout.fileno()
        while "\n" not in self._heard and select.select([pipe], [], [], 0.0)[0]:
            part = os.read(pipe, 1 << 16)
            if not part:
                return ""  # it has ended
            self._heard += part.decode(errors="replace")
        if "\n" not in self._heard:
            return ""
        line, _, self._heard = self._heard.partition("\n")
        return f"{line}\n"

    @property
    def _has_broken(self) -> bool:
        """Whether it has ended, and nobody has killed it: by signal 9 ends nobody by itself."""
        return self.code not in (None, -signal.SIGKILL)

    def may_start_again(self) -> bool:
        """Whether it has not ended by itself too often of late, nor was started too often."""
        since = time.monotonic() - RESTARTS_IN
        broken = sum(each > since for each in self._broken) + self._has_broken
        started = sum(each > since for each in self._started)
        return broken <= RESTARTS and started < MOST_STARTS

    def end(self) -> None:
        """Has it end in order, and does not wait for ever."""
        if self._ordered and self.prepared is not None:
            self.prepared.end()  # one that is on its way comes, or never does
            pid, self._ordered = self.prepared.pid_of(self._ordered), 0
            self._process = Adopted(pid) if pid else None
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.stdout is not None:
            process.stdout.close()


def end_all(children: Sequence[Child]) -> None:
    """Ends them in this order; a second Ctrl-C meanwhile leaves none behind."""
    for child in children:
        try:
            child.end()
        except KeyboardInterrupt:
            with contextlib.suppress(KeyboardInterrupt):
                child.end()
