"""What is missing in a stream of numbered messages."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Gap:
    """Messages that were sent and did not arrive."""

    stream: str
    expected: int
    received: int

    @property
    def missing(self) -> int:
        """How many messages are missing."""
        return self.received - self.expected
