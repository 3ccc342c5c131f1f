"""A spare for a run that may be killed: a process that stands by, and becomes the run at once.

It follows the record of the run in memory (`standing_by`), so how long that takes does not grow
with the mission's age. It costs the processor what the run costs, and some 150 MB of memory.
"""

import contextlib
import json
import math
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ground.terminal.exit_codes import REFUSED
from ground.terminal.signals import CHILD, adopt_orphans, end_with_parent

PROGRAM = "ground.commands.standing_by"
PATIENCE = 5.0  # wall seconds for it to become the run; it can be flown from its record then
LOOK = 0.1  # wall seconds between looks at what else there is to do
AGAIN = 10.0  # wall seconds from a start to the next one; twice that after each that ended too
MOST_AGAIN = 5  # times that another is started for those that ended by themselves
STARTS = 20.0  # wall seconds that one which was just started is given: another would take as long
ENDED = os.WEXITED | os.WNOHANG
STOPS = 2.0  # wall seconds for it to end


def _until(true: Callable[[], bool], patience: float) -> bool:
    """Whether something came to be within so many wall seconds."""
    end = time.monotonic() + patience
    while not (found := true()) and time.monotonic() < end:
        time.sleep(0.01)
    return found


def _are_gone(group: int) -> bool:
    """Whether no process of a group is a child of this one; who has ended is waited for."""
    try:
        while os.waitpid(-group, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return True
    return False


class Adopted:
    """A process that another has started and that is a child of this one now; as far as it is
    needed, what `subprocess.Popen` is."""

    stdout = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def poll(self) -> int | None:
        """What it ended with, below zero: the signal; None while it runs."""
        if self._code is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                pid, status = self.pid, 0  # somebody else was told
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code

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
                raise subprocess.TimeoutExpired([PROGRAM], timeout or 0.0)
            time.sleep(0.01)
        return code

    def _send(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


class Spare:
    """For the run in a folder."""

    def __init__(self, folder: Path, operators: str) -> None:
        self._words = [str(folder), operators]
        self._process: subprocess.Popen[bytes] | None = None
        self._started = -math.inf
        self._starts = 0  # since one took over
        self._never = ""
        self._said = False

    @property
    def stands_by(self) -> bool:
        """Whether there is one."""
        return self._process is not None and self._process.poll() is None

    @property
    def is_wanted(self) -> bool:
        """Whether another is to be started: there is none, it was not refused, and not too many
        have ended by themselves; each flies the whole mission to where the run is."""
        if self.stands_by or self._never or self._was_refused or self._starts > MOST_AGAIN:
            return False
        waits = AGAIN * 2.0 ** max(0, self._starts - 1)
        return time.monotonic() - self._started > waits

    @property
    def _was_refused(self) -> bool:
        return self._process is not None and self._process.poll() == REFUSED

    def why_nobody(self) -> str:
        """Why nobody stands by and nobody will, once; empty before, and ever after."""
        if self._said or self.stands_by:
            return ""
        why = self._never or (self._refusal() if self._was_refused else "")
        if not why and self._starts > MOST_AGAIN:
            code = None if self._process is None else self._process.poll()
            last = "" if code is None else f", the last with {code}"
            why = f"{self._starts} spares have ended{last}"
        self._said = bool(why)
        return why

    def _refusal(self) -> str:
        """What one that was refused has said."""
        process = self._process
        assert process is not None and process.stdout is not None
        with contextlib.suppress(OSError, ValueError, KeyError, IndexError, TypeError):
            if select.select([process.stdout], [], [], 0.0)[0]:
                said = os.read(process.stdout.fileno(), 1 << 16)
                return str(json.loads(said.splitlines()[-1])["refused"])
        return "the spare was refused"

    def start(self) -> None:
        """Has one follow the run, which has begun."""
        self.end()
        if not adopt_orphans():
            self._never = "nobody could be told how a run ends that a spare became"
            return
        self._started = time.monotonic()
        self._starts += 1
        # Where there is no memory for another process, the run goes on without.
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            self._process = self._begun()

    def _begun(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", PROGRAM, *self._words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
            # A process with threads cannot be copied.
            env={**os.environ, CHILD: "1", "OPENBLAS_NUM_THREADS": "1"},
            preexec_fn=end_with_parent,
        )  # fmt: skip

    def take_over(
        self, record: Path, meanwhile: Callable[[], object] = lambda: None
    ) -> "Adopted | None":
        """The run, which has died, as a new process that goes on from there on; the spare stands
        by for that one. None: it cannot be so, and the run is to be flown from its `record`.

        `meanwhile` is called every `LOOK` s while this waits.
        """
        if not self.stands_by:
            return None
        order = {"do": "take_over", "record": str(record), "parent": os.getpid()}
        told = self._asked(order, meanwhile)
        if "pid" in told:
            self._starts = 1
            return Adopted(int(told["pid"]))
        print(f"the spare cannot take over: {told.get('refused')}", file=sys.stderr)
        self._give_up()
        return None

    def _give_up(self) -> None:
        """Nobody stands by, and nobody goes on as the run, either: a copy may have begun to, and
        would keep the folder from who flies the run from its record."""
        process = self._process
        assert process is not None
        group = process.pid  # a session of its own, of which its copies are
        if process.returncode is None:  # not waited for: nobody else can have its number
            with contextlib.suppress(ProcessLookupError):
                os.kill(group, signal.SIGTERM)
            _until(lambda: bool(os.waitid(os.P_PID, group, ENDED | os.WNOWAIT)), STOPS)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
            if not _until(lambda: _are_gone(group), PATIENCE):
                print("what the spare has begun does not end", file=sys.stderr)
        self.end()

    def _asked(self, order: dict[str, Any], meanwhile: Callable[[], object]) -> dict[str, Any]:
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        answer = b""
        try:
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
            end = max(time.monotonic() + PATIENCE, self._started + STARTS)
            while not answer.endswith(b"\n"):
                left = max(0.0, end - time.monotonic())
                if not select.select([process.stdout], [], [], min(left, LOOK))[0]:
                    if left <= LOOK:
                        return {"refused": "it did not answer in time"}
                    meanwhile()
                    continue
                part = os.read(process.stdout.fileno(), 1 << 16)
                if not part:
                    return {"refused": "it has ended"}
                answer += part
            return dict(json.loads(answer.splitlines()[-1]))
        except (OSError, ValueError) as error:
            return {"refused": str(error)}

    def end(self) -> None:
        """Nobody stands by any more."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOPS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
