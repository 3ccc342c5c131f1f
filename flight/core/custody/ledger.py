"""The custody ledger of one node: where each sample tube is that it holds, gives or takes.

The intent is written before a tube is moved, the result after a sensor that did not do the
moving has seen it. A transfer between two nodes goes

    giver     HELD, offer: OFFERED,           release: IN_TRANSIT,            complete: HANDED_OVER
    receiver                 expect: RECEIVING,         (the move), confirm: HELD

and obeys three rules, on which its soundness rests:

1. A tube is moved only while the giver is IN_TRANSIT and the receiver RECEIVING.
2. After the release the receiver alone decides, by `confirm`, `cancel` or `lose`; the giver
   follows. So two nodes never hold one tube, whatever messages are lost, repeated or late.
3. Until the giver has heard of the decision its record stays open and `open_transfers` names it:
   after a reboot each side asks the other for the `outcome`, as often as it takes.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from flight.core.custody.repair import repair
from flight.core.custody.rules import check_evidence, tube_and_link
from flight.core.keeping.decoded import Decoded
from flight.core.keeping.storage import Storage, StorageDamage
from flight.icd.custody_record import (
    FORGET,
    CustodyError,
    CustodyRecord,
    CustodyStatus,
    Evidence,
    Outcome,
    decode,
    is_open,
)

__all__ = [
    "CustodyError",
    "CustodyLedger",
    "CustodyRecord",
    "CustodyStatus",
    "Evidence",
    "Outcome",
]

SEQUENCES_OF_A_LIFE = 1_000_000  # more steps of one tube than there are in any mission
_BEGUN = "custody_begun"  # which ledgers ever had a record, apart from their records
_WITHOUT_TUBE = (CustodyStatus.HANDED_OVER, CustodyStatus.DECLINED, CustodyStatus.UNKNOWN)


class CustodyLedger:
    """The ledger of one node, kept in its storage; every step is one transaction.

    A repeated step of a transfer changes nothing and returns the present record. A step that is
    not allowed raises `CustodyError`. `publish` is given each new record once it is committed
    (a kill can come between the two: publish `records()` again after a reboot).
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
        begun = owner in storage.items(_BEGUN, on_damage=marks.append) or bool(marks)
        self.is_lost = begun and not self.records()

    # What the ledger says

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

    # Inside the node

    def adopt(
        self, tube: str, place: str, evidence: Evidence, slot: int | None = None
    ) -> CustodyRecord:
        """Take first possession, from the mission's load list; without effect on a known tube.

        Of a tube that this ledger has forgotten, the list only says where it was seen last.
        """
        known = self.record(tube)
        if known is not None and known.step == FORGET and known.place != place:
            return self._write(known, FORGET, known.status, place=place, reason=known.reason)
        return known or self._write(
            None, "adopt", CustodyStatus.HELD, tube=tube, place=place, slot=slot, evidence=evidence
        )

    def forget(self, tubes: Iterable[str], reason: str) -> None:
        """Say openly of each tube that it may have been here and that nothing is known of it.

        For a ledger that was lost. Each tube is unknown wherever no other ledger has it.
        """
        for tube in tubes:
            if self.record(tube) is None:
                self._write(
                    None, FORGET, CustodyStatus.UNKNOWN,
                    tube=tube, place=self._owner, link=0, responsible=False, reason=reason,
                )  # fmt: skip

    def begin(
        self, tube: str, destination: str, moved_by: str, slot: int | None = None
    ) -> CustodyRecord:
        """Write the intent to move `tube` to another place of this node by device `moved_by`."""
        record = self._known(tube)
        under_way = record.status is CustodyStatus.IN_TRANSIT and record.transfer_id is None
        if under_way and record.destination == destination:
            return record
        self._demand(record, "moved", CustodyStatus.HELD)
        return self._write(
            record, "begin", CustodyStatus.IN_TRANSIT, link=record.link + 1,
            destination=destination, slot=slot, moved_by=moved_by, **_NO_TRANSFER,
        )  # fmt: skip

    def commit(self, tube: str, evidence: Evidence) -> CustodyRecord:
        """End a move: `evidence` shows the tube at the destination."""
        record = self._moving(tube, evidence)
        return self._write(
            record, "commit", CustodyStatus.HELD,
            place=record.destination, destination=None, evidence=evidence,
        )  # fmt: skip

    def revert(self, tube: str, evidence: Evidence) -> CustodyRecord:
        """End a move that failed: `evidence` shows the tube where, and in which slot, it was."""
        record = self._moving(tube, evidence)
        return self._write(
            record, "revert", CustodyStatus.HELD,
            destination=None, slot=self._slot_before(record), evidence=evidence,
        )  # fmt: skip

    def lose(self, tube: str, reason: str) -> CustodyRecord:
        """Say openly that it is not known where the tube is.

        For a receiver this decides the transfer; a giver's transfer stays open until the receiver
        has decided.
        """
        record = self._known(tube)
        if record.status is CustodyStatus.UNKNOWN:
            return record
        if record.status in _WITHOUT_TUBE:
            raise CustodyError(f"{self._owner} cannot lose {tube}: it is {record.status} here.")
        if record.status is CustodyStatus.OFFERED:
            raise CustodyError(
                f"{tube} is offered to {record.counterpart}: cancel the offer before it is lost."
            )
        transfer: dict[str, Any] = {}
        if record.status is CustodyStatus.RECEIVING:
            transfer = {"outcome": Outcome.CANCELLED}
        elif record.status is CustodyStatus.HELD:
            transfer = _NO_TRANSFER
        return self._write(
            record, "lose", CustodyStatus.UNKNOWN, link=record.link + 1, reason=reason, **transfer
        )

    def find(
        self,
        tube: str,
        place: str,
        evidence: Evidence,
        slot: int | None = None,
        ceded: CustodyRecord | None = None,
    ) -> CustodyRecord:
        """Take possession of a tube whose place was unknown: `evidence` shows it at `place`.

        Only the ledger that answers for the tube may, lest two nodes find the same one; another
        needs what that ledger `ceded` to it. If the ground vouches that nobody else will, that may
        also be the last record of a node that is dead, or this ledger's own.
        """
        record = self.record(tube)
        if record is not None and record.status is CustodyStatus.HELD and record.place == place:
            return record
        if ceded is None:
            record = self._known(tube)
            self._demand(record, "found", CustodyStatus.UNKNOWN)
            if not record.responsible:
                raise CustodyError(f"{self._owner} does not answer for {tube}: have it ceded.")
        elif record is not None:
            self._demand(record, "found", *_WITHOUT_TUBE)
            if ceded.link <= record.link and ceded != record:
                raise CustodyError(f"The cession of {tube} by {ceded.owner} is out of date.")
        if record is not None and is_open(record):
            raise CustodyError(
                f"{tube} cannot be found while transfer {record.transfer_id} is open: "
                f"{record.counterpart} may still confirm it. Ask for its outcome first."
            )
        check_evidence(evidence, None, present=True)
        link = max(each.link for each in (record, ceded) if each is not None) + 1
        return self._write(
            record, "find", CustodyStatus.HELD, link=link, tube=tube, place=place, slot=slot,
            destination=None, evidence=evidence, responsible=True, **_NO_TRANSFER,
        )  # fmt: skip

    def cede(self, tube: str, to: str) -> CustodyRecord:
        """Leave it to node `to` to find a lost tube; its `find` takes the record returned here."""
        record = self._known(tube)
        if record.status is CustodyStatus.UNKNOWN and record.step == "cede":
            return record
        self._demand(record, f"ceded to {to}", CustodyStatus.UNKNOWN)
        if is_open(record) or not record.responsible:
            raise CustodyError(
                f"{self._owner} cannot cede {tube}: it does not answer for it alone "
                f"(transfer {record.transfer_id})."
            )
        return self._write(
            record, "cede", CustodyStatus.UNKNOWN, link=record.link + 1, responsible=False,
            reason=f"{record.reason}; ceded to {to}".lstrip("; "),
            **_NO_TRANSFER | {"counterpart": to},
        )  # fmt: skip

    # Between two nodes

    def offer(self, tube: str, to: str, destination: str, moved_by: str) -> CustodyRecord:
        """Promise `tube` to node `to`, at its place `destination`, moved by device `moved_by`.

        The record's `transfer_id` ("tube#link") names the transfer from then on.
        """
        record = self._known(tube)
        promised = (record.counterpart, record.destination) == (to, destination)
        if record.status is CustodyStatus.OFFERED and promised:
            return record
        self._demand(record, f"offered to {to}", CustodyStatus.HELD)
        link = record.link + 1
        return self._write(
            record, "offer", CustodyStatus.OFFERED, link=link, destination=destination,
            counterpart=to, moved_by=moved_by, transfer_id=f"{tube}#{link}", outcome=Outcome.OPEN,
        )  # fmt: skip

    def expect(
        self,
        transfer_id: str,
        giver: str,
        place: str,
        destination: str,
        moved_by: str,
        slot: int | None = None,
    ) -> CustodyRecord:
        """Promise to take the tube that `giver` offers from its `place` to `destination`."""
        tube, link = tube_and_link(transfer_id)
        record = self.record(tube)
        if record is not None:
            if self.outcome(transfer_id) is not None:
                return record
            self._demand(record, f"taken from {giver}", *_WITHOUT_TUBE)
            if is_open(record):
                raise CustodyError(
                    f"{tube} cannot be taken while {record.transfer_id} is open: settle it first."
                )
            if link <= record.link:
                raise CustodyError(
                    f"The offer {transfer_id} is out of date: {self._owner} knows {tube} "
                    f"at link {record.link} of its chain of custody."
                )
        return self._write(
            record, "expect", CustodyStatus.RECEIVING, link=link, tube=tube, place=place,
            destination=destination, slot=slot, counterpart=giver, moved_by=moved_by,
            transfer_id=transfer_id, evidence=None, outcome=Outcome.OPEN,
            responsible=False,
        )  # fmt: skip

    def release(self, transfer_id: str) -> CustodyRecord:
        """Let go, after the receiver has promised to take: from now on the tube may be moved."""
        record = self._party(transfer_id)
        if self.outcome(transfer_id) is not Outcome.OPEN:
            return record
        if record.status in (CustodyStatus.IN_TRANSIT, CustodyStatus.UNKNOWN):
            return record
        self._demand(record, "released", CustodyStatus.OFFERED)
        return self._write(record, "release", CustodyStatus.IN_TRANSIT)

    def confirm(self, transfer_id: str, evidence: Evidence) -> CustodyRecord:
        """Receiver: `evidence` shows the tube at the destination; it is held here from now on.

        Only for a transfer whose release was heard of.
        """
        record = self._party(transfer_id)
        if self._decided(transfer_id, Outcome.CONFIRMED):
            return record
        self._demand(record, "confirmed", CustodyStatus.RECEIVING)
        check_evidence(evidence, record.moved_by, present=True)
        return self._write(
            record, "confirm", CustodyStatus.HELD, link=record.link + 1, place=record.destination,
            destination=None, evidence=evidence, outcome=Outcome.CONFIRMED, responsible=True,
        )  # fmt: skip

    def complete(self, transfer_id: str, evidence: Evidence) -> CustodyRecord:
        """Giver: the receiver has confirmed, by `evidence`."""
        record = self._party(transfer_id)
        if self._decided(transfer_id, Outcome.CONFIRMED):
            return record
        self._demand(record, "handed over", CustodyStatus.IN_TRANSIT, CustodyStatus.UNKNOWN)
        check_evidence(evidence, record.moved_by, present=True)
        return self._write(
            record, "complete", CustodyStatus.HANDED_OVER,
            evidence=evidence, outcome=Outcome.CONFIRMED, responsible=False,
        )  # fmt: skip

    def cancel(
        self,
        transfer_id: str,
        evidence: Evidence | None = None,
        *,
        counterpart_cancelled: bool = False,
    ) -> CustodyRecord:
        """End a transfer that came to nothing.

        Receiver: `evidence` shows that the tube is not at the destination; this decides. Giver
        before the release: no evidence needed. Giver after the release: only once the receiver has
        decided against it (or the ground vouches that it can move nothing any more), which
        `counterpart_cancelled` states; `evidence` tells whether the tube is back at its place:
        HELD if it is present, UNKNOWN if not.
        """
        record = self._party(transfer_id)
        if self._decided(transfer_id, Outcome.CANCELLED):
            return record
        ending = {"outcome": Outcome.CANCELLED, "evidence": evidence}
        if record.status is CustodyStatus.RECEIVING:
            check_evidence(evidence, record.moved_by, present=False)
            return self._write(record, "cancel", CustodyStatus.DECLINED, **ending)
        if record.status is CustodyStatus.OFFERED:
            ending["evidence"] = record.evidence
            return self._take_back(record, CustodyStatus.HELD, ending)
        if not counterpart_cancelled:
            raise CustodyError(
                f"{self._owner} has released {transfer_id}: {record.counterpart} decides. "
                "Cancel once it has cancelled."
            )
        check_evidence(evidence, record.moved_by)
        present = evidence is not None and evidence.present
        status = CustodyStatus.HELD if present else CustodyStatus.UNKNOWN
        return self._take_back(record, status, ending)

    # The mechanics

    def _take_back(
        self, record: CustodyRecord, status: CustodyStatus, ending: dict[str, Any]
    ) -> CustodyRecord:
        return self._write(
            record, "cancel", status, link=record.link + 1, destination=None, **ending
        )

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
                self._storage.put(_BEGUN, self._owner, True)
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

    def _moving(self, tube: str, evidence: Evidence) -> CustodyRecord:
        record = self._known(tube)
        if record.status is not CustodyStatus.IN_TRANSIT or record.transfer_id is not None:
            raise CustodyError(
                f"{tube} is {record.status} at {record.place}: no move is under way."
            )
        check_evidence(evidence, record.moved_by, present=True)
        return record

    def _party(self, transfer_id: str) -> CustodyRecord:
        if self.outcome(transfer_id) is None:
            raise CustodyError(f"The ledger of {self._owner} knows no transfer {transfer_id!r}.")
        return self._known(tube_and_link(transfer_id)[0])

    def _decided(self, transfer_id: str, wanted: Outcome) -> bool:
        outcome = self.outcome(transfer_id)
        if outcome not in (Outcome.OPEN, wanted):
            raise CustodyError(f"Transfer {transfer_id} is {outcome} already: it stays so.")
        return outcome is wanted

    def _demand(self, record: CustodyRecord, what: str, *allowed: CustodyStatus) -> None:
        if record.status not in allowed:
            raise CustodyError(
                f"{record.tube} cannot be {what} by {self._owner}: it is {record.status} "
                f"at {record.place}, and must be {' or '.join(allowed)}."
            )

    def _slot_before(self, record: CustodyRecord) -> int | None:
        """The slot that a tube which is being moved was held in."""
        steps = [step for step in self.journal(record.tube) if step.status is CustodyStatus.HELD]
        return steps[-1].slot if steps and steps[-1].place == record.place else None


_NO_TRANSFER: dict[str, Any] = {"transfer_id": None, "counterpart": None, "outcome": None}
