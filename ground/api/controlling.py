"""Requests about alarms, limits and procedures."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from ground.api.fields import Change, Name, Nanoseconds, Note, Number, Person

Why = Annotated[str, Meta(min_length=1, max_length=2000)]
StepNumber = Annotated[int, Meta(ge=0, le=100_000)]


class AlarmAck(Change, frozen=True, tag="alarm_ack"):
    """Somebody has seen an alarm."""

    number: Number
    note: Note = ""


class AlarmReset(Change, frozen=True, tag="alarm_reset"):
    """Somebody lets go of a latched alarm, which was seen and holds no more."""

    number: Number
    note: Note = ""


class AlarmShelve(Change, frozen=True, tag="alarm_shelve"):
    """An alarm is not to call until an instant; `why` says why."""

    number: Number
    until_ns: Nanoseconds
    why: Why


class AlarmUnshelve(Change, frozen=True, tag="alarm_unshelve"):
    """A shelved alarm may call again."""

    number: Number


class AlarmOwn(Change, frozen=True, tag="alarm_own"):
    """Somebody (oneself, where nobody is named) looks after an alarm."""

    number: Number
    owner: Person | None = None


class AlarmNote(Change, frozen=True, tag="alarm_note"):
    """Adds a note to an alarm."""

    number: Number
    note: Why


class LimitsSet(Change, frozen=True, tag="limits_set"):
    """Puts a set of limits in force, by its name: for a vehicle, or (none is named) for all, also
    where another was chosen for one of them. `by_phase`: the set of the phase that a vehicle is in.

    Answers `name`, `sets` {NAME: what it is for}, `limits` of the sets in force {VEHICLE.CHANNEL:
    {yellow, red}} and `vehicles` {NAME: {set, by (phase or hand), since_ns, mode, settling: sets by
    which a value may still look good, stale: nobody knows whether it is still in that phase}}.
    """

    name: Name
    vehicle: Name | None = None


class ProcedureRun(Change, frozen=True, tag="procedure_run"):
    """Starts a procedure that is approved, with the variables of its mission."""

    name: Name


class ProcedurePause(Change, frozen=True, tag="procedure_pause"):
    """Halts the procedure after the step that it is in."""

    name: Name | None = None


class ProcedureStep(Change, frozen=True, tag="procedure_step"):
    """Does one step of a halted procedure."""

    name: Name | None = None


class ProcedureGo(Change, frozen=True, tag="procedure_go"):
    """A halted procedure goes on; past a step that failed, `why` says why."""

    why: Note = ""
    name: Name | None = None


class ProcedureRetry(Change, frozen=True, tag="procedure_retry"):
    """Does the step anew that failed."""

    name: Name | None = None


class ProcedureStop(Change, frozen=True, tag="procedure_stop"):
    """Ends the procedure; `why` says why. With the mission's own the run ends; the answer `says`
    so."""

    why: Why
    name: Name | None = None


class ProcedureJump(Change, frozen=True, tag="procedure_jump"):
    """A halted procedure goes on from another step; `why` says why."""

    step: StepNumber
    why: Why
    name: Name | None = None


class ProcedureAnswer(Change, frozen=True, tag="procedure_answer"):
    """Answers a prompt of the procedure."""

    prompt: Name
    answer: Any
    note: Note = ""
    name: Name | None = None


class ProcedurePoll(Change, frozen=True, tag="procedure_poll"):
    """One's own word in a go/no-go poll."""

    poll: Name
    answer: Literal["go", "no-go"]
    note: Note = ""
    name: Name | None = None


class ProcedureSave(Change, frozen=True, tag="procedure_save"):
    """Keeps a draft of a procedure, in YAML."""

    name: Name
    text: Annotated[str, Meta(max_length=50_000)]


class ProcedureSubmit(Change, frozen=True, tag="procedure_submit"):
    """Gives a draft to be reviewed."""

    name: Name


class ProcedureApprove(Change, frozen=True, tag="procedure_approve"):
    """A second person approves a version of a procedure."""

    name: Name
    version: Annotated[str, Meta(min_length=1, max_length=80)]
    note: Note = ""


CONTROLLING = (
    AlarmAck | AlarmReset | AlarmShelve | AlarmUnshelve | AlarmOwn | AlarmNote | LimitsSet
    | ProcedureRun | ProcedurePause | ProcedureStep | ProcedureGo | ProcedureRetry | ProcedureStop
    | ProcedureJump | ProcedureAnswer | ProcedurePoll | ProcedureSave | ProcedureSubmit
    | ProcedureApprove
)  # fmt: skip
