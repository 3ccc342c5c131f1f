"""The part of a node that protects it: events, channels, and what responses of every node do."""

from contextlib import AbstractContextManager
from typing import Annotated, Any, ClassVar, TypeVar

import msgspec

from flight.core.chart.statechart import Safing, Signal, Statechart
from flight.core.commanding.commands import CommandRejected
from flight.core.commanding.standard_commands import SAFE, StandardCommands
from flight.core.context import NodeContext, Wire
from flight.core.fault_protection.actions import action
from flight.core.fault_protection.obedience import Obedience
from flight.core.fault_protection.protection import FaultProtection
from flight.core.fault_protection.protection_events import ProtectionEvents
from flight.core.fault_protection.quantities import quantity
from flight.core.fault_protection.readings import Readings
from flight.core.fault_protection.safeguards import Safeguard
from flight.core.fault_protection.safing import SafingControl, Still
from flight.core.fault_protection.shedding import RESPONSE, Sheddable
from flight.core.fault_protection.witnesses import Confirmation
from flight.core.keeping.health import Boot
from flight.core.keeping.memory import Remembered
from flight.core.keeping.storage import StorageDamage
from flight.core.telling.channels import Channel
from flight.icd.devices.base import DeviceInterface
from flight.runtime import device_driver as drivers

Part = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
D = TypeVar("D", bound=DeviceInterface)
NODE_NAMESPACE = "node"
BY_RESPONSE = "response "
"""How a cause of the safe state begins that is a response of the vehicle's own."""


class ProtectedNode(ProtectionEvents, StandardCommands):
    """What `Node` adds its work to. `safeguards`: what the code of the vehicle does by itself."""

    statechart: ClassVar[Statechart]
    safeguards: ClassVar[tuple[Safeguard, ...]] = ()
    confirmations: ClassVar[tuple[Confirmation, ...]] = ()
    """Who sees that what cannot be undone has happened."""
    loads: ClassVar[dict[str, Sheddable]] = {}
    """What can be shed to save energy."""
    optional_devices: ClassVar[dict[str, type[DeviceInterface]]] = {}
    """Devices that some missions are without; a table may name them all the same."""
    looked_after: ClassVar[dict[str, str]] = {}
    """The devices that the vehicle lives by, each with the reading to ask it for: nothing good from
    one between two housekeepings is told (`device_looks`)."""
    set_right_always: ClassVar[frozenset[str]] = frozenset()
    """Of these, what may be told what it is to be while the vehicle does what is not to be broken
    off: what talks, and moves nothing."""
    longest_housekeeping: ClassVar[float] = 600.0
    """s between two housekeepings at the most."""
    has_two_computers: ClassVar[bool] = False

    boot: Boot
    wires: dict[str, Wire]
    """The devices that it speaks to, by service."""
    drivers: dict[str, DeviceInterface]
    """Its drivers, by device."""

    safe_causes = Remembered[list[str]](list[str], [], doc="what has led to the safe state")
    sensors_aside = Remembered[list[str]](list[str], [], doc="devices that are not to be believed")

    monitors_violated = Channel(str, doc="monitors that are violated, by name")
    response_running = Channel(str, doc="the response of the fault protection that acts")
    loads_shed = Channel(str, doc="loads that are off to save energy")
    sensors_set_aside = Channel(str, doc="devices that are not believed")

    @quantity(unit="s")
    def command_silence_left(self) -> float | None:
        """Until no command has come for longer than is allowed."""
        return self.protection.silence_left()

    def __init__(self, context: NodeContext) -> None:
        super().__init__(context)
        self._in_critical = False  # in a state in which nothing is safer than going on
        self.readings = Readings(
            self._reading_refused, self._reading_passed, open=context.structure.gate_is_open
        )
        self.safing_control = SafingControl(
            self.statechart, lambda: self.state, self.go_safe, self._withheld, self._deferred
        )
        self.obedience = Obedience()
        self.protection = FaultProtection(self, context.protection)
        self.safing_control.on_calm = self.protection.go_on

    @property
    def state(self) -> str:
        """The current state, as a dotted path."""
        raise NotImplementedError

    @property
    def is_in_safe(self) -> bool:
        """Whether the node is in its safe state."""
        return SAFE in self.statechart.states and self.is_in(SAFE)

    def critical(self, what: str) -> AbstractContextManager[None]:
        """A stretch of work within a state in which one does not go safe, but at its end."""
        return self.safing_control.critical(what)

    def looks_after(self) -> dict[str, str]:
        """The devices that it lives by at this time, each with the reading to ask it for."""
        return self.looked_after

    def differs(self, device: str, reading: Any) -> str:
        """What a device says that is not as it was told to be last; "": nothing."""
        return ""

    def was_right(self, device: str) -> bool:
        """Whether a device was seen to be as it was told to be last: what it is else has changed
        by itself."""
        return self.obedience.was_right(device)

    def note_told_again(self, device: str) -> None:
        """Notes that a device is told once more: it is not right until it is seen to be so."""
        self.obedience.told_again(device)

    async def set_right(self, device: str) -> None:
        """Tells a device once more what it is to be."""

    def ground_is_needed_in(self) -> float | None:
        """Seconds until a command has to come, whatever was announced; None: at no known time."""
        return None

    def takes_no_more_charge(self) -> bool:
        """Whether the battery is as full as it becomes, though the charge shows less."""
        return False

    def is_shed(self, load: str) -> bool:
        """Whether a load is to stay off to save energy."""
        return self.protection.shedding.is_shed(load)

    def go_safe(self, reason: str, still: Still | None = None) -> None:
        """Enters the safe state before anything else that waits, where the state allows it.

        Where that defers it, it is entered at the end of the state if `still` holds then.
        """
        self.post("enter_safe", urgent=True, reason=reason, still=still)

    def _admits_safe(self, signal: Signal) -> bool:
        reason = str(signal.data.get("reason", "no reason given"))
        return self.safing_control.admits(reason, signal.data.get("still"))

    def note_safe(self, cause: str) -> None:
        """Remembers one more cause for which the vehicle is in its safe state."""
        if cause not in self.safe_causes:
            self.safe_causes = [*self.safe_causes, cause]

    def safe_is_left(self) -> None:
        """The vehicle is not in its safe state any more; what cannot be read had no say either."""
        try:
            nothing_is_kept = not self.safe_causes
        except StorageDamage as damage:
            self.record_damaged(reason=str(damage))
            nothing_is_kept = False
        if not nothing_is_kept:
            self.safe_causes = []

    def safe_has_passed(self) -> bool:
        """Whether all that has led to the safe state was responses that lead out of it themselves,
        and that have nothing to do any more. What anybody else had a cause for they do not leave.
        """
        return bool(self.safe_causes) and not self._causes_left()

    def _causes_left(self) -> list[str]:
        led_out = self.protection.responder.has_led_out
        return [
            cause
            for cause in self.safe_causes
            if not cause.startswith(BY_RESPONSE) or not led_out(cause.removeprefix(BY_RESPONSE))
        ]

    def stays_safe(self) -> bool:
        """Whether the vehicle is in its safe state for what has not passed; tells it."""
        if not self.is_in_safe or self.safe_has_passed():
            return False
        self.safe_is_kept(reason="; ".join(self._causes_left()) or "it is not known why")
        return True

    def swap_parameters(self) -> None:
        """Makes a pending change of the parameters active, and lets all know."""
        raise NotImplementedError

    def put_up_protection(self) -> None:
        """Begins to watch; the devices are connected."""
        for channel in ("monitors_violated", "response_running", "loads_shed"):
            self.channels.set(channel, "")
        for sensor in self.sensors_aside:
            self.readings.gate(sensor).set_aside = True
        self.sensors_set_aside = ", ".join(self.sensors_aside)
        self.protection.put_up()

    def _reading_refused(self, device: str, method: str, reason: str) -> None:
        self.reading_invalid(device=device, method=method, reason=reason)

    def _reading_passed(self, device: str, method: str, count: int) -> None:
        self.reading_valid(device=device, method=method, count=count)

    def _withheld(self, reason: str) -> None:
        self.safing_withheld(state=self.state, reason=reason)

    def _deferred(self, reason: str) -> None:
        self.safing_deferred(state=self.state, reason=reason)

    def refuse_safe(self) -> None:
        """Refuses a command to go safe where that is forbidden."""
        if self.safing_control.now() is Safing.FORBIDDEN:
            self._withheld("commanded")
            raise CommandRejected(f"enter_safe: in {self.state} nothing is safer than going on")

    def driver(
        self, interface: type[D], device: str, *, owner: str = "", names: tuple[str, ...] = ()
    ) -> D:
        """A driver for one of the vehicle's devices; `names`: parts of it that are asked for."""
        service = f"{owner or self.name}.{device}"
        self.wires[service] = Wire(interface, names)
        known_as = f"{owner}.{device}" if owner else device
        gate = self.readings.gate(known_as)
        made = drivers.connect(self.bus, interface, service, boot=self.boot.number, gate=gate)
        self.drivers[known_as] = made
        return made

    # ------------------------------------------------------------------- boot

    def _boot_state(self) -> str | None:
        try:
            self._in_critical = bool(self.storage.get(NODE_NAMESPACE, "critical", False))
            self.safing_control.resumes_critical = self._in_critical
            if self.boot.reduced and not self._in_critical:
                self.note_safe("a reduced boot")
                return SAFE
            state = self.storage.get(NODE_NAMESPACE, "rest_state")
            if state != SAFE:
                self.safe_is_left()
            elif not self.safe_causes:  # somebody had one, and may have it still
                self.note_safe("a cause that is not remembered")
        except StorageDamage as damage:
            self.record_damaged(reason=str(damage))
            self.safe_causes = ["a record that is damaged"]
            self.safing_control.resumes_critical = False  # nobody knows what would go on
            return SAFE
        return state if state in self.statechart.leaves else None

    def _note_critical(self, state: str) -> None:
        """Remembers over a reboot that nothing is safer than going on."""
        critical = self.statechart.safing(state) is Safing.FORBIDDEN
        if critical is not self._in_critical:
            self._in_critical = critical
            self.storage.put(NODE_NAMESPACE, "critical", critical)
        self.safing_control.resumes_critical = False  # it is back, or goes on to something else

    def end_critical(self) -> None:
        """After a boot: what was critical, and was to be taken up by a command, goes on or has
        ended; where it has, the vehicle is as free to go safe as it is anywhere else."""
        if self.safing_control.has_taken_up():
            return
        self._note_critical(self.state)
        if self.boot.reduced:
            self.go_safe("a reduced boot")
        self.safing_control.look()

    # ---------------------------------------------------------------- actions

    @action(name="enter_safe")
    def _do_enter_safe(self) -> None:
        """Ends what runs and goes to the safe state."""
        running = self.protection.responder.running
        name = "" if running is None else running.name
        self.go_safe(f"{BY_RESPONSE}{name}")

    @action(name="reboot")
    def _do_reboot(self) -> None:
        """Ends the computer in good order and boots it again."""
        if self.context.request_reboot is not None:
            self.context.request_reboot()

    @action(name="abort_activity")
    def _do_abort(self) -> None:
        """Ends what the vehicle is doing; it goes back to where it waits for orders."""
        self.post("abort", urgent=True, reason="response of the fault protection")

    @action(name="post", about={"signal": "signal"})
    def _do_post(self, signal: Part) -> None:
        """Gives the statechart a signal."""
        self.post(signal, reason="response of the fault protection")

    @action(name="set_aside", keeps_going=True, about={"device": "device"})
    def put_sensor_aside(self, device: Part) -> None:
        """Believes nothing that a device says; it is asked and judged on."""
        if device not in self.sensors_aside:
            self.sensors_aside = [*self.sensors_aside, device]
            self.sensors_set_aside = ", ".join(self.sensors_aside)
            self.readings.gate(device).set_aside = True
            self.sensor_set_aside(sensor=device)

    @action(name="use_again", keeps_going=True, about={"device": "device"})
    def use_sensor_again(self, device: Part) -> None:
        """Believes a device again."""
        if device in self.sensors_aside:
            self.sensors_aside = [each for each in self.sensors_aside if each != device]
            self.sensors_set_aside = ", ".join(self.sensors_aside)
            self.readings.gate(device).set_aside = False
            self.sensor_used_again(sensor=device)

    @action(name="shed", keeps_going=True, about={"load": "load"})
    def _do_shed(self, load: Part) -> None:
        """Switches a load off until it is restored."""
        self.protection.shedding.want(load, RESPONSE)

    @action(name="restore", keeps_going=True, about={"load": "load"})
    def _do_restore(self, load: Part) -> None:
        """Takes a `shed` back, unless another response has shed it as well, and still has to."""
        if not self.protection.responder.is_held("restore", load=load):
            self.protection.shedding.release(load, RESPONSE)

    @action(name="notify", keeps_going=True)
    def _do_notify(self) -> None:
        """Does nothing but let Earth know that somebody has to look."""

    def protection_values(self) -> dict[str, Any]:
        """How each monitor and response stands, for reports."""
        watch, responder = self.protection.watch, self.protection.responder
        return {
            "monitors": {n: run.verdict.value for n, run in watch.runs.items() if run.active},
            "responses": {n: run.mode.value for n, run in responder.runs.items()},
        }
