"""The orbiter's side of the chain of custody: the tubes in the container.

The ground uplinks the last records of whoever let the container go. Two kinds are taken:

- a transfer to the orbiter that has been released (IN_TRANSIT): it is promised to be taken, and
  confirmed after the capture;
- a tube that was ceded, or whose holder the ground vouches for that it will not find it again: it
  is found by the LiDAR where it floats, and moved on board by the capture.

What says that the container is on board is the load cell of the cage, which captures nothing.
"""

from typing import Any

import msgspec

from flight.core.custody.ledger import CustodyError, CustodyRecord, CustodyStatus, Evidence
from flight.icd import places
from flight.icd.custody_record import decode
from flight.orbiter.vehicle import OrbiterVehicle

CONE = "orbiter.capture_cone"
LIDAR = "orbiter.lidar"
CAGE_SENSOR = "orbiter.cage"
GANTRY = "orbiter.gantry"
SEAT_SWITCH = "orbiter.capsule_seat"


def check_manifest(records: list[dict[str, Any]]) -> list[CustodyRecord]:
    """The records of a manifest; raises CustodyError for what is none or cannot be taken."""
    try:
        decoded = [decode(record) for record in records]
    except msgspec.ValidationError as error:
        raise CustodyError(f"a record of the manifest cannot be read: {error}") from error
    for record in decoded:
        if record.status is CustodyStatus.OFFERED:
            raise CustodyError(f"{record.tube} is offered and not yet released by {record.owner}")
    return decoded


def promise(node: OrbiterVehicle, records: list[CustodyRecord]) -> None:
    """Promises to take what has been released to the orbiter; raises CustodyError."""
    for record in records:
        if _is_transfer(record, node.name):
            node.ledger.expect(
                str(record.transfer_id), record.owner, record.place, places.ORBITER, CONE,
                record.slot,
            )


def find_in_orbit(node: OrbiterVehicle, distance: float) -> None:
    """Takes possession of what floats before the LiDAR, and writes down that it is to be moved."""
    evidence = Evidence(LIDAR, f"the container is seen at {distance:.1f} m")
    for ceded in node.manifest:
        if _is_transfer(ceded, node.name):
            continue
        try:
            known = node.ledger.record(ceded.tube)
            # Whose store was lost has a record that says just that.
            if known is None or known.status is CustodyStatus.UNKNOWN:
                known = node.ledger.find(
                    ceded.tube, places.ORBIT, evidence, ceded.slot, ceded=ceded
                )
            if known.status is CustodyStatus.HELD and known.place == places.ORBIT:
                node.ledger.begin(ceded.tube, places.ORBITER, CONE, known.slot)
        except CustodyError as error:
            node.custody_trouble(tube=ceded.tube, reason=str(error))


def end_capture(node: OrbiterVehicle, captured: bool, reading: str) -> int:
    """Ends what was begun with the capture; returns how many tubes are on board.

    Not captured: `reading` is the LiDAR's, which sees the container outside.
    """
    for record in node.ledger.records():
        try:
            if record.status is CustodyStatus.RECEIVING and captured:
                node.ledger.confirm(str(record.transfer_id), Evidence(CAGE_SENSOR, reading))
            elif record.status is CustodyStatus.IN_TRANSIT and record.destination == places.ORBITER:
                if captured:
                    node.ledger.commit(record.tube, Evidence(CAGE_SENSOR, reading))
                else:
                    node.ledger.revert(record.tube, Evidence(LIDAR, reading))
        except CustodyError as error:
            node.custody_trouble(tube=record.tube, reason=str(error))
    return len(on_board(node))


def on_board(node: OrbiterVehicle) -> list[CustodyRecord]:
    """The tubes that the ledger says are on board, in the cage or in the capsule."""
    return [
        record
        for record in node.ledger.records()
        if record.status in (CustodyStatus.HELD, CustodyStatus.OFFERED)
        and record.place in (places.ORBITER, places.ENTRY_CAPSULE)
    ]


def begin_insertion(node: OrbiterVehicle) -> None:
    """Writes down that all tubes are about to be carried into the capsule."""
    for record in on_board(node):
        if record.status is CustodyStatus.HELD and record.place == places.ORBITER:
            node.ledger.begin(record.tube, places.ENTRY_CAPSULE, GANTRY, record.slot)


def end_insertion(node: OrbiterVehicle, in_capsule: bool) -> None:
    """Ends the move by what the switch in the capsule's seat says."""
    words = f"switch in the capsule's seat {'closed' if in_capsule else 'open'}"
    for record in node.ledger.records():
        moving = record.status is CustodyStatus.IN_TRANSIT and record.transfer_id is None
        if not moving or record.destination != places.ENTRY_CAPSULE:
            continue
        if in_capsule:
            node.ledger.commit(record.tube, Evidence(SEAT_SWITCH, words))
        else:
            node.ledger.revert(record.tube, Evidence(SEAT_SWITCH, words))


def _is_transfer(record: CustodyRecord, to: str) -> bool:
    return record.status is CustodyStatus.IN_TRANSIT and record.counterpart == to
