"""The table of a vehicle's fault protection: what is watched, what is done, and the timers.

Plain types, as a file or a command gives them; `table_checks` says what of them has no meaning for
a vehicle. Times are seconds.
"""

from enum import StrEnum
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from flight.configuration.files import NotAllowed
from flight.icd.amounts import Amount

FORMAT: Final = 1
MOST_EQUAL: Final = 1000
"""Readings in a row, the longest that a frozen sensor may be waited for."""
Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*\Z", max_length=60)]
Words = Annotated[str, Meta(min_length=1, max_length=300)]
Text = Annotated[str, Meta(min_length=1, max_length=500)]
Seconds = Annotated[float, Amount("s", ge=0.0, le=1e9)]
SomeSeconds = Annotated[float, Amount("s", gt=0.0, le=1e9)]


class Policy(StrEnum):
    """What a verdict that tells nothing (STALE, INVALID) counts for.

    VIOLATED: as a violation. HOLD: time stands still, what has been counted stays. IGNORE: what has
    been counted is forgotten.
    """

    VIOLATED = "violated"
    HOLD = "hold"
    IGNORE = "ignore"


class Mode(StrEnum):
    """How a response stands.

    PASSIVE judges and counts what it would have done, and never uses up a shot. TRIPPED: its budget
    is used up; latched until it is armed again.
    """

    ACTIVE = "active"
    PASSIVE = "passive"
    DISABLED = "disabled"
    TRIPPED = "tripped"


class _Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Figure(_Entry, frozen=True, kw_only=True):
    """A number with a unit of the kind of what it is held against."""

    value: float
    unit: str = "1"


class Noise(_Entry, frozen=True, kw_only=True):
    """One standard deviation of a figure: so much, and `part` of its size more."""

    value: Annotated[float, Meta(gt=0.0)]
    unit: str = "1"
    part: Annotated[float, Amount("1", ge=0.0, le=1.0)] = 0.0


class Span(_Entry, frozen=True, kw_only=True):
    """Lowest and highest value that are allowed."""

    value: tuple[float, float]
    unit: str = "1"

    def __post_init__(self) -> None:
        low, high = self.value
        if not low < high:
            raise NotAllowed("value", "two rising numbers")


class Within(_Entry, frozen=True, kw_only=True):
    """How far from something else it may be: so far, and `part` of the other's size more."""

    within: Figure
    part: Annotated[float, Amount("1", ge=0.0, le=1.0)] = 0.0


class Checks(_Entry, frozen=True, kw_only=True):
    """What a reading has to pass to be used at all, beyond what its interface says.

    `rate`: greatest change by the true time between two stamps, beyond the `noise` of the figure.
    `frozen_after`: so many readings with the same figure are no measurement; allowed where there is
    noise, and by the `quantum` of the figure. `stamp_age`: the oldest that it may be when it comes.
    `against`: what it has to agree with, of another source. After `reopen_after` readings in a row
    that were refused for their rate, agree with each other and with what is in `against`, they are
    believed: a true jump must not be refused for ever.
    """

    finite: bool = True
    range: Span | None = None
    rate: Figure | None = None
    frozen_after: Annotated[int, Meta(ge=2, le=MOST_EQUAL)] | None = None
    noise: Noise | None = None
    quantum: Figure | None = None
    stamp_age: SomeSeconds | None = None
    against: dict[str, Within] = {}
    reopen_after: Annotated[int, Meta(ge=2, le=1000)] = 5

    def __post_init__(self) -> None:
        if not self.finite:
            raise NotAllowed("finite", "true: what is not finite is no measurement")


class Monitor(_Entry, frozen=True, kw_only=True):
    """Watches a reading (`of`, `checks`), or a condition (`violated_if`).

    `set`: so long it has to be violated until it counts; `clear`: so long it has to be well again.
    `clear_if`: hysteresis, what has to hold besides. `stale_after`: the age at which what it looks
    at tells nothing. `active_in`, `not_in`: states of the vehicle.
    """

    says: Words
    of: str = ""
    checks: Checks | None = None
    violated_if: Text | None = None
    clear_if: Text | None = None
    set: Seconds = 0.0
    clear: Seconds = 0.0
    stale_after: SomeSeconds | None = None
    when_stale: Policy = Policy.HOLD
    when_invalid: Policy = Policy.HOLD
    active_in: tuple[str, ...] = ()
    not_in: tuple[str, ...] = ()
    enabled: bool = True

    def __post_init__(self) -> None:
        if bool(self.of) == bool(self.violated_if):
            raise ValueError("a monitor has either `of`, a reading, or `violated_if`, a condition")
        if self.checks is not None and not self.of:
            raise NotAllowed("checks", "something only beside `of`")
        if self.clear_if is not None and not self.violated_if:
            raise NotAllowed("clear_if", "something only beside `violated_if`")


class Budget(_Entry, frozen=True, kw_only=True):
    """How often in which time; `over_boots`: counted also over reboots."""

    times: Annotated[int, Meta(ge=1, le=1000)]
    per: SomeSeconds
    over_boots: bool = False


class Rung(_Entry, frozen=True, kw_only=True):
    """The next step of a ladder: what is done if its monitors are not clear after a time."""

    not_cleared_in: SomeSeconds
    do: Annotated[tuple[str, ...], Meta(min_length=1, max_length=20)]
    then: "Rung | None" = None


class Response(_Entry, frozen=True, kw_only=True):
    """What is done when a monitor is violated: actions that the vehicle declares, in their order.

    `priority`: the higher goes first. `cool_down`: so long it rests after it has ended; then it
    acts again if there is still a reason. `interruptible`: a higher one may end it half-way.
    `when_clear`: what is done once all its monitors are clear again after it has acted.
    """

    says: Words
    on: str | tuple[str, ...]  # without restrictions here: msgspec 0.22 frees those of a union
    do: Annotated[tuple[str, ...], Meta(min_length=1, max_length=20)]
    priority: Annotated[int, Meta(ge=1, le=100)] = 50
    mode: Literal["active", "passive", "disabled"] = "active"
    budget: Budget | None = None
    cool_down: Seconds = 0.0
    interruptible: bool = False
    then: Rung | None = None
    when_clear: Annotated[tuple[str, ...], Meta(max_length=20)] = ()

    def __post_init__(self) -> None:
        if not self.on:
            raise NotAllowed("on", "the name of a monitor, or a list of some")

    @property
    def monitors(self) -> tuple[str, ...]:
        """The monitors that it answers."""
        return (self.on,) if isinstance(self.on, str) else self.on


class CommandLoss(_Entry, frozen=True, kw_only=True):
    """What is done when no valid command has come for so long.

    `in_states`: another time in some states; while the vehicle is there it is that which counts.
    `again`: so long after the last step of the ladder it is gone up anew, until a command comes
    (without: as long as `after`).
    `announced`: the longest silence that may be announced at once, which is what the phase plans,
    in some states another (`announced_in`); more takes ARM and FIRE. `longest`: what nobody may
    announce more than. Without either there is no such limit.
    """

    after: SomeSeconds
    in_states: dict[str, SomeSeconds] = {}
    do: Annotated[tuple[str, ...], Meta(min_length=1, max_length=20)]
    then: Rung | None = None
    again: SomeSeconds | None = None
    announced: SomeSeconds | None = None
    announced_in: dict[str, SomeSeconds] = {}
    longest: SomeSeconds | None = None

    @property
    def rest(self) -> float:
        """Seconds from the end of the ladder until it begins anew."""
        return self.after if self.again is None else self.again


class ConfirmCommunication(_Entry, frozen=True, kw_only=True):
    """Parameters that go back by themselves unless confirmed within so many passes of a peer, or
    `within` a time where no pass comes at all."""

    passes: Annotated[int, Meta(ge=1, le=100)]
    within: SomeSeconds | None = None
    parameters: Annotated[tuple[str, ...], Meta(min_length=1)]


class Timers(_Entry, frozen=True, kw_only=True):
    """What happens when nothing does."""

    command_loss: CommandLoss | None = None
    confirm_communication: ConfirmCommunication | None = None


class Load(_Entry, frozen=True, kw_only=True):
    """A load that is shed below a state of charge, and is back above another."""

    below: Annotated[float, Amount("1", ge=0.0, le=1.0)]
    back_above: Annotated[float, Amount("1", ge=0.0, le=1.0)]
    in_safe: bool = False

    def __post_init__(self) -> None:
        if not self.below < self.back_above:
            raise NotAllowed("back_above", "more than below")


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of it. `shedding`: loads by name, those that go first at first; `charge`: the
    channel that they go by."""

    format: Literal[1] = FORMAT
    monitors: dict[Name, Monitor] = {}
    responses: dict[Name, Response] = {}
    timers: Timers = Timers()
    charge: str = "state_of_charge"
    shedding: dict[Name, Load] = {}
