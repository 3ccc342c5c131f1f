"""Whether a process still works, as far as the machine can tell: it hangs where it could run and
does not, and it spins where it runs and never comes to hear anybody.

Each process that a console looks after wakes by itself twice a second at least, whatever is asked
of it: the run and its spare between two instants, the edge and the page on their loops. One that
has been on no processor for `HUNG` s, and waits for none, is stopped (SIGSTOP) or waits for what
never comes. How busy the machine is plays no part: who waits for a processor or for a disk, or is
looked at by a debugger, does not hang.

One that computes may do so for long, and one that spins in one place does nothing else. Whoever
comes to its loop waits there, which leaves the processor of its own will. A run at full speed does
not; it hears who asks it between two instants. So one that has computed for `SPUN` seconds of a
processor's time, and in them neither waited nor answered, spins: what it takes by the wall clock,
beside others, plays no part.
"""

import math
import os
import time
from collections.abc import Callable
from pathlib import Path

HUNG = 5.0  # wall seconds
SPUN = 15.0  # seconds of a processor's time; the longest that a child computes at once takes 3
ASKED_LONG = 3.0  # seconds of a processor's time in which one that is asked answers
STILL = 0.3  # wall seconds after which it is not asked anything
LONGEST_LOOK = 1.0  # wall seconds that one look counts for: who looks may have been stopped itself
_STOPPED, _WAITING = "T", "S"


class Pulse:
    """Of the process with a number. With `idle` it sleeps until somebody asks: it hangs where it is
    stopped."""

    def __init__(self, pid: int, idle: bool = False) -> None:
        self.pid = pid
        self._states = _STOPPED if idle else _STOPPED + _WAITING
        self._beats = -1
        self._looked = math.inf
        self._still = 0.0

    @property
    def hangs(self) -> bool:
        """Whether it does; to be asked at each look."""
        self._look()
        return self._still >= HUNG

    @property
    def is_still(self) -> bool:
        """Whether it has not moved of late: it may answer late, or never."""
        self._look()
        return self._still >= STILL

    def _look(self) -> None:
        now = time.monotonic()
        passed = max(0.0, min(now - self._looked, LONGEST_LOOK))
        self._looked = now
        state, beats = told_of(self.pid)
        if state in self._states and state and beats == self._beats:
            self._still += passed
        else:
            self._still = 0.0
        self._beats = beats


class Spin:
    """Of the process with a number. `answers`: whether it answers somebody now, of one that may
    compute for ever; it is asked only when it has not waited for long."""

    def __init__(self, pid: int, answers: Callable[[], bool] | None = None) -> None:
        self.pid = pid
        self._answers = answers
        self._waits = -1
        self._since = 0.0

    @property
    def spins(self) -> bool:
        """Whether it does; to be asked at each look."""
        waits, used = worked(self.pid)
        if waits != self._waits or waits < 0:
            self._waits, self._since = waits, used
            return False
        if used - self._since < SPUN:
            return False
        if self._answers is not None:
            if self._answers():
                self._since = used
                return False
            return used - self._since >= SPUN + ASKED_LONG
        return True


def worked(pid: int) -> tuple[int, float]:
    """How often the first thread of a process has left a processor of its own will, and the seconds
    of a processor's time that it has used; -1 where Linux does not tell (proc(5))."""
    try:
        own = Path(f"/proc/{pid}/task/{pid}")
        status = (own / "status").read_text(encoding="ascii", errors="replace")
        waits = next(line for line in status.splitlines() if line.startswith("voluntary_ctxt"))
        fields = (own / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2]
        user, system = fields.split()[11:13]
        used = (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
        return int(waits.partition(":")[2]), used
    except (OSError, ValueError, IndexError, StopIteration):
        return -1, 0.0


def told_of(pid: int) -> tuple[str, int]:
    """The state of its first thread, a letter (proc(5)), and how often that has left a processor;
    no letter where Linux does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
        told = dict(line.split(":", 1) for line in lines.splitlines() if ":" in line)
        counts = ("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")
        return told["State"].split()[0], sum(int(told[each]) for each in counts)
    except (OSError, KeyError, ValueError, IndexError):
        return "", -1
