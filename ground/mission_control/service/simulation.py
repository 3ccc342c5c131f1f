"""What can be broken in a run that is simulated."""

from typing import Any, Protocol

from flight.icd.messages import Command, CommandReport, EventReport


class Drills(Protocol):
    """Drills in a run that people operate; what cannot be raises ValueError with a sentence."""

    def catalogue(self) -> dict[str, Any]:
        """The drill files that this run can have."""
        ...

    def text(self, name: str) -> dict[str, Any]:
        """What one of them says."""
        ...

    def begin(self, name: str, text: str, case: str, *, now: bool, stand: bool) -> dict[str, Any]:
        """Has a drill begin where it says, or now; `stand`: the run stands there."""
        ...

    def end(self) -> dict[str, Any]:
        """Breaks off the one that waits or is under way."""
        ...

    def told(self, *, trainer: bool) -> dict[str, Any]:
        """The drill that waits, is under way or was the last; what the crew may know of it."""
        ...

    def heard(self, message: EventReport | CommandReport) -> None:
        """The ground has heard something."""

    def issued(self, order: Command, user: str) -> None:
        """The ground has issued a command, for a person or (empty) for itself."""

    def run_ends(self) -> None:
        """The run is over."""


class Simulation(Protocol):
    """What a trainer can do to a run; each raises ValueError with a sentence for what cannot be."""

    def targets(self) -> dict[str, Any]:
        """What can break, when it can begin, for how long."""
        ...

    def kinds(self, sort: str, target: str) -> dict[str, Any]:
        """How a target can break."""
        ...

    def told(self, of: str | None, limit: int) -> dict[str, Any]:
        """The faults of the run, and their newest hits."""
        ...

    @property
    def drills(self) -> Drills:
        """Drills with people."""
        ...

    def inject(self, fault: dict[str, Any]) -> dict[str, Any]:
        """Lets something break; answers its id."""
        ...

    def heal(self, name: str) -> dict[str, Any]:
        """Lets it be whole again."""
        ...

    def kill(self, role: str) -> dict[str, Any]:
        """Lets a participant die now."""
        ...
