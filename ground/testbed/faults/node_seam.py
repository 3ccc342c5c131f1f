"""One computer of a run, as faults reach it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ground.testbed.oscillators import Turn

if TYPE_CHECKING:
    from ground.testbed.run import Run


class RunNode:
    """See `sim_hw.faults.node_kinds.NodeSeam`."""

    def __init__(self, run: "Run", name: str) -> None:
        self.name = name
        self._run = run

    @property
    def runs(self) -> bool:
        """Whether its software runs."""
        return self._run.host.runs(self.name)

    def die(self, *, without_memory: bool = False) -> None:
        """Ends it as a power cut does."""
        self._run.let_die(self.name, without_memory=without_memory)

    def on_start(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Has somebody told each time that it starts."""

        def booted(role: str) -> None:
            if role == self.name:
                tell()

        self._run.on_boot.append(booted)
        return lambda: self._run.on_boot.remove(booted)

    def lose(self) -> Callable[[], None]:
        """Takes computer and power away."""
        self._run.hardware.lose(self.name)
        return lambda: self._run.give_back(self.name)

    def stand(self) -> Callable[[], None]:
        """Nothing of its software runs."""
        return self._run.host.stand(self.name)

    def leave_mailbox(self) -> Callable[[], None]:
        """It takes nothing from its mailbox."""
        return self._run.host.leave_mailbox(self.name)

    def say_too_much(self, characters: int) -> bool:
        """It says what nobody needs."""
        return self._run.host.say_too_much(self.name, characters)

    def turn_clock(self, turn: Turn) -> Callable[[], None]:
        """Its oscillator counts something else."""
        return self._run.host.turn_clock(self.name, turn)
