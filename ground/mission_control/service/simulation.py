"""What can be broken in a run that is simulated."""

from typing import Any, Protocol

from ground.api.training import TargetSort


class Simulation(Protocol):
    """What a trainer can do to a run; each raises ValueError with a sentence for what cannot be."""

    def targets(self) -> dict[str, Any]:
        """What can break, when it can begin, for how long."""
        ...

    def kinds(self, sort: TargetSort, target: str) -> dict[str, Any]:
        """How a target can break."""
        ...

    def told(self, of: str | None, limit: int) -> dict[str, Any]:
        """The faults of the run, and their newest hits."""
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
