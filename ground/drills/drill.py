"""A drill, read and checked: what breaks, when, and what must hold. Times in seconds."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from flight.icd.expressions import Expression
from ground.drills.happenings import Happening
from sim_hw.faults.fault import Fault

ValidFrom = Literal["hit", "end", "start"]


@dataclass(frozen=True)
class AtTime:
    """So many seconds after the mission began."""

    seconds: float

    def __str__(self) -> str:
        return f"{self.seconds:g} s"


@dataclass(frozen=True)
class Start:
    """Where a drill begins: the `nth` time that something happens (or a time), and `delay` s after.

    Up to there the flight is that of the scenario, and is flown once for all drills of it.
    """

    at: AtTime | Happening
    delay: float = 0.0
    nth: int = 1

    def __str__(self) -> str:
        later = f", {self.delay:g} s later" if self.delay else ""
        return f"{self.at}{later}"


@dataclass(frozen=True)
class Within:
    """Something that must happen within `limit` seconds.

    `since`: they count from the first hit of a fault, from the end of the last fault, or from the
    start of the drill.
    """

    name: str
    what: Happening
    limit: float
    since: ValidFrom = "hit"


@dataclass(frozen=True)
class Heal:
    """When all faults are healed (s after the start; None: when each has had its time), and what
    must follow then."""

    at: float | None = None
    then: Within | None = None


@dataclass(frozen=True)
class OperatorStep:
    """Something that the person at the console has to do, and a stand-in does here.

    `after`: what it answers; `do`: the command; `delay`: how long the stand-in takes, s;
    `deadline`: how long the person may take, s.
    """

    prompt: str
    after: Happening
    vehicle: str
    command: str
    arguments: dict[str, Any]
    deadline: float
    delay: float = 0.0


@dataclass(frozen=True)
class Drill:
    """One drill file, or one of the variants that its `sweep` makes of it.

    `ends_when_met`: it ends as soon as all that it awaits has come, or at its horizon.
    `protects`: protections without which it must fail. `known_fail`: why it may fail for now, and
    until when; empty: it may not. `swept`: what distinguishes this variant.
    """

    name: str
    file: Path
    title: str
    scenario: str
    start: Start
    horizon: float
    ends_when_met: bool = False
    requirement: str = ""
    doc: str = ""
    protects: tuple[str, ...] = ()
    known_fail: dict[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    always: tuple[Expression, ...] = ()
    never: tuple[Expression, ...] = ()
    within: tuple[Within, ...] = ()
    heal: Heal | None = None
    operator: tuple[OperatorStep, ...] = ()
    seed: int = 1
    swept: dict[str, Any] = field(default_factory=dict)
