"""What can go wrong with the store of a computer: with what it writes, and with what it holds."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Protocol

from msgspec import Meta

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import NotAllowed
from flight.icd.amounts import Amount
from sim_hw.faults.kind import FaultKind, Heal, Injection, TargetKind
from sim_hw.faults.reading_kinds import Share
from sim_hw.faults.targets import NamedPart

_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "DROP")


@dataclass(frozen=True)
class Statement:
    """One statement of a database: its text, its values, and whether a transaction is open."""

    store: str
    text: str
    values: tuple[Any, ...]
    in_transaction: bool

    @property
    def verb(self) -> str:
        """Its first word."""
        words = self.text.split(None, 1)
        return words[0].upper() if words else ""

    @property
    def writes(self) -> bool:
        """Whether it changes what is stored."""
        return self.verb in _WRITES


Do = Callable[[str, tuple[Any, ...]], Any]
"""Carries a statement out."""


class StoreSeam(Protocol):
    """The store of one computer."""

    name: str

    def pause(self, seconds: float) -> None:
        """Its computer waits for it, and does nothing else."""

    def flip(self, namespace: str, key: str, bit: int) -> Callable[[], None] | None:
        """Turns a bit of a record where it lies; what is returned turns it back if it still is so.
        None: there is no such record."""
        ...

    def set_empty(self, tell: Callable[[], None]) -> Callable[[], None]:
        """It is found empty each time that it is opened, and somebody is told, until what is
        returned is called."""
        ...


class StoreKind(FaultKind, frozen=True, kw_only=True):
    """A fault of a store."""

    target: ClassVar[TargetKind] = "store"
    needs: ClassVar[str] = ""

    @property
    def is_inside(self) -> bool:
        return True

    @classmethod
    def why_not(cls, part: NamedPart) -> str:
        lacks = cls.needs and cls.needs not in part.has
        return f"the store of {part.name} has no {cls.needs}" if lacks else ""

    def check(self, part: Any, method: str | None, fields: tuple[str, ...]) -> None:
        if method is not None or fields:
            key = "method" if method is not None else "fields"
            raise NotAllowed(key, f"none: {self.name()} is of the whole store")


class WriteKind(StoreKind, frozen=True, kw_only=True):
    """A fault of single statements, which can be counted."""

    counted: ClassVar[bool] = True

    def concerns(self, statement: Statement) -> bool:
        """Whether it is of such a statement."""
        return statement.writes

    def around(self, statement: Statement, do: Do, injection: Injection) -> Any:
        """The cursor of a statement; raises what a database raises."""
        raise NotImplementedError


def database_error(code: int, text: str) -> sqlite3.OperationalError:
    """What SQLite raises with that code."""
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


def _nothing_done(do: Do) -> Any:
    return do("SELECT 0 WHERE 0", ())


class Full(WriteKind, frozen=True, kw_only=True, tag="full"):
    """It has no room: each write fails, and says so."""

    def around(self, statement: Statement, do: Do, injection: Injection) -> Any:
        injection.hit(statement.store, statement.verb, "full")
        raise database_error(sqlite3.SQLITE_FULL, "database or disk is full")


class Dead(WriteKind, frozen=True, kw_only=True, tag="dead"):
    """It cannot be read nor written, nor opened."""

    def concerns(self, statement: Statement) -> bool:
        return True

    def around(self, statement: Statement, do: Do, injection: Injection) -> Any:
        injection.hit(statement.store, statement.verb, "an error of input or output")
        if statement.verb == "OPEN":
            raise database_error(sqlite3.SQLITE_CANTOPEN, "unable to open database file")
        raise database_error(sqlite3.SQLITE_IOERR, "disk I/O error")


class Lying(WriteKind, frozen=True, kw_only=True, tag="lying"):
    """It says that all is written, and writes nothing."""

    def concerns(self, statement: Statement) -> bool:
        return statement.verb == "COMMIT" or (statement.writes and not statement.in_transaction)

    def around(self, statement: Statement, do: Do, injection: Injection) -> Any:
        injection.hit(statement.store, statement.verb, "nothing is written")
        if statement.verb == "COMMIT":
            return do("ROLLBACK", ())
        return _nothing_done(do)


class Torn(WriteKind, frozen=True, kw_only=True, tag="torn"):
    """Of each value only that `share` is written, its beginning, as when power goes meanwhile."""

    share: Share = 0.5

    def concerns(self, statement: Statement) -> bool:
        return statement.writes and any(
            _torn(each, self.share) != each for each in statement.values
        )

    def around(self, statement: Statement, do: Do, injection: Injection) -> Any:
        values = tuple(_torn(each, self.share) for each in statement.values)
        injection.hit(statement.store, statement.values, values)
        return do(statement.text, values)


def _torn(value: Any, share: float) -> Any:
    if isinstance(value, bytes):
        return value[: int(len(value) * share)]
    if isinstance(value, list | tuple):
        return tuple(_torn(each, share) for each in value)
    return value


class Slow(WriteKind, frozen=True, kw_only=True, tag="slow"):
    """Each write takes `by`, and its computer waits for it."""

    by: Annotated[float, Amount("s", gt=0.0, le=3600.0)]

    def around(self, statement: Statement, do: Do, injection: Injection) -> Any:
        done = do(statement.text, statement.values)
        injection.hit(statement.store, statement.verb, f"{self.by:g} s")
        injection.memory["seam"].pause(self.by)
        return done

    def begun(self, seam: StoreSeam, injection: Injection) -> Heal:
        injection.memory["seam"] = seam
        return lambda: None


class BitFlip(StoreKind, frozen=True, kw_only=True, tag="bit_flip"):
    """A bit of one record is turned where it lies: of the value `key` of `namespace`. Healed, it is
    turned back, unless the record was written meanwhile."""

    needs: ClassVar[str] = "records"

    namespace: Annotated[str, Meta(min_length=1, max_length=80)]
    key: Annotated[str, Meta(min_length=1, max_length=200)]
    bit: Annotated[int, Meta(ge=0, le=10_000_000)] = 0

    def check(self, part: NamedPart, method: str | None, fields: tuple[str, ...]) -> None:
        super().check(part, method, fields)
        if part.others and self.namespace not in part.others:
            raise NotAllowed("namespace", choices_words(self.namespace, list(part.others), ""))

    def begin(self, seam: StoreSeam, injection: Injection) -> Heal:
        where = f"{self.namespace}/{self.key}"
        mend = seam.flip(self.namespace, self.key, self.bit)
        if mend is None:
            return lambda: None
        injection.hit(f"{seam.name} {where}", "whole", f"bit {self.bit} turned")
        return mend


class Empty(StoreKind, frozen=True, kw_only=True, tag="empty"):
    """It is found empty each time that it is opened."""

    def begin(self, seam: StoreSeam, injection: Injection) -> Heal:
        return seam.set_empty(lambda: injection.hit(seam.name, "what was stored", "nothing"))
