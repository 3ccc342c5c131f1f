"""How often Python looks for garbage that refers to itself while a run flies."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = 20_000
"""More objects than have gone, until the young ones are looked through (Python's own: 700). A run
keeps some ten thousand and makes hundreds of millions, which nearly all go by themselves: looking
after every 700 takes three hundredths of its time."""


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Within the block garbage is looked for seldom, or as seldom as it was where that is more
    seldom still (0: never), and not among what was there before; afterwards as before."""
    before = gc.get_threshold()
    collect_seldom()
    freezes = not gc.get_freeze_count()  # another run of this process may have done it
    if freezes:
        gc.freeze()
    try:
        yield
    finally:
        if freezes:
            gc.unfreeze()
        gc.set_threshold(*before)


def collect_seldom() -> None:
    """From now on garbage is looked for seldom: a process that only imports makes none."""
    often, *older = gc.get_threshold()
    if 0 < often < SELDOM:
        gc.set_threshold(SELDOM, *older)
