"""Whether a process still works, as far as the machine can tell: it hangs where it could run and
does not.

Each process that a console looks after wakes by itself twice a second at least, whatever is asked
of it: the run and its spare between two instants, the edge and the page on their loops. One that
has been on no processor for `HUNG` s, and waits for none, is stopped (SIGSTOP) or waits for what
never comes. How busy the machine is plays no part: who waits for a processor or for a disk, or is
looked at by a debugger, does not hang; nor does one that computes, however long.
"""

import math
import time
from pathlib import Path

HUNG = 5.0  # wall seconds
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
