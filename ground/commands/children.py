"""Processes that a command starts, watches and ends in order."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ground.terminal.signals import CHILD, end_with_parent

if TYPE_CHECKING:
    from ground.commands.spare import Adopted

PATIENCE = 10.0  # wall seconds for a process to end in order
RESTARTS = 5  # of one process in RESTARTS_IN
RESTARTS_IN = 60.0  # wall seconds


@dataclass
class Child:
    """A process of this program's, in a session of its own: Ctrl-C is for who started it.

    With `speaks`, what it writes on standard output can be read.
    """

    name: str
    words: Sequence[str]
    speaks: bool = False
    _process: "subprocess.Popen[str] | Adopted | None" = None
    _started: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Starts it."""
        self._started.append(time.monotonic())
        self._process = subprocess.Popen(
            [sys.executable, "-m", *self.words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if self.speaks else subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, CHILD: "1"},
            preexec_fn=end_with_parent,  # also when this one is killed
            text=True,
        )

    def become(self, process: "Adopted") -> None:
        """It is another process now, which somebody else has started."""
        self._started.append(time.monotonic())
        self._process = process

    @property
    def code(self) -> int | None:
        """What it ended with; None while it runs. Below zero: the signal that killed it."""
        return None if self._process is None else self._process.poll()

    @property
    def started(self) -> bool:
        """Whether it was."""
        return self._process is not None

    def line(self) -> str:
        """The next line that it writes; empty when it has ended."""
        process = self._process
        assert isinstance(process, subprocess.Popen) and process.stdout is not None
        return process.stdout.readline()

    def may_start_again(self) -> bool:
        """Whether it has not died too often of late."""
        recent = [each for each in self._started if time.monotonic() - each < RESTARTS_IN]
        return len(recent) <= RESTARTS

    def end(self) -> None:
        """Has it end in order, and does not wait for ever."""
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
