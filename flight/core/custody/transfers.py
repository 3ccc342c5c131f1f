"""The steps of a custody ledger by which a tube goes from one node to another."""

from typing import Any

from flight.core.custody.ledger_records import WITHOUT_TUBE, LedgerRecords
from flight.core.custody.rules import check_evidence, tube_and_link
from flight.icd.custody_record import (
    CustodyError,
    CustodyRecord,
    CustodyStatus,
    Evidence,
    Outcome,
    is_open,
)


class Transfers(LedgerRecords):
    """Both sides of a transfer; what they may do, and when, is told in `ledger`."""

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
            self._demand(record, f"taken from {giver}", *WITHOUT_TUBE)
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

    def _take_back(
        self, record: CustodyRecord, status: CustodyStatus, ending: dict[str, Any]
    ) -> CustodyRecord:
        return self._write(
            record, "cancel", status, link=record.link + 1, destination=None, **ending
        )

    def _party(self, transfer_id: str) -> CustodyRecord:
        if self.outcome(transfer_id) is None:
            raise CustodyError(f"The ledger of {self._owner} knows no transfer {transfer_id!r}.")
        return self._known(tube_and_link(transfer_id)[0])

    def _decided(self, transfer_id: str, wanted: Outcome) -> bool:
        outcome = self.outcome(transfer_id)
        if outcome not in (Outcome.OPEN, wanted):
            raise CustodyError(f"Transfer {transfer_id} is {outcome} already: it stays so.")
        return outcome is wanted
