"""What a procedure file may say: the steps, and the conditions of a branch."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from flight.icd import places

Label = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_]*$(?!\n)")]
OnFailure = Annotated[str, Meta(pattern=r"^(stop|continue|goto [A-Za-z][A-Za-z0-9_]*)$(?!\n)")]
Sols = Annotated[float, Meta(ge=0.0, le=2000.0)]
Comparison = Literal["==", "!=", "<", "<=", ">", ">="]
Place = Literal[(*places.PLACES, *places.NOWHERE)]  # type: ignore[valid-type]
VerdictName = Literal["COMPLETED", "REJECTED", "FAILED", "TIMED_OUT", "ABORTED", "UNANSWERED"]


class Step(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, tag_field="do"):
    """What every step has: a name to go to, and what follows when it fails."""

    label: Label | None = None
    on_failure: OnFailure = "stop"


class EventArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """Arguments that the newest event of that name tells: argument -> field of its data."""

    vehicle: str
    event: str
    fields: dict[str, str]


class SurveyArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """Arguments that the last survey of a vehicle has found: argument -> east, north or error."""

    of: str
    fields: dict[str, Literal["east", "north", "error"]]


class Opportunity(Struct, frozen=True, forbid_unknown_fields=True):
    """An argument that is the next time, `lead_sols` ahead or more, at which something can be done.

    `launch`: the launch into the orbiter's plane.
    """

    of: Literal["launch"]
    argument: str
    lead_sols: Annotated[float, Meta(ge=0.0, le=10.0)] = 0.0


class Until(Struct, frozen=True, forbid_unknown_fields=True):
    """An argument that is the time in seconds from now until a sol and local mean solar time, and
    `more_sols`; 0 when that is past."""

    argument: str
    sol: Annotated[int, Meta(ge=0, le=2000)] | Annotated[str, Meta(pattern=r"^\$\{\w+\}\Z")]
    lmst: Annotated[float, Meta(ge=0.0, lt=24.0)]
    more_sols: Annotated[float, Meta(ge=0.0, le=100.0)] = 0.0


class CommandStep(Step, frozen=True, tag="command"):
    """Sends a command and waits for its verdict; hazardous ones are armed and fired.

    It fails unless the verdict is COMPLETED. The ground gives the command up as UNANSWERED when
    `limit_sols` are over, or when nothing at all was heard of the vehicle for `silence_sols`. Each
    of the `attempts` is a new command. A vehicle in its safe state is brought out of it, up to
    `recoveries` times (as the rules say, if not said), and that counts as no attempt.
    `armed`: it is armed and fired though it is hazardous only in a phase in which the vehicle may
    be: where nothing is safer than going on. `lifetime`: seconds that an arming lasts on board.
    `tubes_at`: the argument `tubes` is filled, when the command is issued, with those tubes of the
    run that are reported at these places; the step fails when there are none. `records_at`: the
    argument `records` likewise, with the last custody records of what is or was last seen there.
    `from_event`: arguments that an event has told; `from_survey`: that a survey has found.
    `opportunity`: an argument that is a time, found when the command is issued; each attempt has
    one of its own. `until`: one that is the time that is left until something.
    """

    vehicle: str
    command: str
    arguments: dict[str, Any] = {}
    limit_sols: Sols | None = None
    silence_sols: Annotated[float, Meta(gt=0.0, le=100.0)] | None = None
    attempts: Annotated[int, Meta(ge=1, le=10)] = 1
    recoveries: Annotated[int, Meta(ge=0, le=100)] | None = None
    armed: bool = False
    lifetime: Annotated[float, Meta(gt=0.0, le=600.0)] = 300.0
    tubes_at: list[Place] = []
    records_at: list[Place] = []
    from_event: EventArguments | None = None
    opportunity: Opportunity | None = None
    from_survey: SurveyArguments | None = None
    until: Until | None = None

    def __post_init__(self) -> None:
        if self.tubes_at and "tubes" in self.arguments:
            raise ValueError("tubes are given twice: allowed is tubes_at or the argument tubes")


class WaitForEvent(Step, frozen=True, tag="wait_for_event"):
    """Waits for an event whose data have the values of `where`.

    Events count from the last command that was sent, or from the start of the run.
    """

    vehicle: str
    event: str
    limit_sols: Sols
    where: dict[str, Any] = {}
    since: Literal["command", "start"] = "command"


class WaitForTelemetry(Step, frozen=True, tag="wait_for_telemetry"):
    """Waits until the newest value of a channel compares as said."""

    vehicle: str
    channel: str
    comparison: Comparison
    value: Any
    limit_sols: Sols


class WaitUntil(Step, frozen=True, tag="wait_until"):
    """Waits until a sol and local mean solar time in hours; goes on at once when it is past.

    A text as sol is a variable.
    """

    sol: Annotated[int, Meta(ge=0, le=2000)] | Annotated[str, Meta(pattern=r"^\$\{.+\}$(?!\n)")]
    lmst: Annotated[float, Meta(ge=0.0, lt=25.0)] = 0.0


class Survey(Step, frozen=True, tag="survey"):
    """Waits until a vehicle is found on a picture from orbit, where it stands now."""

    vehicle: str
    limit_sols: Sols


class CompleteProduct(Step, frozen=True, tag="complete_product"):
    """Waits for a data product in numbered pieces, and commands what is missing of it again.

    `channel` carries the pieces, `announced` is the channel that says how many there are, behind
    the last one. When that is heard, or `limit_sols` are over, the first missing pieces in a row
    are commanded with the arguments `first` and `last` of `command`, up to `attempts` times. The
    step fails when pieces are missing after that.
    """

    vehicle: str
    channel: str
    announced: str
    command: str
    limit_sols: Sols
    attempts: Annotated[int, Meta(ge=1, le=50)] = 5


class Pause(Step, frozen=True, tag="pause"):
    """Waits for some seconds or sols."""

    seconds: Annotated[float, Meta(ge=0.0, le=2.0e8)] = 0.0  # some 2,000 sols
    sols: Sols = 0.0


class AssertCustody(Step, frozen=True, tag="assert_custody"):
    """Demands that tubes are reported to be at one of some places, within `limit_sols`.

    When these are over, `at_least` so many are enough (all, if not said).
    """

    tubes: str | list[str]
    places: list[Place]
    limit_sols: Sols = 0.0
    at_least: Annotated[int, Meta(ge=0)] | None = None


Word = Annotated[str, Meta(min_length=1, max_length=80)]


class Prompt(Step, frozen=True, tag="prompt"):
    """Asks whoever attends the procedure, and waits for one of the answers.

    A procedure that nobody attends takes `otherwise` at once. A branch goes by the answer.
    """

    label: Label
    text: Annotated[str, Meta(min_length=1, max_length=1000)]
    answers: Annotated[list[Word], Meta(min_length=1, max_length=10)]
    otherwise: Word

    def __post_init__(self) -> None:
        if self.otherwise not in self.answers:
            raise ValueError(f"otherwise = {self.otherwise!r}: allowed is one of the answers")


class Poll(Step, frozen=True, tag="poll"):
    """A go/no-go poll: goes on when a person of each role has said go, each another one.

    It fails when somebody says no-go. A procedure that nobody attends goes on at once.
    """

    text: Annotated[str, Meta(min_length=1, max_length=1000)]
    roles: Annotated[list[Literal["operator", "director", "engineer"]], Meta(min_length=1)]


class Phase(Step, frozen=True, tag="phase"):
    """A phase of the mission begins."""

    phase: str


class Include(Step, frozen=True, tag="include"):
    """Stands for the steps of a part, a file in `configs/procedures/parts`.

    Its phases come with it. Its labels are those of the whole procedure.
    """

    part: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*$(?!\n)")]


class Goto(Step, frozen=True, tag="goto"):
    """Goes on at a label."""

    to: Label


class TelemetryIs(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the newest value of a channel compares as said."""

    vehicle: str
    channel: str
    comparison: Comparison
    value: Any


class CustodyIs(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether at least so many of the tubes (all, if not said) are at one of the places."""

    tubes: str | list[str]
    places: list[Place]
    at_least: Annotated[int, Meta(ge=0)] | None = None


class VerdictIs(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the last command, or the one at a label, ended in one of these ways."""

    among: Annotated[list[VerdictName], Meta(min_length=1)]
    of: Label | None = None


class AnswerIs(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the prompt at a label was answered in one of these ways."""

    of: Label
    among: Annotated[list[Word], Meta(min_length=1)]


class Branch(Step, frozen=True, tag="branch"):
    """Goes to `then` when its one condition holds, else to `otherwise`, or just on."""

    then: Label
    otherwise: Label | None = None
    verdict: VerdictIs | None = None
    telemetry: TelemetryIs | None = None
    custody: CustodyIs | None = None
    answer: AnswerIs | None = None

    def __post_init__(self) -> None:
        given = [self.verdict, self.telemetry, self.custody, self.answer]
        if sum(each is not None for each in given) != 1:
            raise ValueError("a branch needs exactly one of verdict, telemetry, custody, answer")


class Missing(Struct, frozen=True, forbid_unknown_fields=True):
    """Those of some tubes that are not reported at one of some places."""

    tubes: str | list[str]
    places: list[Place]


class End(Step, frozen=True, tag="end"):
    """Ends the procedure; reaching the end of the file is `complete`.

    The reason goes on with the tubes that are `missing`, if any, and where they are reported.
    """

    verdict: Literal["complete", "failed"] = "complete"
    reason: str = ""
    missing: Missing | None = None


class Together(Step, frozen=True, tag="together"):
    """Commands that are independent of each other: all are sent at once, as in one pass.

    Each is waited for in its turn, with its own limit, attempts and recoveries. Where somebody
    attends the procedure they are sent one after the other.
    """

    steps: Annotated[list[CommandStep], Meta(min_length=2)]

    def __post_init__(self) -> None:
        if any(each.on_failure.startswith("goto") for each in self.steps):
            raise ValueError("on_failure of steps together: allowed is stop or continue")


class ForEach(Step, frozen=True, tag="for_each"):
    """Repeats steps for each item of a list; `goto next` goes on with the next item."""

    variable: Label
    items: str | list[Any]
    steps: list["AnyStep"]


AnyStep = (
    CommandStep
    | WaitForEvent
    | WaitForTelemetry
    | WaitUntil
    | Survey
    | CompleteProduct
    | Pause
    | AssertCustody
    | Prompt
    | Poll
    | Phase
    | Include
    | Goto
    | Branch
    | End
    | Together
    | ForEach
)


class PhaseEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A phase, how it is called on the screen, and its share of the bar.

    Inside it the bar follows its steps; or, if they are given, how many of `tubes` are at `places`.
    """

    name: Label
    title: str
    weight: Annotated[float, Meta(gt=0.0, le=1.0e6)] = 1.0
    tubes: str | list[str] = []
    places: list[Place] = []


class ProcedureFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A procedure file, or a part that procedures include. Phases show in the order they begin.

    `recovery`: what is other than in `configs/recovery.yaml`; that of a part does not count.
    """

    title: str
    steps: Annotated[list[AnyStep], Meta(min_length=1)]
    phases: list[PhaseEntry] = []
    recovery: dict[str, Any] = {}
    doc: str = field(default="")
