"""What one node may ask another: each topic with the types of question and answer, and who
answers it. Both sides are held to them: what does not fit is refused, and never acted upon.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from flight.icd import custody_exchanges as custody

Q = TypeVar("Q")
A = TypeVar("A")
T = TypeVar("T")

EVERY_NODE = ("every node",)
HOLDERS = ("rover", "arm", "mav", "perseverance", "orbiter", "entry")
"""Who holds tubes, and hands them over."""


class Unreadable(ValueError):
    """A question or an answer is not what its topic says; the text says how."""


@dataclass(frozen=True)
class Topic(Generic[Q, A]):
    """One kind of question: its name on the wire, its types, who answers, and what it is for."""

    name: str
    question: type[Q]
    answer: type[A]
    answered_by: tuple[str, ...]
    doc: str = ""

    def read_question(self, plain: Any) -> Q:
        """A question that came; raises Unreadable."""
        return self._read(plain, self.question)

    def read_answer(self, plain: Any) -> A:
        """An answer that came; raises Unreadable."""
        return self._read(plain, self.answer)

    def _read(self, plain: Any, kind: type[T]) -> T:
        try:
            return msgspec.convert(plain, kind)
        except msgspec.ValidationError as error:
            name = getattr(kind, "__name__", str(kind))
            raise Unreadable(f"{self.name}: {name} cannot be read: {error}") from None


class Nothing(msgspec.Struct, frozen=True):
    """A question that needs no words."""


class EnergyWanted(msgspec.Struct, frozen=True):
    """Energy that a piece of work takes, in W h."""

    watt_hours: Annotated[float, msgspec.Meta(ge=0.0, le=100_000.0)]


class Permission(msgspec.Struct, frozen=True):
    """Whether it is granted; if not, why."""

    granted: bool
    reason: str = ""


class ContainerStatus(msgspec.Struct, frozen=True):
    """Lid and latch of the container by their switches (None: not known), and the MAV's state."""

    lid_closed: bool | None
    latched: bool | None
    state: str


class CapsuleStatus(msgspec.Struct, frozen=True):
    """The capsule's state; whether the container sits in its bay (None: not known), how many tubes
    are in it by its ledger, whether its last checks have passed."""

    state: str
    payload_seated: bool | None
    tubes_held: int | None
    checked: bool


class EntryTime(msgspec.Struct, frozen=True):
    """Seconds from the separation of the capsule to its entry; None where none is set."""

    entry_after: float | None


class OrderNamed(msgspec.Struct, frozen=True):
    """A command by its identifier."""

    identifier: str


class OrderStanding(msgspec.Struct, frozen=True):
    """The rung that the command has come to; empty when it was never heard of."""

    rung: str


LAUNCH_PERMISSION = Topic(
    "launch.permission", Nothing, Permission, ("lander",),
    "The MAV: does the lander stand ready for the launch, with the arm out of the way?",
)  # fmt: skip
ENERGY_PERMISSION = Topic(
    "energy.permission", EnergyWanted, Permission, ("lander",),
    "The arm: is there energy for a piece of work?",
)  # fmt: skip
CONTAINER_STATUS = Topic(
    "container.status", Nothing, ContainerStatus, ("mav",),
    "Who puts the lid on or takes it off: is it on, and is it latched?",
)  # fmt: skip
CAPSULE_STATUS = Topic(
    "capsule.status", Nothing, CapsuleStatus, ("entry",),
    "The orbiter: how is the capsule?",
)  # fmt: skip
SET_ENTRY = Topic(
    "capsule.set_entry", EntryTime, EntryTime, ("entry",),
    "The orbiter, before it lets the armed capsule go: when the entry will be.",
)  # fmt: skip
COMMAND_VERDICT = Topic(
    "command_verdict", OrderNamed, OrderStanding, EVERY_NODE,
    "Who has sent a command of a sequence: how far has it come?",
)  # fmt: skip

OFFER = Topic(
    "custody.offer", custody.Offer, custody.Offered, HOLDERS,
    "Of the giver, when the receiver moves the tube: offer it to me.",
)  # fmt: skip
RELEASE = Topic(
    "custody.release", custody.Transfer, custody.Standing, HOLDERS,
    "Of the giver, when the receiver moves the tube: let go of it.",
)  # fmt: skip
CHECK = Topic(
    "custody.check", custody.Transfer, custody.Seen, HOLDERS,
    "Of the giver: what do you see at your place?",
)  # fmt: skip
DECIDED = Topic(
    "custody.decided", custody.Standing, custody.Standing, HOLDERS,
    "Of the giver: I, the receiver, have decided.",
)  # fmt: skip
EXPECT = Topic(
    "custody.expect", custody.Expect, custody.Expected, HOLDERS,
    "Of the receiver, when the giver moves the tube: expect it.",
)  # fmt: skip
DECIDE = Topic(
    "custody.decide", custody.Decide, custody.Standing, HOLDERS,
    "Of the receiver: I, the giver, move nothing any more; decide.",
)  # fmt: skip
WITHDRAWN = Topic(
    "custody.withdrawn", custody.Transfer, custody.Standing, HOLDERS,
    "Of the receiver: I, the giver, have taken back my offer.",
)  # fmt: skip
OUTCOME = Topic(
    "custody.outcome", custody.Transfer, custody.Standing, HOLDERS,
    "Of either: how does this transfer stand?",
)  # fmt: skip
CEDE = Topic(
    "custody.cede", custody.Lost, custody.Ceded, HOLDERS,
    "Of who answers for a tube that is lost: I see it here; let me find it.",
)  # fmt: skip

TOPICS: tuple[Topic[Any, Any], ...] = (
    LAUNCH_PERMISSION, ENERGY_PERMISSION, CONTAINER_STATUS, CAPSULE_STATUS, SET_ENTRY,
    COMMAND_VERDICT, OFFER, RELEASE, CHECK, DECIDED, EXPECT, DECIDE, WITHDRAWN, OUTCOME, CEDE,
)  # fmt: skip
"""All that there are."""
