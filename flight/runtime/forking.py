"""Branches of a run: a process is copied between two callbacks, and the copy flies on by itself.

Only a run over queues and databases in memory can be copied: threads, contexts of ZeroMQ and open
files are not copied with a process, or are shared by both. Needs `/proc` (Linux).
"""

import asyncio
import math
import os
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path

from flight.runtime.loop import VirtualLoop
from flight.runtime.zeromq_sockets import CONTEXTS

_TASKS, _DESCRIPTORS = Path("/proc/self/task"), Path("/proc/self/fd")
BARS: dict[str, str] = {}
"""Why this process may not be copied now, each by who says so: a copy of a run would move the same
real devices."""
BESIDE: dict[str, Callable[[], None]] = {}
"""What works beside this process's loop in a thread of its own, and how it is ended, so that the
process can be copied; it begins anew by itself when it is needed."""
_STANDARD = 2  # standard input, output and errors are left to a branch
_DONE, _FAILED = b"+", b"-"


class CannotBranch(RuntimeError):
    """This process cannot be copied now; says why."""


class BranchFailed(RuntimeError):
    """What a branch was to do raised an error, or the branch has died."""


class BranchLate(BranchFailed):
    """A branch has taken too long, and was ended."""


class Branch:
    """A copy of this process that works on its own."""

    def __init__(self, pid: int, results: int) -> None:
        self.pid = pid
        self._results = results

    def result(self, patience: float | None = None, held_up: float | None = None) -> bytes:
        """What its work has returned; waits for it, and may be called once.

        `patience`: wall seconds until it is ended (None: it may take as long as it likes); where
        `held_up` is given, it may take so many if others keep the processor from it, and
        `patience` is of the processor. Raises BranchFailed, and of those BranchLate.
        """
        data = self._read(patience, held_up)
        _, status = os.waitpid(self.pid, 0)
        if data[:1] == _DONE and status == 0:
            return data[1:]
        if data[:1] == _FAILED:
            raise BranchFailed(f"the branch failed: {data[1:].decode(errors='replace')}")
        raise BranchFailed(f"the branch has died: {os.waitstatus_to_exitcode(status)}")

    def _read(self, patience: float | None, held_up: float | None) -> bytes:
        parts: list[bytes] = []
        began = time.monotonic()
        until = None if patience is None else began + patience
        with open(self._results, "rb", buffering=0) as pipe:
            while True:
                left = None if until is None else max(0.0, until - time.monotonic())
                if not select.select([pipe], [], [], left)[0]:
                    now, more = time.monotonic(), 0.0
                    if patience is not None and held_up is not None:
                        more = min(began + held_up - now, patience - self._worked())
                    if more > 0.0:
                        until = now + max(more, 0.01)
                        continue
                    os.kill(self.pid, signal.SIGKILL)
                    os.waitpid(self.pid, 0)
                    raise BranchLate(f"the branch took more than {patience:g} s, and was ended")
                part = pipe.read(1 << 20)
                if not part:
                    return b"".join(parts)
                parts.append(part)

    def _worked(self) -> float:
        """Seconds of the processor that it has had; without end where it does not ask for it."""
        figures = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        if figures[0] not in "RD":  # runs or may run, or waits for a disk
            return math.inf
        return (int(figures[11]) + int(figures[12])) / os.sysconf("SC_CLK_TCK")


def branch(loop: VirtualLoop, work: Callable[[], bytes]) -> Branch:
    """Copies this process; in the copy `work` is called, and what it returns comes back.

    To be called between two rounds of the loop (`VirtualLoop.between`). In the copy the loop stands
    where it stood: `VirtualLoop.go_on` makes it go on. The copy shares no descriptor with this
    process but the standard ones: what it writes into files that are open here goes nowhere.
    It ends with `work`, without any of the cleaning up that is still to be done here.

    Raises CannotBranch when the process has more than one thread, or a context of ZeroMQ; or when
    the loop is within a round, or reads descriptors.
    """
    need_copyable(loop)
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return Branch(pid, reading)
    status = 1
    try:
        _sever(keep=writing)
        asyncio._set_running_loop(loop)  # asyncio forgets it in a copy
        try:
            answer, status = _DONE + work(), 0
        except BaseException as error:
            answer = _FAILED + f"{type(error).__name__}: {error}".encode()
        with open(writing, "wb") as pipe:
            pipe.write(answer)
    finally:
        os._exit(status)


def need_copyable(loop: VirtualLoop) -> None:
    """Raises CannotBranch where this process cannot be copied as it is."""
    if BARS:
        raise CannotBranch("; ".join(BARS.values()))
    if not _TASKS.is_dir():
        raise CannotBranch("a run can be branched on Linux only: /proc/self/task is needed")
    for end in list(BESIDE.values()):
        end()
    threads = len(list(_TASKS.iterdir()))
    if threads != 1:
        raise CannotBranch(
            f"this process has {threads} threads, and a copy has one: a run can be branched in a "
            "process of one thread only. NumPy starts threads when it is imported, unless "
            "OPENBLAS_NUM_THREADS=1 is in the environment."
        )
    if CONTEXTS.count:
        raise CannotBranch(
            f"{CONTEXTS.count} contexts of ZeroMQ are open, which do not survive being copied: "
            "a run can be branched over queues in memory only"
        )
    if not loop.is_between:
        raise CannotBranch("a run can be branched between two rounds of its loop only")
    if loop.reads_descriptors:
        raise CannotBranch("the loop reads file descriptors, which a copy would share")


def _sever(keep: int) -> None:
    """Points every descriptor of the copy to nowhere: files and locks stay those of the other."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in sorted(int(entry.name) for entry in _DESCRIPTORS.iterdir()):
        if number > _STANDARD and number not in (keep, nowhere):
            try:
                os.fstat(number)
            except OSError:
                continue  # that of the listing itself
            os.dup2(nowhere, number)
