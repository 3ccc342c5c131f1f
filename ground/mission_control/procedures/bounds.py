"""How large a procedure may become when its loops are unrolled and its parts are included."""

from collections.abc import Mapping
from typing import Any

MOST_STEPS = 10_000
"""Steps that are laid out, rounds of loops among them; the longest procedure has some hundred."""
LARGEST_VALUE = 10_000
"""Values and characters that an argument comes to when its variables are replaced."""


class TooLarge(ValueError):
    """A procedure or a value of it is too large; the text is what is allowed."""


class StepCount:
    """Counts what is laid out."""

    def __init__(self) -> None:
        self._count = 0

    def add(self) -> None:
        """One more; raises TooLarge."""
        self._count += 1
        if self._count > MOST_STEPS:
            raise TooLarge(f"the procedure is too long: allowed are {MOST_STEPS} steps in all")


def check_value(value: Any) -> None:
    """Raises TooLarge for a value that comes to too much, each variable in it as what it names."""
    left, size = [value], 0
    while left:
        each = left.pop()
        size += 1 + (len(each) if isinstance(each, str) else 0)
        if isinstance(each, Mapping):
            left += each.values()
        elif isinstance(each, list | tuple):
            left += each
        if size + len(left) > LARGEST_VALUE:
            raise TooLarge(f"comes to too much: allowed are {LARGEST_VALUE} values and characters")
