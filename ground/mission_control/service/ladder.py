"""How far each command has come, as a person may see it, and all that was said of it.

What counts is the tracker's: a command that has a verdict keeps it, whatever comes afterwards. What
came late, twice or from somebody else is shown as such, and changes no status.
"""

from dataclasses import dataclass, field
from typing import Any

from flight.icd.messages import CommandReport
from ground.mission_control.command_tracker import CommandTracker, Taken, TrackedCommand
from ground.mission_control.mission_control import MissionControl
from ground.mission_control.origins import user_of
from ground.mission_control.service.journal import Journal

MOST_RUNGS = 100  # of one command that are shown


@dataclass
class Ladder:
    """The rungs of all commands, and who asked for each."""

    control: MissionControl
    journal: Journal
    users: dict[str, str] = field(default_factory=dict)
    _rungs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for identifier, rung, occurred, received, detail, source in self.control.archive.look(
            "SELECT identifier, rung, occurred_ns, received_ns, detail, source FROM rungs "
            "ORDER BY received_ns, occurred_ns"
        ):
            self._note(identifier, rung, occurred, received, detail, self._how(identifier, source))

    @property
    def _tracker(self) -> CommandTracker:
        return self.control.tracker

    def _how(self, identifier: str, source: str) -> str:
        if not self._tracker.knows(identifier):
            return str(Taken.UNKNOWN)
        target = self._tracker.command(identifier).order.target
        return "" if source == target else str(Taken.FOREIGN)

    def _note(
        self, identifier: str, rung: str, occurred: int, received: int, detail: str, how: str
    ) -> dict[str, Any]:
        told = {
            "rung": rung, "occurred_ns": occurred, "received_ns": received, "detail": detail,
            **({"not_counted": how} if how else {}),
        }  # fmt: skip
        rungs = self._rungs.setdefault(identifier, [])
        rungs.append(told)
        del rungs[:-MOST_RUNGS]
        return told

    def reported(self, report: CommandReport, taken: Taken) -> None:
        """A vehicle has said something of a command."""
        how = "" if taken is Taken.NEW else str(taken)
        told = self._note(
            report.identifier, str(report.rung), report.time_ns, self.control.clock.now_ns(),
            report.detail, how,
        )  # fmt: skip
        key = (report.source, report.identifier, report.time_ns, report.rung, report.repeated)
        known = self._tracker.knows(report.identifier)
        self.journal.add(
            "cmd",
            "rung" if taken in (Taken.NEW, Taken.REPEATED) else "rung_not_counted",
            vehicle=report.source,
            data={
                "identifier": report.identifier,
                "status": self._tracker.command(report.identifier).status if known else "",
                **told,
            },
            key="/".join(("rung", *map(str, key))),
        )

    def changed(self, command: TrackedCommand, what: str) -> None:
        """Something has become of a command on the ground."""
        order = command.order
        data: dict[str, Any] = {
            "identifier": order.identifier,
            "status": command.status,
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
            "status": command.status,
            "detail": command.detail,
            "late": command.late,
            "windows": {"expected_ns": command.expected_ns},
            "rungs": list(self._rungs.get(order.identifier, ())),
        }
