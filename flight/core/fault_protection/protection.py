"""The fault protection of one node: its table put up, and all parts of it working together."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any

import msgspec

from flight.core.chart.statechart import Safing
from flight.core.fault_protection.actions import Call, parse_action
from flight.core.fault_protection.budgets import NAMESPACE, Budgets
from flight.core.fault_protection.device_looks import DeviceLooks
from flight.core.fault_protection.monitors import MonitorRun
from flight.core.fault_protection.names import Names
from flight.core.fault_protection.responses import Responder, ResponseRun, Step
from flight.core.fault_protection.shedding import Shedding
from flight.core.fault_protection.table_checks import parameters_of, problems
from flight.core.fault_protection.tables import Mode, Response, Rung, Table
from flight.core.fault_protection.timers import (
    COMMAND_LOSS,
    CommandLossTimer,
    Confirmation,
    with_timers,
)
from flight.core.fault_protection.watching import Watch
from flight.core.keeping.storage import StorageDamage

TABLE, MODES = "table", "modes"


class FaultProtection:
    """What watches and acts for one node, by the table that is active.

    Before `put_up` there is none: devices are connected first. `plain`: the table of the mission.
    """

    def __init__(self, node: Any, plain: Mapping[str, Any]) -> None:
        self._node = node
        self._of_mission = dict(plain)
        self.table = Table()
        self.names: Names
        self.watch: Watch
        self.responder: Responder
        self.shedding = Shedding(node, node.storage, node.loads, self._load_changed)
        self.command_loss: CommandLossTimer | None = None
        self.confirmation: Confirmation | None = None
        self.looks = DeviceLooks(node)
        self._is_up = False
        self._silence_timer: asyncio.TimerHandle | None = None

    # ------------------------------------------------------------- table up, down

    def put_up(self) -> None:
        """Begins to watch, once the devices are connected: by the table that was loaded by command
        last, or by that of the mission."""
        devices = dict(self._node.optional_devices)
        for service, wire in self._node.wires.items():
            owner, _, device = service.partition(".")
            devices[device if owner == self._node.name else service] = wire.interface
        self.names = Names(type(self._node), devices)
        self.shedding.take_up()
        self._put_up(self._stored() or self.checked(self._of_mission))

    def checked(self, plain: Mapping[str, Any]) -> Table:
        """A table from plain data; raises ValueError with a sentence for each thing wrong with it.
        """
        try:
            table = msgspec.convert(dict(plain), Table)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from error
        wrong = problems(table, self.names)
        if wrong:
            raise ValueError("; ".join(map(str, wrong)))
        return table

    def replace(self, table: Table) -> None:
        """Makes another table the active one, and keeps it over reboots."""
        self._node.storage.put(NAMESPACE, TABLE, msgspec.to_builtins(table))
        self.watch.take_down()  # and so all is clear
        self.responder.take_down()
        self._put_up(table)

    def _put_up(self, table: Table) -> None:
        self.table = table
        node, count = self._node, self._node.clock.count
        timers = table.timers
        self.command_loss = (
            None
            if timers.command_loss is None
            else CommandLossTimer(timers.command_loss, node.storage, count)
        )
        confirm = timers.confirm_communication
        self.confirmation = (
            None if confirm is None else Confirmation(confirm, node.storage, self._revert, count)
        )
        whole = with_timers(table, node.statechart)
        self.watch = Watch(node, whole, self.names, self._monitor_changed)
        modes = self._modes()
        runs = [self._run(name, entry, modes) for name, entry in whole.responses.items()]
        self.responder = Responder(node, runs, Budgets(node.storage, count), self)
        node.channels.on_change = self._channel_set
        node.readings.listeners[:] = [self.watch.reading_heard]
        self._is_up = True
        self.shedding.goes_by(table.shedding)
        node.loads_shed = ", ".join(self.shedding.shed())
        self.state_entered()
        self.responder.take_up(self.watch.take_up)
        self._tell_violated()

    def stop(self) -> None:
        """The node ends: nothing waits for its time any more."""
        if self._is_up:
            self._is_up = False
            self.watch.stop()
            self.responder.stop()
            self._stop_silence_timer()

    def _stop_silence_timer(self) -> None:
        if self._silence_timer is not None:
            self._silence_timer.cancel()
            self._silence_timer = None

    def _run(self, name: str, entry: Response, modes: Mapping[str, str]) -> ResponseRun:
        mode = Mode(modes.get(name, entry.mode))
        steps = [Step(self._calls(entry.do))]
        rung: Rung | None = entry.then
        while rung is not None:
            steps.append(Step(self._calls(rung.do), rung.not_cleared_in))
            rung = rung.then
        return ResponseRun(name, entry, steps, Step(self._calls(entry.when_clear)), mode)

    def _calls(self, texts: tuple[str, ...]) -> list[Call]:
        return [parse_action(text, self.names.actions) for text in texts]

    def _stored(self) -> Table | None:
        try:
            stored = self._node.storage.get(NAMESPACE, TABLE)
            return None if stored is None else self.checked(stored)
        except (StorageDamage, ValueError, TypeError) as error:
            self._node.protection_defaulted(reason=str(error))
            return None

    def _modes(self) -> dict[str, str]:
        try:
            stored = self._node.storage.get(NAMESPACE, MODES, {})
            return msgspec.convert(stored, dict[str, Mode]) if stored else {}
        except (StorageDamage, msgspec.ValidationError):
            return {}

    def keep_mode(self, response: str, mode: Mode) -> None:
        """Keeps over reboots how a response stands."""
        self._node.storage.put(NAMESPACE, MODES, {**self._modes(), response: mode.value})

    # ------------------------------------------------------------ what happens

    def _channel_set(self, name: str) -> None:
        self.watch.channel_set(name)
        if name == self.table.charge and self.table.shedding:
            full = self._node.takes_no_more_charge()
            self.shedding.charge_is(self._node.channels.value(name), is_full=full)

    def state_entered(self) -> None:
        """The vehicle has booted in a state, or come into another."""
        if not self._is_up:
            return
        self.watch.state_entered(self._node.state)
        self.shedding.safe_is(self._node.is_in_safe)
        self.responder.go_on()
        self._await_commands()

    def go_on(self) -> None:
        """What was not to be broken off has ended: what waits for it may begin."""
        if self._is_up:
            self.responder.go_on()

    def housekeeping(self) -> None:
        """The channels have just been set."""
        self.watch.look()
        self.looks.begin()
        if self.confirmation is not None:
            self.confirmation.look()

    def link_changed(self, peer: str, up: bool) -> None:
        """A link towards Earth has come up or gone down."""
        confirmation = self.confirmation
        if confirmation is not None and confirmation.link_changed(peer, up):
            self._node.communication_to_confirm(passes=confirmation.passes_left)

    def command_heard(self) -> None:
        """A valid command has come from outside."""
        if self.command_loss is not None:
            self.command_loss.heard()
            self._await_commands()
            self.watch.look()

    def silence_announced(self) -> None:
        """The silence may last for another time now."""
        self._await_commands()
        self.watch.look()

    def _await_commands(self) -> None:
        """Comes back when the silence might be too long."""
        self._stop_silence_timer()
        if self.command_loss is None:
            return
        left = self.command_loss.left(self._node.state)
        if left > 0.0:
            loop = asyncio.get_running_loop()
            self._silence_timer = loop.call_later(left, self._await_commands)
        else:
            self.watch.look()

    def parameters(self) -> set[str]:
        """The parameters that the monitors of the active table go by."""
        return parameters_of(self.table, self._node.parameter_declarations)

    def silence_left(self) -> float | None:
        """Seconds until the silence of the ground is too long; None: nobody counts."""
        return None if self.command_loss is None else self.command_loss.left(self._node.state)

    def _monitor_changed(self, run: MonitorRun) -> None:
        if not self._is_up:
            return  # the node ends
        node = self._node
        self._tell_violated()
        if run.is_set:
            detail = self.watch.detail(run)
            if run.name == COMMAND_LOSS and self.command_loss is not None:
                node.command_lost(age=round(self.command_loss.age))
            node.monitor_violated(monitor=run.name, verdict=run.verdict.value, detail=detail)
            self.responder.monitor_set(run.name)
        else:
            node.monitor_cleared(monitor=run.name)
            self.responder.monitor_cleared(run.name)

    def _tell_violated(self) -> None:
        runs = self.watch.runs.items()
        self._node.monitors_violated = ", ".join(name for name, each in runs if each.is_set)

    def _load_changed(self, load: str, shed: bool, why: str) -> None:
        node = self._node
        node.loads_shed = ", ".join(self.shedding.shed())
        if shed:
            node.load_shed(load=load, reason=why)
        else:
            node.load_back(load=load)

    def _revert(self, values: Mapping[str, Any]) -> None:
        node = self._node
        node.communication_reverted(settings=dict(values))
        node.parameters.abort()
        node.parameters.load(values)
        node.parameters.validate()
        node.parameters.activate()
        node.swap_parameters()

    # ----------------------------------------------------------------- Teller

    def safing(self) -> Safing:
        """What holds where the vehicle is."""
        now: Safing = self._node.safing_control.now()
        return now

    def is_set(self, monitor: str) -> bool:
        """Whether a monitor is violated."""
        run = self.watch.runs.get(monitor)
        return run is not None and run.is_set

    def started(self, response: str, monitor: str) -> None:
        """A response acts."""
        self._node.response_running = response
        self._node.response_started(response=response, monitor=monitor)

    def ended(self, response: str, result: str) -> None:
        """A response has ended."""
        running = self.responder.running
        self._node.response_running = "" if running is None else running.name
        self._node.response_ended(response=response, result=result)

    def not_undone(self, response: str, failures: str) -> None:
        """All is clear, and what a response has done could not be taken back."""
        self._node.response_not_undone(response=response, reason=failures)

    def tripped(self, response: str) -> None:
        """A response has used up its budget."""
        self.keep_mode(response, Mode.TRIPPED)
        self._node.response_tripped(response=response)

    def withheld(self, response: str, monitor: str) -> None:
        """A response that is passive would have acted."""
        self._node.response_passive(response=response, monitor=monitor)

    def start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Runs the work of a response beside everything else."""
        task: asyncio.Task[None] = self._node.nursery.start(work, name=name)
        return task
