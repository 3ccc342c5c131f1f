"""What the edge has counted since it began."""

from dataclasses import asdict, dataclass


@dataclass
class Counts:
    """Each a number of requests, messages or frames."""

    requests: int = 0
    malformed: int = 0
    unknown_session: int = 0
    forged: int = 0
    too_many: int = 0
    logins: int = 0
    logins_refused: int = 0
    answers_not_taken: int = 0
    asked_again: int = 0
    expired: int = 0

    def plain(self) -> dict[str, int]:
        """As a map."""
        return asdict(self)
