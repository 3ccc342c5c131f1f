"""The command ladder: every command that was received ends in exactly one terminal rung.

RECEIVED -> REJECTED | ACCEPTED -> STARTED -> PROGRESS* -> COMPLETED | FAILED | TIMED_OUT | ABORTED

The history is non-volatile: a repeated identifier is answered from it and not run again, also after
a reboot, and what a reboot interrupted is found in it. An identifier that comes again with another
order is refused. Commands from sequences and all others have a history each, so that no sequence
can wash out what the ground has commanded; of a command of the ground that is old, its end and a
digest of its content stay.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from flight.core.commanding.arming import arguments_hash
from flight.core.keeping.storage import Storage, StorageDamage
from flight.icd.messages import TERMINAL_RUNGS, Command, CommandReport, Rung

NAMESPACE = "commands"
ENDED = "commands.ended"  # what is kept of commands that are no longer in the history
HISTORY = 500  # commands that have ended and are remembered whole, of sequences and of others each
SEQUENCE_ORIGIN = ".sequence"  # how the origin of a command from a sequence ends


class Entry(msgspec.Struct):
    """One command in the history.

    `begun`: whether it may have had an effect, though it is only RECEIVED yet. `accepted_ns` is
    the count of the vehicle's oscillator, which nobody sets, at which it was accepted (received,
    before that), from which its deadline counts. `written` numbers the writes of all entries.
    """

    command: Command
    rung: Rung
    detail: str
    number: int
    time_ns: int = 0
    begun: bool = False
    accepted_ns: int = 0
    written: int = 0

    @property
    def ended(self) -> bool:
        """Whether the command has reached its terminal rung."""
        return self.rung in TERMINAL_RUNGS


class Ended(msgspec.Struct, frozen=True):
    """What is kept of a command that has left the history: how it ended, and what it was."""

    rung: Rung
    detail: str
    content: str


class IdentifierReused(Exception):
    """The identifier stands for another command already; the text says for which."""


class IllegalRung(RuntimeError):
    """A step that the ladder does not have; a fault in the program."""


_ALLOWED: dict[Rung, frozenset[Rung]] = {
    Rung.RECEIVED: frozenset({Rung.ACCEPTED, Rung.REJECTED, Rung.ABORTED}),
    Rung.ACCEPTED: frozenset(
        {Rung.STARTED, Rung.FAILED, Rung.ABORTED, Rung.TIMED_OUT, Rung.COMPLETED}
    ),
    Rung.STARTED: frozenset(
        {Rung.PROGRESS, Rung.COMPLETED, Rung.FAILED, Rung.TIMED_OUT, Rung.ABORTED}
    ),
    Rung.PROGRESS: frozenset(
        {Rung.PROGRESS, Rung.COMPLETED, Rung.FAILED, Rung.TIMED_OUT, Rung.ABORTED}
    ),
}


class Ladder:
    """Where each command of one node stands; journalled before it is reported."""

    def __init__(
        self,
        source: str,
        storage: Storage,
        now_ns: Callable[[], int],
        report: Callable[[CommandReport], None],
        count_ns: Callable[[], int],
    ) -> None:
        """`now_ns` stamps the reports; `count_ns` measures ages, and is never set."""
        self._count_ns = count_ns
        self.source = source
        self._storage = storage
        self._now_ns = now_ns
        self._report = report
        self._entries: dict[str, Entry] = {}
        self._number = 0
        self._writes = 0
        for entry in self._stored():
            self._entries[entry.command.identifier] = entry
            self._number = max(self._number, entry.number)
            self._writes = max(self._writes, entry.written)

    def receive(self, command: Command) -> bool:
        """Takes a command in; False when it is a repeat, which was answered from history.

        Raises IdentifierReused when the identifier is that of another order.
        """
        known = self._entries.get(command.identifier)
        if known is not None:
            if not same_order(known.command, command):
                raise IdentifierReused(_reused(command, f"{known.command.name}, {known.rung}"))
            self._repeat(command.identifier, known.rung, known.detail)
            return False
        ended = self._long_ended(command.identifier)
        if ended is not None:
            if ended.content != content_digest(command):
                raise IdentifierReused(_reused(command, f"another command, {ended.rung}"))
            self._repeat(command.identifier, ended.rung, ended.detail)
            return False
        self._number += 1
        entry = Entry(command, Rung.RECEIVED, "", self._number, accepted_ns=self._count_ns())
        self._entries[command.identifier] = entry
        self._write(entry)
        self._forget_oldest(_from_sequence(command))
        return True

    def begin(self, identifier: str) -> None:
        """Notes that a command is about to act, before it is known whether it is accepted."""
        entry = self._entries[identifier]
        entry.begun = True
        self._store(entry)

    def step(self, identifier: str, rung: Rung, detail: str = "") -> None:
        """Goes one rung on; raises IllegalRung when the ladder has no such step."""
        entry = self._entries.get(identifier)
        if entry is None:
            raise IllegalRung(f"command {identifier} was never received")
        if rung not in _ALLOWED.get(entry.rung, frozenset()):
            raise IllegalRung(f"command {identifier} cannot go from {entry.rung} to {rung}")
        entry.rung = rung
        entry.detail = detail[:2000]
        if rung is Rung.ACCEPTED:
            entry.accepted_ns = self._count_ns()
        self._write(entry)

    def find(self, identifier: str) -> Entry | None:
        """The entry of a command, or None when it was never received."""
        return self._entries.get(identifier)

    def entry(self, identifier: str) -> Entry:
        """The entry of a command that was received."""
        return self._entries[identifier]

    def ended(self, identifier: str) -> bool:
        """Whether the command is known and has ended."""
        entry = self._entries.get(identifier)
        return entry is not None and entry.ended

    def interrupted(self) -> list[Entry]:
        """Commands that have not ended, oldest first: after a boot, what it interrupted."""
        return [entry for entry in self._entries.values() if not entry.ended]

    def repeat_last(self) -> None:
        """Reports the last end again: a kill may have come between its journal and its report."""
        last = max(self._entries.values(), key=lambda entry: entry.written, default=None)
        if last is not None and last.ended:
            self._repeat(last.command.identifier, last.rung, last.detail)

    def entries(self) -> list[Entry]:
        """The whole history, oldest first."""
        return list(self._entries.values())

    def _write(self, entry: Entry) -> None:
        entry.time_ns = self._now_ns()
        self._store(entry)
        self._report(
            CommandReport(
                entry.command.identifier, self.source, entry.rung, entry.time_ns, entry.detail
            )
        )

    def _repeat(self, identifier: str, rung: Rung, detail: str) -> None:
        self._report(
            CommandReport(identifier, self.source, rung, self._now_ns(), detail, repeated=True)
        )

    def _store(self, entry: Entry) -> None:
        self._writes += 1
        entry.written = self._writes
        plain: Any = msgspec.to_builtins(entry, builtin_types=(bytes,))
        self._storage.put(NAMESPACE, entry.command.identifier, plain)

    def _stored(self) -> list[Entry]:
        """What an earlier boot left, oldest first; what cannot be read is reported as damaged."""
        entries: list[Entry] = []
        for identifier, plain in self._storage.items(NAMESPACE).items():
            try:
                entries.append(msgspec.convert(plain, Entry, builtin_types=(bytes,)))
            except msgspec.ValidationError:
                if self._storage.on_damage is None:
                    raise
                self._storage.on_damage(StorageDamage(NAMESPACE, identifier, self._storage.name))
        return sorted(entries, key=lambda entry: entry.number)

    def _long_ended(self, identifier: str) -> Ended | None:
        try:
            plain = self._storage.get(ENDED, identifier)
            return None if plain is None else msgspec.convert(plain, Ended)
        except (StorageDamage, msgspec.ValidationError):
            # That it ended is certain, what it was is not: nothing can be told to be the same.
            return Ended(Rung.ABORTED, "", "damaged")

    def _forget_oldest(self, from_sequence: bool) -> None:
        """Makes room in the history of commands from sequences, or in that of all others."""
        mine = [
            (identifier, entry)
            for identifier, entry in self._entries.items()
            if _from_sequence(entry.command) is from_sequence
        ]
        surplus = len(mine) - HISTORY
        for identifier, entry in mine:
            if surplus <= 0:
                break
            if entry.ended:
                surplus -= 1
                self._forget(identifier, entry)

    def _forget(self, identifier: str, entry: Entry) -> None:
        del self._entries[identifier]
        with self._storage.transaction():
            self._storage.delete(NAMESPACE, identifier)
            if not _from_sequence(entry.command):  # the numbers of runs are never given twice
                ended = Ended(entry.rung, entry.detail, content_digest(entry.command))
                self._storage.put(ENDED, identifier, msgspec.to_builtins(ended))


def same_order(one: Command, other: Command) -> bool:
    """Whether two commands order the same: target, name, stage, arguments."""
    return content_digest(one) == content_digest(other)


def content_digest(order: Command) -> str:
    """What a command orders, as text; the same for the same target, name, stage and arguments."""
    return f"{order.target} {order.name} {order.stage} {arguments_hash(order.arguments)}"


def _reused(order: Command, known: str) -> str:
    return (
        f"identifier = {order.identifier!r}: it was given to {known} before; a new order needs an "
        "identifier of its own"
    )


def _from_sequence(order: Command) -> bool:
    return order.origin.endswith(SEQUENCE_ORIGIN)
