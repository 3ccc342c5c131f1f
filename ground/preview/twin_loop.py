"""The loop of a twin: it flies to where it is told to, as fast as it goes, and stands there."""

from collections.abc import Callable
from typing import Any

from flight.runtime.throttled_loop import Descriptors, Input, ThrottledLoop


class TwinLoop(ThrottledLoop):
    """`stands` is called, between two rounds, whenever it is where it was told to fly to; it says
    whereto next (`until_ns`), or gives it something to do."""

    def __init__(self, stands: Callable[[], None]) -> None:
        super().__init__(Descriptors())
        self.stands = stands
        self.until_ns = 0

    def follow(self, until_ns: int, inputs: list[Input]) -> None:
        """Flies on to an instant, with these inputs on its way; what should have been is done
        now."""
        for each in inputs:
            if each.time_ns > self.time_ns():
                self._again.append(each)
            else:
                self.put(each.data)
        self.until_ns = max(self.until_ns, until_ns)

    def stand(self) -> None:
        """It goes no further than it is."""
        self._again.clear()
        self.until_ns = self.time_ns()

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
