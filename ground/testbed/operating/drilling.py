"""Drills with people in a run that can have none: who flies drills stands above the run."""

from typing import Any

from flight.icd.messages import Command, CommandReport, EventReport

RECORDS, PAGE = "drills.jsonl", "drills.html"
"""What the drills of a run leave in its folder."""


class NoDrills:
    """Of a run in which nobody can have one."""

    WHY = "drills with people are for a run that is held back: `msr fly --pace`, `msr console`"

    def catalogue(self) -> dict[str, Any]:
        """There are none."""
        raise ValueError(self.WHY)

    def text(self, name: str) -> dict[str, Any]:
        """There is none."""
        raise ValueError(self.WHY)

    def begin(self, name: str, text: str, case: str, *, now: bool, stand: bool) -> dict[str, Any]:
        """None begins."""
        raise ValueError(self.WHY)

    def end(self) -> dict[str, Any]:
        """None is under way."""
        raise ValueError(self.WHY)

    def told(self, *, trainer: bool) -> dict[str, Any]:
        """None is, or was."""
        return {"state": "none", "prompts": []}

    def heard(self, message: EventReport | CommandReport) -> None:
        """Concerns nobody."""

    def issued(self, order: Command, user: str) -> None:
        """Concerns nobody."""

    def run_ends(self) -> None:
        """Concerns nobody."""
