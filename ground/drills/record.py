"""What a flown drill leaves: one record, plain data, from which verdict and reports are made."""

from typing import Any, Literal

import msgspec

from flight.runtime.loop import NANOSECONDS

FORMAT = 1
ALL_MET, WITHOUT_EFFECT = "all that was awaited has come", "without effect"
BROKEN_OFF = "broken off"
"""Ends of drills before their horizon: the second, when all was healed and nothing had hit; the
third, by a trainer."""
VerdictName = Literal["PASS", "FAIL", "UNKNOWN", "ERROR"]


class Mark(msgspec.Struct, frozen=True):
    """One thing on the timeline: when (s of mission time), of whom, what kind, in words."""

    time: float
    lane: str
    kind: str
    text: str


class FaultSpan(msgspec.Struct, frozen=True):
    """One fault: what it was, how often and when it hit first and last, when it began and was over.

    `where`, `what`, `phase`: of the first hit.
    """

    id: str
    kind: str
    target: str
    hits: int = 0
    first: float | None = None
    last: float | None = None
    began: float | None = None
    ended: float | None = None
    where: str = ""
    what: str = ""
    phase: str = ""


class Waited(msgspec.Struct, frozen=True):
    """Something that was to happen: since when it counts, when it did; None: never."""

    name: str
    what: str
    limit: float
    since: float | None = None
    met: float | None = None

    @property
    def took(self) -> float | None:
        """Seconds from the one to the other."""
        return None if self.since is None or self.met is None else self.met - self.since


class Broken(msgspec.Struct, frozen=True):
    """Something that was to hold always, or never, and when it was first seen not to."""

    what: str
    time: float
    detail: str


class Whereabouts(msgspec.Struct, frozen=True):
    """One tube at the end: where it truly is, and what the ledgers say."""

    tube: str
    truth: str
    said: str
    agrees: bool


class Curve(msgspec.Struct):
    """A quantity over time, as it truly was or was believed."""

    name: str
    unit: str
    kind: Literal["truth", "belief"]
    times: list[float] = []
    values: list[float | None] = []


class Record(msgspec.Struct, kw_only=True):
    """One drill that was flown.

    `began` and `ended` in s of mission time; `end` is why it ended: the horizon, the end of the
    mission, or the error that ended it. `harness`: an error of the harness itself, with its trace.
    `bare`: it was flown without its faults. `calls`: how often each method of a device was called,
    where that was asked for. `trail`: now and then the time, the messages so far, and the beginning
    of their hash. `wall` and `cpu`: s that it took, `cpu` without its trunk.
    """

    drill: str
    file: str
    scenario: str
    seed: int
    format: int = FORMAT
    began: float | None = None
    ended: float | None = None
    end: str = ""
    harness: str = ""
    faults: list[FaultSpan] = []
    within: list[Waited] = []
    heal: Waited | None = None
    healed: float | None = None
    broken: list[Broken] = []
    unasked: list[str] = []
    marks: list[Mark] = []
    tubes: list[Whereabouts] = []
    curves: list[Curve] = []
    phase: str = ""
    sha256: str = ""
    messages: int = 0
    callbacks: int = 0
    wall: float = 0.0
    cpu: float = 0.0
    evidence: dict[str, Any] = {}
    protections_off: tuple[str, ...] = ()
    bare: bool = False
    calls: dict[str, int] = {}
    trail: list[tuple[float, int, str]] = []
    how: str = "branch"


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A record and what it comes to. `because`: the reasons, worst first."""

    verdict: VerdictName
    because: list[str]
    record: Record


def ns_of(seconds: float | None) -> int | None:
    """An instant (s of mission time) as people's pages have it, ns; None stays None."""
    return None if seconds is None else round(seconds * NANOSECONDS)
