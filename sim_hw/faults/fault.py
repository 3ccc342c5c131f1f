"""One fault: what breaks, how, when, and for how long."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from flight.icd.amounts import Amount
from sim_hw.faults.kind import FaultKind, TargetKind

Seconds = Annotated[float, Amount("s", ge=0.0, le=1e10)]
Name = Annotated[str, Meta(min_length=1, max_length=80)]
EventName = Annotated[str, Meta(pattern=r"^[a-z_]+\.[a-z_0-9]+\Z", max_length=80)]
"""`<who>.<event>`: who tells it (a vehicle, `ground`, `run`), and its name."""


class Target(Struct, frozen=True):
    """What breaks: a sort of thing, and which one of it."""

    kind: TargetKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


# -------------------------------------------------------------------- triggers


class At(Struct, frozen=True, forbid_unknown_fields=True):
    """At a mission time in s; one that is over means at once."""

    at: Seconds


class After(Struct, frozen=True, forbid_unknown_fields=True):
    """`delay` s after an event is told for the `times`-th time since the fault was armed."""

    after: EventName
    delay: Seconds = 0.0
    times: Annotated[int, Meta(ge=1, le=100_000)] = 1


_IN_FILES = {"state": "in", "held": "for"}


class InState(Struct, frozen=True, forbid_unknown_fields=True, rename=_IN_FILES):
    """As soon as a node has been in a state (`<vehicle>.<state path>`), or inside it, for `for`
    s."""

    state: Annotated[str, Meta(pattern=r"^[a-z_]+(\.[a-z_0-9]+)+\Z", max_length=200)]
    held: Seconds = 0.0


class Nth(Struct, frozen=True, forbid_unknown_fields=True):
    """On the `nth` call, message or frame since the fault was armed, and on the next ones: `calls`
    in all, or for as long as the fault lasts where it says so."""

    nth: Annotated[int, Meta(ge=1, le=10_000_000)]
    calls: Annotated[int, Meta(ge=1, le=10_000_000)] | None = None


class Chance(Struct, frozen=True, forbid_unknown_fields=True):
    """By probability: on each call, message or frame for itself, or (`per: 1 s`) once, after a wait
    that is drawn so that it begins with that probability in each such time."""

    probability: Annotated[float, Meta(ge=0.0, le=1.0)]
    per: Annotated[float, Amount("s", gt=0.0, le=1e10)] | None = None


class Tubes(Struct, frozen=True, forbid_unknown_fields=True):
    """As soon as so many tubes are truly at a place."""

    tubes: Annotated[int, Meta(ge=0, le=43)]
    place: str


Trigger = At | After | InState | Nth | Chance | Tubes
TRIGGERS: dict[str, type[Struct]] = {
    "at": At, "after": After, "in": InState, "nth": Nth, "probability": Chance, "tubes": Tubes,
}  # fmt: skip
"""Each trigger by the key that only it has."""
COUNTING = (Nth,)


class Until(Struct, frozen=True, forbid_unknown_fields=True):
    """Until an event is told."""

    until: EventName


class Fault(Struct, frozen=True, kw_only=True):
    """Something that breaks in a run.

    `method` and `fields` narrow it down within the target; `when` None: as soon as it is armed;
    `lasts` None: until it is healed, or the run ends.
    """

    id: str
    target: Target
    kind: FaultKind
    method: str | None = None
    fields: tuple[str, ...] = ()
    when: Trigger | None = None
    lasts: float | Until | None = None

    def words(self) -> str:
        """In short, for people."""
        where = str(self.target)
        if self.method:
            where += f".{self.method}"
        if self.fields:
            where += f" ({', '.join(self.fields)})"
        return f"{self.kind.name()} of {where}"


class Hit(Struct, frozen=True, kw_only=True):
    """One time at which a fault changed something: when (s of mission time), where, and what.

    `number`: of the hits of this fault, from 1; not every one of many is kept.
    """

    time: float
    fault: str
    where: str
    before: Any = None
    after: Any = None
    number: int = 1


def is_per_call(when: Trigger | None) -> bool:
    """Whether a trigger decides over single calls, messages or frames."""
    return isinstance(when, Nth) or (isinstance(when, Chance) and when.per is None)
