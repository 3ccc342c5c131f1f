"""The node: one statechart, one mailbox, and the activities its states run.

Run to completion: whatever happens to a node is a signal in its mailbox; one task takes them in
order and lets the statechart react. A vehicle is a subclass that declares its statechart, commands,
channels, events and parameters, and has its skills in files of their own.

What a node reports is in `reporting`, the commands that all nodes have in `standard_commands`, the
life of a command in `dispatch`.
"""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from flight.core.activities import Activities, ActivityEnd
from flight.core.arrivals import Arrivals
from flight.core.chart.machine import Machine, Transition
from flight.core.chart.statechart import Signal, Statechart, chain, is_inside
from flight.core.commanding.commands import CommandSpec, declared_commands
from flight.core.commanding.dispatch import Dispatcher
from flight.core.commanding.standard_commands import SAFE as SAFE
from flight.core.context import NodeContext as NodeContext
from flight.core.custody.ledger import CustodyLedger
from flight.core.exchanges import Exchanges
from flight.core.fault_protection.protected_node import NODE_NAMESPACE as NODE_NAMESPACE
from flight.core.fault_protection.protection_commands import ProtectionCommands
from flight.core.fault_protection.watchdog import MAILBOX, Vigil, Watched
from flight.core.keeping.boot_findings import tell_findings
from flight.core.keeping.clock import monotonic as monotonic
from flight.core.keeping.continuity import life_of, restore_correction
from flight.core.keeping.health import BootRecord, HealthMonitor, Progress
from flight.core.keeping.parameters import Parameter, ParameterTable
from flight.core.keeping.storage import StorageError
from flight.core.keeping.store_watch import StoreWatch
from flight.core.mailbox import (
    CommandArrived,
    CommandInterrupted,
    CriticalTakenUp,
    DeadlinePassed,
    FloodLook,
    Item,
    Mailbox,
    Ping,
    StoreLook,
    label,
)
from flight.core.rounds import Rounds
from flight.core.sequencing.remote_verdicts import answer_from
from flight.core.sequencing.sequencer import Sequencer
from flight.core.telling.channels import Channel
from flight.core.telling.communications import EARTH_PEERS, Communications, Route
from flight.core.telling.priorities import PRIORITY_DIAGNOSTIC as PRIORITY_DIAGNOSTIC
from flight.core.telling.priorities import PRIORITY_EVENT as PRIORITY_EVENT
from flight.core.telling.priorities import PRIORITY_TELEMETRY as PRIORITY_TELEMETRY
from flight.core.telling.priorities import PRIORITY_VITAL as PRIORITY_VITAL
from flight.core.telling.priorities import PRIORITY_WARNING as PRIORITY_WARNING
from flight.icd.devices.base import DeviceError
from flight.icd.devices.communications import LinkState
from flight.icd.messages import Exchange, Message
from flight.runtime.nursery import Nursery
from flight.runtime.streams import stream

STABLE_AFTER = 600.0  # seconds without a reboot after which a boot counts as good
HEALTH_PERIOD = 900.0  # seconds


class Node(ProtectionCommands):
    """Base of all flight nodes."""

    statechart: ClassVar[Statechart]
    parameter_declarations: ClassVar[dict[str, Parameter]] = {}
    routes: ClassVar[dict[str, Route]] = {}
    watched: ClassVar[tuple[Watched, ...]] = ()
    """The states in which the watchdog waits no longer than some tenths of a second."""

    mode = Channel(str, doc="current state of the statechart, as a path")
    boot_number = Channel(int, doc="number of boots so far")
    mailbox_depth = Channel(int, doc="signals waiting in the mailbox", yellow=(None, 50))
    messages_corrupt = Channel(
        int, doc="messages and frames of this boot that were dropped: changed on their way"
    )
    storage_failing = Channel(bool, doc="whether the store fails and memory alone holds all")
    armed_command = Channel(str, doc="the hazardous command that is armed; empty when none is")

    def __init__(self, context: NodeContext) -> None:
        super().__init__(context)
        restore_correction(self.storage, self.clock, self._stored_damage)
        self._boots = BootRecord(self.storage, self._service_reports)
        self.boot = self._boots.begin(
            context.boot_cause,
            self.clock.count(),
            planned=context.planned_boot,
            earlier_boots=context.earlier_boots,
            damage=context.store_damage,
        )
        self.boot_count = self.boot.number
        self.bus.begin_life(self.boot.number)
        self._life = life_of(self.storage, self.boot.number, self._stored_damage)
        self.random = stream(context.seed, f"{self.name}.flight.{self.boot.number}")
        self.parameters = ParameterTable(
            self.name, self.parameter_declarations, dict(context.parameters), self.storage,
            self._service_reports,
        )  # fmt: skip
        self.mailbox = Mailbox(lambda item: self.signal_dropped(signal=label(item)))
        self.ledger = CustodyLedger(
            self.storage, self.name, self.clock.now_ns, self._custody_changed, life=self._life
        )
        self.machine = Machine(self.statechart, self, self._boot_state(), self._on_transition)
        self.commands: dict[str, CommandSpec] = declared_commands(type(self))
        self.dispatcher = Dispatcher(self)
        self.sequences = Sequencer(self, self._life)
        self.hazards = self.sequences.hazards
        self._store = StoreWatch(self)
        self.health = HealthMonitor(self._service_reports, asyncio.get_running_loop().time)
        self.vigil = Vigil(self.watched, self.health, context.watchdog, self.mailbox.ask)
        self._rounds = Rounds("health", HEALTH_PERIOD)
        self._arrivals = Arrivals(self)
        self.wires, self.drivers = {}, {}
        self.nursery: Nursery
        self.activities: Activities
        self.communications: Communications
        self.exchanges: Exchanges

    # --------------------------------------------------- what a vehicle adds

    def attach(self) -> None:
        """Connects the drivers of the vehicle's devices; called once at boot."""

    async def sample(self) -> None:
        """Reads the devices and sets the channels; called before each housekeeping."""

    def housekeeping_period(self) -> float:
        """Seconds until the next housekeeping."""
        return 600.0

    def link_changed(self, link: LinkState) -> None:
        """A link has come up or gone down."""

    @classmethod
    def check_parameters(cls, parameters: Mapping[str, Any]) -> None:
        """Looks, before a run, whether the parameters of a vehicle file go with each other.

        Raises NotAllowed for the one that does not.
        """

    def parameters_changed(self) -> None:
        """New parameters are active."""

    # ------------------------------------------------- what a vehicle calls

    @property
    def state(self) -> str:
        return self.machine.state

    def is_in(self, path: str) -> bool:
        """Whether the node is in a state or inside it."""
        return self.machine.is_in(path)

    def post(self, name: str, *, cause: str = "", urgent: bool = False, **data: Any) -> None:
        """Puts a signal for the statechart into the mailbox."""
        self.mailbox.post(Signal(name, data, cause), urgent=urgent)

    def progress(self, detail: str) -> None:
        """Reports progress of the command whose state is active."""
        self.dispatcher.progress(detail)

    def execute_sequence(self, name: str) -> None:
        """Runs a started sequence beside everything else."""
        self.nursery.start(self.sequences.execute(name), name=f"sequence {name}")

    # ---------------------------------------------------------------- running

    async def run(self) -> None:
        """Boots and lives until cancelled."""
        async with Nursery(self.name) as nursery:
            try:
                await self._live(nursery)
            finally:
                self._rounds.end()
                self.vigil.end()
                self.protection.stop()

    async def _live(self, nursery: Nursery) -> None:
        self.connect(nursery)
        self.bus.serve(f"{self.name}.node", self._arrived)
        self._announce_boot()
        await self._enter_boot_state()
        self.dispatcher.settle_interrupted()
        self._take_up_sequences()
        nursery.start(self._housekeeping(), name="housekeeping")
        self._watch_health(nursery)
        nursery.start(self._become_stable(), name="stable")
        while True:
            await self.react(await self.mailbox.take())

    async def react(self, item: Item) -> None:
        """Takes one item to its end: transition, old activities ended, new ones started."""
        match item:
            case Signal():
                await self.fire(item)
            case Ping():
                item.progress.advance()
            case CommandArrived():
                await self.dispatcher.dispatch(item.command, from_sequence=item.from_sequence)
            case CommandInterrupted():
                await self.dispatcher.resume(item.command)
            case CriticalTakenUp():
                self.end_critical()
            case DeadlinePassed():
                await self.dispatcher.deadline(item.identifier)
            case FloodLook():
                self._flood_look = False
                self.tell_untold()
            case StoreLook():
                self._store.tell()
            case ActivityEnd():
                await self._take_activity_end(item)
        self.swap_parameters()

    async def fire(self, signal: Signal, *, from_activity: bool = False) -> bool:
        """Lets the statechart react to a signal; returns whether a transition was taken."""
        if signal.name == "enter_safe" and not self._admits_safe(signal):
            return False
        forced = signal.name == "enter_safe"
        to_safe = forced and SAFE in self.statechart.states
        if to_safe:
            self.note_safe(signal.reason)  # before it is entered, lest a kill comes in between
        fired = await self.machine.fire(signal, force=forced)
        for path in fired.exited:
            await self.activities.stop(path)
            self.dispatcher.state_left(path, signal, from_activity)
        if fired.error is not None:
            self._statechart_failed(signal, fired.error)
        elif not fired.handled and not fired.refused and not self._may_pass(signal):
            self.signal_unhandled(signal=signal.name, mode=self.state)
        self.dispatcher.states_entered(fired.entered, signal)
        for path in fired.entered:
            if path == SAFE:
                self.note_safe(signal.reason)
                self._make_safe(signal.reason)
            self.activities.start(path, self.statechart.states[path], signal)
        if not self.is_in_safe and (to_safe or SAFE in fired.exited):
            self.safe_is_left()
        self.vigil.state_is(self.state)
        if fired.entered:
            self.protection.state_entered()
            self.safing_control.look()
        return fired.handled

    def _may_pass(self, signal: Signal) -> bool:
        """Whether it is in order that the statechart has nothing for a signal."""
        safe_already = signal.name == "enter_safe" and is_inside(self.state, SAFE)
        return safe_already or signal.name in self.statechart.ignored

    def _statechart_failed(self, signal: Signal, error: Exception) -> None:
        self.statechart_fault(signal=signal.name, reason=repr(error))
        if not is_inside(self.state, SAFE):
            self.go_safe(f"error in a transition on {signal.name}")

    def _make_safe(self, reason: str) -> None:
        self.entered_safe(reason=reason)
        self.safing_control.forget()
        self.dispatcher.disarm("the safe state was entered")
        self._abort_sequences("the safe state was entered")

    def _abort_sequences(self, reason: str) -> None:
        for name in self.sequences.unfinished():
            self.sequences.abort(name, reason)

    async def _take_activity_end(self, ended: ActivityEnd) -> None:
        if not self.activities.is_current(ended):
            return  # its state was left meanwhile
        if ended.error is not None:
            self.activity_fault(state=ended.state, reason=ended.signal.data["reason"])
            if self.activities.begin_again(ended.state, self.statechart.states[ended.state]):
                return
        elif ended.signal.name == "failed":
            self.activity_failed(
                state=ended.state, reason=str(ended.signal.data.get("reason", "no reason given"))
            )
        await self.fire(ended.signal, from_activity=True)
        if ended.error is not None and not is_inside(self.state, SAFE):
            self.go_safe(f"error of the software in {ended.state}")

    def _on_transition(self, transition: Transition) -> None:
        if transition.source == transition.target:
            return
        self.mode = transition.target
        if not self.dispatcher.is_commanded(transition.target):
            self.storage.put(NODE_NAMESPACE, "rest_state", transition.target)
        self._note_critical(transition.target)
        self.mode_changed(
            before=transition.source, after=transition.target, signal=transition.event
        )

    def _look_at_floods_later(self, seconds: float) -> None:
        if not self._flood_look:
            self._flood_look = True
            asyncio.get_running_loop().call_later(seconds, self._post_flood_look)

    def _post_flood_look(self) -> None:
        if not self.mailbox.post(FloodLook()):
            self._flood_look = False

    def _activity_ended(self, ended: ActivityEnd) -> None:
        self.mailbox.post(ended)

    def swap_parameters(self) -> None:
        before = self.parameters.swap()
        if before is not None:
            if self.protection.confirmation is not None:
                self.protection.confirmation.changed(before, self.parameters)
            self.parameters_changed()

    # ------------------------------------------------------------------- boot

    def connect(self, nursery: Nursery) -> None:
        """Connects everything: the first step of a boot."""
        self._connect(nursery)
        if self.context.store_lost or self.ledger.is_lost:  # before a load list says anything
            self.ledger.forget(self.context.mission.get("all_tubes", ()), "its store was lost")
        self.attach()
        self.put_up_protection()

    def _connect(self, nursery: Nursery) -> None:
        self.nursery = nursery
        self.activities = Activities(self, nursery, self._activity_ended)
        self.exchanges = Exchanges(self.name, self.boot.number, self._send_exchange, nursery)
        answer_from(self.dispatcher.ladder, self.exchanges)
        self.communications = Communications(
            name=self.name, bus=self.bus, boot=self.boot.number,
            routes=self.routes,
            nursery=nursery,
            deliver=self._arrivals.by_link,
            on_drop=self._dropped,
            on_link=self._link_changed,
            on_mute=lambda peer, reason: self.radio_mute(peer=peer, reason=reason),
            read=self.context.structure.read_frame,
        )  # fmt: skip
        if self.recorder is not None:
            self.communications.use_recorder(self.recorder)
            self._pump = self.communications.pump

    def _announce_boot(self) -> None:
        self.boot_number = self.boot.number
        self.mode = self.state
        self.armed_command = ""
        self.booted(number=self.boot.number, cause=self.boot.cause, mode=self.state)
        self._store.begin()
        tell_findings(self)
        if self.boot.number > 1:
            # A kill can come between a step of the ledger and its report.
            for record in self.ledger.records():
                self._custody_changed(record)

    async def _enter_boot_state(self) -> None:
        signal = Signal("boot")
        started = await self.machine.start(signal)
        for path in chain(self.state):
            self.activities.start(path, self.statechart.states[path], signal)
        if started.error is not None:
            self._statechart_failed(signal, started.error)
        self.vigil.state_is(self.state)

    def _take_up_sequences(self) -> None:
        if is_inside(self.state, SAFE):
            self._abort_sequences("the node booted in its safe state")
        for name in self.sequences.unfinished():
            self.execute_sequence(name)

    async def _become_stable(self) -> None:
        await asyncio.sleep(STABLE_AFTER)
        self._boots.mark_stable()

    # --------------------------------------------------------------- arrivals

    def _link_changed(self, link: LinkState) -> None:
        if link.peer in EARTH_PEERS:
            self.protection.link_changed(link.peer, link.up)
        self.link_changed(link)

    def _arrived(self, peer: bytes, message: Message) -> None:
        self._arrivals.by_bus(message)

    def _send_exchange(self, destination: str, exchange: Exchange) -> bool:
        return self.communications.send(destination, exchange, priority=1)

    @property
    def acting_identifier(self) -> str:
        """The identifier of the command that acts at this instant; empty when none does."""
        acting = self.dispatcher.acting
        return "" if acting is None else acting.identifier

    # ------------------------------------------------------------ housekeeping

    async def _housekeeping(self) -> None:
        progress = self.health.register("housekeeping", 6 * 3600.0, critical=False)
        while True:
            try:
                await self.sample()
            except (DeviceError, StorageError) as error:  # what is dead must not end the node
                self.sample_failed(reason=f"{type(error).__name__}: {error}")
            except Exception as error:  # nor an error of the software
                self.sample_fault(reason=f"{type(error).__name__}: {error}")
            self.mailbox_depth = self.mailbox.depth
            self.messages_corrupt = self.bus.counters.corrupt + self.communications.corrupt
            self.armed_command = self.dispatcher.armed_command()
            self.protection.housekeeping()
            if self.recorder is not None:
                self.recorder.flush()
            self._store.look()
            self.publish_telemetry()
            progress.advance()
            await asyncio.sleep(self.housekeeping_period())

    def _watch_health(self, nursery: Nursery) -> None:
        progress = self.health.register(
            MAILBOX, 1.5 * HEALTH_PERIOD, critical=True, fatal_interval=2.0 * HEALTH_PERIOD
        )
        self.vigil.begin()
        self._rounds.begin(nursery, partial(self._look_at_health, progress))

    def _look_at_health(self, progress: Progress) -> None:
        self.mailbox.ask(progress)
        self.look_at_telling()
        self.health.check()
