"""The loop of a twin: it flies to where it is told to, as fast as it goes, and stands there."""

from collections.abc import Callable
from typing import Any

from flight.runtime.throttled_loop import Descriptors, Input, ThrottledLoop


class TwinLoop(ThrottledLoop):
    """`stands` is called, between two rounds, whenever it is where it was told to fly to; it says
    whereto next (`until_ns`), or gives it something to do. `may_take`: whether what was asked of
    the run at an instant can be asked of the twin now; else it waits, with all that came after.
    `as_here`: what was asked, as it is asked of the twin."""

    def __init__(
        self,
        stands: Callable[[], None],
        may_take: Callable[[int], bool],
        as_here: Callable[[Any], Any],
    ) -> None:
        super().__init__(Descriptors())
        self.stands = stands
        self.may_take = may_take
        self.as_here = as_here
        self.until_ns = 0

    def follow(self, until_ns: int, inputs: list[Input]) -> None:
        """Flies on to an instant, with these inputs on its way; what should have been is done
        now."""
        self._again.extend(inputs)
        self.until_ns = max(self.until_ns, until_ns)

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
        if due_ns is not None and due_ns <= self.until_ns:
            return False
        if self._ready:  # type: ignore[attr-defined]
            return True
        self._now_ns = max(self._now_ns, self.until_ns)
        self.between(self._stands)
        return True

    def _stands(self) -> Any:
        self.stands()
