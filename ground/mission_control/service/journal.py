"""The journal: all that happened in mission control, ordered and numbered from 1 without gaps.

It is stream, audit trail and restart record in one. An entry is kept at once; what was shown to
somebody is never lost, nor is its number given twice.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from ground.api.entries import Entry
from ground.mission_control.archive.archive import Archive

RECENT = 5000  # entries in memory
LARGEST = 64 << 10  # bytes of an entry's data that is no restart record
_COLUMNS = "number, time_ns, topic, what, who, vehicle, data"


class Journal:
    """The journal in an archive; continued where there is one."""

    def __init__(self, archive: Archive, now_ns: Callable[[], int]) -> None:
        self._archive = archive
        self._now_ns = now_ns
        self._recent: deque[Entry] = deque(maxlen=RECENT)
        self.last = 0
        self.on_entry: Callable[[Entry], None] = lambda entry: None
        """Told of each entry that is kept; it is to change nothing."""
        self.load()

    def load(self) -> None:
        """Takes up what is kept."""
        rows = self._archive.look(
            f"SELECT {_COLUMNS} FROM journal ORDER BY number DESC LIMIT ?", (RECENT,)
        )
        self._recent.clear()
        self._recent.extend(_entry(row) for row in reversed(rows))
        self.last = self._recent[-1].n if self._recent else 0

    def add(
        self,
        topic: str,
        what: str,
        *,
        who: str = "",
        vehicle: str = "",
        data: dict[str, Any] | None = None,
        key: str | None = None,
    ) -> int:
        """Keeps an entry; returns its number.

        `key`: of something that may be told again, such as an event that comes down twice: it is
        kept once, and 0 is returned for a copy.
        """
        if key is not None and self.by_key(key) is not None:
            return 0
        text = msgspec.json.encode(data or {})
        number, now = self.last + 1, self._now_ns()
        row = (number, now, topic, what, who, vehicle, text.decode(), key)
        self._archive.execute([("INSERT INTO journal VALUES (?,?,?,?,?,?,?,?)", row)])
        self.last = number
        entry = Entry(number, now, topic, what, who, vehicle, msgspec.json.decode(text))
        self._recent.append(entry)
        self.on_entry(entry)
        return number

    def by_key(self, key: str) -> Entry | None:
        """The entry that was kept under a key."""
        rows = self._archive.look(f"SELECT {_COLUMNS} FROM journal WHERE key = ?", (key,))
        return _entry(rows[0]) if rows else None

    def after(self, number: int, topics: Sequence[str] = (), limit: int = 500) -> list[Entry]:
        """The entries after a number, at most `limit`; of some topics or of all."""
        if number >= self.last:
            return []
        if not self._recent or number + 1 < self._recent[0].n:
            return self._older(number, topics, limit)
        first = number + 1 - self._recent[0].n
        found: list[Entry] = []
        for position in range(max(0, first), len(self._recent)):
            entry = self._recent[position]
            if not topics or entry.topic in topics:
                found.append(entry)
                if len(found) == limit:
                    break
        return found

    def _older(self, number: int, topics: Sequence[str], limit: int) -> list[Entry]:
        marks = ",".join("?" * len(topics))
        where = f"AND topic IN ({marks})" if topics else ""
        rows = self._archive.look(
            f"SELECT {_COLUMNS} FROM journal WHERE number > ? {where} ORDER BY number LIMIT ?",
            (number, *topics, limit),
        )
        return [_entry(row) for row in rows]

    def of(self, topic: str) -> Iterator[Entry]:
        """All entries of a topic, in order."""
        for row in self._archive.look(
            f"SELECT {_COLUMNS} FROM journal WHERE topic = ? ORDER BY number", (topic,)
        ):
            yield _entry(row)

    def newest_of(self, topic: str, by: str, at_ns: int) -> list[Entry]:
        """The newest entry of a topic that was kept by an instant of mission time (ns), for each
        value of `by` in its data; in the order of these values."""
        rows = self._archive.look(
            f"SELECT {_COLUMNS}, MAX(number) FROM journal WHERE topic = ? AND time_ns <= ? "
            f"GROUP BY json_extract(data, '$.' || ?) ORDER BY json_extract(data, '$.' || ?)",
            (topic, at_ns, by, by),
        )
        return [_entry(row[:-1]) for row in rows]

    def has(self, topic: str) -> bool:
        """Whether there is any entry of a topic."""
        return bool(self._archive.look("SELECT 1 FROM journal WHERE topic = ? LIMIT 1", (topic,)))


def _entry(row: tuple[Any, ...]) -> Entry:
    number, time_ns, topic, what, who, vehicle, data = row
    return Entry(number, time_ns, topic, what, who, vehicle, msgspec.json.decode(data))
