"""Where drills that are drawn or generated start, and the times that they are given."""

from typing import Any

from ground.drills.survey import Survey

SLACK = 1.5
"""Times the nominal time until the next milestone, from when all is healed."""
LASTS = {
    "entry": (0.2, 10.0), "surface": (30.0, 20_000.0), "loading": (10.0, 10_000.0),
    "ascent": (0.2, 10.0), "rendezvous": (10.0, 7_000.0), "cruise": (3_600.0, 400_000.0),
    "earth": (1.0, 7_000.0),
}  # fmt: skip
"""s that a fault lasts, in each phase."""
WORK = 60_000
"""Callbacks from a start to its milestone, where the choice is free: of a start with more a branch
would take long."""


def anchor_of(trunk: Survey, start: float) -> dict[str, Any] | None:
    """When a drill starts, told by the last step of the flight before: robust, and short to fly."""
    before = [step for step in trunk.steps if step.time <= start]
    if not before:
        return None
    last = before[-1]
    nth = sum(1 for s in before if (s.vehicle, s.state) == (last.vehicle, last.state))
    delay = max(0.0, start - last.time)
    at = {"at": {"state": f"{last.vehicle}.{last.state}"}}
    return at | ({"nth": nth} if nth > 1 else {}) | {"delay": f"{delay:.3f} s"}
