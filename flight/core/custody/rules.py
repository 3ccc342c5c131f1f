"""What any step of a custody ledger has to keep to."""

from flight.icd.custody_record import CustodyError, Evidence


def check_evidence(
    evidence: Evidence | None, moved_by: str | None, present: bool | None = None
) -> None:
    """Refuses what is no evidence: of nobody, of what did the moving, or to the contrary."""
    if evidence is None or not evidence.verified_by or not evidence.reading:
        raise CustodyError("Evidence is needed: the name of a sensor and its reading.")
    if evidence.verified_by == moved_by:
        raise CustodyError(
            f"{moved_by} moved the tube and cannot be what verifies it: ask another sensor."
        )
    if present is not None and evidence.present is not present:
        raise CustodyError(
            f"The evidence of {evidence.verified_by} ({evidence.reading}) says that the tube "
            f"is {'there' if evidence.present else 'not there'}: it does not support this step."
        )


def tube_and_link(transfer_id: str) -> tuple[str, int]:
    """The tube of a transfer, and which link of its chain it is; raises CustodyError."""
    tube, mark, link = transfer_id.rpartition("#")
    if not tube or not mark or not link.isdecimal():
        raise CustodyError(f"{transfer_id!r} is no transfer: it must read tube#number.")
    return tube, int(link)
