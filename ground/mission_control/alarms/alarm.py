"""One alarm: its states after ANSI/ISA-18.2, who has it, and what was said of it."""

from dataclasses import dataclass, field
from enum import StrEnum

from flight.icd.messages import Severity

RANK = {str(severity): rank for rank, severity in enumerate(Severity)}


class AlarmState(StrEnum):
    """ACTIVE holds and nobody has seen it; ACKNOWLEDGED holds and was seen; RETURNED is back to
    normal and was not seen; LATCHED is back to normal and was seen, and stays until it is reset;
    CLOSED is over."""

    ACTIVE = "ACTIVE"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    RETURNED = "RETURNED"
    LATCHED = "LATCHED"
    CLOSED = "CLOSED"


SHELVED = "SHELVED"
"""What a shelved alarm is shown as, whatever it would be."""
ALARMS_OVER = (AlarmState.RETURNED, AlarmState.LATCHED)
"""States in which it holds no more and is still listed."""
HOLDING = (AlarmState.ACTIVE, AlarmState.ACKNOWLEDGED)
"""States in which it holds."""
WAITING = (AlarmState.ACTIVE, AlarmState.RETURNED)
"""States that wait for somebody to see them."""


@dataclass
class Alarm:
    """One alarm; times in nanoseconds of mission time, by the spacecraft's stamp."""

    number: int
    source: str
    name: str  # of the event, or `limit <channel>`
    severity: str
    state: AlarmState
    raised_ns: int
    last_ns: int
    count: int
    text: str
    acknowledged_by: str = ""
    acknowledged_ns: int | None = None
    note: str = ""  # the newest of the notes
    last_place: int = 0  # of the newest event in it
    owner: str = ""
    notes: list[dict[str, str | int]] = field(default_factory=list)  # t (ns), who, text
    latched: bool = False  # stays until it is reset, also when it was acknowledged
    shelved_until_ns: int | None = None  # by the ground's clock; None: is not shelved
    shelved_by: str = ""
    shelved_why: str = ""
    shelved_rank: int = 0  # how severe it was when it was shelved

    @property
    def key(self) -> tuple[str, str]:
        """What another alarm of the same kind shares with it."""
        return (self.source, self.name)

    def shown(self, now_ns: int) -> str:
        """The state as a person sees it."""
        if self.state is not AlarmState.CLOSED and self.is_shelved(now_ns):
            return SHELVED
        return str(self.state)

    def is_shelved(self, now_ns: int) -> bool:
        """Whether it is out of the way now; at the instant itself it is back."""
        return self.shelved_until_ns is not None and now_ns < self.shelved_until_ns

    def take_shelf(self, before: "Alarm") -> None:
        """Is out of the way in the place of an earlier one of its kind."""
        self.shelved_until_ns, self.shelved_rank = before.shelved_until_ns, before.shelved_rank
        self.shelved_by, self.shelved_why = before.shelved_by, before.shelved_why
        before.unshelve()

    def unshelve(self) -> None:
        """It is listed again."""
        self.shelved_until_ns, self.shelved_by, self.shelved_why = None, "", ""

    def say(self, time_ns: int, who: str, text: str) -> None:
        """Adds a note."""
        self.note = text
        self.notes.append({"t": time_ns, "who": who, "text": text})

    def plain(self, now_ns: int) -> dict[str, object]:
        """As clients are told."""
        return {
            "number": self.number, "vehicle": self.source, "name": self.name,
            "severity": self.severity, "state": self.shown(now_ns),
            "unacknowledged": self.state in WAITING and not self.is_shelved(now_ns),
            "raised_ns": self.raised_ns, "last_ns": self.last_ns, "count": self.count,
            "text": self.text, "acknowledged_by": self.acknowledged_by,
            "acknowledged_ns": self.acknowledged_ns, "note": self.note, "notes": list(self.notes),
            "owner": self.owner, "latched": self.latched,
            "shelved_until_ns": self.shelved_until_ns if self.is_shelved(now_ns) else None,
            "shelved_by": self.shelved_by, "shelved_why": self.shelved_why,
        }  # fmt: skip
