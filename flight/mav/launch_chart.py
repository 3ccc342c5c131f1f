"""The transitions of the launch: from rehearsal to orbit, and where each failure leads."""

from collections.abc import Callable

from flight.core.chart.statechart import On, Signal
from flight.mav.vehicle import MavVehicle

FLIGHT = tuple(
    f"launching.{phase}"
    for phase in (
        "ejecting", "first_burn", "holding", "coasting", "second_burn", "trimming", "releasing",
    )
)  # fmt: skip
"""In these states nobody can stop the vehicle, and going safe would only stop its steering."""


def is_in_orbit(node: MavVehicle, signal: Signal) -> bool:
    """A guard: the flight has ended in orbit."""
    return node.flown == "in_orbit"


def is_lost(node: MavVehicle, signal: Signal) -> bool:
    """A guard: the vehicle has been given up."""
    return node.flown == "lost"


def note_in_orbit(node: MavVehicle, signal: Signal) -> None:
    """An action: the flight has ended in orbit."""
    node.flown = "in_orbit"


def note_lost(node: MavVehicle, signal: Signal) -> None:
    """An action: the vehicle has been given up."""
    node.flown = "lost"


def was_in(phase: str) -> Callable[[MavVehicle, Signal], bool]:
    """A guard: the flight was in that phase when the computer went down."""

    def was_in(node: MavVehicle, signal: Signal) -> bool:
        return node.phase() == phase

    return was_in


LAUNCH_TRANSITIONS = (
    On("prepare_launch", "ready", "preparing"),
    On("done", "preparing", "prepared"),
    On("failed", "preparing", "ready"),
    On("abort", "preparing", "ready"),
    On("stand_down", "prepared", "ready"),
    # A reboot in flight comes back to `prepared`, and the launch is taken up where it was.
    *(On("launch", "prepared", path, guard=was_in(path.rpartition(".")[2])) for path in FLIGHT),
    On("launch", "prepared", "launching"),
    On("liftoff", "launching.countdown", "launching.ejecting"),
    On("failed", "launching.countdown", "prepared"),
    On("abort", "launching.countdown", "prepared"),
    *(On("failed", path, "lost", guard=is_lost) for path in FLIGHT),
    On("failed", "launching.ejecting", "ready"),
    On("lit", "launching.ejecting", "launching.first_burn"),
    On("burnt", "launching.first_burn", "launching.holding"),
    On("separated", "launching.holding", "launching.coasting"),
    On("lit", "launching.coasting", "launching.second_burn"),
    On("burnt", "launching.second_burn", "launching.trimming"),
    On("trimmed", "launching.trimming", "launching.releasing"),
    On("done", "launching.releasing", "in_orbit", action=note_in_orbit),
    On("failed", "launching.releasing", "in_orbit", action=note_in_orbit),
    On("failed", "launching.trimming", "launching.releasing"),
    *(On("failed", path, "lost", action=note_lost) for path in FLIGHT[1:-2]),
    *(On("done", path, None) for path in ("launching.countdown", *FLIGHT[:-1])),
    *(On("enter_safe", path, None) for path in FLIGHT),
)
"""Of the states `preparing`, `prepared` and `launching`."""
