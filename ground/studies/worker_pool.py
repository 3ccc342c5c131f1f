"""Processes that work for a study: they end when it ends, however it ends."""

import contextlib
import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any, TypeVar

from ground.terminal.signals import end_with_parent

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 2
"""Portions that are handed out for each process, so that none waits for the next."""


class WorkerPool(ProcessPoolExecutor):
    """Spawned processes that do not hear Ctrl-C: it is for the command, which ends them."""

    def __init__(self, count: int, prepare: Callable[[], object] | None = None) -> None:
        context = multiprocessing.get_context("spawn")
        self._ahead = AHEAD * count
        super().__init__(count, mp_context=context, initializer=_begin, initargs=(prepare,))

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """As every executor does; a process that is started for it inherits what is blocked."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return super().submit(fn, *args, **kwargs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def each(self, work: Callable[[T], R], tasks: Sequence[T], portion: int) -> Iterator[R]:
        """The results in the order of the tasks, one by one; a process takes a portion at once.

        Nothing is ever cancelled, as `map` does when it is left early: a pool whose processes are
        ended meanwhile trips over what was cancelled.
        """
        starts = iter(range(0, len(tasks), portion))
        under_way: deque[Future[list[R]]] = deque()
        for start in starts:
            under_way.append(self.submit(_do, work, tasks[start : start + portion]))
            if len(under_way) >= self._ahead:
                yield from under_way.popleft().result()
        while under_way:
            yield from under_way.popleft().result()


@contextlib.contextmanager
def worker_pool(count: int, prepare: Callable[[], object] | None = None) -> Iterator[WorkerPool]:
    """A pool; its processes have ended when the block is left, at once when it is broken off."""
    others = set(multiprocessing.active_children())
    pool = WorkerPool(count, prepare)
    try:
        yield pool
    except BaseException:
        for child in multiprocessing.active_children():
            if child not in others:
                child.terminate()
        raise
    finally:
        pool.shutdown(wait=True)


def _begin(prepare: Callable[[], object] | None) -> None:
    end_with_parent()
    if prepare is not None:
        prepare()


def _do(work: Callable[[T], R], tasks: Sequence[T]) -> list[R]:
    return [work(task) for task in tasks]
