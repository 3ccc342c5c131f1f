"""What a custody ledger writes down about a sample tube."""

from enum import StrEnum
from typing import Any

import msgspec


class CustodyError(Exception):
    """A step that the chain of custody does not allow; nothing was changed."""


class CustodyStatus(StrEnum):
    """What a ledger says of a tube."""

    HELD = "held"  # at `place`
    OFFERED = "offered"  # still at `place`, promised to `counterpart`
    IN_TRANSIT = "in_transit"  # a move has begun: somewhere between `place` and `destination`
    RECEIVING = "receiving"  # the receiver's side of a transfer, not yet decided
    HANDED_OVER = "handed_over"  # `counterpart` has it at `destination`
    DECLINED = "declined"  # the receiver's side of a transfer that came to nothing
    UNKNOWN = "unknown"  # openly: last seen at `place`


class Outcome(StrEnum):
    """How a transfer ended, as one side knows it."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class Evidence(msgspec.Struct, frozen=True):
    """What a sensor saw: the device, its reading in words, and whether the tube was there."""

    verified_by: str
    reading: str
    present: bool = True


class CustodyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One step in the custody of a tube, as the ledger of `owner` knows it."""

    tube: str
    owner: str
    step: str
    status: CustodyStatus
    place: str
    destination: str | None = None
    slot: int | None = None
    counterpart: str | None = None
    transfer_id: str | None = None
    outcome: Outcome | None = None  # of `transfer_id`, as of this step
    moved_by: str | None = None
    evidence: Evidence | None = None
    reason: str = ""
    responsible: bool = True  # this ledger answers for the tube, and may find it when it is lost
    since_ns: int  # the owner's clock
    link: int  # position in the tube's chain of custody, comparable between nodes
    sequence: int  # number of this step of this tube in this ledger, from 1


FORGET = "forget"
"""The step by which a ledger that was lost says that it knows nothing of a tube."""


def is_open(record: CustodyRecord) -> bool:
    """Return whether a move or transfer is begun here and not yet ended."""
    if record.transfer_id is None:
        return record.status is CustodyStatus.IN_TRANSIT
    return record.outcome is Outcome.OPEN


def decode(value: Any) -> CustodyRecord:
    """Return the record that `value`, plain data, stands for; raises msgspec.ValidationError."""
    return msgspec.convert(value, CustodyRecord)
