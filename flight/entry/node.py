"""The Earth entry capsule: carried by the orbiter, let go three days out, on its own to the ground.

After the release nobody can command it: it lives by its timer and its sensors, until it lies on the
ground with its beacon on.
"""

from collections.abc import Awaitable
from typing import Annotated, Any

import msgspec

from flight.astrodynamics.constants import STANDARD_GRAVITY
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import ANY, On, Signal, State, Statechart
from flight.core.commanding.commands import CommandRejected, Hazard, Restart, command
from flight.core.custody.handover import PassiveHandover
from flight.core.custody.ledger import CustodyStatus, Evidence
from flight.core.exchanges import ExchangeFailed
from flight.core.keeping.storage import StorageClosed
from flight.core.node import Node
from flight.core.telling.channels import Channel
from flight.core.telling.communications import wire
from flight.core.telling.events import Event
from flight.entry.flying import (
    JOURNAL,
    begin_fall,
    live_by_the_timer,
    record_entry,
    rest_in_the_orbiter,
    sleep_until_entry,
    stay_on_the_ground,
    wait_for_separation,
    watch_for_entry,
    watch_for_landing,
)
from flight.entry.parameters import PARAMETERS
from flight.entry.sensing import (
    NAMESPACE,
    Sight,
    look,
    note_separation,
    separation,
    verify_payload,
)
from flight.icd.devices.base import DeviceError
from flight.icd.devices.entry_capsule import (
    CapsuleAccelerometer,
    CapsuleBeacon,
    CapsuleTimer,
    GSwitch,
    ImpactSensor,
    PayloadBay,
)
from flight.icd.devices.power import Battery
from flight.icd.exchanges import SET_ENTRY
from flight.icd.messages import Message, Severity

ATTACHED = ("stowed", "checking", "armed")
PLACE = "entry_capsule"
CARRIER = "orbiter"
LONGEST_COAST = 3.0e6  # s
REST_LOAD = 2.0  # m/s^2 that the accelerometer may show in free fall


async def run_checks(node: "EntryCapsule", signal: Signal) -> Signal:
    """Looks at every sensor while nothing happens: what speaks now would vote wrongly later."""
    faults = await node.check_items()
    node.storage.put(NAMESPACE, "checked", not faults)
    if faults:
        raise ActivityFailed("; ".join(faults))
    return Signal("done", {"result": "all sensors at rest, battery charged"})


def _attached(node: Any, signal: Signal) -> bool:
    return not node.is_released()


def _note_released(node: Any, signal: Signal) -> None:
    note_separation(node, 0.0)


class EntryCapsule(Node):
    """The Earth entry capsule."""

    name = "entry"
    routes = {CARRIER: wire(CARRIER)}  # noqa: RUF012  declared once, as every vehicle does
    parameter_declarations = PARAMETERS
    statechart = Statechart(
        State("stowed", initial=True, activity=rest_in_the_orbiter, outcomes=(),
              doc="in the orbiter, fed by it; receives the container"),
        State("checking", activity=run_checks),
        State("armed", activity=wait_for_separation, outcomes=("separated",)),
        State("released", activity=sleep_until_entry, doc="dormant; the timer counts"),
        State("awake", activity=watch_for_entry, outcomes=("done", "overdue")),
        State("entering", activity=record_entry, outcomes=("done", "overdue")),
        State("descending", activity=watch_for_landing, outcomes=("done", "overdue")),
        State("landed", activity=stay_on_the_ground, outcomes=(), doc="the beacon sends"),
        State("safe", activity=live_by_the_timer, outcomes=("overdue",)),
        transitions=[
            On("run_checks", "stowed", "checking"),
            On("done", "checking", "stowed"),
            On("failed", "checking", "stowed"),
            On("abort", "checking", "stowed"),
            On("arm", "stowed", "armed"),
            On("disarm", "armed", "stowed"),
            On("failed", "stowed", "stowed"),
            On("separated", ATTACHED, "released", action=_note_released),
            On("failed", "armed", "armed"),
            On("done", "released", "awake"),
            On("failed", "released", "awake"),
            On("done", "awake", "entering"),
            On("failed", "awake", "awake"),
            On("done", "entering", "descending"),
            On("failed", "entering", "descending"),
            On("done", "descending", "landed"),
            On("failed", "descending", "descending"),
            On("overdue", ("awake", "entering", "descending", "safe"), "landed"),
            On("failed", "landed", "landed"),
            On("enter_safe", ANY, "safe"),
            On("leave_safe", "safe", "stowed", guard=_attached),
            On("failed", "safe", "safe"),
        ],
        ignored=("abort", "separated"),
    )  # fmt: skip

    separated = Channel(bool, doc="let go by the orbiter")
    entry_after = Channel(float, unit="s", doc="from separation to the planned entry")
    axial_load = Channel(float, unit="m/s2", doc="felt along the axis")
    peak_load = Channel(float, unit="m/s2", doc="largest while braking")
    shock = Channel(float, unit="m/s2", doc="largest since the accelerometer was cleared")
    payload_temperature = Channel(
        float, unit="K", doc="of the container; samples stay below 30 °C (NASA/JPL)",
        yellow=(None, 298.0), red=(None, 303.0),
    )  # fmt: skip
    state_of_charge = Channel(
        float, doc="of the battery", yellow=(0.4, None), red=(0.2, None), hysteresis=0.02
    )
    payload_seated = Channel(bool, doc="the container sits in its bay, by two of three switches")
    tubes_held = Channel(int, doc="tubes in the capsule, by the ledger")
    beacon_on = Channel(bool, doc="the beacon sends")

    released_from_orbiter = Event(Severity.ACTIVITY_HI, "Let go; entry due in {due} s")
    entry_sensed = Event(
        Severity.ACTIVITY_HI, "Entry sensed by {votes}, {late} s after the planned time"
    )
    braking_over = Event(Severity.ACTIVITY_HI, "The peak is over: {peak} g")
    touched_down = Event(Severity.ACTIVITY_HI, "On the ground: wires torn, shock of {shock} g")
    landing_unsure = Event(
        Severity.WARNING_HI, "The time to land is over, but wires and shock do not agree"
    )
    beacon_sends = Event(Severity.ACTIVITY_HI, "The beacon sends at {power} W")
    sensor_outvoted = Event(Severity.WARNING_HI, "{sensor} was outvoted: {reason}")
    device_trouble = Event(Severity.WARNING_LO, "Trouble with {what}: {reason}")

    def attach(self) -> None:
        self.timer = self.driver(CapsuleTimer, "timer")
        self.g_switch = self.driver(GSwitch, "g_switch")
        self.accelerometer = self.driver(CapsuleAccelerometer, "accelerometer")
        self.impact_sensor = self.driver(ImpactSensor, "impact_sensor")
        self.payload_bay = self.driver(PayloadBay, "payload_bay")
        self.beacon = self.driver(CapsuleBeacon, "beacon")
        self.battery = self.driver(Battery, "battery")
        self._troubles: dict[str, str] = {}
        self.peak_load = self.storage.get(NAMESPACE, "peak_load")
        self.entry_after = self.storage.get(NAMESPACE, "entry_after")
        self.handover = PassiveHandover(self, PLACE, self._verify, refusal=self._refusal)
        self.exchanges.answer("capsule.status", self._status)
        self.exchanges.answer(SET_ENTRY, self._take_entry)

    async def _verify(self, tube: str, slot: int | None, expected: bool) -> Evidence:
        return await verify_payload(self, tube, slot, expected)

    def _refusal(self) -> str:
        return "" if self.is_in("stowed") else f"the capsule takes nothing in state {self.state}"

    async def _status(self, source: str, data: dict[str, Any]) -> dict[str, Any]:
        await self.sample()
        return {
            "state": self.state,
            "payload_seated": self.payload_seated,
            "tubes_held": self.tubes_held,
            "checked": bool(self.storage.get(NAMESPACE, "checked")),
        }

    def _arrived(self, peer: bytes, message: Message) -> None:
        """In flight the wire to the orbiter is cut: whatever is said there, nobody hears it."""
        if not self.is_released() or self.is_in("landed"):
            super()._arrived(peer, message)

    def is_released(self) -> bool:
        """Whether the separation has been noted, also before a reboot."""
        return self.storage.get(NAMESPACE, "released_at") is not None

    def housekeeping_period(self) -> float:
        return 3600.0 if self.is_in("armed") else 21_600.0

    async def sample(self) -> None:
        try:
            bay = await self.payload_bay.state()
            self.payload_temperature = round(bay.temperature, 2)
            self.payload_seated = sum([*bay.seated, bay.latched]) >= 2
            charge = await self.battery.state()
            self.state_of_charge = round(charge.state_of_charge, 4) if charge.valid else None
        except DeviceError as error:
            self.trouble("sampling", str(error))
        held = (CustodyStatus.HELD, CustodyStatus.IN_TRANSIT)
        self.tubes_held = sum(r.status in held for r in self.ledger.records())
        if self.state in ATTACHED or self.is_in("safe"):
            self.separated = await separation(self)
            if self.separated:
                self.post("separated")

    # ---------------------------------------------------- what activities use

    async def check_items(self) -> list[str]:
        """What is wrong with the sensors and the battery at rest, as sentences."""
        faults = []
        seen, signs = await look(self), await self.impact_sensor.state()
        timer, charge = await self.timer.state(), await self.battery.state()
        lowest = self.parameters["lowest_charge"]
        if seen.closed is None or seen.closed:
            faults.append(f"the g-switch says {seen.closed} in free fall")
        if seen.load is None or seen.load > REST_LOAD:
            faults.append(f"the accelerometer shows {seen.load} m/s2 in free fall")
        if signs.torn:
            faults.append("the wires of the impact sensor are torn")
        if any(timer.separated):
            faults.append(f"the separation wires say {timer.separated}")
        if not charge.valid or charge.state_of_charge < lowest:
            faults.append(f"battery at {charge.state_of_charge:.2f}; allowed: from {lowest}")
        return faults

    async def clear_latches(self) -> None:
        """Forgets what switch, accelerometer and wires have latched so far.

        Not once they speak of a landing: a node that was dead over it must still find it.
        """
        if any(await self.landing_signs(await look(self))):
            return
        for name in ("g_switch", "accelerometer", "impact_sensor"):
            try:
                await getattr(self, name).clear()
            except DeviceError as error:
                self.trouble(name, str(error))

    async def landing_signs(self, seen: Sight) -> tuple[bool, bool]:
        """Whether the wires are torn, and whether a shock as of a landing has been felt.

        Where the peak may still be that of the braking, only more than that can be counts.
        """
        torn = False
        try:
            torn = (await self.impact_sensor.state()).torn
        except DeviceError as error:
            self.trouble("impact_sensor", str(error))
        falling = self.storage.get(NAMESPACE, "falling") is not None
        threshold = self.parameters["landing_shock" if falling else "sure_shock"]
        self.shock = seen.peak
        return torn, seen.peak is not None and seen.peak >= threshold

    def note_peak(self, peak: float | None) -> None:
        """Remembers the largest load of the entry, unless a landing has covered it."""
        if peak is not None and peak < self.parameters["sure_shock"]:
            self.peak_load = peak
            self.storage.put(NAMESPACE, "peak_load", peak)
            self.braking_over(peak=round(peak / STANDARD_GRAVITY, 1))

    def announce(self, settled: bool) -> None:
        """Says once how the flight ended."""
        if settled:
            self.touched_down(shock=round((self.shock or 0.0) / STANDARD_GRAVITY))
        else:
            self.landing_unsure()

    def keep_samples(self, journal: str, samples: list[list[Any]]) -> None:
        """Stores samples; those of a node that is being killed are lost."""
        try:
            self.storage.append_many(journal, samples)
        except StorageClosed:
            return

    def trouble(self, what: str, reason: str) -> None:
        """Reports a trouble when it is new."""
        if self._troubles.get(what) != reason:
            self._troubles[what] = reason
            self.device_trouble(what=what, reason=reason)

    # ------------------------------------------------------------ commands

    @command(deadline=600.0, starts="checking", restart=Restart.RESUME)
    def run_checks(self) -> None:
        """Looks at every sensor and the battery while nothing happens."""

    @command(deadline=60.0, allowed_in="stowed", hazard=Hazard.RELEASE)
    def arm(
        self,
        entry_after: Annotated[float, msgspec.Meta(ge=0.0, le=LONGEST_COAST, extra={"unit": "s"})],
    ) -> Awaitable[dict[str, Any]]:
        """Sets about the time from separation to entry and waits for the separation; before it lets
        go, the orbiter sets the time by its prediction."""
        if not self.storage.get(NAMESPACE, "checked"):
            raise CommandRejected("the last checks have not passed: run_checks first")
        if not self._in_time(entry_after):
            raise CommandRejected(f"entry_after = {entry_after} s: {self._allowed_times()}")
        if self.ledger.open_transfers():
            raise CommandRejected("a hand-over is not settled")
        if not any(r.status is CustodyStatus.HELD for r in self.ledger.records()):
            raise CommandRejected("the capsule holds no tube")
        return self._set_timer(entry_after)

    async def _take_entry(self, source: str, data: dict[str, Any]) -> dict[str, Any]:
        """The orbiter tells, before it lets go, when the entry will be by its prediction."""
        seconds = data.get("entry_after")
        if source != CARRIER:
            raise ExchangeFailed(f"{source} does not carry the capsule")
        if not self.is_in("armed"):
            raise ExchangeFailed(f"the capsule is {self.state}, not armed")
        if not isinstance(seconds, float) or not self._in_time(seconds):
            raise ExchangeFailed(f"entry_after = {seconds}: {self._allowed_times()}")
        await self._keep_entry(seconds, predicted=True)
        return {"entry_after": self.entry_after}

    def _in_time(self, seconds: float) -> bool:
        return bool(self.parameters["wake_before"] < seconds <= LONGEST_COAST)

    def _allowed_times(self) -> str:
        return (
            f"allowed is more than the {self.parameters['wake_before']} s that the capsule wakes "
            f"before, and {LONGEST_COAST} s at most"
        )

    async def _keep_entry(self, seconds: float, *, predicted: bool) -> None:
        state = await self.timer.set_entry(seconds)
        self.storage.put(NAMESPACE, "entry_after", state.entry_after)
        self.storage.put(NAMESPACE, "entry_predicted", predicted)
        self.entry_after = state.entry_after

    async def _set_timer(self, entry_after: float) -> dict[str, Any]:
        await self._keep_entry(entry_after, predicted=False)
        begin_fall(self)
        self.post("arm")
        return {"entry_after": self.entry_after}

    @command(deadline=60.0, allowed_in="armed")
    def disarm(self) -> None:
        """Waits for no separation any more."""
        self.post("disarm")

    @command(deadline=60.0, allowed_in="landed")
    def read_out(self) -> dict[str, Any]:
        """What the recovery crew reads over the umbilical: samples kept, peak load, shock."""
        return {
            "samples": self.storage.count(JOURNAL),
            "peak_load": self.peak_load,
            "shock": self.shock,
            "payload_temperature": self.payload_temperature,
        }
