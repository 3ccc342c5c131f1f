"""Requests that only look. Everybody who is known may send them; all answers are bounded."""

from typing import Annotated

from msgspec import Meta, Struct, field

from ground.api.fields import (
    Arguments,
    Condition,
    Lifetime,
    Limit,
    Name,
    Nanoseconds,
    Note,
    Number,
    Read,
    Seconds,
    StageName,
    Topics,
)

MOST_PREVIEWED = 20
Pixels = Annotated[int, Meta(ge=1, le=4000)]


class Hello(Read, frozen=True, tag="hello"):
    """Who I am here, and what this run is.

    Answers `mission`, `title`, `vehicles` [{name, title}], `seed`, `host`, `deterministic`,
    `epoch_utc`, `sols_at_zero`, `you` {name, roles}, `authority`, `dictionary_hash`,
    `journal_last`, `branch_of` {run, time_ns, inputs, checkpoint}, or null, and `condition_sols`,
    for which a command waits for its condition where nobody says until when.
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
    """The entries of the journal after a number, at most `limit`; of some topics or of all.

    Of what trainers do, others are told that there was something (`hidden`), and not what. Streams
    tell everybody no more than that: who listens has not said who they are, so a trainer asks here.
    """

    number: Number = 0
    topics: Topics = ()
    limit: Limit = 500


class History(Read, frozen=True, tag="history"):
    """Commands, the newest first, with their arguments and how far each has come.

    `before`: only those issued before the command of this identifier; `until_ns`: only those issued
    by then.
    """

    vehicle: Name | None = None
    name: Name | None = None
    user: Name | None = None
    limit: Limit = 100
    until_ns: Nanoseconds | None = None
    before: Annotated[str, Meta(max_length=120)] | None = None


class Values(Read, frozen=True, tag="values"):
    """The value of each channel as it was known at an instant (now, where none is given).

    Answers `at_ns`, `limit_set` (what was chosen then), `limit_sets` {VEHICLE: the set by which it
    is judged} and `values` [[vehicle, channel, value, occurred_ns, received_ns, state]], derived
    channels too; the state is OK, YELLOW, RED, STALE or NONE.
    """

    at_ns: Nanoseconds | None = None
    vehicle: Name | None = None


class Series(Read, frozen=True, tag="series"):
    """A channel from `t0_ns` up to `t1_ns`, by the stamps of its vehicle.

    Answers `unit`, at most `pixels` `rows` [t_ns, min, max, last], `before` [t_ns, value] of the
    last sample before, or null, and the number of `samples`.
    """

    vehicle: Name
    channel: Name
    t0_ns: Nanoseconds
    t1_ns: Nanoseconds
    pixels: Pixels = 1000


class Events(Read, frozen=True, tag="events"):
    """Events that came down, the newest first. `severity`: of this one and of worse; `text`: a part
    of it. The times are those of receipt.

    Answers `events` [{vehicle, name, severity, occurred_ns, received_ns, text, data, boot,
    number}].
    """

    source: Name | None = None
    name: Name | None = None
    severity: Name | None = None
    since_ns: Nanoseconds | None = None
    until_ns: Nanoseconds | None = None
    text: Annotated[str, Meta(max_length=200)] | None = None
    limit: Limit = 200


class GetAlarms(Read, frozen=True, tag="alarms"):
    """The alarms that are not over, the newest first; with `all` every one; with `at_ns` those that
    were not over then, as the journal has them (`journaled`: whether it has any: nobody keeps one
    of a run that flies by itself).

    Answers `alarms` [{number, vehicle, name, severity, state, unacknowledged, raised_ns, last_ns,
    count, text, owner, notes, acknowledged_by, acknowledged_ns, latched, shelved_until_ns,
    shelved_by, shelved_why}], how many are `left`, and how many are `unacknowledged`.
    """

    all: bool = False
    at_ns: Nanoseconds | None = None
    limit: Limit = 200


class Passes(Read, frozen=True, tag="passes"):
    """The passes over vehicles, predicted and past, and how the links were.

    Answers `passes` [{vehicle, start_ns, end_ns, predicted_ns, state, frames, bytes, packets,
    expected_bytes}] with the state past, now or coming, `light_time` [[t_ns, s one way,
    conjunction]] and `links` [[spacecraft, since_ns, up, bit/s]].
    """

    from_ns: Nanoseconds | None = None
    to_ns: Nanoseconds | None = None
    limit: Limit = 500


class Custody(Read, frozen=True, tag="custody"):
    """Where each tube is by the reports; with `tube` every step of it; with `at_ns` by those that
    had come by then.

    Answers `tubes`, or `tube` and `steps`.
    """

    tube: Name | None = None
    at_ns: Nanoseconds | None = None


class Changes(Read, frozen=True, tag="changes"):
    """What came down since an instant, or since so many passes ago, up to now or to `at_ns`.

    Answers `rungs`, `modes`, `limits`, `alarms`, `tubes`, `values` and `warnings`, at most 500 of
    each, `left` {kind: how many more}, `events` {severity: count} and `log`, text for a shift log.
    """

    since_ns: Nanoseconds | None = None
    since_pass: Annotated[int, Meta(ge=1, le=100)] | None = None
    at_ns: Nanoseconds | None = None


class Products(Read, frozen=True, tag="products"):
    """Data products, whole or not, and what the ground found on pictures.

    Answers `products`: of each its `kind` (pieces, picture), `vehicle` and `name`; of pieces
    `count`, `here`, `whole`, `missing` numbers, and `again`: the command that has them sent anew.
    """


class Product(Read, frozen=True, tag="product"):
    """What a product in pieces tells, as rows to draw: as far as its pieces are here.

    Answers `columns`, `rows`, at most 1000, `began_s` (mission time of the first), `count` and
    `missing` numbers of pieces. Refused for a product that is no record over time.
    """

    vehicle: Name
    name: Name


class OnBoard(Read, frozen=True, tag="on_board"):
    """What a vehicle has loaded: what we think, and what it has told; with `at_ns` by what had been
    heard by then.

    Answers `parameters` {name: {thought, told, agrees, staged}}, `sequences` {name: {loaded_ns,
    thought, told, entry, run, told_ns}}, `protection` and `protection_commands`.
    """

    vehicle: Name
    at_ns: Nanoseconds | None = None


class Procedures(Read, frozen=True, tag="procedures"):
    """The procedures that there are, each with its state; `mission` is the mission's own.

    Answers `procedures` [{name, title, version, position, of, doing, phase, ended, reason,
    attended, pace, by, hold, draft, approved}]; `hold` {kind, id, text, answers, roles, said, hash,
    command} is what it waits for people for, or null. `draft` and `approved` {version, title,
    state, saved_ns, hands, hazardous, approved_by, approved_ns, note} are what there is of one that
    people wrote, or null; the state of a draft is draft, and submitted once it is to be reviewed.
    `version` is what runs: the one that was approved, of the mission's own that of its program.
    """


class GetProcedure(Read, frozen=True, tag="procedure"):
    """One procedure with its steps and, where it was run, its place; the mission's own by default.

    Answers the same as `procedures`, `steps` [{position, path, file, line, do, what, vehicle,
    phase, label, on_failure, hazardous}], `log` [[t_ns, step, text]] of the run that it is in,
    `begun` [[position, t_ns]] (which steps it came to, and when last: some are passed over), and
    the text of its versions.
    """

    name: Name | None = None


class DryRun(Read, frozen=True, tag="dry_run"):
    """What staging would say, without doing it: problems, bytes on the link, windows."""

    vehicle: Name
    command: Name
    arguments: Arguments = field(default_factory=dict)
    lifetime: Seconds = 600.0
    note: Note = ""
    when: Condition | None = None
    not_after: Nanoseconds | None = None
    unit: bool = True


class PreviewedCommand(Struct, frozen=True, forbid_unknown_fields=True):
    """A command that is not staged; when it leaves as with `stage`."""

    vehicle: Name
    command: Name
    arguments: Arguments = field(default_factory=dict)
    lifetime: Lifetime = 600.0
    when: Condition | None = None
    not_after: Nanoseconds | None = None
    unit: bool = True


class Preview(Read, frozen=True, tag="preview"):
    """Flies commands on a twin of the run before they are sent: what is staged, in this order, or
    `commands` that are not; with neither the twin is warmed up. Asked of the edge.

    Answers `begin_ns`, `end_ns`, `ended_by` (over, horizon, time, ended), `hash` of what it was
    made from, `items` [{stage, version, vehicle, command, arguments, problems, status, detail,
    sent_ns, rungs}], `vehicles` {name: {mode, charge {begin, lowest, lowest_ns, end}, track [[t_ns,
    east, north]], warnings}}, `assumes`, sentences that say what it rests on, `cautions`, what the
    vehicles have told of anything else and the twin has not, and `waited_ns`, by how much the twin
    was flown on before; or `warming` {at_ns, now_ns} while the twin flies to where the run is: ask
    again. It is refused where all twins that were tried differ from what the vehicles have told
    of what the commands concern.
    """

    stages: Annotated[tuple[StageName, ...], Meta(max_length=MOST_PREVIEWED)] = ()
    commands: Annotated[tuple[PreviewedCommand, ...], Meta(max_length=MOST_PREVIEWED)] = ()


READS = (
    Hello | GetDictionary | Snapshot | Since | History | Values | Series | Events | GetAlarms
    | Passes | Custody | Changes | Products | Product | OnBoard | Procedures | GetProcedure | DryRun
    | Preview
)  # fmt: skip
