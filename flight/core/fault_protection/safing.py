"""Whether the vehicle may go to its safe state now, and what waits until it may.

Where a state forbids it, nothing is safer than going on: then it is said and not done. Where it is
deferred, it is done at the end of that, if there is still a reason.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flight.core.chart.statechart import Safing, Statechart, is_inside

Still = Callable[[], bool]


@dataclass
class _Waiting:
    reason: str
    still: Still | None


class SafingControl:
    """Asks the statechart, and critical stretches within states.

    `go_safe(reason)` is called for what has waited and still has its reason. `withheld` and
    `deferred` are told of the others, with the reason.
    """

    def __init__(
        self,
        chart: Statechart,
        state: Callable[[], str],
        go_safe: Callable[[str], None],
        withheld: Callable[[str], None],
        deferred: Callable[[str], None],
    ) -> None:
        self.resumes_critical = False
        """The vehicle has booted in a state that forbids safing, and is not back in it yet."""
        self._chart = chart
        self._state = state
        self._go_safe = go_safe
        self._withheld = withheld
        self._deferred = deferred
        self._stretches: list[str] = []
        self._waiting: list[_Waiting] = []
        self._until_calm: list[asyncio.Future[None]] = []
        self.on_calm: Callable[[], None] = lambda: None
        """Called when a stretch of work has ended that was not to be broken off."""

    def now(self) -> Safing:
        """What holds now."""
        if self.resumes_critical:
            return Safing.FORBIDDEN
        said = self._chart.safing(self._state())
        if said is Safing.ALLOWED and self._stretches:
            return Safing.DEFERRED
        return said

    def takes_up(self, state: str) -> bool:
        """Whether what was critical before the boot goes on when a state is entered."""
        leaves = (leaf for leaf in self._chart.leaves if is_inside(leaf, state))
        return self.resumes_critical and any(map(self._forbids, leaves))

    def has_taken_up(self) -> bool:
        """Whether nothing that was critical before the boot still waits to go on."""
        return not self.resumes_critical or self._forbids(self._state())

    def _forbids(self, state: str) -> bool:
        return self._chart.safing(state) is Safing.FORBIDDEN

    def is_critical(self) -> bool:
        """Whether nothing is to be changed now but on purpose: in a state that forbids safing, in
        a stretch of work that is not to be broken off."""
        return bool(self._stretches) or self.now() is Safing.FORBIDDEN

    async def calm(self) -> None:
        """Waits until that is over."""
        while self.is_critical():
            over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._until_calm.append(over)
            await over

    def admits(self, reason: str, still: Still | None = None) -> bool:
        """Whether to go safe now; if not it is told, and may be done later."""
        safing = self.now()
        if safing is Safing.FORBIDDEN:
            self._withheld(reason)
        elif safing is Safing.DEFERRED and all(each.reason != reason for each in self._waiting):
            self._waiting.append(_Waiting(reason, still))
            self._deferred(reason)
        return safing is Safing.ALLOWED

    @contextmanager
    def critical(self, what: str) -> Iterator[None]:
        """A stretch of work (a burn, a separation) at whose end one goes safe, and not within."""
        self._stretches.append(what)
        try:
            yield
        finally:
            self._stretches.remove(what)
            self.look()
            if not self._stretches:
                self.on_calm()

    def look(self) -> None:
        """Something has ended: what has waited is judged again."""
        if self._until_calm and not self.is_critical():
            over, self._until_calm = self._until_calm, []
            for future in over:
                if not future.done():  # who waited may be gone
                    future.set_result(None)
        if not self._waiting or self.now() is not Safing.ALLOWED:
            return
        waiting, self._waiting = self._waiting, []
        for each in waiting:  # each is a cause of its own for which one stays there
            if each.still is None or each.still():
                self._go_safe(each.reason)

    def forget(self) -> None:
        """The safe state was entered: nothing waits for it any more."""
        self._waiting.clear()
