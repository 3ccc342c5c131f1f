"""What has to go on after a fault: the milestones of a nominal flight."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.chart.statechart import is_inside
from ground.drills.survey import Survey

MILESTONES = (
    ("lander", "landed"), ("lander", "landed.operating"), ("rover", "surface.idle"),
    ("rover", "surface.docked"), ("arm", "ready.idle"), ("mav", "loading"), ("mav", "sealed"),
    ("mav", "ready"), ("mav", "prepared"), ("mav", "launching"), ("mav", "in_orbit"),
    ("orbiter", "determining"), ("orbiter", "rendezvous.phasing"), ("orbiter", "holding"),
    ("orbiter", "loaded"), ("orbiter", "departing"), ("orbiter", "cruise"),
    ("orbiter", "approach"), ("orbiter", "released"), ("entry", "landed"),
)  # fmt: skip
"""States whose entering says that the campaign goes on."""
MILESTONE_EVENTS = {("orbiter", "manoeuvre"): "cruise"}
"""Events that say so, each in its phase: on the way home that is a year long."""
AHEAD = {"entry": 12.0, "ascent": 12.0, "earth": 600.0}
"""s that a milestone is ahead of the healing at least; two sols in other phases: where the ground
has to look and to answer, a pass that is missed costs most of a sol. In the air half of it is what
one last answer may cost that was asked for before the healing and never comes: the 5 s that a
device is waited for, and a beat of a coast."""
TWO_SOLS = 177_550.0
LAUNCH = ("mav", "launching.ejecting")
"""What waits for a window that opens once a sol: where the count has to hold until it closes, all
that is behind it comes a sol later, however soon everything is well again."""


@dataclass(frozen=True)
class Milestone:
    """When a vehicle enters a state from outside, or tells an event (one of both is "")."""

    time: float
    vehicle: str
    state: str = ""
    event: str = ""

    def plain(self) -> dict[str, Any]:
        """As a drill file awaits it."""
        if self.event:
            return {"event": f"{self.vehicle}.{self.event}"}
        return {"state": f"{self.vehicle}.{self.state}"}


def milestones(trunk: Survey) -> list[Milestone]:
    """The milestones of a flight, in their order."""
    found = [
        Milestone(time, who, event=what)
        for time, who, what in trunk.events
        if MILESTONE_EVENTS.get((who, what)) == _phase_at(trunk, time)
    ]
    states: dict[str, str] = {}
    for step in trunk.steps:
        before = states.get(step.vehicle, "")
        states[step.vehicle] = step.state
        for vehicle, state in MILESTONES:
            entered = is_inside(step.state, state) and not is_inside(before, state)
            if vehicle == step.vehicle and entered:
                found.append(Milestone(step.time, vehicle, state))
    return sorted(found, key=lambda each: each.time)


def milestone_after(every: Sequence[Milestone], after: float, phase: str) -> Milestone | None:
    """The next milestone that is far enough ahead; the last one where none is."""
    later = [each for each in every if each.time >= after]
    least = after + AHEAD.get(phase, TWO_SOLS)
    return next((each for each in later if each.time >= least), later[-1] if later else None)


def time_to(milestone: Milestone, trunk: Survey, begun: float, healed: float) -> float:
    """How long a milestone is ahead of the healing, s; with another sol where a fault that began at
    `begun` may scrub the launch that lies before it."""
    launches = [step.time for step in trunk.steps if (step.vehicle, step.state) == LAUNCH]
    scrubs = any(begun < launch <= milestone.time for launch in launches)
    return milestone.time - healed + (SOL_SECONDS if scrubs else 0.0)


def _phase_at(trunk: Survey, time: float) -> str:
    begun = [(begin, phase) for phase, begin in trunk.phases.items() if begin <= time]
    return max(begun)[1] if begun else ""
