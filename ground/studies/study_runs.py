"""Many runs of one function, in this process or spread over several: the same either way.

A study takes minutes to hours. One that is broken off keeps what was flown until then.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from ground.studies.worker_pool import worker_pool

T = TypeVar("T")
R = TypeVar("R")

CHUNK = 4
"""Tasks that a process takes at once."""


def each_of(fly: Callable[[T], R], tasks: Sequence[T], workers: int) -> Iterator[R]:
    """The results in the order of the tasks, one by one as they are known."""
    if workers <= 1 or len(tasks) <= 1:
        yield from map(fly, tasks)
        return
    with worker_pool(min(workers, len(tasks))) as pool:
        yield from pool.each(fly, tasks, CHUNK)


class BrokenOffError(KeyboardInterrupt):
    """A study was broken off; `results` are of the runs before, in the order of its tasks."""

    def __init__(self, results: Sequence[Any]) -> None:
        self.results = results
        super().__init__()


def all_of(
    fly: Callable[[T], R],
    tasks: Sequence[T],
    workers: int,
    progress: Callable[[int, int], None] = lambda done, all_: None,
) -> list[R]:
    """All results, in the order of the tasks. Raises BrokenOffError where a signal ends it."""
    results: list[R] = []
    try:
        for result in each_of(fly, tasks, workers):
            results.append(result)
            progress(len(results), len(tasks))
    except KeyboardInterrupt:
        raise BrokenOffError(results) from None
    return results
