"""A loop that follows a run: it flies to where it is told to, as fast as it goes, and stands."""

from collections.abc import Callable, Iterable
from typing import Any

from flight.runtime.throttled_loop import Descriptors, Input, ThrottledLoop


class FollowingLoop(ThrottledLoop):
    """`stands` is called, between two rounds, whenever the loop is where it was told to fly to; it
    says how it goes on (`follow`), or gives it something to do. Until it is told so it stands, and
    with `until_ns` less than its time not even all that is due at its beginning is done."""

    def __init__(self, stands: Callable[[], None], until_ns: int = -1, **more: Any) -> None:
        super().__init__(Descriptors(), **more)
        self.stands = stands
        self.until_ns = until_ns

    def follow(self, until_ns: int, inputs: Iterable[Input] = ()) -> None:
        """Flies on, and does all that is due up to an instant; these inputs come after those that
        it was given before."""
        self._again.extend(inputs)
        self.until_ns = max(self.until_ns, until_ns)

    def _hold_back(self, due_ns: int | None) -> bool:
        if self._flies_on(due_ns):
            return False
        if not self._ready:  # type: ignore[attr-defined]
            self._before_standing()
            self.between(self._stand)
        return True

    def _flies_on(self, due_ns: int | None) -> bool:
        """Whether what is due next is done before somebody is asked."""
        return due_ns is not None and due_ns <= self.until_ns

    def _before_standing(self) -> None:
        """`stands` is about to be called."""

    def _stand(self) -> None:
        self.stands()
