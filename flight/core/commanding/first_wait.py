"""Notices when work first has to wait."""

from collections.abc import Awaitable, Callable, Generator
from typing import Any, TypeVar

T = TypeVar("T")


class FirstWait(Awaitable[T]):
    """Awaits `work` and calls `on_wait` once, at the first instant at which it has to wait.

    Whatever raises before that instant has not begun anything that others could have seen.
    """

    def __init__(self, work: Awaitable[T], on_wait: Callable[[], None]) -> None:
        self.has_waited = False
        self._work = work
        self._on_wait = on_wait

    def __await__(self) -> Generator[Any, Any, T]:
        iterator = self._work.__await__()
        try:
            waits_for = next(iterator)
            self.has_waited = True
            self._on_wait()
            while True:
                try:
                    sent = yield waits_for
                except BaseException as error:  # a cancellation belongs to the work, too
                    waits_for = iterator.throw(error)
                else:
                    waits_for = iterator.send(sent)
        except StopIteration as end:
            result: T = end.value
            return result
