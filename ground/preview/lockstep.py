"""Keeps the procedure of a twin beside that of the run.

By another seed a step ends sooner or later. What people ask for at an instant, they ask for at a
step; a twin that is at another one then would do something else for good. So the twin begins no
step that the run has not begun, and takes what was asked for when it has come to the step at which
the run was then, and has heard what became of as many of people's commands.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Iterable

from ground.api.fields import PERSON
from ground.mission_control import MissionControl

LOOKS = 30.0  # s of mission time between looks whether the run has begun a step
Step = tuple[int, int]
"""When the run began a step (ns), and its position in the procedure."""


class Lockstep:
    """Of one twin. `patience_ns`: mission time after which nothing is waited for any more."""

    def __init__(self, now_ns: Callable[[], int], patience_ns: int) -> None:
        self._now_ns = now_ns
        self._patience_ns = patience_ns
        self._times: list[int] = []
        self._positions: list[int] = []
        self._counts: list[int] = []  # how often the run had begun a step of that position then
        self._begun: dict[int, int] = {}
        self._here = -1
        self._ends: list[int] = []
        self._control: MissionControl | None = None
        self.is_open = False
        """Whether the twin goes on by itself, as where it is flown ahead of the run."""

    def told(self, steps: Iterable[Step], ends: Iterable[int] = ()) -> None:
        """The run has begun these steps, in this order, and has heard at these instants (ns) what
        became of a command of somebody's."""
        self._ends += ends
        for time_ns, position in steps:
            self._times.append(time_ns)
            self._positions.append(position)
            self._counts.append(self._positions.count(position))

    def join(self, control: MissionControl) -> None:
        """Has the procedure of a mission control begin steps so."""
        self._control, handling = control, control.runner.handling
        before = handling.before
        self._begun, self._here = {}, -1

        async def gated(instruction: object, position: int, visit: int) -> int | None:
            since = self._now_ns()
            while True:
                if self._may_begin(position, since):
                    break
                await asyncio.sleep(LOOKS)
            self._begun[position] = self._begun.get(position, 0) + 1
            self._here = position
            return await before(instruction, position, visit)  # type: ignore[arg-type]

        handling.before = gated  # type: ignore[method-assign]

    def _may_begin(self, position: int, since_ns: int) -> bool:
        now = self._now_ns()
        known = bisect_right(self._times, now)
        if self.is_open or not self._times or now - since_ns > self._patience_ns:
            return True
        if known and self._positions[known - 1] > position:
            return True  # the run is beyond it
        return self._positions[:known].count(position) > self._begun.get(position, 0)

    def may_take(self, time_ns: int) -> bool:
        """Whether what was asked of the run at an instant can be asked of the twin now."""
        known = bisect_right(self._times, time_ns)
        if not known or self._now_ns() - time_ns > self._patience_ns:
            return True
        if bisect_right(self._ends, time_ns) > self._heard():
            return False
        position, count = self._positions[known - 1], self._counts[known - 1]
        return self._here > position or self._begun.get(position, 0) >= count

    def _heard(self) -> int:
        """Commands of people's whose end the twin has heard of."""
        if self._control is None:
            return 0
        people = [
            each
            for each in self._control.tracker.commands()
            if each.order.origin.startswith(PERSON) and each.verdict is not None
        ]
        return len(people)
