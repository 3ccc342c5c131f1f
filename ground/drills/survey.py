"""The survey of a scenario: how it goes when nothing breaks.

Swarms draw what they break from what it really calls, branches are bounded by the work that it
takes, and what has to go on after a fault is what goes on here.
"""

import bisect
from collections.abc import Iterable

import msgspec

from flight.core.chart.statechart import is_inside
from ground.drills.drill import AtTime, Drill
from ground.drills.happenings import EventComes, StateEntered
from sim_hw.faults.kind import TargetKind

FORMAT = 4


class Step(msgspec.Struct, frozen=True):
    """A step of the nominal flight: when, which vehicle, which state it entered, in which phase."""

    time: float
    vehicle: str
    state: str
    phase: str


class Calls(msgspec.Struct):
    """The calls of one method of a device in one phase: how many, and when some of them were.

    What is used otherwise is counted in the same way: messages that a participant of the bus
    receives, frames of a link, statements of a store (`method`: `open`, `read` or `write`).
    """

    service: str
    method: str
    phase: str
    count: int = 0
    times: list[float] = []
    sort: TargetKind = "device"


class Survey(msgspec.Struct, kw_only=True):
    """A nominal flight. `work`: callbacks so far, at `work_times`; `unknown`: the tubes that are
    openly unknown, whenever these are others; times in s of mission time."""

    scenario: str
    seed: int
    format: int = FORMAT
    digest: str = ""
    ended: float = 0.0
    verdict: str = ""
    sha256: str = ""
    phases: dict[str, float] = {}
    steps: list[Step] = []
    events: list[tuple[float, str, str]] = []
    warnings: list[tuple[float, str, str]] = []
    calls: list[Calls] = []
    work_times: list[float] = []
    work: list[int] = []
    unknown: list[tuple[float, list[str]]] = []
    wall: float = 0.0

    def work_between(self, begin: float, end: float) -> int:
        """Callbacks from one mission time to another, at the least those of one look."""
        first = max(0, bisect.bisect_right(self.work_times, begin) - 1)
        last = min(len(self.work) - 1, bisect.bisect_left(self.work_times, end))
        return self.work[last] - self.work[first] if self.work else 0

    def unknown_at(self, time: float) -> set[str]:
        """The tubes that are openly unknown at a time though nothing has broken."""
        latest = bisect.bisect_right(self.unknown, time, key=lambda each: each[0])
        return set(self.unknown[latest - 1][1]) if latest else set()

    def span(self, phase: str) -> tuple[float, float]:
        """When a phase begins and ends; raises KeyError without it."""
        begin = self.phases[phase]
        later = [time for time in self.phases.values() if time > begin]
        return begin, min(later, default=self.ended)


def start_in(survey: Survey, drill: Drill) -> float | None:
    """When a drill begins in the nominal flight, as far as that can be told; None where not."""
    at = drill.start.at
    if isinstance(at, AtTime):
        return at.seconds + drill.start.delay
    times: list[float] = []
    if isinstance(at, EventComes):
        times = [t for t, who, what in survey.events if (who, what) == (at.vehicle, at.event)]
    elif isinstance(at, StateEntered):
        times = [
            s.time for s in survey.steps if s.vehicle == at.vehicle and is_inside(s.state, at.state)
        ]
    return times[drill.start.nth - 1] + drill.start.delay if len(times) >= drill.start.nth else None


def next_step(survey: Survey, after: float, vehicles: Iterable[str]) -> Step | None:
    """The first step after a time of one of some vehicles; None when there is none."""
    wanted = tuple(vehicles)
    return next((s for s in survey.steps if s.time > after and s.vehicle in wanted), None)
