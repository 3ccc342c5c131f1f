"""The records of one custody ledger: what it says, and how a step of it is written."""

from collections.abc import Callable
from typing import Any

import msgspec

from flight.core.custody.repair import repair
from flight.core.keeping.decoded import Decoded
from flight.core.keeping.storage import Storage, StorageDamage
from flight.icd.custody_record import (
    CustodyError,
    CustodyRecord,
    CustodyStatus,
    Outcome,
    decode,
    is_open,
)

SEQUENCES_OF_A_LIFE = 1_000_000  # more steps of one tube than there are in any mission
WITHOUT_TUBE = (CustodyStatus.HANDED_OVER, CustodyStatus.DECLINED, CustodyStatus.UNKNOWN)
NO_TRANSFER: dict[str, Any] = {"transfer_id": None, "counterpart": None, "outcome": None}
BEGUN = "custody_begun"  # which ledgers ever had a record, apart from their records


class LedgerRecords:
    """The records of one node, kept in its storage; every step is one transaction.

    `publish` is given each new record once it is committed (a kill can come between the two:
    publish `records()` again after a reboot).
    """

    def __init__(
        self,
        storage: Storage,
        owner: str,
        clock: Callable[[], int],
        publish: Callable[[CustodyRecord], None],
        life: int = 1,
    ) -> None:
        """Open the ledger of node `owner`, repairing damaged records from its journal.

        `clock` returns the node's time in nanoseconds. `damage` lists what was found damaged, and
        `is_lost` says that nothing is left though there was something. `life`: the number of the
        boot that began the storage; sequences of a later life stand above those of the earlier.
        """
        self._first_sequence = 1 if life == 1 else life * SEQUENCES_OF_A_LIFE + 1
        self._storage = storage
        self._owner = owner
        self._clock = clock
        self._publish = publish
        self._namespace = f"custody.{owner}"
        self._all = Decoded(storage, self._namespace, decode)
        self._outcomes = f"custody.{owner}.transfers"
        self.damage = repair(storage, self._namespace, self._outcomes, clock)
        marks: list[StorageDamage] = []  # a damaged mark is a mark, too
        begun = owner in storage.items(BEGUN, on_damage=marks.append) or bool(marks)
        self.is_lost = begun and not self.records()

    def records(self) -> list[CustodyRecord]:
        """Return the present record of each tube, in order of the names."""
        return self._all.values()

    def record(self, tube: str) -> CustodyRecord | None:
        """Return the present record of `tube`, None if it was never heard of here."""
        value = self._storage.get(self._namespace, tube)
        return None if value is None else decode(value)

    def open_transfers(self) -> list[CustodyRecord]:
        """Return what must be settled: moves and transfers begun here and not yet ended."""
        return [record for record in self.records() if is_open(record)]

    def outcome(self, transfer_id: str) -> Outcome | None:
        """Return how a transfer ended, also long ago; None if it was never heard of here."""
        value = self._storage.get(self._outcomes, transfer_id)
        return None if value is None else Outcome(value)

    def journal(self, tube: str) -> list[CustodyRecord]:
        """Return every step of `tube` in this ledger, oldest first."""
        entries = (decode(value) for _, value in self._storage.read(self._namespace))
        return [record for record in entries if record.tube == tube]

    # How a step is written

    def _write(
        self,
        before: CustodyRecord | None,
        step: str,
        status: CustodyStatus,
        **changes: Any,
    ) -> CustodyRecord:
        changes |= {
            "owner": self._owner,
            "step": step,
            "status": status,
            "since_ns": self._clock(),
            "sequence": self._first_sequence if before is None else before.sequence + 1,
        }
        if before is None:
            record = CustodyRecord(**{"link": 1} | changes)
        else:
            record = msgspec.structs.replace(before, **{"reason": ""} | changes)
        value = msgspec.to_builtins(record)
        with self._storage.transaction():
            if before is None:
                self._storage.put(BEGUN, self._owner, True)
            self._storage.append(self._namespace, value)
            self._storage.put(self._namespace, record.tube, value)
            if record.transfer_id is not None:
                self._storage.put(self._outcomes, record.transfer_id, record.outcome)
            self._storage.after_commit(lambda: self._publish(record))
        self._storage.look()  # a step that is not kept is to be known before it is acted upon
        return record

    def _known(self, tube: str) -> CustodyRecord:
        record = self.record(tube)
        if record is None:
            raise CustodyError(f"The ledger of {self._owner} knows no tube {tube!r}.")
        return record

    def _demand(self, record: CustodyRecord, what: str, *allowed: CustodyStatus) -> None:
        if record.status not in allowed:
            raise CustodyError(
                f"{record.tube} cannot be {what} by {self._owner}: it is {record.status} "
                f"at {record.place}, and must be {' or '.join(allowed)}."
            )
