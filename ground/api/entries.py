"""What mission control says: entries of the journal, staged commands, answers."""

from typing import Any, Literal

from msgspec import Struct

StageState = Literal[
    "draft", "ready", "waiting_approval", "approved", "waiting", "released", "refused", "void",
    "expired", "cancelled",
]  # fmt: skip


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the journal: the `n`-th, from 1 without gaps, at `t` (ns of mission time).

    `who`: the person whose request it comes from; empty where there is none.
    """

    n: int
    t: int
    topic: str
    what: str
    who: str = ""
    vehicle: str = ""
    data: dict[str, Any] = {}


class Estimate(Struct, frozen=True):
    """When a command can leave and be answered at the earliest; ns of mission time.

    None: no pass is predicted.
    """

    earliest_sent_ns: int | None = None
    earliest_answer_ns: int | None = None


class StackItem(Struct, frozen=True):
    """One staged command, whole.

    `by` and `session`: who staged or edited it last, and in which session; `hands`: all who did;
    `version`: how often, from 1.
    `hash`: of all that an approval is about; empty where none is needed. `mode`: the state of the
    vehicle that it assumes, by the last report, `mode_age_s` old; `boot`: which start of the
    vehicle told so. `waits_until`: mission time in ns until which it waits for its condition, from
    its release on. `window`: begin and end (ns) of the pass for which it was staged. `carried`:
    what it carries, where that is elsewhere than in its arguments. `procedure`: the version of the
    procedure that it belongs to. `identifiers`: of the commands that it became, ARM before FIRE.
    """

    stage: str
    vehicle: str
    command: str
    arguments: dict[str, Any]
    state: StageState
    by: str
    session: str
    note: str = ""
    when: str | None = None
    lifetime: float = 600.0
    not_after: int | None = None
    waits_until: int | None = None
    unit: bool = True
    hazardous: bool = False
    hazard: str = ""
    hash: str = ""
    hands: list[str] = []
    version: int = 1
    mode: str | None = None
    mode_age_s: float | None = None
    boot: int | None = None
    window: tuple[int, int] | None = None
    carried: Any = None
    procedure: str = ""
    approved_by: str = ""
    approved_note: str = ""
    approved_session: str = ""
    approved_at_ns: int | None = None
    problems: list[str] = []
    estimated: Estimate = Estimate()
    identifiers: list[str] = []


class Answer(Struct, frozen=True, omit_defaults=True):
    """The answer to one request: a result, or the sentence by which it was refused."""

    ok: bool
    result: dict[str, Any] | None = None
    refused: str = ""
