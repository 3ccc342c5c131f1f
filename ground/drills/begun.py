"""Drills with people of one run: what flies drills is loaded when somebody asks for one."""

from typing import TYPE_CHECKING, Any

from flight.icd.messages import Command, CommandReport, EventReport
from ground.testbed.hosts.throttled import ThrottledHost
from ground.testbed.operating.drilling import NoDrills
from ground.testbed.run import Run

if TYPE_CHECKING:
    from ground.drills.room import DrillRoom
    from ground.mission_control import Drills


def drills_of(run: Run) -> "Drills":
    """Those of a run that is held back; elsewhere there are none."""
    return Later(run) if isinstance(run.host, ThrottledHost) else NoDrills()


class Later:
    """A room that is opened by the first who begins a drill, or asks which there are."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._open: DrillRoom | None = None

    @property
    def _room(self) -> "DrillRoom":
        if self._open is None:
            from ground.drills.room import DrillRoom

            self._open = DrillRoom(self._run)
        return self._open

    def catalogue(self) -> dict[str, Any]:
        """The drill files that this run can have."""
        return self._room.catalogue()

    def text(self, name: str) -> dict[str, Any]:
        """What one of them says; raises ValueError."""
        return self._room.text(name)

    def begin(self, name: str, text: str, case: str, *, now: bool, stand: bool) -> dict[str, Any]:
        """Has a drill begin; raises ValueError."""
        return self._room.begin(name, text, case, now=now, stand=stand)

    def end(self) -> dict[str, Any]:
        """Breaks it off; raises ValueError."""
        return self._room.end()

    def told(self, *, trainer: bool) -> dict[str, Any]:
        """The drill that waits, is under way or was the last."""
        if self._open is None:
            return {"state": "none", "prompts": []}
        return self._open.told(trainer=trainer)

    def heard(self, message: EventReport | CommandReport) -> None:
        """The ground has heard something."""
        if self._open is not None:
            self._open.heard(message)

    def issued(self, order: Command, user: str) -> None:
        """The ground has issued a command."""
        if self._open is not None:
            self._open.issued(order, user)

    def run_ends(self) -> None:
        """The run is over."""
        if self._open is not None:
            self._open.run_ends()
