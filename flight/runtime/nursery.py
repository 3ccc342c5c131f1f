"""The ordered nursery: the only place where tasks are started.

`asyncio.TaskGroup`, `asyncio.wait` and `asyncio.run` cancel in an order that differs from run to
run. Here children are cancelled and awaited in the order in which they were started.
"""

import asyncio
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")


class Nursery:
    """Owns tasks: none outlives it, and the first error ends all.

    Leaving the block waits for all children. If a child or the body fails, the others are cancelled
    in the order they were started, awaited in the same order, and the first error is raised.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._children: dict[asyncio.Task[Any], Callable[[], object] | None] = {}
        self._first_error: BaseException | None = None
        self._changed: asyncio.Future[None] | None = None
        self._parent: asyncio.Task[Any] | None = None
        self._closing = False
        self._woken = False

    def start(
        self,
        work: Coroutine[Any, Any, T],
        *,
        name: str,
        then: Callable[[], object] | None = None,
    ) -> asyncio.Task[T]:
        """Starts `work` as a child named `<nursery>/<name>`; raises RuntimeError once closed.

        `then` is called when it has ended, however it did.
        """
        if self._closing:
            work.close()
            raise RuntimeError(f"nursery {self.name} is closed; it does not start {name}")
        loop = asyncio.get_running_loop()
        task = loop.create_task(work, name=f"{self.name}/{name}")
        self._children[task] = then
        task.add_done_callback(self._child_done)
        return task

    def cancel(self) -> None:
        """Asks all children to end, in the order they were started."""
        for child in list(self._children):
            child.cancel()

    @property
    def size(self) -> int:
        """Children still running."""
        return len(self._children)

    def _child_done(self, task: asyncio.Task[Any]) -> None:
        then = self._children.pop(task, None)
        if then is not None:
            then()
        error = None if task.cancelled() else task.exception()
        if error is not None and self._first_error is None:
            self._first_error = error
            if not self._closing and self._parent is not None and self._changed is None:
                # The body is still busy with something else: interrupt it.
                self._woken = True
                self._parent.cancel()
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)

    async def __aenter__(self) -> Self:
        self._parent = asyncio.current_task()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        # The body was interrupted because of the first error: whatever came out of it is second,
        # unless somebody outside wants it to end as well.
        own_wake = self._woken and self._parent is not None and self._parent.uncancel() == 0
        if error is None:
            try:
                await self._wait_for_children(until_error=True)
            except asyncio.CancelledError as cancelled:
                error = cancelled
        self._closing = True
        if error is not None or self._first_error is not None:
            self.cancel()
            await self._wait_for_children(until_error=False)
        if self._first_error is not None and (error is None or own_wake):
            raise self._first_error
        if error is not None and kind is None:
            raise error
        return None

    async def _wait_for_children(self, *, until_error: bool) -> None:
        interrupted: asyncio.CancelledError | None = None
        while self._children and not (until_error and self._first_error is not None):
            self._changed = asyncio.get_running_loop().create_future()
            try:
                await self._changed
            except asyncio.CancelledError as error:
                if until_error:
                    raise
                interrupted = error
                self.cancel()
            finally:
                self._changed = None
        if interrupted is not None:
            raise interrupted


async def end(task: asyncio.Task[Any]) -> None:
    """Cancels `task` and waits until it has ended, whatever its end; never raises its error."""
    task.cancel()
    while not task.done():
        waiter = asyncio.get_running_loop().create_future()

        def wake(_: object, waiter: asyncio.Future[None] = waiter) -> None:
            if not waiter.done():
                waiter.set_result(None)

        task.add_done_callback(wake)
        try:
            await waiter
        finally:
            task.remove_done_callback(wake)
    if not task.cancelled():
        task.exception()
