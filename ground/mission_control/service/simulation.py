"""What can be broken in a run that is simulated."""

from typing import Any, Protocol


class Simulation(Protocol):
    """What a trainer can do to a run; each raises ValueError with a sentence for what cannot be."""

    def inject(self, fault: dict[str, Any]) -> dict[str, Any]:
        """Lets something break; answers its id."""
        ...

    def heal(self, name: str) -> dict[str, Any]:
        """Lets it be whole again."""
        ...

    def kill(self, role: str) -> dict[str, Any]:
        """Lets a participant die now."""
        ...
