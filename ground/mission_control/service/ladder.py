"""How far each command has come, as a person may see it, and all that was said of it.

What counts is the tracker's: a command that has a verdict keeps it, whatever comes afterwards. What
came late, twice or from somebody else is shown as such, and changes no status.
"""

from dataclasses import dataclass, field
from typing import Any

from flight.icd.messages import CommandReport
from ground.mission_control.commanding.origins import user_of
from ground.mission_control.commanding.tracker import CommandTracker, Taken, TrackedCommand
from ground.mission_control.mission_control import MissionControl
from ground.mission_control.service.journal import Journal

PERHAPS_SENT = "PERHAPS_SENT"
RUNG, NOT_COUNTED = "rung", "rung_not_counted"
TOLD = ("rung", "occurred_ns", "received_ns", "detail", "not_counted")
"""What is told of a rung."""
MOST_RUNGS = 100  # of one command that are shown


@dataclass
class Ladder:
    """The rungs of all commands, and who asked for each."""

    control: MissionControl
    journal: Journal
    users: dict[str, str] = field(default_factory=dict)
    _rungs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for entry in self.journal.of("cmd"):
            if entry.what in (RUNG, NOT_COUNTED):
                told = {name: each for name, each in entry.data.items() if name in TOLD}
                self._note(entry.data["identifier"], told)

    @property
    def _tracker(self) -> CommandTracker:
        return self.control.tracker

    def _note(self, identifier: str, told: dict[str, Any]) -> None:
        rungs = self._rungs.setdefault(identifier, [])
        rungs.append(told)
        del rungs[:-MOST_RUNGS]

    def reported(self, report: CommandReport, taken: Taken) -> None:
        """A vehicle has said something of a command.

        What comes down again, as after a death of mission control, is what it was when it was heard
        first.
        """
        told: dict[str, Any] = {
            "rung": str(report.rung), "occurred_ns": report.time_ns,
            "received_ns": self.control.clock.now_ns(), "detail": report.detail,
            **({} if taken is Taken.NEW else {"not_counted": str(taken)}),
        }  # fmt: skip
        key = (report.source, report.identifier, report.time_ns, report.rung, report.repeated)
        known = self._tracker.knows(report.identifier)
        new = self.journal.add(
            "cmd",
            RUNG if taken in (Taken.NEW, Taken.REPEATED) else NOT_COUNTED,
            vehicle=report.source,
            data={
                "identifier": report.identifier,
                "status": self.status(self._tracker.command(report.identifier)) if known else "",
                **told,
            },
            key="/".join(("rung", *map(str, key))),
        )
        if new:
            self._note(report.identifier, told)

    def changed(self, command: TrackedCommand, what: str) -> None:
        """Something has become of a command on the ground."""
        order = command.order
        data: dict[str, Any] = {
            "identifier": order.identifier,
            "status": self.status(command),
            "detail": command.detail,
        }
        if what == "issued":
            data |= {
                "command": order.name, "arguments": order.arguments, "stage": order.stage,
                "origin": order.origin,
            }  # fmt: skip
        if what == "sent":
            data |= {"expected_ns": command.expected_ns, "attempt": command.attempts}
        self.journal.add("cmd", what, vehicle=order.target, data=data)

    def status(self, command: TrackedCommand) -> str:
        """How far a command is; of one that may have left without the ground's knowing it, as when
        mission control died in that moment, neither WAITING nor SENT would be true."""
        waits = command.sent_ns is None and command.status == "WAITING"
        unsure = waits and command.order.identifier in self.control.uplink.perhaps
        return PERHAPS_SENT if unsure else command.status

    def user(self, command: TrackedCommand) -> str:
        """Who asked for a command; empty where it was a procedure."""
        return self.users.get(command.order.identifier, user_of(command.order.origin))

    def row(self, command: TrackedCommand) -> dict[str, Any]:
        """One command for the history."""
        order = command.order
        return {
            "identifier": order.identifier,
            "vehicle": order.target,
            "command": order.name,
            "arguments": order.arguments,
            "stage": order.stage,
            "user": self.user(command),
            "issued_ns": command.issued_ns,
            "sent_ns": command.sent_ns,
            "attempts": command.attempts,
            "status": self.status(command),
            "detail": command.detail,
            "late": command.late,
            "windows": {"expected_ns": command.expected_ns},
            "rungs": list(self._rungs.get(order.identifier, ())),
        }

