"""The seam of the stores: what comes between a database and who uses it.

A disc is wrapped where a run is composed. While nothing is armed at a store, its connection is the
disc's own, method by method.
"""

import sqlite3
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

from flight.runtime.discs import Disc
from ground.testbed.participants.roles import GROUND
from sim_hw.faults.kind import Injection
from sim_hw.faults.store_kinds import Do, Statement, WriteKind

Takes = Callable[[], bool]
_Armed = tuple[WriteKind, Injection, Takes, str]  # and the side that it is of


class Stores:
    """The stores of one process, by the roles of their computers. `pause(role, seconds)` has a
    computer stand while it waits for its store."""

    def __init__(self, pause: Callable[[str, float], None]) -> None:
        self._pause = pause
        self._stores: dict[str, RunStore] = {}

    def of(self, role: str) -> "RunStore":
        """The store of a computer."""
        if role not in self._stores:
            self._stores[role] = RunStore(role, partial(self._pause, role))
        return self._stores[role]

    def use(self, connections: Mapping[int, sqlite3.Connection]) -> None:
        """Has other connections used in the place of those that had these `id`s."""
        for store in self._stores.values():
            store.use(connections)

    def disc(self, disc: Disc) -> Disc:
        """A disc with a seam."""
        return cast(Disc, SeamedDisc(disc, self))


class RunStore:
    """See `sim_hw.faults.store_kinds.StoreSeam`."""

    def __init__(self, name: str, pause: Callable[[float], None]) -> None:
        self.name = name
        self.pause = pause
        self.side = "A"  # whose memory is used; what is broken stays with its side
        self.empties: list[Callable[[], None]] = []
        self.has_old_files = False
        self._armed: list[_Armed] = []
        self._connection: SeamedConnection | None = None
        self._disc: Disc | None = None
        self._path: Path | None = None

    def arm(self, kind: WriteKind, injection: Injection, takes: Takes) -> Callable[[], None]:
        """Takes a fault up; `takes` is asked for each of its statements whether it is hit. What is
        returned takes it away."""
        entry = (kind, injection, takes, self.side)
        self._armed.append(entry)
        self._look()
        return partial(self._disarm, entry)

    def _disarm(self, entry: _Armed) -> None:
        self._armed = [each for each in self._armed if each is not entry]
        self._look()

    def _look(self) -> None:
        if self._connection is not None:
            self._connection.set_interposed(bool(self._armed))

    def used(self, disc: Disc, path: Path, connection: "SeamedConnection | None") -> None:
        """Somebody has opened it, or has let go of it (None)."""
        self._disc, self._path, self._connection = disc, path, connection
        self._look()

    def use(self, connections: Mapping[int, sqlite3.Connection]) -> None:
        """See `Stores.use`."""
        if self._connection is not None:
            self._connection.inner = connections[id(self._connection.inner)]
            self._look()

    def ask(self, text: str, values: tuple[Any, ...], in_transaction: bool, do: Do) -> Any:
        """Has a statement carried out, as far as the faults let it."""
        statement = Statement(self.name, text, values, in_transaction)
        for kind, injection, takes, side in self._armed:
            if side == self.side and kind.concerns(statement) and takes():
                do = partial(_around, self.name, in_transaction, kind, do, injection)
        return do(text, values)

    def lay_files(self) -> Callable[[], None]:
        """Old files lie among those that wait to be sent, until all of these are deleted or what is
        returned is called."""
        self.has_old_files = True
        return self.files_deleted

    def files_deleted(self) -> None:
        """All that waited to be sent was deleted."""
        self.has_old_files = False

    def set_empty(self, tell: Callable[[], None]) -> Callable[[], None]:
        """It is found empty each time that it is opened."""
        self.empties.append(tell)
        return lambda: self.empties.remove(tell)

    # ------------------------------------------------------------------- records

    def flip(self, namespace: str, key: str, bit: int) -> Callable[[], None] | None:
        """Turns a bit of a record where it lies."""
        before = self._value(namespace, key)
        if not before:
            return None
        place = bit % (8 * len(before))
        turned = bytearray(before)
        turned[place // 8] ^= 1 << place % 8
        after = bytes(turned)
        self._write(namespace, key, after)

        def mend() -> None:
            if self._value(namespace, key) == after:
                self._write(namespace, key, before)

        return mend

    def _value(self, namespace: str, key: str) -> bytes | None:
        rows = self._query(
            "SELECT value FROM record WHERE namespace = ? AND key = ?", (namespace, key)
        )
        return bytes(rows[0][0]) if rows else None

    def _write(self, namespace: str, key: str, value: bytes) -> None:
        self._query(
            "UPDATE record SET value = ? WHERE namespace = ? AND key = ?", (value, namespace, key)
        )

    def _query(self, text: str, values: tuple[Any, ...]) -> list[Any]:
        """Beside all faults, also while nobody uses it; nothing where it cannot be read."""
        if self._connection is not None:
            return list(self._connection.inner.execute(text, values).fetchall())
        if self._disc is None or self._path is None or self._disc.size(self._path) is None:
            return []
        connection = self._disc.connect(self._path)
        try:
            return list(connection.execute(text, values).fetchall())
        except sqlite3.Error:
            return []
        finally:
            self._disc.release(connection)


def _around(
    store: str,
    in_transaction: bool,
    kind: WriteKind,
    do: Do,
    injection: Injection,
    text: str,
    values: tuple[Any, ...],
) -> Any:
    return kind.around(Statement(store, text, values, in_transaction), do, injection)


class SeamedConnection:
    """A connection as its user sees it: itself, until something is armed."""

    def __init__(self, inner: sqlite3.Connection, store: RunStore) -> None:
        self.inner = inner
        self._store = store
        self.set_interposed(False)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    @property
    def in_transaction(self) -> bool:
        """Asked before each statement."""
        return self.inner.in_transaction

    def set_interposed(self, interposed: bool) -> None:
        """Whether what is asked comes through the seam."""
        inner = self.inner
        self.execute: Any = self._execute if interposed else inner.execute
        self.executemany: Any = self._executemany if interposed else inner.executemany
        self.executescript: Any = self._executescript if interposed else inner.executescript

    def _execute(self, text: str, values: Any = ()) -> Any:
        def do(text: str, values: tuple[Any, ...]) -> Any:
            return self.inner.execute(text, values)

        return self._store.ask(text, tuple(values), self.inner.in_transaction, do)

    def _executemany(self, text: str, rows: Any) -> Any:
        def do(text: str, values: tuple[Any, ...]) -> Any:
            if text.split(None, 1)[0].upper() == "SELECT":
                return self.inner.execute(text)
            return self.inner.executemany(text, values)

        return self._store.ask(text, tuple(rows), self.inner.in_transaction, do)

    def _executescript(self, text: str) -> Any:
        def do(text: str, values: tuple[Any, ...]) -> Any:
            return self.inner.executescript(text)

        return self._store.ask(text, (), self.inner.in_transaction, do)


class SeamedDisc:
    """A disc on which the stores of computers have a seam; see `flight.runtime.discs.Disc`."""

    def __init__(self, inner: Disc, stores: Stores) -> None:
        self._inner, self._stores = inner, stores

    @property
    def synchronous(self) -> str:
        """See `Disc`."""
        return self._inner.synchronous

    def _store(self, path: Path | str) -> RunStore | None:
        role = role_of(Path(path))
        return None if role is None else self._stores.of(role)

    def connect(self, path: Path | str, timeout: float = 5.0) -> sqlite3.Connection:
        """See `Disc`."""
        store = self._store(path)
        if store is None:
            return self._inner.connect(path, timeout)
        store.ask("OPEN", (), False, lambda text, values: None)
        seamed = SeamedConnection(self._inner.connect(path, timeout), store)
        store.used(self._inner, Path(path), seamed)
        return cast(sqlite3.Connection, seamed)

    def release(self, connection: sqlite3.Connection) -> None:
        """See `Disc`."""
        seamed = cast(Any, connection)
        if not isinstance(seamed, SeamedConnection):
            self._inner.release(connection)
            return
        store = seamed._store
        if store._connection is seamed and store._path is not None:
            store.used(self._inner, store._path, None)
        self._inner.release(seamed.inner)

    def size(self, path: Path) -> int | None:
        """See `Disc`."""
        store = self._store(path)
        if store is not None and store.empties and self._inner.size(path) is not None:
            self._inner.set_aside(path, f"{path.stem}.emptied")
            store.has_old_files = False
            for tell in store.empties:
                tell()
        return self._inner.size(path)

    def set_aside(self, path: Path, name: str) -> None:
        """See `Disc`."""
        store = self._store(path)
        if store is not None:
            store.has_old_files = False
        self._inner.set_aside(path, name)

    def read_note(self, path: Path) -> str:
        """See `Disc`."""
        return self._inner.read_note(path)

    def write_note(self, path: Path, text: str) -> None:
        """See `Disc`."""
        self._inner.write_note(path, text)


def role_of(path: Path) -> str | None:
    """Whose store lies at a path; None: nobody's."""
    if path.name == "archive.sqlite":
        return GROUND
    if path.suffix == ".sqlite" and path.parent.name == "nodes":
        return path.stem
    return None
