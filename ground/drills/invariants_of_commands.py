"""What must hold of commands: each ends once, and nothing hazardous happens unannounced."""

from typing import Any

from flight.icd.messages import TERMINAL_RUNGS, CommandReport, EventReport, Message, Rung
from ground.drills.invariant import Invariant
from ground.drills.irreversible import BEFORE
from ground.testbed.run import Run


class CommandsEndOnce(Invariant):
    """Every command that was received ends in one terminal rung, also over reboots."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._ends: dict[tuple[str, str], Rung] = {}
        self._open: dict[tuple[str, str], None] = {}
        for role in run.mission.vehicles:
            ladder = _ladder(run, role)
            for entry in [] if ladder is None else ladder.entries():
                key = (role, entry.command.identifier)
                if entry.ended:
                    self._ends[key] = entry.rung
                else:
                    self._open[key] = None

    def hear(self, message: Message) -> str:
        if isinstance(message, EventReport) and message.name == "store_damaged":
            self._forget(message.source)
        if not isinstance(message, CommandReport) or message.repeated:
            return ""
        key = (message.source, message.identifier)
        before = self._ends.get(key)
        if before is not None and not _beside(before, message):
            return f"{message.source} {message.identifier} is {message.rung} after {before}"
        if message.rung in TERMINAL_RUNGS:
            self._ends[key] = message.rung
            self._open.pop(key, None)
        else:
            self._open[key] = None
        return ""

    def _forget(self, source: str) -> None:
        """A node that says that its store was damaged does not answer for the commands of which it
        knows nothing any more; for all others it answers as before."""
        ladder = _ladder(self.run, source)

        def is_gone(key: tuple[str, str]) -> bool:
            return key[0] == source and (ladder is None or ladder.find(key[1]) is None)

        self._ends = {key: rung for key, rung in self._ends.items() if not is_gone(key)}
        self._open = {key: None for key in self._open if not is_gone(key)}

    def end(self, broke: BaseException | None) -> str:
        for source, identifier in self._open:
            ladder = _ladder(self.run, source)
            if ladder is not None and ladder.find(identifier) is None:
                return f"{source} knows nothing more of {identifier}, which never ended"
        return ""


def _beside(before: Rung, report: CommandReport) -> bool:
    """An identifier that came again for another order is refused beside its own end."""
    return report.rung is Rung.REJECTED and before is not Rung.REJECTED


def _ladder(run: Run, role: str) -> Any:
    return run.node(role).dispatcher.ladder if run.host.runs(role) else None


class ArmedBeforeFired(Invariant):
    """Nothing hazardous begins without ARM and FIRE, and nothing is done for good without what must
    have come before (`ground.drills.irreversible`)."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._found = ""
        self._fired: dict[tuple[str, str], None] = {}
        for role in run.mission.vehicles:
            ladder = _ladder(run, role)
            for entry in [] if ladder is None else ladder.entries():
                if entry.command.stage == "fire":
                    self._fired[role, entry.command.name] = None
        run.hardware.called.append(self._called)

    def hear(self, message: Message) -> str:
        if isinstance(message, CommandReport) and message.rung is Rung.ACCEPTED:
            self._accepted(message)
        return self._found

    def look(self) -> str:
        return self._found

    def _accepted(self, report: CommandReport) -> None:
        host = self.run.host
        if report.repeated or not host.runs(report.source):
            return
        node: Any = host.node(report.source)
        entry = node.dispatcher.ladder.find(report.identifier)
        spec = None if entry is None else node.commands.get(entry.command.name)
        if spec is None or entry.command.stage == "arm":
            return
        if node.hazards.of(spec, entry.command.arguments) == "none":
            return
        self._fired[report.source, spec.name] = None
        if not _was_armed(node, entry):
            self._say(f"{report.source} has begun {spec.name} ({report.identifier}) unarmed")

    def _called(self, service: str, method: str) -> None:
        before = BEFORE.get((service, method))
        if before is None:
            return
        if before.fired and not any(self._has_fired(*each) for each in before.fired):
            wanted = " or ".join(" ".join(each) for each in before.fired)
            self._say(f"{service}.{method} without a FIRE of {wanted}")
        role, _, _ = service.partition(".")
        if before.states and self.run.host.runs(role):
            node = self.run.host.node(role)
            if not any(node.is_in(state) for state in before.states):
                allowed = " or ".join(before.states)
                self._say(f"{service}.{method} in state {node.state}; allowed is {allowed}")

    def _has_fired(self, role: str, name: str) -> bool:
        """Whether a command has been fired: a device may be told before its acceptance is."""
        ladder = _ladder(self.run, role)
        return (role, name) in self._fired or any(
            each.command.name == name
            and each.command.stage != "arm"
            and each.rung is not Rung.REJECTED
            for each in ([] if ladder is None else ladder.entries())
        )

    def _say(self, what: str) -> None:
        self._found = self._found or what


def _was_armed(node: Any, entry: Any) -> bool:
    """Whether a FIRE had an ARM of the same command before it, that was taken."""
    return entry.command.stage == "fire" and any(
        each.command.stage == "arm"
        and each.command.name == entry.command.name
        and each.rung is Rung.COMPLETED
        and each.number < entry.number
        for each in node.dispatcher.ladder.entries()
    )
