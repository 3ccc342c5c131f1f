"""The loop of a twin: it follows the run that it is the twin of, at a distance."""

from collections.abc import Callable
from typing import Any

from flight.runtime.following_loop import FollowingLoop


class TwinLoop(FollowingLoop):
    """`may_take`: whether what was asked of the run at an instant can be asked of the twin now;
    else it waits, with all that came after, and what should have been is done later. `as_here`:
    what was asked, as it is asked of the twin."""

    def __init__(
        self,
        stands: Callable[[], None],
        may_take: Callable[[int], bool],
        as_here: Callable[[Any], Any],
    ) -> None:
        super().__init__(stands, until_ns=0)
        self.may_take = may_take
        self.as_here = as_here

    def stand(self) -> None:
        """It goes no further than it is."""
        self.until_ns = self.time_ns()

    def _take(self, time_ns: int, data: Any) -> None:
        super()._take(time_ns, self.as_here(data))

    def _admit_again(self, due_ns: int | None) -> bool:
        if self._again and not self.may_take(self._again[0].time_ns):
            return False
        return super()._admit_again(due_ns)

    def _hold_back(self, due_ns: int | None) -> bool:
        if self._waiting:
            self._take(self.time_ns(), self._waiting.popleft())
            return True
        return super()._hold_back(due_ns)

    def _before_standing(self) -> None:
        self._now_ns = max(self._now_ns, self.until_ns)
