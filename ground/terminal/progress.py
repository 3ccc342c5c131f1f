"""How far long work has come: in place on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Callable

LINE_EVERY = 5.0
"""Seconds of the wall between two lines where there is no terminal."""


def count(what: str, clock: Callable[[], float] = time.monotonic) -> Callable[[int, int], None]:
    """Tells on standard error how many are done of how many. `what`: such as `ascents`."""
    last = clock()

    def tell(done: int, total: int) -> None:
        nonlocal last
        if sys.stderr.isatty():
            end = "\n" if done == total else ""
            print(f"\r{done} of {total} {what}", end=end, file=sys.stderr, flush=True)
        elif clock() - last >= LINE_EVERY:
            last = clock()
            print(f"{done} of {total} {what}", file=sys.stderr, flush=True)

    return tell
