"""Requests that only look. Everybody who is known may send them; all answers are bounded."""

from typing import Annotated

from msgspec import Meta, field

from ground.api.fields import (
    Arguments,
    Limit,
    Name,
    Nanoseconds,
    Note,
    Number,
    Read,
    Seconds,
    Topics,
)

Pixels = Annotated[int, Meta(ge=1, le=4000)]


class Hello(Read, frozen=True, tag="hello"):
    """Who I am here, and what this run is.

    Answers `mission`, `title`, `vehicles` [{name, title}], `seed`, `host`, `deterministic`,
    `epoch_utc`, `sols_at_zero`, `you` {name, roles}, `authority`, `dictionary_hash`,
    `journal_last`.
    """


class GetDictionary(Read, frozen=True, tag="dictionary"):
    """The dictionary of all vehicles.

    Answers `vehicles` and `hash`. With `vehicle` that one alone: all of them are some 800 kB.
    """

    vehicle: Name | None = None


class Snapshot(Read, frozen=True, tag="snapshot"):
    """How all is now, with the number of the journal that it is true at.

    Answers `journal_last`, `stack`, `authority`, `vehicles` [{name, state, mode, stale, silence_s,
    last_heard_ns}], and what else is kept of `topics` (none: of all).
    """

    topics: Topics = ()


class Since(Read, frozen=True, tag="since"):
    """The entries of the journal after a number, at most `limit`; of some topics or of all."""

    number: Number = 0
    topics: Topics = ()
    limit: Limit = 500


class History(Read, frozen=True, tag="history"):
    """Commands, the newest first, with their arguments and how far each has come.

    `before`: only those issued before the command of this identifier.
    """

    vehicle: Name | None = None
    name: Name | None = None
    user: Name | None = None
    limit: Limit = 100
    before: Annotated[str, Meta(max_length=120)] | None = None


class Values(Read, frozen=True, tag="values"):
    """The value of each channel as it was known at an instant (now, where none is given)."""

    at_ns: Nanoseconds | None = None
    vehicle: Name | None = None


class Series(Read, frozen=True, tag="series"):
    """A channel from `t0_ns` to `t1_ns`: at most `pixels` rows [t_ns, min, max, last]."""

    vehicle: Name
    channel: Name
    t0_ns: Nanoseconds
    t1_ns: Nanoseconds
    pixels: Pixels = 1000


class Events(Read, frozen=True, tag="events"):
    """Events that came down, the newest first. `severity`: of this one and of worse; `text`: a part
    of it."""

    source: Name | None = None
    name: Name | None = None
    severity: Name | None = None
    since_ns: Nanoseconds | None = None
    until_ns: Nanoseconds | None = None
    text: Annotated[str, Meta(max_length=200)] | None = None
    limit: Limit = 200


class GetAlarms(Read, frozen=True, tag="alarms"):
    """The alarms that are not over; with `all` every one."""

    all: bool = False
    limit: Limit = 200


class Passes(Read, frozen=True, tag="passes"):
    """The passes over vehicles, predicted and past."""

    from_ns: Nanoseconds | None = None
    to_ns: Nanoseconds | None = None
    limit: Limit = 500


class Custody(Read, frozen=True, tag="custody"):
    """Where each tube is by the reports; with `tube` every step of it."""

    tube: Name | None = None


class Changes(Read, frozen=True, tag="changes"):
    """What changed since an instant, or since a pass ago: rungs, modes, limits, tubes, data."""

    since_ns: Nanoseconds | None = None
    since_pass: Annotated[int, Meta(ge=1, le=100)] | None = None


class Procedures(Read, frozen=True, tag="procedures"):
    """The procedures that there are, each with its state."""


class GetProcedure(Read, frozen=True, tag="procedure"):
    """One procedure with its steps and, where it runs, its place; the one that runs by default."""

    name: Name | None = None


class DryRun(Read, frozen=True, tag="dry_run"):
    """What staging would say, without doing it: problems, bytes on the link, windows."""

    vehicle: Name
    command: Name
    arguments: Arguments = field(default_factory=dict)
    lifetime: Seconds = 600.0
    note: Note = ""


READS = (
    Hello | GetDictionary | Snapshot | Since | History | Values | Series | Events | GetAlarms
    | Passes | Custody | Changes | Procedures | GetProcedure | DryRun
)  # fmt: skip
