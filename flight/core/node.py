"""The node: one statechart, one mailbox, and the activities its states run.

Run to completion: whatever happens to a node is a signal in its mailbox; one task takes them in order
and lets the statechart react. A vehicle is a subclass that declares its statechart, commands,
channels, events and parameters, and has its skills in files of their own.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, TypeVar

import msgspec

from flight.core.activities import ACTIVITY_END, Activities, ActivityEnd
from flight.core.channels import Channel, ChannelTable, declared_channels
from flight.core.clock import SpacecraftClock, monotonic
from flight.core.commands import CommandRejected, CommandSpec, command, declared_commands
from flight.core.communications import Communications, Route
from flight.core.custody import CustodyLedger, CustodyRecord
from flight.core.dispatch import Dispatcher
from flight.core.events import Event, declared_events
from flight.core.exchanges import Exchanges
from flight.core.health import BootRecord, HealthMonitor
from flight.core.limits import LimitState, LimitTransition
from flight.core.machine import Machine, Transition
from flight.core.mailbox import Mailbox
from flight.core.parameters import Parameter, ParameterRefusal, ParameterTable
from flight.core.recorder import Recorder
from flight.core.sequence_engine import SequenceEngine
from flight.core.sequences import Absolute, Entry, Relative, SequenceRefusal
from flight.core.statechart import Signal, Statechart, chain
from flight.core.storage import Storage, StorageError
from flight.core.throttling import EventThrottle
from flight.icd.codec import CodecError, encode
from flight.icd.devices.base import DeviceInterface
from flight.icd.devices.communications import LinkState
from flight.icd.messages import (
    Command,
    CommandReport,
    CustodyReport,
    EventReport,
    Exchange,
    Message,
    Packet,
    Severity,
    Telemetry,
    decode_message,
)
from flight.runtime import device_driver as drivers
from flight.runtime.bus import Bus
from flight.runtime.nursery import Nursery
from flight.runtime.streams import stream

D = TypeVar("D", bound=DeviceInterface)

SAFE = "safe"
NODE_NAMESPACE = "node"
STABLE_AFTER = 600.0  # seconds without a reboot after which a boot counts as good
HEALTH_PERIOD = 300.0  # seconds
EVENT_BURST = 40  # events of one kind at once, then
EVENT_REFILL = 0.05  # events of that kind per second
RECORDER_BYTES = 64_000_000

PRIORITY_VITAL = 0  # command reports, custody, fatal events
PRIORITY_WARNING = 1
PRIORITY_EVENT = 3
PRIORITY_TELEMETRY = 5
PRIORITY_DIAGNOSTIC = 8


@dataclass
class NodeContext:
    """What a node is given to run with; nothing in it belongs to another node."""

    bus: Bus
    storage: Storage
    clock: SpacecraftClock
    seed: int
    parameters: Mapping[str, Any]
    boot_cause: str = "power on"
    pet_watchdog: Callable[[], None] = lambda: None
    mission: Mapping[str, Any] = field(default_factory=dict)  # the vehicle's part of the load


class Node:
    """Base of all flight nodes."""

    name: ClassVar[str]
    statechart: ClassVar[Statechart]
    parameter_declarations: ClassVar[dict[str, Parameter]] = {}
    routes: ClassVar[dict[str, Route]] = {}
    has_recorder: ClassVar[bool] = False

    mode = Channel(str, doc="current state of the statechart, as a path")
    boot_number = Channel(int, doc="number of boots so far")
    mailbox_depth = Channel(int, doc="signals waiting in the mailbox", yellow=(None, 50))
    armed_command = Channel(str, doc="the hazardous command that is armed; empty when none is")

    booted = Event(Severity.ACTIVITY_HI, "Boot {number} ({cause}) in {mode}")
    boot_reduced = Event(Severity.WARNING_HI, "Boot {number} is reduced: {reason}")
    mode_changed = Event(Severity.ACTIVITY_LO, "{before} -> {after} on {signal}")
    signal_unhandled = Event(Severity.WARNING_LO, "Signal {signal} is not handled in {mode}")
    signal_dropped = Event(Severity.WARNING_HI, "Mailbox full: signal {signal} was dropped")
    activity_failed = Event(Severity.WARNING_HI, "{state} failed: {reason}")
    activity_fault = Event(Severity.WARNING_HI, "{state} ended by an error of the software: {reason}")
    statechart_fault = Event(Severity.WARNING_HI, "Error in a transition on {signal}: {reason}")
    limit_crossed = Event(Severity.WARNING_LO, "{channel} = {value} is {state}, was {previous}")
    limit_red = Event(Severity.WARNING_HI, "{channel} = {value} is {state}, was {previous}")
    command_refused = Event(Severity.COMMAND, "Command {command} refused: {reason}")
    events_throttled = Event(Severity.WARNING_LO, "{event} ({severity}) is throttled: {suppressed}")
    bus_gap = Event(Severity.WARNING_LO, "{missing} messages missing on {stream}")
    message_dropped = Event(Severity.WARNING_LO, "Message to {destination} dropped: {reason}")
    message_malformed = Event(Severity.WARNING_LO, "Malformed message on {stream}: {reason}")
    record_damaged = Event(Severity.WARNING_HI, "Stored record damaged: {reason}")
    recorder_overflow = Event(Severity.WARNING_LO, "Recorder full: dropped {data}")
    service_report = Event(Severity.ACTIVITY_LO, "{report}: {data}")
    service_warning = Event(Severity.WARNING_LO, "{report}: {data}")
    entered_safe = Event(Severity.WARNING_HI, "Safe state entered: {reason}")

    def __init__(self, context: NodeContext) -> None:
        self.context = context
        self.bus = context.bus
        self.storage = context.storage
        self.clock = context.clock
        self._throttle = EventThrottle(EVENT_BURST, EVENT_REFILL, monotonic)
        self._event_number = 0
        self._telemetry_number = 0
        self._reporting = False
        self.recorder = (
            Recorder(self.storage, RECORDER_BYTES, on_drop=self._recorder_dropped)
            if self.has_recorder
            else None
        )
        self.channels = ChannelTable(
            declared_channels(type(self)), self.clock.now_ns, monotonic, self._limit_crossed
        )
        self.events = declared_events(type(self))
        self.commands: dict[str, CommandSpec] = declared_commands(type(self))
        self.publisher = self.bus.publish(f"{self.name}.telemetry", self._subscriber_joined)
        self.storage.on_damage = lambda damage: self.record_damaged(reason=str(damage))
        self.bus.on_gap = lambda gap: self.bus_gap(missing=gap.missing, stream=gap.stream)
        self.bus.on_drop = self._dropped
        self.bus.on_malformed = lambda where, why: self.message_malformed(stream=where, reason=why)
        self._boots = BootRecord(self.storage, self._service_reports)
        self.boot = self._boots.begin(context.boot_cause, self.clock.now())
        self.random = stream(context.seed, f"{self.name}.flight.{self.boot.number}")
        self.parameters = ParameterTable(
            self.name,
            self.parameter_declarations,
            dict(context.parameters),
            self.storage,
            self._service_reports,
        )
        self.mailbox = Mailbox(lambda signal: self.signal_dropped(signal=signal.name))
        self.ledger = CustodyLedger(
            self.storage, self.name, self.clock.now_ns, self._custody_changed
        )
        self.machine = Machine(self.statechart, self, self._boot_state(), self._on_transition)
        self.dispatcher = Dispatcher(self)
        self.sequences = SequenceEngine(
            self.storage,
            self._sequence_command,
            self._channel_value,
            self.clock.now,
            self._service_reports,
            was_received=lambda identifier: self.dispatcher.ladder.find(identifier) is not None,
            check=self._check_sequence_entry,
        )
        self.health = HealthMonitor(HEALTH_PERIOD, self._service_reports, context.pet_watchdog)
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

    # ------------------------------------------------- what a vehicle calls

    @property
    def state(self) -> str:
        """The current state, as a dotted path."""
        return self.machine.state

    def is_in(self, path: str) -> bool:
        """Whether the node is in a state or inside it."""
        return self.machine.is_in(path)

    def post(self, name: str, *, cause: str = "", urgent: bool = False, **data: Any) -> None:
        """Puts a signal for the statechart into the mailbox."""
        self.mailbox.post(Signal(name, data, cause), urgent=urgent)

    def go_safe(self, reason: str) -> None:
        """Enters the safe state before anything else that waits."""
        self.post("enter_safe", urgent=True, reason=reason)

    def progress(self, detail: str) -> None:
        """Reports progress of the command whose state is active."""
        self.dispatcher.progress(detail)

    def driver(self, interface: type[D], device: str, *, owner: str = "") -> D:
        """A driver for one of the vehicle's devices."""
        return drivers.connect(
            self.bus, interface, f"{owner or self.name}.{device}", boot=self.boot.number
        )

    def report_event(
        self, name: str, severity: Severity, text: str, data: Mapping[str, Any]
    ) -> None:
        """Publishes an event unless its kind floods."""
        admission = self._throttle.admit(name, severity)
        if admission.notice is not None and not self._reporting:
            self._reporting = True
            notice = admission.notice
            self.events_throttled(
                event=notice.event, severity=notice.severity, suppressed=notice.suppressed
            )
            self._reporting = False
        if not admission.admitted:
            return
        self._event_number += 1
        report = EventReport(
            self.name,
            name,
            severity,
            self.clock.now_ns(),
            text[:2000],
            msgspec.to_builtins(dict(data)),
            self._event_number,
        )
        self.publish(report, _event_priority(severity))

    def publish(self, message: Message, priority: int) -> None:
        """Sends a message to whoever follows this node, and to Earth through its recorder."""
        self.publisher.send(message)
        self.record(message, priority)

    def record(self, message: Message, priority: int) -> None:
        """Keeps a message for Earth, if this node has a recorder."""
        if self.recorder is None:
            return
        packet = Packet(self.name, "ground", priority, encode(message))
        self.recorder.record(priority, encode(packet), type(message).__name__)
        if hasattr(self, "communications"):
            self.communications.pump()

    def publish_telemetry(self, values: Mapping[str, Any] | None = None) -> None:
        """Publishes the channels that changed, or the given values."""
        taken = self.channels.take_changed() if values is None else dict(values)
        if not taken:
            return
        self._telemetry_number += 1
        report = Telemetry(self.name, self.clock.now_ns(), taken, self._telemetry_number)
        self.publish(report, PRIORITY_TELEMETRY)

    # ---------------------------------------------------------------- running

    async def run(self) -> None:
        """Boots and lives until cancelled."""
        async with Nursery(self.name) as nursery:
            self.nursery = nursery
            self.activities = Activities(self, nursery, self._activity_ended)
            self.exchanges = Exchanges(
                self.name, self.boot.number, self._send_exchange, nursery
            )
            self.communications = Communications(
                name=self.name,
                bus=self.bus,
                boot=self.boot.number,
                routes=self.routes,
                nursery=nursery,
                deliver=self._deliver,
                on_drop=lambda where, why: self.message_dropped(destination=where, reason=why),
                on_link=self.link_changed,
            )
            if self.recorder is not None:
                self.communications.use_recorder(self.recorder)
            self.attach()
            self._server = self.bus.serve(f"{self.name}.node", self._arrived)
            self._announce_boot()
            await self.machine.start(Signal("boot"))
            for path in chain(self.state):
                self.activities.start(path, self.statechart.states[path], Signal("boot"))
            self.dispatcher.settle_interrupted()
            for name in self.sequences.unfinished():
                nursery.start(self.sequences.execute(name), name=f"sequence {name}")
            nursery.start(self._housekeeping(), name="housekeeping")
            nursery.start(self._watch_health(), name="health")
            asyncio.get_running_loop().call_later(STABLE_AFTER, self._mark_stable)
            while True:
                await self.react(await self.mailbox.take())

    async def react(self, signal: Signal) -> None:
        """Takes one signal to its end: transition, old activities ended, new ones started."""
        if signal.name == "command":
            await self.dispatcher.dispatch(signal.data["command"])
        elif signal.name == "resume":
            await self.dispatcher.resume(signal.data["command"])
        elif signal.name == "deadline":
            await self.dispatcher.deadline(signal.data["identifier"])
        elif signal.name == "ping":
            signal.data["progress"].advance()
        elif signal.name == ACTIVITY_END:
            ended: ActivityEnd = signal.data["end"]
            if self.activities.is_current(ended):
                self._report_activity(ended)
                await self.fire(ended.signal, from_activity=True)
        else:
            await self.fire(signal)
        if self.parameters.swap():
            self.parameters_changed()

    async def fire(self, signal: Signal, *, from_activity: bool = False) -> bool:
        """Lets the statechart react to a signal; returns whether a transition was taken."""
        fired = await self.machine.fire(signal, force=signal.name == "enter_safe")
        for path in fired.exited:
            await self.activities.stop(path)
            self.dispatcher.state_left(path, signal, from_activity)
        if fired.error is not None:
            self.statechart_fault(signal=signal.name, reason=repr(fired.error))
            self.go_safe(f"error in a transition on {signal.name}")
        elif not fired.handled and not fired.refused and signal.name not in self.statechart.ignored:
            self.signal_unhandled(signal=signal.name, mode=self.state)
        self.dispatcher.states_entered(fired.entered, signal)
        for path in fired.entered:
            if path == SAFE:
                self.entered_safe(reason=str(signal.data.get("reason", signal.name)))
            self.activities.start(path, self.statechart.states[path], signal)
        return fired.handled

    def parameters_changed(self) -> None:
        """New parameters are active."""

    # -------------------------------------------------------- common commands

    @command(deadline=60.0)
    def enter_safe(self) -> None:
        """Ends what runs and goes to the safe state."""
        self.go_safe("commanded")

    @command(deadline=60.0, allowed_in=SAFE)
    def leave_safe(self) -> None:
        """Leaves the safe state."""
        self.post("leave_safe", reason="commanded")

    @command(deadline=60.0)
    def abort_activity(self) -> None:
        """Ends the running activity; the node goes where its statechart sends it."""
        self.post("abort", urgent=True, reason="commanded")

    @command(deadline=60.0)
    def report_status(self) -> None:
        """Publishes all channels now."""
        self.publish_telemetry(self.channels.snapshot())

    @command(deadline=60.0)
    def correct_clock(
        self, error: Annotated[float, msgspec.Meta(ge=-1e6, le=1e6, extra={"unit": "s"})]
    ) -> None:
        """Steps the clock back by `error`, found by the ground's time correlation."""
        self.clock.correct(error)

    @command(deadline=60.0)
    def load_parameters(self, values: dict[str, Any]) -> None:
        """Stages new parameter values and validates them; nothing changes yet."""
        try:
            self.parameters.load(values)
            self.parameters.validate()
        except ParameterRefusal as refusal:
            self.parameters.abort()
            raise CommandRejected(str(refusal)) from refusal

    @command(deadline=60.0)
    def activate_parameters(self) -> None:
        """Makes the staged parameter values active, between two signals."""
        try:
            self.parameters.activate()
        except ParameterRefusal as refusal:
            raise CommandRejected(str(refusal)) from refusal

    @command(deadline=60.0)
    def load_sequence(self, sequence: dict[str, Any]) -> None:
        """Loads and validates a stored sequence."""
        try:
            self.sequences.validate(self.sequences.load(sequence).name)
        except SequenceRefusal as refusal:
            raise CommandRejected(str(refusal)) from refusal

    @command(deadline=60.0)
    def start_sequence(self, name: str) -> None:
        """Starts a loaded sequence."""
        try:
            self.sequences.start(name)
        except SequenceRefusal as refusal:
            raise CommandRejected(str(refusal)) from refusal
        self.nursery.start(self.sequences.execute(name), name=f"sequence {name}")

    @command(deadline=60.0)
    def abort_sequence(self, name: str) -> None:
        """Ends a running sequence; the command in flight goes on."""
        try:
            self.sequences.abort(name, "commanded")
        except SequenceRefusal as refusal:
            raise CommandRejected(str(refusal)) from refusal

    # ---------------------------------------------------------------- kernel

    def _boot_state(self) -> str | None:
        if self.boot.reduced:
            return SAFE
        state = self.storage.get(NODE_NAMESPACE, "rest_state")
        return state if state in self.statechart.leaves else None

    def _announce_boot(self) -> None:
        self.boot_number = self.boot.number
        self.mode = self.state
        self.armed_command = ""
        self.booted(number=self.boot.number, cause=self.boot.cause, mode=self.state)
        if self.boot.reduced:
            self.boot_reduced(number=self.boot.number, reason=self.boot.reason)

    def _mark_stable(self) -> None:
        try:
            self._boots.mark_stable()
        except StorageError:
            pass  # the node has been closed meanwhile

    def _on_transition(self, transition: Transition) -> None:
        if transition.source == transition.target:
            return
        self.mode = transition.target
        if not self.dispatcher.is_commanded(transition.target):
            self.storage.put(NODE_NAMESPACE, "rest_state", transition.target)
        self.mode_changed(
            before=transition.source, after=transition.target, signal=transition.event
        )

    def _activity_ended(self, ended: ActivityEnd) -> None:
        self.mailbox.post(Signal(ACTIVITY_END, {"end": ended}))

    def _report_activity(self, ended: ActivityEnd) -> None:
        if ended.error is not None:
            self.activity_fault(state=ended.state, reason=ended.signal.data["reason"])
        elif ended.signal.name == "failed":
            self.activity_failed(state=ended.state, reason=ended.signal.data["reason"])

    def _arrived(self, peer: bytes, message: Message) -> None:
        if isinstance(message, Packet):
            self.communications.accept(message)
        elif isinstance(message, Command):
            self._take_command(message)
        else:
            self.message_malformed(stream=f"{self.name}.node", reason=type(message).__name__)

    def _deliver(self, packet: Packet) -> None:
        try:
            message = decode_message(packet.body)
        except CodecError as error:
            self.message_malformed(stream=packet.source, reason=str(error))
            return
        if isinstance(message, Command):
            self._take_command(message)
        elif isinstance(message, Exchange):
            self.exchanges.receive(message)
        else:
            self.message_malformed(stream=packet.source, reason=type(message).__name__)

    def _take_command(self, message: Command) -> None:
        urgent = message.name in ("enter_safe", "abort_activity")
        self.mailbox.post(Signal("command", {"command": message}), urgent=urgent)

    def _send_exchange(self, destination: str, exchange: Exchange) -> bool:
        return self.communications.send(destination, exchange, priority=1)

    async def _sequence_command(
        self, identifier: str, target: str, name: str, arguments: dict[str, Any]
    ) -> str:
        order = Command(identifier, target, name, arguments, origin=f"{self.name}.sequence")
        if target != self.name:
            self.communications.send(target, order, priority=0)
            return "COMPLETED"
        return await self.dispatcher.perform(order)

    def _check_sequence_entry(self, entry: Entry) -> str | None:
        if not isinstance(entry, Relative | Absolute) or entry.target != self.name:
            return None
        spec = self.commands.get(entry.command)
        if spec is None:
            return f"{self.name} has no command {entry.command!r}"
        try:
            spec.check(dict(entry.arguments))
        except CommandRejected as refusal:
            return str(refusal)
        return None

    def _channel_value(self, name: str) -> Any:
        return self.channels.value(name) if name in self.channels.channels else None

    def _subscriber_joined(self) -> None:
        values = self.channels.snapshot()
        if values and not self.publisher.closed:
            self._telemetry_number += 1
            self.publisher.send(
                Telemetry(self.name, self.clock.now_ns(), values, self._telemetry_number)
            )

    def _custody_changed(self, record: CustodyRecord) -> None:
        report = CustodyReport(self.name, self.clock.now_ns(), msgspec.to_builtins(record))
        self.publish(report, PRIORITY_VITAL)

    def _limit_crossed(self, crossing: LimitTransition) -> None:
        emit = self.limit_red if crossing.state is LimitState.RED else self.limit_crossed
        emit(
            channel=crossing.channel,
            value=crossing.value,
            state=str(crossing.state),
            previous=str(crossing.previous),
        )

    def _dropped(self, destination: str, reason: str) -> None:
        if not self._reporting:
            self._reporting = True
            self.message_dropped(destination=destination, reason=reason)
            self._reporting = False

    def _recorder_dropped(self, dropped: Mapping[int, int]) -> None:
        if not self._reporting:
            self._reporting = True
            self.recorder_overflow(data=dict(dropped))
            self._reporting = False

    def _service_reports(self, report: str, data: dict[str, Any]) -> None:
        warning = any(word in report for word in ("late", "lost", "default", "fail", "abort", "skip"))
        (self.service_warning if warning else self.service_report)(report=report, data=data)

    async def _housekeeping(self) -> None:
        progress = self.health.register("housekeeping", 4 * 3600.0, critical=False)
        while True:
            await self.sample()
            self.mailbox_depth = len(self.mailbox)
            self.armed_command = self.dispatcher.armed_command()
            self.publish_telemetry()
            if self.recorder is not None:
                self.recorder.flush()
            progress.advance()
            await asyncio.sleep(self.housekeeping_period())

    async def _watch_health(self) -> None:
        progress = self.health.register("mailbox", 3 * HEALTH_PERIOD, critical=True)
        while True:
            self.mailbox.post(Signal("ping", {"progress": progress}))
            for notice in self._throttle.collect():
                self.events_throttled(
                    event=notice.event, severity=notice.severity, suppressed=notice.suppressed
                )
            self.health.check()
            await asyncio.sleep(HEALTH_PERIOD)


def _event_priority(severity: Severity) -> int:
    if severity is Severity.FATAL:
        return PRIORITY_VITAL
    if severity in (Severity.WARNING_HI, Severity.WARNING_LO):
        return PRIORITY_WARNING
    if severity is Severity.DIAGNOSTIC:
        return PRIORITY_DIAGNOSTIC
    return PRIORITY_EVENT


