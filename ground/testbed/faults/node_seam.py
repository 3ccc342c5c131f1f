"""One computer of a run, as faults reach it."""

from collections.abc import Callable
from typing import Protocol

from ground.missions.mission import LoadedMission
from ground.testbed.computers.oscillators import Turn
from ground.testbed.computers.sides import Sides
from ground.testbed.hardware.hardware import Hardware
from ground.testbed.host import Host


class FaultyRun(Protocol):
    """What faults need of the run that they are in (`ground.testbed.run.Run`)."""

    on_boot: list[Callable[[str], None]]
    sides: Sides

    @property
    def mission(self) -> LoadedMission:
        """What is flown."""

    @property
    def hardware(self) -> Hardware:
        """What is simulated."""

    @property
    def host(self) -> Host:
        """Where the participants run."""

    def let_die(
        self,
        role: str,
        *,
        without_memory: bool = False,
        swaps: bool = False,
        warm: bool = False,
    ) -> None:
        """Ends a computer as a power cut does."""

    def give_back(self, vehicle: str) -> None:
        """Gives a vehicle its computer and its power again."""


class RunNode:
    """See `sim_hw.faults.node_kinds.NodeSeam`."""

    def __init__(self, run: FaultyRun, name: str) -> None:
        self.name = name
        self._run = run

    @property
    def runs(self) -> bool:
        """Whether its software runs."""
        return self._run.host.runs(self.name)

    def die(self, *, without_memory: bool = False, warm: bool = False) -> None:
        """Ends it as a power cut does; `warm`: it starts at once."""
        self._run.let_die(self.name, without_memory=without_memory, warm=warm)

    def on_start(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Has somebody told each time that it starts."""

        def booted(role: str) -> None:
            if role == self.name:
                tell()

        self._run.on_boot.append(booted)
        return lambda: self._run.on_boot.remove(booted)

    @property
    def side(self) -> str:
        """Which of its computers flies."""
        return self._run.sides.of(self.name)

    def swap(self) -> None:
        """It dies, and the other computer of the vehicle is started."""
        self._run.let_die(self.name, swaps=True)

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

    def lay_files(self) -> tuple[Callable[[], bool], Callable[[], None]]:
        """Old files lie in its store."""
        return self._run.host.lay_files(self.name)

    def say_too_much(self, characters: int) -> bool:
        """It says what nobody needs."""
        return self._run.host.say_too_much(self.name, characters)

    def turn_clock(self, turn: Turn) -> Callable[[], None]:
        """Its oscillator counts something else."""
        is_its = self._run.sides.of_this_side(self.name)
        return self._run.host.turn_clock(
            self.name, lambda count: turn(count) if is_its() else count
        )
