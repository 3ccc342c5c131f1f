"""Waits in a run under way for where a drill begins."""

from collections.abc import Callable

from flight.icd.messages import Message
from flight.runtime.looking import watch_too
from flight.runtime.loop import NANOSECONDS, VirtualLoop
from ground.drills.awaiting import Awaited
from ground.drills.drill import AtTime, Drill
from ground.drills.scenario import Scenario
from ground.drills.sight import Sight
from ground.testbed.run import Run

LOOK = 1.0  # s of mission time between looks for what no message tells


class Starting:
    """Of one drill. `begin` is called once, between two instants, when its start has come."""

    def __init__(
        self,
        run: Run,
        drill: Drill,
        scenario: Scenario,
        loop: VirtualLoop,
        begin: Callable[[], None],
    ) -> None:
        self._run, self._drill, self._loop = run, drill, loop
        self._begin = begin
        self._left = drill.start.nth
        self._over = False
        at = drill.start.at
        self._awaited: Awaited | None = None
        if not isinstance(at, AtTime):
            self._awaited = Awaited(at, Sight(run, scenario.vocabulary, {}))

    def wait(self) -> None:
        """Begins to wait. Raises ValueError where the start is over, as far as a time tells."""
        at = self._drill.start.at
        if isinstance(at, AtTime):
            due = at.seconds + self._drill.start.delay
            if due < self._loop.time():
                raise ValueError(
                    f"start = {due:g} s: the run is at {self._loop.time():g} s; begin it now"
                )
            self._loop.call_at(due, self._later)
            return
        self._run.observers.append(self._hear)
        watch_too(self._loop, self._look, round(LOOK * NANOSECONDS))

    def come(self) -> None:
        """The start has come."""
        if not self._over:
            self._over = True
            self._begin()

    def give_up(self) -> None:
        """Nobody waits any more."""
        self._over = True

    def _hear(self, message: Message) -> None:
        awaited = None if self._over else self._awaited
        if awaited is not None and (awaited.hear(message) or awaited.poll()):
            self._came()

    def _look(self) -> None:
        if not self._over and self._awaited is not None and self._awaited.poll():
            self._came()

    def _came(self) -> None:
        self._left -= 1
        if self._left:
            return
        self._awaited = None
        if self._drill.start.delay:
            self._loop.call_later(self._drill.start.delay, self._later)
        else:
            self._later()

    def _later(self) -> None:
        self._loop.between(self.come)
