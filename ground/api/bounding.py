"""How many rows of an answer go into one message."""

from collections.abc import Iterable
from typing import Any

import msgspec

LARGEST_ROWS = 512 << 10  # bytes of the rows of an answer: half of what a message may have


def bounded(entries: Iterable[Any], most: int = LARGEST_ROWS) -> list[dict[str, Any]]:
    """As many of some entries, as plain data, as go into one answer; one at least."""
    found: list[dict[str, Any]] = []
    size = 0
    for entry in entries:
        plain = msgspec.to_builtins(entry)
        size += len(msgspec.msgpack.encode(plain))
        if found and size > most:
            break
        found.append(plain)
    return found
