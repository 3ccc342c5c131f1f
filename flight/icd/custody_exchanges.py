"""What two nodes tell each other during the hand-over of a sample tube; topics in `exchanges`."""

from typing import Annotated

import msgspec
from msgspec import Meta

from flight.icd.custody_record import CustodyRecord, CustodyStatus, Evidence, Outcome

Short = Annotated[str, Meta(min_length=1, max_length=80)]

class Offer(msgspec.Struct, frozen=True):
    """Asks the giver to offer a tube, which device `moved_by` of the asker will move."""

    tube: Short
    destination: Short
    moved_by: Short


class Offered(msgspec.Struct, frozen=True):
    """The giver's promise: where the tube is."""

    transfer: Short
    place: Short
    slot: int | None = None


class Expect(msgspec.Struct, frozen=True):
    """Asks the receiver to expect a tube; not in a slot of `avoid`."""

    transfer: Short
    place: Short
    destination: Short
    moved_by: Short
    avoid: Annotated[list[int], Meta(max_length=100)] = []


class Expected(msgspec.Struct, frozen=True):
    """The receiver's promise: the slot that it wants the tube in."""

    slot: int | None = None


class Decide(msgspec.Struct, frozen=True):
    """Asks the receiver to decide; `giver_sees`: whether the giver still sees the tube."""

    transfer: Short
    giver_sees: bool


class Transfer(msgspec.Struct, frozen=True):
    """Names a transfer."""

    transfer: Short


class Lost(msgspec.Struct, frozen=True):
    """Names a tube whose place is not known."""

    tube: Short


class Ceded(msgspec.Struct, frozen=True):
    """The record by which the asker may find the tube."""

    record: CustodyRecord


class Standing(msgspec.Struct, frozen=True):
    """How a transfer stands in one ledger; `outcome` None: never heard of it."""

    transfer: Short
    outcome: Outcome | None = None
    status: CustodyStatus | None = None
    evidence: Evidence | None = None


class Seen(msgspec.Struct, frozen=True):
    """What the giver's own sensor sees at its place, in which slot, and how the transfer stands
    there."""

    evidence: Evidence
    standing: Standing
    slot: int | None = None
