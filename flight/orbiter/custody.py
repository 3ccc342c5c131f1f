"""The orbiter's side of the chain of custody: the tubes in the container.

The ground uplinks the last records of whoever let the container go, and vouches that this node will
find it no more. After the capture, which the load cell of the cage has verified, the tubes are the
orbiter's.
"""

from typing import TYPE_CHECKING, Any

import msgspec

from flight.core.custody import CustodyError, CustodyRecord, CustodyStatus, Evidence
from flight.icd.custody_record import decode

if TYPE_CHECKING:
    from flight.orbiter.node import Orbiter

ON_BOARD = "orbiter"
IN_CAPSULE = "entry_capsule"
CONE = "orbiter.capture_cone"
CAGE_SENSOR = "orbiter.containment"
GANTRY = "orbiter.gantry"
SEAT_SWITCH = "orbiter.capsule_seat"


def check_manifest(records: list[dict[str, Any]]) -> list[CustodyRecord]:
    """The records of a manifest; raises CustodyError for what is none."""
    try:
        return [decode(record) for record in records]
    except msgspec.ValidationError as error:
        raise CustodyError(f"a record of the manifest cannot be read: {error}") from error


def take_possession(node: "Orbiter", reading: str) -> int:
    """Finds the tubes of the manifest on board; returns how many are held here."""
    evidence = Evidence(CAGE_SENSOR, reading)
    for plain in node.stored("manifest") or []:
        ceded = decode(plain)
        try:
            known = node.ledger.record(ceded.tube)
            if known is None or known.status is not CustodyStatus.HELD:
                node.ledger.find(ceded.tube, ON_BOARD, evidence, ceded.slot, ceded=ceded)
        except CustodyError as error:
            node.custody_trouble(tube=ceded.tube, reason=str(error))
    return len(held(node))


def held(node: "Orbiter") -> list[CustodyRecord]:
    """The tubes that the ledger says are on board, moves under way included."""
    return [
        record
        for record in node.ledger.records()
        if record.status in (CustodyStatus.HELD, CustodyStatus.IN_TRANSIT)
    ]


def begin_insertion(node: "Orbiter") -> None:
    """Writes down that all tubes are about to be carried into the capsule."""
    for record in held(node):
        if record.status is CustodyStatus.HELD and record.place == ON_BOARD:
            node.ledger.begin(record.tube, IN_CAPSULE, GANTRY, record.slot)


def end_insertion(node: "Orbiter", in_capsule: bool) -> None:
    """Ends the move by what the switch in the capsule's seat says."""
    words = f"switch in the capsule's seat {'closed' if in_capsule else 'open'}"
    for record in held(node):
        if record.status is not CustodyStatus.IN_TRANSIT:
            continue
        if in_capsule:
            node.ledger.commit(record.tube, Evidence(SEAT_SWITCH, words))
        else:
            node.ledger.revert(record.tube, Evidence(SEAT_SWITCH, words))
