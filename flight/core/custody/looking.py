"""The look by which a node that has lost its memory finds the tubes that it holds.

Its ledger says "unknown" of each tube. The ground has every record that came down before: where it
had a tube last, by this node's own word, a sensor of this node looks. What it sees there is held
again; of the rest nothing is claimed.
"""

from collections.abc import Awaitable
from typing import Any

import msgspec

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.activities import ActivityFailed
from flight.core.commanding.commands import CommandRejected, command
from flight.core.custody.handover import PassiveHandover
from flight.core.custody.ledger import CustodyError, CustodyRecord, CustodyStatus, Evidence
from flight.core.node import Node
from flight.icd import places
from flight.icd.custody_record import FORGET, decode, is_open
from flight.icd.devices.base import DeviceError

_HAD_IT = (CustodyStatus.HELD, CustodyStatus.OFFERED)


def told_records(node: str, records: list[dict[str, Any]]) -> list[CustodyRecord]:
    """The records that the ground has; raises CommandRejected for one that is not this node's."""
    try:
        told = [decode(record) for record in records]
    except msgspec.ValidationError as error:
        raise CommandRejected(f"look_for_tubes: records: {error}") from error
    strange = [each for each in told if each.owner != node]
    if strange:
        raise CommandRejected(
            f"look_for_tubes: {strange[0].tube} is recorded by {strange[0].owner}, not by {node}"
        )
    return told


async def look_for_tubes(node: "LooksForTubes", told: list[CustodyRecord]) -> str:
    """Looks where each tube was; returns what was found, in words. Nothing that is known changes.

    Two tubes are never found in one slot, or in one gripper: of such records none is believed.
    """
    ledger = node.ledger
    found: list[str] = []
    unseen: list[str] = []
    taken = [_spot(each) for each in ledger.records() if each.status in _HAD_IT]
    spots = [_spot(each) for each in told if each.status in _HAD_IT]
    for last in told:
        mine = ledger.record(last.tube)
        if mine is None or mine.status is not CustodyStatus.UNKNOWN or is_open(mine):
            continue
        spot = _spot(last)
        alone = spot is None or (spots.count(spot) == 1 and spot not in taken)
        believed = mine.step == FORGET and last.status in _HAD_IT and alone
        is_there = believed and await _found_again(node, last, mine)
        (found if is_there else unseen).append(last.tube)
    words = f"found: {', '.join(found) or 'none'}"
    return words + (f"; not seen: {', '.join(unseen)}" if unseen else "")


def _spot(record: CustodyRecord) -> tuple[str, int | None] | None:
    """Where there is room for one tube only; None where there is for more."""
    if record.place in places.GRIPPERS:
        return record.place, None
    return None if record.slot is None else (record.place, record.slot)


async def _found_again(node: "LooksForTubes", last: CustodyRecord, mine: CustodyRecord) -> bool:
    """Whether a tube is seen where it was by its `last` record; it is held again then."""
    try:
        seen = await node.look_at(msgspec.structs.replace(mine, place=last.place, slot=last.slot))
        if seen.present:
            ceded = last if last.link > mine.link else mine
            node.ledger.find(last.tube, last.place, seen, last.slot, ceded)
    except (CustodyError, DeviceError, ActivityFailed):
        return False
    return seen.present


class LooksForTubes(Node):
    """A vehicle that keeps tubes, and that can look for them when it has lost its memory."""

    handover: PassiveHandover

    async def look_at(self, record: CustodyRecord) -> Evidence:
        """Whether a tube is at the place, and in the slot, of a record; by a sensor of this node,
        none of which sees what lies on the ground by itself. Raises a device error."""
        if record.place == places.GROUND:
            return Evidence(self.name, "it is looked for when it is fetched", False)
        return await self.handover.look(record)

    @command(deadline=SOL_SECONDS)
    def look_for_tubes(self, records: list[dict[str, Any]]) -> Awaitable[str]:
        """Looks for tubes of which this node knows nothing any more where it had them, by the
        ground's last records of its own ledger. What is seen there is held again."""
        return look_for_tubes(self, told_records(self.name, records))
