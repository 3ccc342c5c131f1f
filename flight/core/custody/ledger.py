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

from collections.abc import Iterable
from typing import Any

from flight.core.custody.ledger_records import NO_TRANSFER, WITHOUT_TUBE
from flight.core.custody.rules import check_evidence
from flight.core.custody.transfers import Transfers
from flight.icd.custody_record import (
    FORGET,
    CustodyError,
    CustodyRecord,
    CustodyStatus,
    Evidence,
    Outcome,
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


class CustodyLedger(Transfers):
    """The ledger of one node: the steps inside the node; those between two are `Transfers`.

    A repeated step of a transfer changes nothing and returns the present record. A step that is
    not allowed raises `CustodyError`.
    """

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
            destination=destination, slot=slot, moved_by=moved_by, **NO_TRANSFER,
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
        if record.status in WITHOUT_TUBE:
            raise CustodyError(f"{self._owner} cannot lose {tube}: it is {record.status} here.")
        if record.status is CustodyStatus.OFFERED:
            raise CustodyError(
                f"{tube} is offered to {record.counterpart}: cancel the offer before it is lost."
            )
        transfer: dict[str, Any] = {}
        if record.status is CustodyStatus.RECEIVING:
            transfer = {"outcome": Outcome.CANCELLED}
        elif record.status is CustodyStatus.HELD:
            transfer = NO_TRANSFER
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
            self._demand(record, "found", *WITHOUT_TUBE)
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
            destination=None, evidence=evidence, responsible=True, **NO_TRANSFER,
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
            **NO_TRANSFER | {"counterpart": to},
        )  # fmt: skip

    def _moving(self, tube: str, evidence: Evidence) -> CustodyRecord:
        record = self._known(tube)
        if record.status is not CustodyStatus.IN_TRANSIT or record.transfer_id is not None:
            raise CustodyError(
                f"{tube} is {record.status} at {record.place}: no move is under way."
            )
        check_evidence(evidence, record.moved_by, present=True)
        return record

    def _slot_before(self, record: CustodyRecord) -> int | None:
        """The slot that a tube which is being moved was held in."""
        steps = [step for step in self.journal(record.tube) if step.status is CustodyStatus.HELD]
        return steps[-1].slot if steps and steps[-1].place == record.place else None
