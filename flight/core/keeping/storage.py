"""Non-volatile storage of a node: named values and numbered journals in one SQLite file.

What is committed survives the kill of the process at any instant (write-ahead log,
`synchronous=NORMAL`, unless the disc says otherwise); only a loss of power of the whole computer
may cost the last commits, and never the consistency of the file.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgpack

from flight.core.keeping.checksums import checksum
from flight.runtime.discs import FILES, REASONS, Disc

SCHEMA_VERSION = 1
LOCK_TIMEOUT_SECONDS = 2.0

_SCHEMA = (
    """CREATE TABLE record (namespace TEXT, key TEXT, value BLOB NOT NULL, crc INTEGER NOT NULL,
       PRIMARY KEY (namespace, key)) WITHOUT ROWID""",
    """CREATE TABLE entry (journal TEXT, number INTEGER, value BLOB NOT NULL, crc INTEGER NOT NULL,
       PRIMARY KEY (journal, number)) WITHOUT ROWID""",
    # Kept apart from the entries, so that a number is never given twice after a trim.
    "CREATE TABLE journal (journal TEXT PRIMARY KEY, last_number INTEGER NOT NULL) WITHOUT ROWID",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)


class StorageError(Exception):
    """The storage cannot do what was asked; the message says why and what to do."""


class StorageClosed(StorageError):
    """The storage was used after `close` or `crash`."""


class StorageDamage(StorageError):
    """One stored value does not match its checksum, or is gone; `namespace` and `key` name it, in
    the file of that name."""

    def __init__(
        self,
        namespace: str,
        key: str | int,
        file: str,
        how: str = "does not match its checksum: it is damaged and was not used",
    ) -> None:
        super().__init__(
            f"The value {key!r} of {namespace!r} in {file} {how}. Write it again or delete it."
        )
        self.namespace = namespace
        self.key = key


DamageReport = Callable[[StorageDamage], None]


class Storage:
    """Key-value records and append-only journals, transactional.

    Values are plain data: None, bool, int (64 bits), float, str, bytes, lists and dicts of these;
    a tuple comes back as a list. Each carries a CRC-32 that is checked when it is read.
    Without `transaction` every call commits itself. Not to be shared between threads, and a
    transaction must not span an `await`: another task's writes would join it.

    Raises `StorageError` when `path` cannot be opened, is damaged, or is of another schema version.
    """

    def __init__(
        self, path: Path | str, on_damage: DamageReport | None = None, disc: Disc = FILES
    ) -> None:
        """Open or create `path` on a disc (":memory:" for storage that dies with the object).

        `on_damage` is told of each damaged value that `items` or `read` skips, unless they are
        given a report of their own; without any they raise.
        """
        self._begin_object(path, on_damage, disc)
        self._connect()

    def _begin_object(self, path: Path | str, on_damage: DamageReport | None, disc: Disc) -> None:
        self.path = str(path)
        self.name = Path(path).name  # what is told of it: a flight is the same in any folder
        self.on_damage = on_damage
        self._disc = disc
        self._depth = 0
        self._begun = 0  # of these levels: one in which nothing is asked or written costs nothing
        self._callbacks: list[Callable[[], None]] = []
        self._connection: sqlite3.Connection | None = None
        self._closed = False

    def _connect(self) -> None:
        with self._explained("opened"):
            self._connection = self._disc.connect(self.path, LOCK_TIMEOUT_SECONDS)
        try:
            self._prepare()
        except BaseException:
            self._let_go_of_file()
            raise

    def _reconnect(self) -> None:
        """Lets go of the file, and takes it anew; raises StorageError."""
        with self._explained("closed"):
            self._let_go_of_file()
        self._connect()

    def get(self, namespace: str, key: str, default: Any = None) -> Any:
        """Return the value, or `default` when there is none; raises `StorageDamage`."""
        rows = self._query(
            "SELECT value, crc FROM record WHERE namespace = ? AND key = ?", (namespace, key)
        )
        if not rows:
            return default
        value, crc = rows[0]
        return self._decode(namespace, key, value, crc)

    def put(self, namespace: str, key: str, value: Any) -> None:
        """Store `value`, replacing what was there."""
        encoded = self._encode(namespace, key, value)
        self._query(
            "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)",
            (namespace, key, encoded, checksum(namespace, key, encoded)),
        )

    def delete(self, namespace: str, key: str) -> None:
        """Remove the value if there is one."""
        self._query("DELETE FROM record WHERE namespace = ? AND key = ?", (namespace, key))

    def items(self, namespace: str, on_damage: DamageReport | None = None) -> dict[str, Any]:
        """Return all sound values of `namespace`, sorted by key."""
        return dict(self._sound(namespace, self.rows(namespace), on_damage))

    def rows(self, namespace: str) -> list[tuple[Any, ...]]:
        """Return key, bytes and checksum of each value as they are stored, sorted by key: for who
        asks often whether anything is otherwise than before."""
        return self._query(
            "SELECT key, value, crc FROM record WHERE namespace = ? ORDER BY key", (namespace,)
        )

    def append(self, journal: str, value: Any) -> int:
        """Add `value` to the end of `journal`; returns its number (from 1, never given twice)."""
        return self.append_many(journal, [value])[0]

    def append_many(self, journal: str, values: Sequence[Any]) -> list[int]:
        """Add all `values` or none, in order; returns their numbers. Faster than one by one."""
        if not values:
            return []
        with self.transaction():
            return self._append(journal, values)

    def _append(
        self, journal: str, values: Sequence[Any], without: Collection[int] = ()
    ) -> list[int]:
        """Gives numbers to all, and keeps all but those of some numbers."""
        last = self._query(
            "INSERT INTO journal VALUES (?1, ?2) ON CONFLICT (journal)"
            " DO UPDATE SET last_number = last_number + ?2 RETURNING last_number",
            (journal, len(values)),
        )[0][0]
        numbers = list(range(last - len(values) + 1, last + 1))
        rows = []
        for number, value in zip(numbers, values, strict=True):
            if number not in without:
                encoded = self._encode(journal, number, value)
                rows.append((journal, number, encoded, checksum(journal, number, encoded)))
        if rows:
            self._execute_many("INSERT INTO entry VALUES (?, ?, ?, ?)", rows)
        return numbers

    def exchange(self, journal: str, values: Sequence[Any], gone: Sequence[int]) -> list[int]:
        """Within a transaction: add `values` and remove entries, without inner transactions.

        What is added and gone at once takes a number and is never written.
        """
        numbers = self._append(journal, values, set(gone)) if values else []
        new = set(numbers)
        left = [number for number in gone if number not in new]
        if left:
            self._remove(journal, left)
        return numbers

    def read(
        self,
        journal: str,
        after: int = 0,
        limit: int | None = None,
        on_damage: DamageReport | None = None,
    ) -> list[tuple[int, Any]]:
        """Return the sound entries among the first `limit` numbered above `after`, oldest first."""
        rows = self._query(
            "SELECT number, value, crc FROM entry WHERE journal = ? AND number > ?"
            " ORDER BY number LIMIT ?",
            (journal, after, -1 if limit is None else limit),
        )
        return list(self._sound(journal, rows, on_damage))

    def trim(self, journal: str, keep: int | None = None, up_to: int | None = None) -> int:
        """Remove all but the newest `keep` entries, or those numbered up to and with `up_to`.

        Returns how many were removed. Raises ValueError unless exactly one of the two is given.
        """
        if (keep is None) == (up_to is None):
            raise ValueError("Give trim either keep or up_to.")
        with self.transaction():
            before = self.count(journal)
            if up_to is None:
                self._query(
                    "DELETE FROM entry WHERE journal = ?1 AND number NOT IN (SELECT number"
                    " FROM entry WHERE journal = ?1 ORDER BY number DESC LIMIT ?2)",
                    (journal, keep),
                )
            else:
                self._query("DELETE FROM entry WHERE journal = ? AND number <= ?", (journal, up_to))
            return before - self.count(journal)

    def remove(self, journal: str, numbers: Iterable[int]) -> None:
        """Remove single entries; numbers that are not there are passed over."""
        with self.transaction():
            self._remove(journal, list(numbers))

    def _remove(self, journal: str, numbers: list[int]) -> None:
        self._execute_many(
            "DELETE FROM entry WHERE journal = ? AND number = ?",
            [(journal, number) for number in numbers],
        )

    def count(self, journal: str) -> int:
        """Return how many entries `journal` holds."""
        rows = self._query("SELECT COUNT(*) FROM entry WHERE journal = ?", (journal,))
        return int(rows[0][0])

    def last_number(self, journal: str) -> int:
        """Return the number that was given last in `journal`, 0 if none ever was."""
        rows = self._query("SELECT last_number FROM journal WHERE journal = ?", (journal,))
        return int(rows[0][0]) if rows else 0

    def check_rows(self) -> None:
        """Look at the form of all rows; raises StorageError for what cannot be read."""
        for table, key in (("record", "text"), ("entry", "integer")):
            first, second = ("namespace", "key") if table == "record" else ("journal", "number")
            wrong = self._query(
                f"SELECT COUNT(*) FROM {table} WHERE typeof({first}) != 'text'"
                f" OR typeof({second}) != '{key}'"
                " OR typeof(value) != 'blob' OR typeof(crc) != 'integer'"
            )[0][0]
            self._query(f"SELECT {first}, {second} FROM {table}")  # decodes each text
            if wrong:
                raise StorageError(f"The storage file {self.name} has {wrong} rows of no form.")
        behind = self._query(
            "SELECT COUNT(*) FROM entry LEFT JOIN journal USING (journal)"
            " WHERE last_number IS NULL OR typeof(last_number) != 'integer' OR number > last_number"
        )[0][0]
        if behind:
            raise StorageError(f"The storage file {self.name} has {behind} entries of no journal.")

    def damaged_records(self) -> list[tuple[str, str]]:
        """Namespace and key of each value that does not match its checksum."""
        rows = self._query("SELECT namespace, key, value, crc FROM record ORDER BY namespace, key")
        return [
            (namespace, key)
            for namespace, key, value, crc in rows
            if crc != checksum(namespace, key, value)
        ]

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._depth > 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all writes inside happen together or, after an exception, not at all.

        An inner transaction joins the outer one: it is committed with it, and an exception that
        leaves only the inner one undoes only the inner one's writes.
        """
        level, first_callback = self._depth, len(self._callbacks)
        self._check_open()
        self._depth = level + 1
        try:
            yield
            self._check_open()
            if self._begun > level:
                self._query(f"RELEASE level_{level}" if level else "COMMIT")
                self._begun = level
        except BaseException:
            self._depth = level
            del self._callbacks[first_callback:]
            self._undo(level)
            raise
        self._depth = level
        if level == 0:
            self._committed()
            callbacks, self._callbacks = self._callbacks, []
            for callback in callbacks:
                callback()

    def _committed(self) -> None:
        """Called when all levels of a transaction are committed, before anybody hears of it."""

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback` when the open transaction is committed, never when it is undone.

        Without an open transaction it is called at once.
        """
        if self._depth:
            self._callbacks.append(callback)
        else:
            callback()

    def look(self) -> bool:
        """Looks whether the disc keeps what it was given, where somebody guards that."""
        return True

    def close(self) -> None:
        """Close in good order; a second call does nothing. An open transaction is undone."""
        self._disconnect()

    def crash(self) -> None:
        """Let go of the file as a killed process would: what is not committed is lost."""
        self._disconnect()

    def _disconnect(self) -> None:
        self._closed = True
        self._callbacks.clear()
        self._let_go_of_file()

    def _let_go_of_file(self) -> None:
        if self._connection is not None:
            self._disc.release(self._connection)
            self._connection = None

    def _prepare(self) -> None:
        self._query("PRAGMA journal_mode = WAL")
        self._query(f"PRAGMA synchronous = {self._disc.synchronous}")
        report = self._query("PRAGMA quick_check(1)")[0][0]
        if report != "ok":
            raise StorageError(f"The storage file {self.name} is damaged ({report}): replace it.")
        if self._version() == 0:
            with self.transaction():
                self._create()
        if self._version() != SCHEMA_VERSION:
            raise StorageError(
                f"The storage file {self.name} has schema version {self._version()}; "
                f"this program reads version {SCHEMA_VERSION} only."
            )

    def _create(self) -> None:
        if self._version() != 0:  # another process was faster
            return
        if self._query("SELECT name FROM sqlite_master LIMIT 1"):
            raise StorageError(
                f"The file {self.name} is an SQLite database of another program: choose another."
            )
        for statement in _SCHEMA:
            self._query(statement)

    def _version(self) -> int:
        return int(self._query("PRAGMA user_version")[0][0])

    def _undo(self, level: int) -> None:
        # SQLite may have rolled back by itself (disk full), or a simulated kill closed the file.
        begun, self._begun = self._begun, min(self._begun, level)
        connection = self._connection
        if begun <= level or connection is None or not connection.in_transaction:
            return
        if level:
            self._query(f"ROLLBACK TO level_{level}")
            self._query(f"RELEASE level_{level}")
        else:
            self._query("ROLLBACK")

    def _query(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._begin().execute(statement, values).fetchall()
        except (sqlite3.Error, OSError) as error:
            raise self._in_words("used", error) from error

    def _execute_many(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        try:
            self._begin().executemany(statement, rows)
        except (sqlite3.Error, OSError) as error:
            raise self._in_words("used", error) from error

    def _begin(self) -> sqlite3.Connection:
        connection = self._open()
        while self._begun < self._depth:
            level = self._begun
            connection.execute(f"SAVEPOINT level_{level}" if level else "BEGIN IMMEDIATE")
            self._begun = level + 1
        return connection

    def _open(self) -> sqlite3.Connection:
        self._check_open()
        if self._connection is None:
            raise StorageError(f"The storage file {self.name} could not be opened.")
        return self._connection

    def _check_open(self) -> None:
        if self._closed:
            raise StorageClosed(f"The storage {self.name} is closed: nothing was read or written.")
        connection = self._connection
        if self._begun and connection is not None and not connection.in_transaction:
            # Without this, what follows in the block would be committed piece by piece.
            raise StorageError(
                f"A transaction on {self.name} was undone after an error: leave it and start again."
            )

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self._in_words(doing, error) from error

    def _in_words(self, doing: str, error: Exception) -> StorageError:
        reason = REASONS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, str(error))
        return StorageError(f"The storage file {self.name} could not be {doing}: {reason}.")

    def _sound(
        self, namespace: str, rows: list[tuple[Any, ...]], on_damage: DamageReport | None
    ) -> Iterator[tuple[Any, Any]]:
        report = on_damage or self.on_damage
        for key, value, crc in rows:
            try:
                yield key, self._decode(namespace, key, value, crc)
            except StorageDamage as damage:
                if report is None:
                    raise
                report(damage)

    def _encode(self, namespace: str, key: str | int, value: Any) -> bytes:
        try:
            encoded: bytes = msgpack.packb(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise StorageError(
                f"The value {key!r} of {namespace!r} is not plain data and was not stored: {error}."
            ) from error
        return encoded

    def _decode(self, namespace: str, key: str | int, value: Any, crc: int) -> Any:
        if not isinstance(value, bytes) or crc != checksum(namespace, key, value):
            raise StorageDamage(namespace, key, self.name)
        return msgpack.unpackb(value, strict_map_key=False)
