"""The ordered log of all messages that were sent in one process, and its SHA-256."""

import hashlib
from pathlib import Path
from typing import BinaryIO


class MessageLog:
    """Hashes every message in the order of sending; writes them down when given a path.

    In virtual time one seed gives one hash. Compare two written logs to find where runs part.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._hash = hashlib.sha256()
        self._file: BinaryIO | None = path.open("wb") if path is not None else None
        self.count = 0
        self.bytes = 0

    def add(self, time_ns: int, channel: bytes, payload: bytes) -> None:
        """Adds one message: when, on which channel, and its bytes."""
        record = b"%d %s %d " % (time_ns, channel, len(payload)) + payload
        self._hash.update(record)
        self.count += 1
        self.bytes += len(payload)
        if self._file is not None:
            self._file.write(record + b"\n")

    def sha256(self) -> str:
        """Hexadecimal SHA-256 of all so far."""
        return self._hash.hexdigest()

    def close(self) -> None:
        """Closes the file, if any."""
        if self._file is not None:
            self._file.close()
            self._file = None
