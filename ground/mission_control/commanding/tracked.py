"""One command on its way: its order, how far it has come, how it ended; what a report of it is."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flight.icd.messages import Command, Rung

ORIGIN = "mission_control"
DECOMMISSION = "decommission"
"""The command that switches a vehicle off for good."""
RANK = {Rung.RECEIVED: 0, Rung.ACCEPTED: 1, Rung.STARTED: 2, Rung.PROGRESS: 3}


class Verdict(StrEnum):
    """How a command ended; all but UNANSWERED and CANCELLED are what the vehicle said.

    CANCELLED: taken back before it left the ground.
    """

    COMPLETED = "COMPLETED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    ABORTED = "ABORTED"
    UNANSWERED = "UNANSWERED"
    CANCELLED = "CANCELLED"


class Taken(StrEnum):
    """What a report is to the ground: an answer counts by its identity, and only from whom it was
    asked."""

    NEW = "new"
    REPEATED = "repeated"
    """From the history of the vehicle: it confirms what was said before."""
    EARLIER = "earlier"
    """A rung below the one that is reached: it was overtaken on its way."""
    AFTER_THE_END = "after_the_end"
    """The command has a verdict, which stands."""
    FOREIGN = "foreign"
    """From another vehicle than the command was sent to."""
    UNKNOWN = "unknown"
    """Of a command that was never issued here."""


@dataclass
class TrackedCommand:
    """One command and how far it has come; times in nanoseconds of mission time."""

    order: Command
    bundle: str  # commands of one bundle travel in one frame, in their order
    deadline: float  # seconds after acceptance, on board
    issued_ns: int
    attempts: int = 0
    unanswered: int = 0  # sendings since the last report
    end_ns: int | None = None  # when a vehicle at work has to have said how it ended
    sent_ns: int | None = None  # last time that it left; None: it waits for a pass
    expected_ns: int | None = None  # when the next report ought to be here
    rung: Rung | None = None
    detail: str = ""
    late: bool = False
    is_overtaken: bool = False  # lost on a link that has brought an answer since
    taken_ns: int | None = None  # when the report came by which `end_ns` goes, before a restart
    of_another_start: bool = False  # of mission control, whose queue is gone
    verdict: Verdict | None = None

    @property
    def has_switched_off(self) -> bool:
        """Whether by it the vehicle is switched off for good: nobody waits for a word of it."""
        fired = self.order.name == DECOMMISSION and self.order.stage != "arm"
        return fired and self.verdict is Verdict.COMPLETED

    @property
    def status(self) -> str:
        """The verdict, or LATE, or the rung, or SENT, or WAITING for a pass."""
        if self.verdict is not None:
            return str(self.verdict)
        if self.late:
            return "LATE"
        if self.rung is not None:
            return str(self.rung)
        return "WAITING" if self.sent_ns is None else "SENT"


def from_row(row: tuple[Any, ...]) -> TrackedCommand:
    """A command as the archive has it."""
    (identifier, vehicle, name, arguments, stage, lifetime, bundle, deadline) = row[:8]
    (issued_ns, attempts, sent_ns, expected_ns, verdict, detail, late) = row[8:]
    order = Command(
        identifier, vehicle, name, json.loads(arguments), ORIGIN, stage=stage, lifetime=lifetime
    )
    return TrackedCommand(
        order=order,
        bundle=bundle,
        deadline=deadline,
        issued_ns=issued_ns,
        attempts=attempts,
        sent_ns=sent_ns,
        expected_ns=expected_ns,
        detail=detail,
        late=bool(late) and verdict is None,
        verdict=Verdict(verdict) if verdict is not None else None,
    )
