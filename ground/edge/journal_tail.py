"""The end of the journal: who asks again for what it missed costs the run nothing."""

from collections import deque
from collections.abc import Sequence
from typing import Any

MOST = 5000  # entries that are kept

Row = dict[str, Any]


class JournalTail:
    """The last entries of the journal of one life of the run."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Another life of the run begins."""
        self.known = -1  # number of the last entry that is known; -1: nothing is
        self.first_after = 0  # entries after this number are kept
        self.last: dict[str, int] = {}  # topic: number of its last entry
        self._rows: deque[Row] = deque()
        self._start = 0

    def begin(self, number: int) -> None:
        """Entries up to this one were there before; nothing is known of them."""
        self.known = self.first_after = self._start = number

    def take(self, rows: Sequence[Row]) -> list[tuple[str, int, list[Row]]]:
        """Takes the next entries; returns them in order, each run of one topic with the number of
        the topic's entry before."""
        groups: list[tuple[str, int, list[Row]]] = []
        for row in rows:
            topic, number = str(row["topic"]), int(row["n"])
            if number <= self.known:
                continue
            if groups and groups[-1][0] == topic:
                groups[-1][2].append(row)
            else:
                groups.append((topic, self.last.get(topic, self._start), [row]))
            self.last[topic] = self.known = number
            self._rows.append(row)
            if len(self._rows) > MOST:
                self.first_after = int(self._rows.popleft()["n"])
        return groups

    def since(self, number: int, topics: Sequence[str], limit: int) -> list[Row] | None:
        """The entries after a number; None where they are not all kept."""
        if number < self.first_after or self.known < 0:
            return None
        wanted = frozenset(topics)
        found: list[Row] = []
        for row in self._rows:
            if row["n"] > number and (not wanted or row["topic"] in wanted):
                found.append(row)
                if len(found) == limit:
                    break
        return found
