"""When a participant is given up that dies again and again, though nobody in the run kills it.

Software that breaks breaks again: what it dies of does not pass. Somebody outside who kills a
process (an operator, a machine that is short of memory) says nothing about its software, and it is
started again however often; unless it never lives until it is ready, which no further start helps.
"""

from collections import Counter
from dataclasses import dataclass

MOST_DEATHS = 20
"""Of the software of one participant in a run, and as many in a row that come before it is ready
(assumption: a run of years has outlived some, and a loop of starts is ended within minutes)."""


@dataclass(frozen=True)
class Death:
    """Of a process. `how`: in words. `outside`: somebody who is no part of the run has killed it.
    `was_ready`: it had done what it does first."""

    how: str
    outside: bool = False
    was_ready: bool = True


class Deaths:
    """Those of a run."""

    def __init__(self) -> None:
        self._broken: Counter[str] = Counter()
        self._unready: Counter[str] = Counter()  # in a row

    def why_given_up(self, role: str, death: Death) -> str:
        """Counts a death; in words why the participant is not started again, empty when it is."""
        if death.was_ready:
            self._unready[role] = 0
        if not death.outside:
            self._broken[role] += 1
            if self._broken[role] > MOST_DEATHS:
                return f"{role} died {self._broken[role]} times: {death.how}"
        elif not death.was_ready:
            self._unready[role] += 1
            if self._unready[role] > MOST_DEATHS:
                times = self._unready[role]
                return f"{role} was killed {times} times before it was ready: {death.how}"
        return ""
