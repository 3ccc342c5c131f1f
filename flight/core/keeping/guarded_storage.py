"""The storage of a node that flies on when its disc is full, dead, or says yes and keeps nothing.

All that it holds is in memory as well, and is read from there. A write that fails is no error of
who writes: the storage lets go of the disc, says so once (`on_failure`), and goes on from memory.
`look` compares what was written since the last look with what the disc gives back; after a failure
it tries again, and writes what the disc lacks. A note beside the store (`<name>.behind`) tells a
boot that comes in between that the store is older than it ought to be.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from flight.core.keeping.checksums import checksum
from flight.core.keeping.differences import (
    APPEND,
    ENTER,
    PUT,
    gives_back,
    write_differences,
)
from flight.core.keeping.image import Image, Stored
from flight.core.keeping.storage import (
    DamageReport,
    Storage,
    StorageClosed,
    StorageError,
)
from flight.runtime.discs import FILES, Disc

BEHIND = ".behind"


class GuardedStorage(Storage):
    """As Storage, and after `guard` no write fails any more.

    `failure` says why the disc is not used; empty while it is.
    """

    def __init__(
        self, path: Path | str, on_damage: DamageReport | None = None, disc: Disc = FILES
    ) -> None:
        self.failure = ""
        self.on_failure: Callable[[str], None] = lambda reason: None
        self._guarded = False
        self._image = Image()
        super().__init__(path, on_damage, disc)

    @classmethod
    def without_disc(cls, path: Path | str, disc: Disc, reason: str) -> "GuardedStorage":
        """One that has nothing and lies in memory, until its disc can be used."""
        storage = cls.__new__(cls)
        storage._begin_object(path, None, disc)
        storage.on_failure = lambda reason: None
        storage._guarded, storage._image = True, Image()
        storage.failure = reason
        storage._note(reason)
        return storage

    def guard(self) -> None:
        """Takes all into memory; raises StorageError when that cannot be read."""
        image = self._image
        for namespace, key, value, crc in self._query("SELECT * FROM record"):
            image.records.setdefault(namespace, {})[key] = (value, crc)
        for journal, number, value, crc in self._query("SELECT * FROM entry"):
            image.entries.setdefault(journal, {})[number] = (value, crc)
        image.last.update(self._query("SELECT * FROM journal"))
        self._guarded = True

    def forgets_what_was_behind(self) -> None:
        """A store that is begun anew is not older than itself."""
        if not self.failure:
            self._clear_note()

    # ------------------------------------------------------------ reading

    def get(self, namespace: str, key: str, default: Any = None) -> Any:
        """Return the value, or `default` when there is none; raises `StorageDamage`."""
        if not self._guarded:
            return super().get(namespace, key, default)
        self._check_open()
        stored = self._image.record(namespace, key)
        return default if stored is None else self._decode(namespace, key, *stored)

    def items(self, namespace: str, on_damage: DamageReport | None = None) -> dict[str, Any]:
        """Return all sound values of `namespace`, sorted by key."""
        return dict(self._sound(namespace, self.rows(namespace), on_damage))

    def rows(self, namespace: str) -> list[tuple[Any, ...]]:
        """Return key, bytes and checksum of each value as they are in memory, sorted by key."""
        if not self._guarded:
            return super().rows(namespace)
        self._check_open()
        return self._image.namespace(namespace)

    def read(
        self,
        journal: str,
        after: int = 0,
        limit: int | None = None,
        on_damage: DamageReport | None = None,
    ) -> list[tuple[int, Any]]:
        """Return the sound entries among the first `limit` numbered above `after`, oldest first."""
        if not self._guarded:
            return super().read(journal, after, limit, on_damage)
        self._check_open()
        return list(self._sound(journal, self._image.journal(journal, after, limit), on_damage))

    def count(self, journal: str) -> int:
        """Return how many entries `journal` holds."""
        return (
            len(self._image.entries.get(journal, {})) if self._guarded else super().count(journal)
        )

    def last_number(self, journal: str) -> int:
        """Return the number that was given last in `journal`, 0 if none ever was."""
        return self._image.last.get(journal, 0) if self._guarded else super().last_number(journal)

    # ------------------------------------------------------------ writing

    def put(self, namespace: str, key: str, value: Any) -> None:
        """Store `value`, replacing what was there."""
        if not self._guarded:
            super().put(namespace, key, value)
            return
        encoded = self._encode(namespace, key, value)
        crc = checksum(namespace, key, encoded)
        self._query(PUT, (namespace, key, encoded, crc))
        self._image.put(namespace, key, (encoded, crc))

    def delete(self, namespace: str, key: str) -> None:
        """Remove the value if there is one."""
        super().delete(namespace, key)
        if self._guarded:
            self._image.delete(namespace, key)

    def append_many(self, journal: str, values: Sequence[Any]) -> list[int]:
        """Add all `values` or none, in order; returns their numbers."""
        if not values:
            return []
        with self.transaction():
            return self._append(journal, values)

    def _append(
        self, journal: str, values: Sequence[Any], without: Collection[int] = ()
    ) -> list[int]:
        if not self._guarded:
            return super()._append(journal, values, without)
        stored: dict[int, Stored] = {}
        last = self._image.last.get(journal, 0)
        for number, value in enumerate(values, start=last + 1):
            if number not in without:
                encoded = self._encode(journal, number, value)
                stored[number] = (encoded, checksum(journal, number, encoded))
        self._query(APPEND, (journal, last + len(values)))
        if stored:
            rows = [(journal, number, *value) for number, value in stored.items()]
            self._execute_many(ENTER, rows)
        return self._image.append(journal, stored, len(values))

    def trim(self, journal: str, keep: int | None = None, up_to: int | None = None) -> int:
        """Remove all but the newest `keep` entries, or those numbered up to and with `up_to`."""
        if not self._guarded or (keep is None) == (up_to is None):
            return super().trim(journal, keep, up_to)
        numbers = sorted(self._image.entries.get(journal, {}))
        if up_to is not None:
            gone = [number for number in numbers if number <= up_to]
        else:
            gone = numbers[: max(0, len(numbers) - (keep or 0))]
        self.remove(journal, gone)
        return len(gone)

    def remove(self, journal: str, numbers: Iterable[int]) -> None:
        """Remove single entries; numbers that are not there are passed over."""
        gone = list(numbers)
        if not gone:
            self._check_open()
            return
        with self.transaction():
            self._remove(journal, gone)

    def _remove(self, journal: str, numbers: list[int]) -> None:
        super()._remove(journal, numbers)
        if self._guarded:
            self._image.remove(journal, numbers)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all writes inside happen together or, after an exception, not at all."""
        mark = self._image.mark()
        try:
            with super().transaction():
                yield
        except BaseException:
            self._image.undo_to(mark)
            raise
        finally:
            if not self._depth:
                self._image.keep()

    def _committed(self) -> None:
        self._image.keep()

    # ------------------------------------------------------------ the disc

    def _query(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        if not self._guarded:
            return super()._query(statement, values)
        if not self.failure:
            try:
                return super()._query(statement, values)
            except StorageClosed:
                raise
            except StorageError as error:
                self._let_go(str(error))
        self._check_open()
        return []

    def _execute_many(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        if not self._guarded:
            super()._execute_many(statement, rows)
        elif not self.failure:
            try:
                super()._execute_many(statement, rows)
            except StorageClosed:
                raise
            except StorageError as error:
                self._let_go(str(error))

    def _let_go(self, reason: str) -> None:
        """Goes on from memory. What the disc had of an open transaction is in memory too."""
        self.failure = reason
        self._begun = 0
        connection = self._connection
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.rollback()
        self._note(reason)
        self.on_failure(reason)

    def _note(self, text: str) -> None:
        # Beside the store, in what a computer would have as another memory; it may fail as well.
        with suppress(OSError):
            self._disc.write_note(behind(self.path), text.encode("ascii", "replace").decode())

    def _clear_note(self) -> None:
        with suppress(OSError, ValueError):
            if self._disc.read_note(behind(self.path)):
                self._note("")

    def look(self) -> bool:
        """Looks whether the disc keeps what it was given, or takes it again; whether it does.

        To be called now and then, outside of transactions.
        """
        if self._depth:
            return not self.failure
        if self.failure:
            return self._try_again()
        image = self._image
        if not image.changed_records and not image.changed_journals:
            return True
        try:
            with self._explained("used"):
                kept = gives_back(self._open(), image)
        except StorageError as error:
            self._let_go(str(error))
            return False
        if not kept:
            self._let_go(self._did_not_keep())
            return False
        image.all_is_checked()
        return True

    def _did_not_keep(self) -> str:
        return f"The storage file {self.name} did not keep what it was given."

    def mend(self) -> list[str]:
        """Writes again what the disc has otherwise than memory; returns the names of that.

        Bits in it may have flipped. To be called seldom: it reads all.
        """
        if self.failure or self._depth:
            return []
        try:
            names = self._write_differences()
            if names and self._write_differences():
                self._let_go(self._did_not_keep())
            return names
        except StorageError as error:
            self._let_go(str(error))
            return []

    def _try_again(self) -> bool:
        for attempt in (self._write_differences, self._with_a_new_connection):
            try:
                attempt()
                if not self._write_differences():  # it gives back what it was given
                    break
            except StorageError as error:
                self.failure = str(error)
        else:
            return False
        self.failure = ""
        self._image.all_is_checked()
        self._clear_note()
        return True

    def _with_a_new_connection(self) -> None:
        self._guarded = False  # what is asked now is to fail in words
        try:
            self._reconnect()
        finally:
            self._guarded = True
        self._write_differences()

    def _write_differences(self) -> list[str]:
        with self._explained("used"):
            return write_differences(self._open(), self._image)

    def _let_go_of_file(self) -> None:
        with suppress(sqlite3.Error, OSError) if self._guarded else nullcontext():
            super()._let_go_of_file()

    def close(self) -> None:
        """Close in good order, after one more try to write what the disc lacks."""
        if self.failure and self._guarded and not self._depth and not self._closed:
            self._try_again()
        super().close()


def behind(path: Path | str) -> Path:
    """The note that tells that a store is older than it ought to be."""
    return Path(path).with_suffix(BEHIND)
