"""What a store holds, in memory: records and journals, with what undoes the last changes."""

from collections.abc import Iterable, Mapping
from typing import Any

Stored = tuple[bytes, int]
"""An encoded value and its checksum."""

_NOTHING = object()


class Image:
    """Tables by namespace and journal; while somebody `marks`, changes can be undone to a mark.

    `changed_records` and `changed_journals` (with the first number concerned) tell what was changed
    since they were cleared.
    """

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Stored]] = {}
        self.entries: dict[str, dict[int, Stored]] = {}
        self.last: dict[str, int] = {}
        self.changed_records: dict[tuple[str, str], None] = {}
        self.changed_journals: dict[str, int] = {}
        self._undo: list[tuple[dict[Any, Any], Any, Any]] = []
        self._marked = False

    # ------------------------------------------------------------ reading

    def record(self, namespace: str, key: str) -> Stored | None:
        """One record; None when there is none."""
        table = self.records.get(namespace)
        return None if table is None else table.get(key)

    def namespace(self, namespace: str) -> list[tuple[str, bytes, int]]:
        """The records of a namespace, by key."""
        return [(key, *stored) for key, stored in sorted(self.records.get(namespace, {}).items())]

    def journal(
        self, journal: str, after: int = 0, limit: int | None = None
    ) -> list[tuple[int, bytes, int]]:
        """The first `limit` entries numbered above `after`, oldest first."""
        table = self.entries.get(journal, {})
        if limit == 1 and after + 1 in table:  # the usual question of who looks for one
            return [(after + 1, *table[after + 1])]
        numbers = sorted(number for number in table if number > after)
        return [(number, *table[number]) for number in numbers[:limit]]

    # ------------------------------------------------------------ writing

    def put(self, namespace: str, key: str, stored: Stored) -> None:
        """Sets a record."""
        self._set(self.records.setdefault(namespace, {}), key, stored)
        self.changed_records[namespace, key] = None

    def delete(self, namespace: str, key: str) -> None:
        """Takes a record away, if there is one."""
        self._drop(self.records.get(namespace, {}), key)
        self.changed_records[namespace, key] = None

    def append(self, journal: str, stored: Mapping[int, Stored], count: int) -> list[int]:
        """Gives out as many numbers, and adds the entries that there are of them; returns the
        numbers."""
        last = self.last.get(journal, 0)
        table = self.entries.setdefault(journal, {})
        for number, value in stored.items():
            self._set(table, number, value)
        self._set(self.last, journal, last + count)
        self._changed(journal, last + 1)
        return list(range(last + 1, last + 1 + count))

    def remove(self, journal: str, numbers: Iterable[int]) -> None:
        """Takes entries away; numbers that are not there are passed over."""
        table = self.entries.get(journal, {})
        for number in numbers:
            self._drop(table, number)
            self._changed(journal, number)

    def _changed(self, journal: str, number: int) -> None:
        self.changed_journals[journal] = min(number, self.changed_journals.get(journal, number))

    def all_is_checked(self) -> None:
        """What was changed so far is of no more interest."""
        self.changed_records.clear()
        self.changed_journals.clear()

    # ------------------------------------------------------------ undoing

    def mark(self) -> int:
        """From here on changes can be undone."""
        self._marked = True
        return len(self._undo)

    def undo_to(self, mark: int) -> None:
        """Undoes what was changed after a mark."""
        while len(self._undo) > mark:
            table, key, before = self._undo.pop()
            if before is _NOTHING:
                table.pop(key, None)
            else:
                table[key] = before

    def keep(self) -> None:
        """What was changed stays."""
        self._undo.clear()
        self._marked = False

    def _set(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        if self._marked:
            self._undo.append((table, key, table.get(key, _NOTHING)))
        table[key] = value

    def _drop(self, table: dict[Any, Any], key: Any) -> None:
        if key in table:
            if self._marked:
                self._undo.append((table, key, table[key]))
            del table[key]
