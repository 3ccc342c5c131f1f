"""When a participant is given up that dies again and again, though nobody in the run kills it.

Software that breaks breaks again: what it dies of does not pass. Somebody outside who kills a
process (an operator, a machine that is short of memory) says nothing about its software, and it is
started again however often; unless it never lives until it is ready, which no further start helps.
"""

from collections import Counter
from dataclasses import dataclass

from ground.testbed.computers.starts import COLD, Start

LONGEST_PAUSE = 86_400.0
"""s at most until one is started again that has found again what passes by itself (assumption: a
day, in which somebody has made room)."""
MOST_DEATHS = 20
"""Of the software of one participant in a run, and as many in a row that come before it is ready
(assumption: a run of years has outlived some, and a loop of starts is ended within minutes)."""


@dataclass(frozen=True)
class Death:
    """Of a process. `how`: in words. `outside`: somebody who is no part of the run has killed it.
    `was_ready`: it had done what it does first. `passes`: it died of what is not of its making and
    passes, such as a full disk."""

    how: str
    outside: bool = False
    was_ready: bool = True
    passes: bool = False


class Deaths:
    """Those of a run."""

    def __init__(self) -> None:
        self._broken: Counter[str] = Counter()
        self._unready: Counter[str] = Counter()  # in a row

    def why_given_up(self, role: str, death: Death) -> str:
        """Counts a death; in words why the participant is not started again, empty when it is."""
        if death.was_ready:
            self._unready[role] = 0
        if not death.outside and (death.was_ready or not death.passes):
            self._broken[role] += 1
            if self._broken[role] > MOST_DEATHS:
                return f"{role} died {self._broken[role]} times: {death.how}"
        elif not death.was_ready:
            self._unready[role] += 1
            if self._unready[role] > MOST_DEATHS:
                times = self._unready[role]
                return f"{role} died {times} times before it was ready: {death.how}"
        return ""

    def start_after(self, role: str, death: Death) -> Start:
        """How one is started again whose death was counted: what passes is waited for, twice as
        long each time that it is there still."""
        if death.was_ready or not death.passes:
            return COLD
        pause = COLD.seconds * 2.0 ** (self._unready[role] - 1)
        return Start(COLD.name, min(pause, LONGEST_PAUSE))
