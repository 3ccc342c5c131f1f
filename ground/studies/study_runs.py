"""Many runs of one function, in this process or spread over several: the same either way."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

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
