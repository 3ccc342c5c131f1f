"""A trainer's requests: what breaks, drills with people, and instants to come back to."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, get_args

from msgspec import Meta

from ground.api.fields import Change, Limit, Name, Nanoseconds, Note, Read

LARGEST_DRILL = 50_000
"""Characters of a drill file."""


class FaultTargets(Read, frozen=True, tag="fault_targets"):
    """What can break in this run, for trainers.

    Answers `targets` [{sort, name}], `triggers` {key: {doc, arguments}} and `lasts`, the entry of
    how long. An entry of an argument is as in the dictionary, with `units` {unit: how many of the
    entry's own it is} that it may be given in.
    """


class FaultKinds(Read, frozen=True, tag="fault_kinds"):
    """How a target can break, for trainers.

    Answers `kinds` [{name, doc, why_not, methods {method: fields}, arguments}]: `why_not` says why
    a kind cannot be there, and is empty where it can.
    """

    sort: Name
    target: Name


class Faults(Read, frozen=True, tag="faults"):
    """The faults of this run, for trainers.

    Answers `faults` [{id, words, fault, state: waiting|acting|over, began_ns, healed_ns, hits}],
    the newest first, and `hits` [{t_ns, fault, where, before, after, number}] of all or of one
    (`of`).
    """

    of: Name | None = None
    limit: Limit = 100


class FaultInject(Change, frozen=True, tag="fault_inject"):
    """A trainer lets something break: a fault as drill files and `msr fly --fault` say it."""

    fault: dict[str, Any]


class FaultHeal(Change, frozen=True, tag="fault_heal"):
    """A trainer lets a fault that was injected be whole again."""

    name: Name


class KillRequest(Change, frozen=True, tag="kill"):
    """A trainer lets a participant die now (a vehicle, or `ground`); it is started again."""

    role: Name


class Checkpoints(Read, frozen=True, tag="checkpoints"):
    """The instants of this run that trainers have named, for trainers.

    Answers `checkpoints` [{name, note, by, t_ns}], the newest first, and `branch_of`, the run that
    this one branches off from, or null.
    """


class Branch(Read, frozen=True, tag="branch"):
    """A trainer goes on from an instant of this run in another: from a `checkpoint`, or from `t_ns`
    of mission time. Asked of the edge, and done where somebody starts runs (`msr console --demo`).

    The record of the other begins with that of this one up to the instant; this run ends and is
    kept. `folder`: a name for the other's, beside this one's. Answers `folder` and `at`;
    everybody's page and session goes over to it, and it stands there.
    """

    checkpoint: Name | None = None
    t_ns: Nanoseconds | None = None
    folder: Annotated[str, Meta(pattern=r"^([A-Za-z0-9][A-Za-z0-9_-]{0,79})?$(?!\n)")] = ""


class DrillFiles(Read, frozen=True, tag="drill_files"):
    """The drill files that this run can have, for trainers.

    Answers `drills` [{name, title, cases, steps}]; `steps`: how many are for people to do. With
    `name`: that one's `text`.
    """

    name: Annotated[str, Meta(max_length=200)] | None = None


class DrillNow(Read, frozen=True, tag="drill"):
    """The drill that waits, is under way or was the last.

    To who is no trainer none is under way before something was asked of people.
    Answers `state` (none, waiting, under_way, over) and `prompts`, what people were asked:
    [{number, prompt, state, asked_ns, deadline_ns, done_ns, by}], `state` one of not_yet, asked,
    overdue, in_time, late. Trainers are told before its end what it is (`name`, `title`, `faults`,
    `began_ns`, `ends_ns`) and of each prompt what is to be done. When it is over, everybody:
    `verdict`, `because`, `faults`, `within`, `broken`, `marks`, `tubes`.
    """


class DrillBegin(Change, frozen=True, tag="drill_begin"):
    """A trainer has a drill begin: the text of a drill file, of this run's scenario.

    It begins where the file says, the next time that that comes, or `now`; `stand`: the run stands
    there, until somebody lets it go on. Its `operator` steps are prompts for people.
    """

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_/-]{0,119}$(?!\n)")]
    text: Annotated[str, Meta(min_length=1, max_length=LARGEST_DRILL)]
    case: Annotated[str, Meta(max_length=80)] = ""
    now: bool = False
    stand: bool = False


class DrillEnd(Change, frozen=True, tag="drill_end"):
    """A trainer breaks off the drill that waits or is under way; it is judged by what has come."""


class Checkpoint(Change, frozen=True, tag="checkpoint"):
    """A trainer gives this instant a name, so that a run can branch off from it later."""

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,39}$(?!\n)")]
    note: Note = ""


HIDDEN = "hidden"
"""What an entry says of itself to who is not to know it."""
HIDING_TOPICS = ("fault", "audit")
"""Topics of which entries may be hidden."""


def is_hidden(entry: Mapping[str, Any]) -> bool:
    """Whether an entry of the journal is not for who is trained: all that trainers do. That a drill
    begins or ends is a part of it: what the crew is to know of it, it is asked (`drill`)."""
    what = entry.get("what")
    if entry.get("topic") == "fault":
        return True
    return entry.get("topic") == "audit" and (what == HIDDEN or what in TRAINING_NAMES)


def for_crew(entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Entries as they are told to who is no trainer: what is hidden has its place and its time in
    the journal, and says nothing."""
    return [blank(entry) if is_hidden(entry) else dict(entry) for entry in entries]


def blank(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry that is not for who asks."""
    return {**entry, "what": HIDDEN, "who": "", "vehicle": "", "data": {}}


TRAINING_READS = (
    FaultTargets | FaultKinds | Faults | DrillFiles | DrillNow | Checkpoints | Branch
)  # fmt: skip
TRAINING = FaultInject | FaultHeal | KillRequest | DrillBegin | DrillEnd | Checkpoint
TRAINING_NAMES = tuple(str(kind.__struct_config__.tag) for kind in get_args(TRAINING))
"""What trainers do to a run, which who operates it does not know of."""
