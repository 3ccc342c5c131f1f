"""Texts that people give in the place of files: read as files are, and written nowhere."""

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path("/given")
_numbers = itertools.count(1)
_given: dict[Path, str] = {}


@contextlib.contextmanager
def given_text(name: str, text: str) -> Iterator[Path]:
    """A path under which configuration is read from a text while the block lasts. `name`: that of
    the file for which it stands.

    No disk is touched: what becomes of a request does not hang on whether one is full.
    """
    path = FOLDER / str(next(_numbers)) / name
    _given[path] = text
    try:
        yield path
    finally:
        del _given[path]


def text_given(path: Path) -> bytes | None:
    """What is given there, in UTF-8; None where nothing is. Raises UnicodeEncodeError."""
    text = _given.get(path)
    return None if text is None else text.encode()
