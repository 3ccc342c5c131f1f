"""Command dispatch on board: from arrival to the terminal rung."""

import asyncio
import inspect
from dataclasses import dataclass
from typing import Any

from flight.core.activities import EXPECTED_FAILURES
from flight.core.chart.statechart import Signal, is_inside
from flight.core.commanding.arming import (
    ARM_AND_FIRE,
    ArmingGuard,
    ArmingRefusal,
    arguments_hash,
)
from flight.core.commanding.commands import CommandRejected, CommandSpec, Restart
from flight.core.commanding.first_wait import FirstWait
from flight.core.commanding.ladder import SEQUENCE_ORIGIN, Entry, IdentifierReused, Ladder
from flight.core.keeping.clock import monotonic
from flight.core.mailbox import (
    CommandArrived,
    CommandInterrupted,
    CriticalTakenUp,
    DeadlinePassed,
)
from flight.icd.messages import TERMINAL_RUNGS, Command, CommandReport, Rung
from flight.runtime.loop import NANOSECONDS, transport_grace


@dataclass
class _Run:
    """A command whose state is active."""

    command: Command
    spec: CommandSpec
    timer: asyncio.TimerHandle


def _why_ended(entry: Entry) -> str:
    if entry.begun and entry.rung is Rung.RECEIVED:
        return "interrupted by a reboot while it was carried out: whether it acted is not known"
    return "interrupted by a reboot"


class Dispatcher:
    """Checks, starts and ends the commands of one node; the ladder keeps the account."""

    def __init__(self, node: Any) -> None:
        self._node = node
        self._guard = ArmingGuard(monotonic)
        self._runs: dict[str, _Run] = {}  # by the path of the state that does the work
        self._waiting: dict[str, asyncio.Future[str]] = {}
        self._starting: Command | None = None
        self._timed_out: dict[str, None] = {}
        self._commanded = {
            spec.starts: spec for spec in node.commands.values() if spec.starts is not None
        }
        self.acting: Command | None = None  # the command that acts at this instant
        self.ladder = Ladder(
            node.name, node.storage, node.clock.now_ns, self._report, node.clock.count_ns
        )

    # -------------------------------------------------------------- arrival

    async def dispatch(self, order: Command, *, from_sequence: bool = False) -> None:
        """Takes one command from arrival to its start or its end.

        `from_sequence`: a sequence of this node issued it; if that has ended since, so has the
        command.
        """
        withdrawn = self._node.sequences.why_withdrawn(order.identifier) if from_sequence else ""
        if order.stage not in ("arm", "fire") and not withdrawn:
            self._guard.command_seen(order.name)
        try:
            if not self.ladder.receive(order):
                self._heard_again(order)
                return
        except IdentifierReused as refusal:
            # Said beside the ladder, where the identifier stands for the other command.
            self._node.command_refused(command=order.name, reason=str(refusal))
            self._node.publish(self._beside(order, str(refusal)), 0)
            return
        if withdrawn:
            self.ladder.step(order.identifier, Rung.ABORTED, withdrawn)
        else:
            await self._begin(order)

    def _heard_again(self, order: Command) -> None:
        """A repeat of a valid command shows, as much as a new one, that Earth is heard."""
        known = self.ladder.find(order.identifier)
        refused = known is not None and known.rung is Rung.REJECTED
        if not refused:
            self._heard(order)

    def _heard(self, order: Command) -> None:
        """Notes a valid command, if it is not one that a sequence on board has sent."""
        if not order.origin.endswith(SEQUENCE_ORIGIN):
            self._node.protection.command_heard()

    def _beside(self, order: Command, reason: str) -> CommandReport:
        stamp = self._node.clock.now_ns()
        return CommandReport(order.identifier, self._node.name, Rung.REJECTED, stamp, reason)

    async def _begin(self, order: Command) -> None:
        try:
            spec, arguments = self._check(order)
            if order.stage == "arm":
                self._arm(order, spec, arguments)
                return
            if order.stage == "fire" and self._node.context.structure.keeps(ARM_AND_FIRE):
                self._guard.fire(spec.name, arguments_hash(arguments))
            if self._is_so(spec):
                self._accept(order)
                detail = f"nothing was to be done in state {self._node.state}"
                self.ladder.step(order.identifier, Rung.COMPLETED, detail)
            elif spec.starts is not None:
                await self._start(order, spec, arguments)
            else:
                self._act(order, spec, arguments)
        except (CommandRejected, ArmingRefusal) as refusal:
            if order.stage != "run":
                self._guard.disarm(f"the {order.stage} of {order.name} was refused")
            self._node.command_refused(command=order.name, reason=str(refusal))
            self.ladder.step(order.identifier, Rung.REJECTED, str(refusal))

    def _check(
        self, order: Command, *, resumed: bool = False
    ) -> tuple[CommandSpec, dict[str, Any]]:
        """What it asks for. What was taken before a reboot is not asked again for an arming that
        the reboot alone would demand. Raises CommandRejected."""
        node = self._node
        if order.target != node.name:
            raise CommandRejected(f"target = {order.target!r}: this is {node.name}")
        spec: CommandSpec | None = node.commands.get(order.name)
        if spec is None:
            known = ", ".join(sorted(node.commands))
            raise CommandRejected(f"{node.name} has no command {order.name!r}; it has: {known}")
        arguments = spec.check(order.arguments)
        is_so = self._is_so(spec)
        if node.context.structure.keeps(ARM_AND_FIRE):
            critical = node.safing_control.is_critical() and not (is_so or resumed)
            spec.check_stage(order.stage, node.hazards.now(spec, arguments, critical))
        if is_so:
            return spec, arguments
        if spec.starts is not None:
            if not node.statechart.handles(node.state, spec.name):
                raise CommandRejected(f"{spec.name} is not allowed in state {node.state}")
        elif spec.allowed_in and not any(is_inside(node.state, s) for s in spec.allowed_in):
            allowed = ", ".join(spec.allowed_in)
            raise CommandRejected(
                f"{spec.name} is not allowed in state {node.state}; allowed: {allowed}"
            )
        return spec, arguments

    def _is_so(self, spec: CommandSpec) -> bool:
        """Whether what a command is for is so already."""
        return any(is_inside(self._node.state, state) for state in spec.so_in)

    def _arm(self, order: Command, spec: CommandSpec, arguments: dict[str, Any]) -> None:
        self._guard.arm(spec.name, arguments_hash(arguments), order.lifetime)
        self._take(order)
        self.ladder.step(order.identifier, Rung.COMPLETED, f"armed for {order.lifetime:g} s")

    def _act(self, order: Command, spec: CommandSpec, arguments: dict[str, Any]) -> None:
        # From here on it may have had its effect: after a kill it must not be begun again.
        self.ladder.begin(order.identifier)
        self.acting = order
        try:
            result = getattr(self._node, spec.method)(**spec.call(arguments))
        except CommandRejected:
            raise
        except Exception as error:  # whatever it is, the command has ended
            self._fail(order, error)
            return
        finally:
            self.acting = None
        if inspect.isawaitable(result):
            self._node.nursery.start(
                self._act_long(order, spec, result), name=f"command {spec.name}"
            )
            return
        self._accept(order)
        self.ladder.step(order.identifier, Rung.COMPLETED, str(result or ""))

    def _take(self, order: Command) -> None:
        """It is a valid one: what is refused for whatever reason shows no ground that commands."""
        self.ladder.step(order.identifier, Rung.ACCEPTED)
        self._heard(order)

    def _accept(self, order: Command) -> None:
        self._take(order)
        self.ladder.step(order.identifier, Rung.STARTED)

    async def _act_long(self, order: Command, spec: CommandSpec, work: Any) -> None:
        """Awaits the work of a command that acts beside everything else.

        It is accepted when it first has to wait; what it refuses before that is REJECTED.
        """
        started = FirstWait(work, lambda: self._accept(order))
        try:
            async with asyncio.timeout(spec.deadline + transport_grace()):
                result = await started
        except TimeoutError:
            self.ladder.step(order.identifier, Rung.TIMED_OUT, f"after {spec.deadline:g} s")
        except CommandRejected as refusal:
            self._node.command_refused(command=order.name, reason=str(refusal))
            rung = Rung.FAILED if started.has_waited else Rung.REJECTED
            self.ladder.step(order.identifier, rung, str(refusal))
        except Exception as error:  # whatever it is, the command has ended
            self._fail(order, error)
        else:
            if not started.has_waited:
                self._accept(order)
            self.ladder.step(order.identifier, Rung.COMPLETED, str(result or ""))

    async def _start(self, order: Command, spec: CommandSpec, arguments: dict[str, Any]) -> None:
        given = spec.call(arguments)
        try:
            data = getattr(self._node, spec.method)(**given)
            if inspect.isawaitable(data):
                raise TypeError(f"{spec.name} starts a state: its method is not to be async")
        except CommandRejected:
            raise
        except Exception as error:
            self._fail(order, error)
            return
        carried = given[spec.whole] if spec.whole else None
        data = arguments if data is None else data
        signal = Signal(spec.name, {} if spec.whole else data, order.identifier, carried)
        self._starting = order
        try:
            handled = await self._node.fire(signal)
        finally:
            self._starting = None
        if not handled:
            raise CommandRejected(f"{spec.name}: the conditions for it do not hold now")
        bound = any(run.command is order for run in self._runs.values())
        if not bound and not self.ladder.ended(order.identifier):
            self._end_unstarted(order, Rung.FAILED, f"the state {spec.starts} was not entered")

    def _fail(self, order: Command, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        if isinstance(error, EXPECTED_FAILURES):
            reason = str(error)
        else:
            self._node.command_fault(command=order.name, reason=reason)
        self._end_unstarted(order, Rung.FAILED, reason)

    def _end_unstarted(self, order: Command, rung: Rung, detail: str) -> None:
        if self.ladder.entry(order.identifier).rung is Rung.RECEIVED:
            self._take(order)
        self.ladder.step(order.identifier, rung, detail)

    # ------------------------------------------------- the state that works

    def states_entered(self, entered: list[str], signal: Signal) -> None:
        """Binds the command that is being started to its state, before the activity runs."""
        order = self._starting
        if order is None:
            return
        spec = self._node.commands[order.name]
        if spec.starts not in entered:
            return
        entry = self.ladder.entry(order.identifier)
        if entry.rung is Rung.RECEIVED:
            self._take(order)
        if entry.rung is Rung.ACCEPTED:
            self.ladder.step(order.identifier, Rung.STARTED)
        timer = asyncio.get_running_loop().call_later(
            max(0.0, self._time_left(entry, spec)), self._deadline_passed, order.identifier
        )
        self._runs[spec.starts] = _Run(order, spec, timer)

    def state_left(self, path: str, signal: Signal, from_activity: bool) -> None:
        """Ends the command bound to a state that was left."""
        run = self._runs.pop(path, None)
        if run is None:
            return
        run.timer.cancel()
        identifier = run.command.identifier
        reason = str(signal.data.get("reason", "")) or f"ended by {signal.name}"
        if identifier in self._timed_out:
            del self._timed_out[identifier]
            self.ladder.step(identifier, Rung.TIMED_OUT, f"after {run.spec.deadline:g} s")
        elif signal.name == "failed":
            self.ladder.step(identifier, Rung.FAILED, reason)
        elif from_activity:
            self.ladder.step(identifier, Rung.COMPLETED, str(signal.data.get("result", "")))
        else:
            self.ladder.step(identifier, Rung.ABORTED, reason)

    def progress(self, detail: str) -> None:
        """Reports progress of the commands whose states are active."""
        for run in list(self._runs.values()):
            self.ladder.step(run.command.identifier, Rung.PROGRESS, detail)

    def is_commanded(self, state: str) -> bool:
        """Whether a state belongs to the work of a command, and so is no place to rest."""
        return any(is_inside(state, path) for path in self._commanded)

    def _deadline_passed(self, identifier: str) -> None:
        self._node.mailbox.post(DeadlinePassed(identifier), urgent=True)

    async def deadline(self, identifier: str) -> None:
        """The time allowed for a command is over: ends its activity and the command."""
        for path, run in list(self._runs.items()):
            if run.command.identifier != identifier:
                continue
            self._timed_out[identifier] = None
            await self._node.fire(
                Signal("abort", {"reason": f"{run.spec.name} passed its deadline"}, identifier)
            )
            if path in self._runs and self._runs[path] is run:
                self.state_left(path, Signal("abort"), False)
                self._node.go_safe(f"{run.spec.name} passed its deadline and could not be aborted")

    # ---------------------------------------------------------------- reboot

    def settle_interrupted(self) -> None:
        """After a boot: resumes the commands that can be, ends the others."""
        self.ladder.repeat_last()
        interrupted = self.ladder.interrupted()
        for entry in interrupted:
            if self._can_resume(entry):
                self._node.mailbox.post(CommandInterrupted(entry.command))
            else:
                self.ladder.step(entry.command.identifier, Rung.ABORTED, _why_ended(entry))
        if any(self._is_critical(entry) for entry in interrupted):
            self._node.mailbox.post(CriticalTakenUp())

    def _is_critical(self, entry: Entry) -> bool:
        """Whether the work of a command is what was critical before the boot."""
        spec = self._node.commands.get(entry.command.name)
        starts = None if spec is None else spec.starts
        return starts is not None and bool(self._node.safing_control.takes_up(starts))

    def _can_resume(self, entry: Entry) -> bool:
        node, order = self._node, entry.command
        spec = node.commands.get(order.name)
        # An arming does not outlive a boot.
        if spec is None or order.stage == "arm":
            return False
        # A reduced boot goes on with what nothing is safer than to go on with, and with that alone.
        if node.boot.reduced and (entry.rung is Rung.RECEIVED or not self._is_critical(entry)):
            return False
        if entry.rung is Rung.RECEIVED:
            return not entry.begun
        resumes = spec.restart is Restart.RESUME and spec.starts is not None
        return resumes and bool(node.statechart.handles(node.state, spec.name))

    async def resume(self, order: Command) -> None:
        """Takes up a command again that a reboot interrupted; its deadline stays what it was."""
        entry = self.ladder.entry(order.identifier)
        if entry.ended:
            return
        spec = self._node.commands[order.name]
        withdrawn = ""
        if entry.rung is Rung.RECEIVED and order.origin == self._node.sequences.origin:
            withdrawn = self._node.sequences.why_withdrawn(order.identifier)
        if withdrawn:
            self._end_interrupted(entry, Rung.ABORTED, withdrawn)
        elif self._time_left(entry, spec) <= 0.0:
            self._end_interrupted(entry, Rung.TIMED_OUT, "its deadline passed during the reboot")
        elif entry.rung is Rung.RECEIVED:
            await self._begin(order)
        else:
            try:
                spec, arguments = self._check(order, resumed=True)
                await self._start(order, spec, arguments)
            except CommandRejected as refusal:
                reason = f"not resumed after a reboot: {refusal}"
                self._end_interrupted(entry, Rung.ABORTED, reason)

    def _end_interrupted(self, entry: Entry, rung: Rung, reason: str) -> None:
        # One that was never accepted can only be aborted.
        rung = Rung.ABORTED if entry.rung is Rung.RECEIVED else rung
        self.ladder.step(entry.command.identifier, rung, reason)

    def _time_left(self, entry: Entry, spec: CommandSpec) -> float:
        """Seconds until a command's deadline, by the oscillator's count, which nobody sets."""
        used: float = max(0, self._node.clock.count_ns() - entry.accepted_ns) / NANOSECONDS
        return spec.deadline - used

    # ----------------------------------------------------------------- other

    async def perform(self, order: Command) -> str:
        """Issues a command on board and waits for its terminal rung (for sequences)."""
        entry = self.ladder.find(order.identifier)
        if entry is not None and entry.ended:
            return str(entry.rung)
        waiter: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[order.identifier] = waiter
        try:
            if not self._node.mailbox.post(CommandArrived(order, from_sequence=True)):
                return Rung.FAILED  # there was no room for it: it never arrived
            return await waiter
        finally:
            self._waiting.pop(order.identifier, None)

    def armed_command(self) -> str:
        """The hazardous command that is armed; empty when none is."""
        return self._guard.status().command

    def disarm(self, reason: str) -> None:
        """Disarms."""
        self._guard.disarm(reason)

    def entries(self) -> list[Entry]:
        """The command history."""
        return self.ladder.entries()

    def _report(self, report: CommandReport) -> None:
        self._node.publish(report, 0)
        if report.rung in TERMINAL_RUNGS:
            waiter = self._waiting.get(report.identifier)
            if waiter is not None and not waiter.done():
                waiter.set_result(str(report.rung))
