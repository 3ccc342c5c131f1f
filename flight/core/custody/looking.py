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
from flight.core.custody.ledger import CustodyError, CustodyRecord, CustodyStatus
from flight.core.node import Node
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


async def look_for_tubes(handover: PassiveHandover, told: list[CustodyRecord]) -> str:
    """Looks where each tube was; returns what was found, in words. Nothing that is known changes.

    Two tubes are never found in one slot: of such records none is believed.
    """
    ledger = handover.ledger
    found: list[str] = []
    unseen: list[str] = []
    taken = {each.slot for each in ledger.records() if each.status in _HAD_IT}
    slots = [each.slot for each in told if each.status in _HAD_IT]
    for last in told:
        mine = ledger.record(last.tube)
        if mine is None or mine.status is not CustodyStatus.UNKNOWN or is_open(mine):
            continue
        alone = last.slot is None or (slots.count(last.slot) == 1 and last.slot not in taken)
        believed = mine.step == FORGET and last.status in _HAD_IT and alone
        is_there = believed and await _found_again(handover, last, mine)
        (found if is_there else unseen).append(last.tube)
    words = f"found: {', '.join(found) or 'none'}"
    return words + (f"; not seen: {', '.join(unseen)}" if unseen else "")


async def _found_again(handover: PassiveHandover, last: CustodyRecord, mine: CustodyRecord) -> bool:
    """Whether a tube is seen where it was by its `last` record; it is held again then."""
    try:
        seen = await handover.look(msgspec.structs.replace(mine, slot=last.slot))
        if seen.present:
            ceded = last if last.link > mine.link else mine
            handover.ledger.find(last.tube, last.place, seen, last.slot, ceded)
    except (CustodyError, DeviceError, ActivityFailed):
        return False
    return seen.present


class LooksForTubes(Node):
    """A vehicle that keeps tubes, and that can look for them when it has lost its memory."""

    handover: PassiveHandover

    @command(deadline=SOL_SECONDS)
    def look_for_tubes(self, records: list[dict[str, Any]]) -> Awaitable[str]:
        """Looks for tubes of which this node knows nothing any more where it had them, by the
        ground's last records of its own ledger. What is seen there is held again."""
        return look_for_tubes(self.handover, told_records(self.name, records))
