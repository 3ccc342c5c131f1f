"""A spare for a run that may be killed: a process that stands by, and becomes the run at once.

It follows the record of the run in memory (`standing_by`), so how long that takes does not grow
with the mission's age. It costs the processor what the run costs, and some 150 MB of memory. A copy
of it that sleeps (`reserve`) is the spare when that is killed, alone or with the run.
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

from ground.commands.adopted import Adopted
from ground.commands.prepared import Prepared
from ground.commands.pulse import Pulse
from ground.terminal.exit_codes import REFUSED
from ground.terminal.signals import CHILD, adopt_orphans, end_with_parent

PROGRAM = "ground.commands.standing_by"
PATIENCE = 5.0  # wall seconds for it to become the run; it can be flown from its record then
LOOK = 0.1  # wall seconds between looks at what else there is to do
AGAIN = 10.0  # wall seconds from a start to the next one; twice that after each that ended too
MOST_AGAIN = 5  # times that another is started for those that ended by themselves
STARTS = 20.0  # wall seconds that one which was just started is given: another would take as long
STOPS = 2.0  # wall seconds for it to end
HEIR = 10.0  # wall seconds in which a copy of one that was killed says that it stands by now
COPIED = 2.0  # wall seconds in which one is there that is a copy of who is prepared
PROVEN = 60.0  # wall seconds after which one that ends is no sign that the next one will


def _until(true: Callable[[], bool], patience: float) -> bool:
    """Whether something came to be within so many wall seconds."""
    end = time.monotonic() + patience
    while not (found := true()) and time.monotonic() < end:
        time.sleep(0.01)
    return found


def _line_of(pipe: int, end: float) -> bytes | None:
    """The next line that comes before a moment of the wall clock; empty: nobody is left who could
    write one; None: none has come."""
    line = b""
    while not line.endswith(b"\n"):
        if not select.select([pipe], [], [], max(0.0, end - time.monotonic()))[0]:
            return None
        part = os.read(pipe, 1)
        if not part:
            return b""
        line += part
    return line


def _are_gone(group: int) -> bool:
    """Whether no process of a group is a child of this one; who has ended is waited for. As long
    as one is, the number of the group is nobody else's."""
    try:
        while os.waitpid(-group, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return True
    return False


class Spare:
    """For the run in a folder."""

    def __init__(self, folder: Path, operators: str, prepared: Prepared | None = None) -> None:
        self._words = [PROGRAM, str(folder), operators]
        self._prepared = prepared
        self._process: subprocess.Popen[bytes] | Adopted | None = None
        self._group = 0  # of processes: the first spare, its copies, and theirs
        self._pulse: Pulse | None = None
        self._dead: object = None  # one that was killed, and when that was seen
        self._seen_dead = -math.inf
        self._heirless: object = None  # one that has died, and left none
        self._started = self._alive = -math.inf
        self._starts = 0  # since one took over
        self._never = ""
        self._said = False

    @property
    def pid(self) -> int:
        """The number of its process; 0: there is none."""
        return 0 if self._process is None else self._process.pid

    @property
    def stands_by(self) -> bool:
        """Whether there is one; a copy takes the place of one that was killed."""
        process = self._process
        if process is None:
            return False
        self._end_one_that_hangs(process)
        if process.poll() is None:
            self._alive = time.monotonic()
            return True
        return self._is_inherited(process)

    def _end_one_that_hangs(self, process: subprocess.Popen[bytes] | Adopted) -> None:
        """By force: it keeps nothing that is not in the record, and its copy is to take its place,
        as of one that was killed."""
        if self._pulse is None or self._pulse.pid != process.pid:
            self._pulse = Pulse(process.pid)
        if process.poll() is None and self._pulse.hangs:
            print("the spare hangs; it is ended", file=sys.stderr)
            process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOPS)

    def _is_inherited(self, dead: subprocess.Popen[bytes] | Adopted) -> bool:
        """Whether a copy of one that was killed stands by now; see `_may_be_inherited`."""
        if not self._may_be_inherited(dead) or dead.stdout is None:
            return False
        while (line := _line_of(dead.stdout.fileno(), 0.0)) is not None:
            if self._inherits(line):
                return True
            if not line:
                self._heirless = dead
                break
        return False

    def _may_be_inherited(self, dead: subprocess.Popen[bytes] | Adopted) -> bool:
        """Whether a copy may yet say that it stands by, which has `HEIR` s for that."""
        if (dead.poll() or 0) >= 0 or dead.stdout is None or self._heirless is dead:
            return False
        if self._dead is not dead:
            self._dead, self._seen_dead = dead, time.monotonic()
        return time.monotonic() - self._seen_dead <= HEIR

    def _comes(self, meanwhile: Callable[[], object]) -> bool:
        """Whether there is one, once it is known whether one that was killed has left a copy."""
        while not self.stands_by:
            process = self._process
            if process is None or process.stdout is None or not self._may_be_inherited(process):
                return False
            select.select([process.stdout], [], [], LOOK)
            meanwhile()
        return True

    def _inherits(self, line: bytes) -> bool:
        """Whether a line says that a copy is the spare now, which it is then."""
        dead = self._process
        assert dead is not None
        try:
            heir = Adopted(int(json.loads(line)["heir"]), dead.stdin, dead.stdout)
        except (ValueError, KeyError, TypeError):
            return False
        dead.wait()
        self._process = heir
        self._begins()
        if self._starts > MOST_AGAIN:
            heir.terminate()
            heir.wait()
        return heir.poll() is None

    @property
    def is_wanted(self) -> bool:
        """Whether another is to be started: there is none, it was not refused, and not too many
        have ended by themselves; each flies the whole mission to where the run is."""
        if self.stands_by or self._never or self._was_refused or self._starts > MOST_AGAIN:
            return False
        if self._process is not None and self._may_be_inherited(self._process):
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
        self._begins()
        # Where there is no memory for another process, the run goes on without.
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            self._process = self._begun()
            self._group = self._process.pid

    def _begins(self) -> None:
        if self._alive - self._started > PROVEN:
            self._starts = 0
        self._started = self._alive = time.monotonic()
        self._starts += 1

    def _begun(self) -> "subprocess.Popen[bytes] | Adopted":
        return self._copied() or subprocess.Popen(
            [sys.executable, "-m", *self._words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
            # A process with threads cannot be copied.
            env={**os.environ, CHILD: "1", "OPENBLAS_NUM_THREADS": "1"},
            preexec_fn=end_with_parent,
        )  # fmt: skip

    def _copied(self) -> Adopted | None:
        """One that need not read the code of flights; None: there is none."""
        if self._prepared is None or not self._prepared.is_ready:
            return None
        (asked, ask), (answers, answer) = os.pipe(), os.pipe()
        try:
            number = self._prepared.order(self._words, (asked, answer))
        finally:
            os.close(asked)
            os.close(answer)
        stdin, stdout = os.fdopen(ask, "wb"), os.fdopen(answers, "rb")
        if number and (pid := self._prepared.pid_of(number, COPIED)):
            return Adopted(pid, stdin, stdout)
        stdin.close()  # one that comes late finds that nobody orders it
        stdout.close()
        return None

    def take_over(
        self, record: Path, meanwhile: Callable[[], object] = lambda: None
    ) -> "Adopted | None":
        """The run, which has died, as a new process that goes on from there on; the spare stands
        by for that one. None: it cannot be so, and the run is to be flown from its `record`.

        `meanwhile` is called every `LOOK` s while this waits.
        """
        order = {"do": "take_over", "record": str(record), "parent": os.getpid()}
        told: dict[str, Any] = {}
        asked = None
        while self._comes(meanwhile) and self._process is not asked:
            asked = self._process
            told = self._asked(order, meanwhile)
            if "pid" in told:
                self._starts = 1
                return Adopted(int(told["pid"]))
        if asked is None:
            return None
        print(f"the spare cannot take over: {told.get('refused')}", file=sys.stderr)
        self._give_up()
        return None

    def _give_up(self) -> None:
        """Nobody stands by, and nobody goes on as the run, either: a copy may have begun to, and
        would keep the folder from who flies the run from its record."""
        process, group = self._process, self._group
        if process is not None and process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOPS)
        if not _are_gone(group):
            os.killpg(group, signal.SIGKILL)
            if not _until(lambda: _are_gone(group), PATIENCE):
                print("what the spare has begun does not end", file=sys.stderr)
        self.end()

    def _asked(self, order: dict[str, Any], meanwhile: Callable[[], object]) -> dict[str, Any]:
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
            end = max(time.monotonic() + PATIENCE, self._started + STARTS)
            while (left := end - time.monotonic()) > 0.0:
                if not select.select([process.stdout], [], [], min(left, LOOK))[0]:
                    if process.poll() is not None:
                        break  # a copy may hold its pipes open
                    meanwhile()
                    continue
                line = _line_of(process.stdout.fileno(), end)
                if not line or self._inherits(line):
                    break
                return dict(json.loads(line))
        except (OSError, ValueError, TypeError) as error:
            return {"refused": str(error)}
        ended = process.poll() is not None
        return {"refused": "it has ended" if ended else "it did not answer in time"}

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
