"""Keys of a terminal, one by one, without Enter."""

import contextlib
import termios
import tty
from collections.abc import Iterator


@contextlib.contextmanager
def single_keys(descriptor: int) -> Iterator[None]:
    """A terminal tells each key at once, and echoes none, while this lasts; -1: no terminal."""
    if descriptor < 0:
        yield
        return
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
