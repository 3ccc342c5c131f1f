"""A procedure with nothing left to look up: flat steps, and where they lead."""

from collections.abc import Sequence
from dataclasses import dataclass

from ground.mission_control.procedures import steps
from ground.mission_control.procedures.recovery_rules import RecoveryRules


@dataclass(frozen=True)
class Instruction:
    """One step of a program, ready to be run."""

    path: str  # where it stands in the file, with the items of the loops around it
    file: str  # of the procedure, or of the part
    line: int
    step: steps.Step
    phase: str
    on_failure: int | None  # position to go to; None: as `step.on_failure` says
    then: int = 0  # positions that a branch or goto leads to
    otherwise: int = 0
    together: int = 0  # so many steps after it are commands that are sent with it


@dataclass(frozen=True)
class Program:
    """A procedure with nothing left to look up."""

    title: str
    file: str
    phases: tuple[steps.PhaseEntry, ...]
    instructions: tuple[Instruction, ...]
    recovery: RecoveryRules
    fingerprint: str

    def phase(self, name: str) -> steps.PhaseEntry:
        """A phase by its name."""
        return next(phase for phase in self.phases if phase.name == name)


def circle_of(instructions: Sequence[Instruction]) -> int | None:
    """Position of a step from which one is led round in a circle with nothing done; None: none."""
    for start in range(len(instructions)):
        seen: dict[int, None] = {}
        position = start
        while position < len(instructions):
            if not isinstance(instructions[position].step, steps.Goto):
                break
            if position in seen:
                return start
            seen[position] = None
            position = instructions[position].then
    return None
