"""Files from outside, of which nobody knows what they are: looked at before they are read."""

from pathlib import Path

from flight.configuration.given_texts import text_given

UNDECODABLE = (ValueError, RecursionError)
"""What decoding JSON or MessagePack from outside raises: for what is none, is no UTF-8, is of
another shape than was asked for, or is nested deeper than Python follows."""


class UnfitFile(ValueError):
    """No regular file, or one that is too large; the text says what is allowed."""


def check_regular(path: Path, what: str) -> None:
    """Raises UnfitFile where there is something else than a regular file: a pipe or a device would
    have no end, or never begin. What is not there is for who opens it. `what`: the kind of file
    that is allowed."""
    if path.exists() and not path.is_file():
        kind = "a folder" if path.is_dir() else "no regular file"
        raise UnfitFile(f"is {kind}: allowed is {what}")


def read_outside(path: Path, largest: int, what: str) -> bytes:
    """The bytes of a file that somebody has named, or of a text that stands for one, `largest` at
    most.

    What is not regular is not opened. `what`: the kind of file that is allowed. Raises UnfitFile
    and OSError.
    """
    data = text_given(path)
    if data is None:
        check_regular(path, what)
        with path.open("rb") as file:
            data = file.read(largest + 1)
    if len(data) > largest:
        raise UnfitFile(f"the file is too large: allowed are {largest} bytes")
    return data
