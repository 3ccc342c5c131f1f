"""Many runs of one function, in this process or spread over several: the same either way."""

import multiprocessing
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

CHUNK = 4
"""Tasks that a process takes at once."""


def each_of(fly: Callable[[T], R], tasks: Sequence[T], workers: int) -> Iterator[R]:
    """The results in the order of the tasks, one by one as they are known."""
    if workers <= 1 or len(tasks) <= 1:
        yield from map(fly, tasks)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(tasks)), mp_context=context) as pool:
        yield from pool.map(fly, tasks, chunksize=CHUNK)


def count_on_terminal(what: str) -> Callable[[int, int], None]:
    """Tells on a terminal how many are done; silent elsewhere. `what`: such as `ascents`."""

    def tell(done: int, total: int) -> None:
        if sys.stderr.isatty():
            end = "\n" if done == total else ""
            print(f"\r{done} of {total} {what}", end=end, file=sys.stderr, flush=True)

    return tell
