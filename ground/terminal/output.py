"""Standard output and error as such: what they cannot write, and what to do when they fail, or are
not there."""

import contextlib
import os
import sys
from typing import IO


def take_any_character() -> None:
    """Lets texts through that the output's encoding cannot write: `?` stands for what it lacks."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):  # replaced by a test, or closed
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]


def stand_in_for_closed() -> None:
    """Standard streams that were closed when this process began (`2>&-`) lead nowhere. Else what is
    opened next has their numbers, and whoever writes to them writes into it."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            os.set_inheritable(number, True)
            stream = open(number, mode, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def flush() -> None:
    """Writes what is still held back, while an error of it can be told."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()


def forget(stream: IO[str] | None) -> None:
    """Gives up an output that cannot be written: at the end Python would try it once more."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())  # type: ignore[union-attr]
        os.close(nowhere)
