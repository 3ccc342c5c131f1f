"""Pools of processes that are already running when their work is measured."""

import multiprocessing
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from threading import BrokenBarrierError
from typing import Any, TypeVar

from ground.studies.worker_pool import WorkerPool, worker_pool

Task = TypeVar("Task")
Result = TypeVar("Result")

_PATIENCE = 120.0
"""s until all processes of a pool must have prepared themselves."""
_CHUNKS = 4
"""Portions that each process gets of a work: enough that none waits long for the other."""


class Workers:
    """Pools by their number of processes, each of which has called `prepare` once.

    Use as `with Workers((1, 2), prepare) as pools:`. Raises RuntimeError when a process does not
    come up. What is handed over must be importable: functions of modules, or partials of them.
    """

    def __init__(self, counts: Sequence[int], prepare: Callable[[], object]) -> None:
        self._counts = counts
        self._prepare = prepare
        self._stack = ExitStack()
        self._pools: dict[int, WorkerPool] = {}

    def __enter__(self) -> "Workers":
        with ExitStack() as stack:
            for count in self._counts:
                together = multiprocessing.get_context("spawn").Barrier(count + 1)
                pool = stack.enter_context(
                    worker_pool(count, partial(_begin, self._prepare, together))
                )
                self._pools[count] = pool
                for _ in range(count):
                    pool.submit(_nothing)  # a pool starts a process only when there is work for it
                try:
                    together.wait(_PATIENCE)
                except BrokenBarrierError:
                    raise RuntimeError(f"{count} processes did not come up") from None
            self._stack = stack.pop_all()
        return self

    def map(
        self, count: int, function: Callable[[Task], Result], tasks: Iterable[Task]
    ) -> list[Result]:
        """The results of a function for all tasks, in their order, by `count` processes."""
        work = list(tasks)
        portion = max(1, len(work) // (_CHUNKS * count))
        return list(self._pools[count].each(function, work, portion))

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)


def _begin(prepare: Callable[[], object], together: Any) -> None:
    prepare()
    together.wait(_PATIENCE)


def _nothing() -> None:
    pass
