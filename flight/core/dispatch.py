"""Command dispatch on board: from arrival to the terminal rung."""

import asyncio
import inspect
from dataclasses import dataclass
from typing import Any

from flight.core.arming import ArmingGuard, ArmingRefusal, arguments_hash
from flight.core.clock import monotonic
from flight.core.commands import CommandRejected, CommandSpec, Hazard, Restart
from flight.core.ladder import Entry, Ladder
from flight.core.statechart import Signal, is_inside
from flight.icd.messages import TERMINAL_RUNGS, Command, CommandReport, Rung


@dataclass
class _Run:
    """A command whose state is active."""

    command: Command
    spec: CommandSpec
    timer: asyncio.TimerHandle


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
        self.ladder = Ladder(node.name, node.storage, node.clock.now_ns, self._report)

    # -------------------------------------------------------------- arrival

    async def dispatch(self, order: Command) -> None:
        """Takes one command from arrival to its start or its end."""
        if order.stage not in ("arm", "fire"):
            self._guard.command_seen(order.name)
        if not self.ladder.receive(order):
            return
        await self._begin(order)

    async def _begin(self, order: Command) -> None:
        try:
            spec, arguments = self._check(order)
            if self._armed_only(order, spec, arguments):
                return
            if spec.starts is not None:
                await self._start(order, spec, arguments)
            else:
                await self._act(order, spec, arguments)
        except (CommandRejected, ArmingRefusal) as refusal:
            self._node.command_refused(command=order.name, reason=str(refusal))
            self.ladder.step(order.identifier, Rung.REJECTED, str(refusal))

    def _check(self, order: Command) -> tuple[CommandSpec, dict[str, Any]]:
        node = self._node
        if order.target != node.name:
            raise CommandRejected(f"target = {order.target!r}: this is {node.name}")
        spec = node.commands.get(order.name)
        if spec is None:
            known = ", ".join(sorted(node.commands))
            raise CommandRejected(f"{node.name} has no command {order.name!r}; it has: {known}")
        arguments = spec.check(order.arguments)
        if spec.starts is not None:
            if not node.statechart.handles(node.state, spec.name):
                raise CommandRejected(f"{spec.name} is not allowed in state {node.state}")
        elif spec.allowed_in and not any(is_inside(node.state, s) for s in spec.allowed_in):
            allowed = ", ".join(spec.allowed_in)
            raise CommandRejected(
                f"{spec.name} is not allowed in state {node.state}; allowed: {allowed}"
            )
        return spec, arguments

    def _armed_only(self, order: Command, spec: CommandSpec, arguments: dict[str, Any]) -> bool:
        """Handles ARM; checks FIRE. True when the command ends here."""
        identity = arguments_hash(arguments)
        if spec.hazard is Hazard.NONE:
            if order.stage in ("arm", "fire"):
                self._guard.command_seen(order.name)
                raise CommandRejected(f"{spec.name} is not hazardous; it takes no {order.stage}")
            return False
        if order.stage == "arm":
            self._guard.arm(spec.name, identity, order.lifetime)
            self.ladder.step(order.identifier, Rung.ACCEPTED)
            self.ladder.step(order.identifier, Rung.COMPLETED, f"armed for {order.lifetime:g} s")
            return True
        if order.stage != "fire":
            raise CommandRejected(f"{spec.name} is hazardous ({spec.hazard}): ARM it, then FIRE")
        self._guard.fire(spec.name, identity)
        return False

    async def _act(self, order: Command, spec: CommandSpec, arguments: dict[str, Any]) -> None:
        result = getattr(self._node, spec.method)(**arguments)
        self.ladder.step(order.identifier, Rung.ACCEPTED)
        self.ladder.step(order.identifier, Rung.STARTED)
        if inspect.isawaitable(result):
            self._node.nursery.start(
                self._act_long(order, spec, result), name=f"command {spec.name}"
            )
        else:
            self.ladder.step(order.identifier, Rung.COMPLETED, str(result or ""))

    async def _act_long(self, order: Command, spec: CommandSpec, work: Any) -> None:
        try:
            async with asyncio.timeout(spec.deadline):
                result = await work
        except TimeoutError:
            self.ladder.step(order.identifier, Rung.TIMED_OUT, f"after {spec.deadline:g} s")
        except Exception as error:  # whatever it is, the command has ended
            self.ladder.step(order.identifier, Rung.FAILED, f"{type(error).__name__}: {error}")
        else:
            self.ladder.step(order.identifier, Rung.COMPLETED, str(result or ""))

    async def _start(self, order: Command, spec: CommandSpec, arguments: dict[str, Any]) -> None:
        data = getattr(self._node, spec.method)(**arguments)
        if inspect.isawaitable(data):
            raise TypeError(f"{spec.name} starts a state: its method is not to be async")
        signal = Signal(spec.name, data if data is not None else arguments, order.identifier)
        self._starting = order
        try:
            handled = await self._node.fire(signal)
        finally:
            self._starting = None
        if not handled:
            raise CommandRejected(f"{spec.name}: the conditions for it do not hold now")

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
            self.ladder.step(order.identifier, Rung.ACCEPTED)
        if entry.rung is Rung.ACCEPTED:
            self.ladder.step(order.identifier, Rung.STARTED)
        timer = asyncio.get_running_loop().call_later(
            spec.deadline, self._deadline_passed, order.identifier
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
        self._node.mailbox.post(Signal("deadline", {"identifier": identifier}), urgent=True)

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
        node = self._node
        for entry in self.ladder.interrupted():
            spec = node.commands.get(entry.command.name)
            if (entry.rung is Rung.RECEIVED and not node.boot.reduced) or self._can_resume(spec):
                node.mailbox.post(Signal("resume", {"command": entry.command}))
            else:
                self.ladder.step(entry.command.identifier, Rung.ABORTED, "interrupted by a reboot")

    def _can_resume(self, spec: CommandSpec | None) -> bool:
        return (
            spec is not None
            and spec.restart is Restart.RESUME
            and not self._node.boot.reduced
            and bool(self._node.statechart.handles(self._node.state, spec.name))
        )

    async def resume(self, order: Command) -> None:
        """Takes up a command again that a reboot interrupted."""
        if self.ladder.ended(order.identifier):
            return
        if self.ladder.entry(order.identifier).rung is Rung.RECEIVED:
            await self._begin(order)
            return
        try:
            spec, arguments = self._check(order)
            await self._start(order, spec, arguments)
        except CommandRejected as refusal:
            self.ladder.step(
                order.identifier, Rung.ABORTED, f"not resumed after a reboot: {refusal}"
            )

    # ----------------------------------------------------------------- other

    async def perform(self, order: Command) -> str:
        """Issues a command on board and waits for its terminal rung (for sequences)."""
        entry = self.ladder.find(order.identifier)
        if entry is not None and entry.ended:
            return str(entry.rung)
        waiter: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[order.identifier] = waiter
        self._node.mailbox.post(Signal("command", {"command": order}))
        return await waiter

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
            waiter = self._waiting.pop(report.identifier, None)
            if waiter is not None and not waiter.done():
                waiter.set_result(str(report.rung))
