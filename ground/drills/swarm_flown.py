"""What a vehicle in the air or on its motor cannot do without: who steers it, and what it knows.

A motor that burns pushes wherever the vehicle points, and cannot be shut: who is away from it, or
turns it the contrary way, for longer than a moment finds it in an orbit that leads into the ground.
A computer that has forgotten that it flies does not know where, nor how fast.
"""

from collections.abc import Sequence
from typing import Any

from flight.core.chart.statechart import is_inside
from ground.drills.survey import Step
from ground.drills.swarm_faults import (
    HELD,
    STEERED,
    UNHEARD,
    Choice,
    away_until,
    lateness,
)

ASCENDING, STEERED_BY = "mav", ("mav.effectors", "steer")
BURNS = ("launching.first_burn", "launching.second_burn")
"""The states in which a solid motor burns."""
FORGETFUL = "restart_without_memory"
KNOWN_BY_MEMORY = {
    "lander": ("entry",),
    "mav": (
        "launching.ejecting", "launching.first_burn", "launching.holding", "launching.coasting",
        "launching.second_burn", "launching.trimming", "launching.releasing",
    ),
}  # fmt: skip
"""By vehicle the states in which what it remembers is all that says where it is and how fast."""


def is_flown(
    choice: Choice, fault: dict[str, Any], steps: Sequence[Step], begins: float, ends: float
) -> bool:
    """Whether a vehicle can be flown on through a fault of a drill file, which acts in that time
    (s, of the flight of these steps): its memory is there, and no burn goes on without its
    steering for longer than engines hold on by themselves (`HELD`)."""
    if choice.sort == "node" and choice.kind.name() == FORGETFUL:
        known = KNOWN_BY_MEMORY.get(choice.target, ())
        now = _state(steps, choice.target, begins)
        if any(is_inside(now, state) for state in known):
            return False
    until = _unsteered_until(choice, fault, begins, ends)
    return _burns_between(steps, begins, until) <= HELD


def standing_until(choice: Choice, fault: dict[str, Any], begins: float, ends: float) -> float:
    """Until when the computer at which, or at whose store, a fault is does not fly (s): a write
    that takes its time holds it up even when all is healed."""
    stands = lateness(fault) > STEERED
    if choice.sort == "node":
        return ends if stands else away_until(fault, begins, ends)
    return ends + lateness(fault) if choice.sort == "store" and stands else begins


def _unsteered_until(choice: Choice, fault: dict[str, Any], begins: float, ends: float) -> float:
    """Until when nobody steers the ascent as it has to be steered; `begins`: somebody does."""
    if choice.sort in ("node", "store"):
        if choice.target != ASCENDING:
            return begins
        return standing_until(choice, fault, begins, ends)
    deaf = choice.kind.name() in UNHEARD or lateness(fault) > STEERED
    cut = choice.sort == "bus" and choice.target in ("hardware", ASCENDING)
    return ends if deaf and (cut or (choice.target, choice.method) == STEERED_BY) else begins


def _burns_between(steps: Sequence[Step], begins: float, ends: float) -> float:
    """s between two times in which a motor of the ascent burns."""
    burnt, lit = 0.0, None
    for step in steps:
        if step.vehicle != ASCENDING:
            continue
        if lit is not None:
            burnt += max(0.0, min(step.time, ends) - max(lit, begins))
        lit = step.time if step.state in BURNS else None
    return burnt


def _state(steps: Sequence[Step], vehicle: str, time: float) -> str:
    before = [step.state for step in steps if step.vehicle == vehicle and step.time <= time]
    return before[-1] if before else ""
