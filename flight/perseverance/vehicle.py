"""Perseverance as its skills know it: channels, events, devices, and what it remembers."""

import asyncio
from typing import Any, ClassVar, Literal

from flight.core.custody.handover import PassiveHandover
from flight.core.custody.ledger import CustodyStatus, Evidence
from flight.core.custody.looking import LooksForTubes
from flight.core.fault_protection.actions import action
from flight.core.fault_protection.obedience import switched
from flight.core.fault_protection.quantities import quantity
from flight.core.hearing import HearsPeers
from flight.core.keeping.clock import monotonic
from flight.core.keeping.memory import Remembered
from flight.core.node import NodeContext
from flight.core.radio_rest import rest
from flight.core.telling.channels import Channel
from flight.core.telling.communications import radio
from flight.core.telling.events import event
from flight.core.two_computers import TwoComputers
from flight.icd import places
from flight.icd.devices.base import DeviceError
from flight.icd.messages import Severity
from flight.perseverance.hardware import AVIONICS, PerseveranceHardware
from flight.perseverance.parameters import PARAMETERS
from flight.perseverance.sol_work import energy_parameters
from flight.perseverance.witnesses import CONFIRMATIONS
from flight.surface.dead_reckoning import Pose
from flight.surface.driving import Locomotion
from flight.surface.mobility import locomotion_of, stored_pose
from flight.surface.night_charge import NightCharge
from flight.surface.route_planning import CostMap
from flight.surface.safeguards import DRIVING_SAFEGUARDS
from flight.surface.site_place import SitePlace, known_place
from flight.surface.sol_budget import SolBudget, SolDistance

HOUSEKEEPING = {"parked": 14_400.0, "surface": 1800.0, "safe": 3600.0}  # s, by state
ASLEEP_HOUSEKEEPING = 7200.0  # s
PROGRESS_EVERY = 100.0  # m


class PerseveranceVehicle(HearsPeers, TwoComputers, LooksForTubes, NightCharge):
    """Parked with the tubes that it kept; drives to the lander with them and hands them out."""

    name = "perseverance"
    has_recorder = True
    parameter_declarations = PARAMETERS
    safeguards = DRIVING_SAFEGUARDS
    confirmations = CONFIRMATIONS

    @quantity(unit="rad", sources=("sun_sensor",))
    def sun_height_error(self) -> float | None:
        """Of the Sun as seen, over where the clock says that it is."""
        return self.locomotion.sun_height_error

    night_charge = "critical_charge"
    hardware: PerseveranceHardware
    locomotion: Locomotion
    handover: PassiveHandover

    lander_at = Remembered[SitePlace | None](
        SitePlace | None, None, doc="where the lander stands, once it was told"
    )
    locomotion_memory = Remembered[dict[str, Any]](
        dict, {}, doc="believed pose, odometer and yaw that go with it"
    )
    way_driven = Remembered(float, 0.0, doc="m by the wheels since the landing of today")
    sol_distance = Remembered(SolDistance, SolDistance(), doc="m in the last sol of a drive")
    drive_failures = Remembered(int, 0, doc="drives of the delivery that came to nothing")
    drops = Remembered[dict[str, SitePlace]](
        dict[str, SitePlace], {}, doc="by tube, where it was let fall to the ground"
    )
    looked_after: ClassVar = dict.fromkeys(
        ("battery", "power_switches", "uhf", "x_band"), "state"
    )
    longest_housekeeping = max(ASLEEP_HOUSEKEEPING, *HOUSEKEEPING.values())
    routes: ClassVar = {
        "lander": radio("lander"),
        "arm": radio("lander"),
        "mav": radio("lander"),
        "rover": radio("rover"),
    }

    state_of_charge = Channel(
        float, doc="of both batteries", yellow=(0.35, None), red=(0.2, None), hysteresis=0.03
    )
    battery_voltage = Channel(float, unit="V", doc="of the batteries")
    net_power = Channel(float, unit="W", doc="into the batteries; below 0: out of them")
    east = Channel(float, unit="m", doc="believed place, east of the tube Malay")
    north = Channel(float, unit="m", doc="believed place, north of the tube Malay")
    heading = Channel(float, unit="rad", doc="believed heading, clockwise from north")
    position_error = Channel(
        float, unit="m", doc="1-sigma error of the believed place", yellow=(None, 25.0)
    )
    slip = Channel(float, doc="of the last segment", unknown_is_normal=True,
        yellow=(None, 0.8), red=(None, 0.9), hysteresis=0.1, persistence=900.0,
    )  # fmt: skip
    distance_driven = Channel(float, unit="m", doc="way by the wheels since the landing of today")
    distance_to_lander = Channel(float, unit="m", doc="straight, as believed")
    tubes_held = Channel(int, doc="tubes aboard by the ledger")
    asleep = Channel(bool, doc="whether the computer sleeps")

    @event(Severity.WARNING_HI, "Slot {slot} is empty: {tube} should be there")
    def tube_missing(self, *, slot: int, tube: str) -> None: ...

    @event(Severity.ACTIVITY_LO, "Sleep because of {reason}: charge {charge}")
    def going_to_sleep(self, *, reason: str, charge: float | None) -> None: ...

    @event(Severity.ACTIVITY_LO, "Awake: charge {charge}")
    def woke_up(self, *, charge: float | None) -> None: ...

    @event(Severity.WARNING_LO, "A sol without driving, {reason}: charge {charge}")
    def sol_lost(self, *, reason: str, charge: float | None) -> None: ...

    @event(Severity.ACTIVITY_HI, "Setback ({kind}): {detail}")
    def drive_setback(self, *, kind: str, detail: str) -> None: ...

    @event(Severity.WARNING_HI, "Drive {count} came to nothing: {reason}")
    def drive_given_up(self, *, count: int, reason: str) -> None: ...

    @event(Severity.ACTIVITY_HI, "Beside the lander, {distance} m from its centre")
    def docked_at(self, *, distance: float) -> None: ...

    @event(Severity.ACTIVITY_HI, "{tube} of slot {slot} is held out at the port")
    def tube_presented(self, *, tube: str, slot: int) -> None: ...

    @event(Severity.ACTIVITY_HI, "{tube} lies on the ground at ({east}, {north}) m")
    def tube_dropped(self, *, tube: str, east: float, north: float) -> None: ...

    @event(Severity.WARNING_HI, "It is not known where {tube} is")
    def tube_lost(self, *, tube: str) -> None: ...

    @event(Severity.WARNING_LO, "{device}: {reason}", lasts=True)
    def device_trouble(self, *, device: str, reason: str) -> None: ...

    def __init__(self, context: NodeContext) -> None:
        super().__init__(context)
        self.lander_place = known_place(self.lander_at, context.mission["lander"])
        self.handling = asyncio.Lock()
        self.awake_until = 0.0
        self.side = 0.0
        self.sols = SolBudget(
            self,
            energy_parameters(self.parameters, self.full_charge),
            least_way=self.parameters["segment"],
        )
        self.take_up_battery()
        self._awake: bool | None = None
        self._radios: dict[str, bool] = {}
        self._resting: dict[str, None] = {}  # radios that are off to be restarted
        self._told: dict[str, bool] = {}  # by device, what it was told last, obeyed or not
        self._last_progress = 0.0

    async def sample(self) -> None:
        await self.read_power()
        await self.set_radio("uhf", True)
        self.count_tubes()

    def housekeeping_period(self) -> float:
        if self.asleep and self.is_in("surface"):
            return ASLEEP_HOUSEKEEPING
        return HOUSEKEEPING[self.state.split(".", 1)[0]]

    def parameters_changed(self) -> None:
        self._use_what_is_left()
        self.sols.least_way = self.parameters["segment"]

    def _use_what_is_left(self) -> None:
        self.sols.use(energy_parameters(self.parameters, self.full_charge))

    @property
    def pose(self) -> Pose:
        """Where it believes to be."""
        return self.locomotion.pose

    def tubes_aboard(self) -> list[str]:
        """The tubes that the ledger says are held aboard."""
        held = (CustodyStatus.HELD, CustodyStatus.OFFERED)
        records = self.ledger.records()
        return [r.tube for r in records if r.place == places.PERSEVERANCE and r.status in held]

    def count_tubes(self) -> None:
        """Sets the channel of the tubes aboard."""
        self.tubes_held = len(self.tubes_aboard())

    async def read_power(self) -> None:
        """Reads the batteries; what cannot be read is not valid."""
        try:
            battery = await self.hardware.battery.state()
        except DeviceError as error:
            self.device_trouble(device="battery", reason=str(error))
            battery = None
        if battery is None or not battery.valid:
            self.state_of_charge = self.battery_voltage = self.net_power = None
            return
        self.state_of_charge = round(battery.state_of_charge, 4)
        self.battery_voltage = round(battery.voltage, 2)
        self.net_power = round(battery.current * battery.voltage, 1)
        full = self.full_charge
        self.battery_rests(battery)
        if self.full_charge != full:
            self._use_what_is_left()

    async def set_awake(self, awake: bool) -> None:
        """Wakes the computer and what belongs to it, or lets it sleep."""
        await self.set_radio("x_band", awake)
        self._told["power_switches"] = awake
        if self._awake is awake:
            return
        try:
            await self.hardware.switches.set_switch(AVIONICS, awake)
        except DeviceError as error:
            self.device_trouble(device="power_switches", reason=str(error))
            return
        self._awake, self.asleep = awake, not awake

    def differs(self, device: str, reading: Any) -> str:
        if device not in self._told or device in self._resting:
            return ""
        if device == "power_switches":
            told, says = {AVIONICS: self._told[device]}, reading.closed
        else:
            told, says = {"itself": self._told[device]}, {"itself": reading.on}
        return switched(self.obedience.otherwise(device, told, says), says)

    async def set_right(self, device: str) -> None:
        wanted = self._told[device]
        if device == "power_switches":
            self._awake = None  # it is not as it was
            await self.set_awake(wanted)
        else:
            self._radios.pop(device, None)
            await self.set_radio(device, wanted)

    async def wake_for(self, seconds: float) -> None:
        """Stays awake for some time, because somebody wants something."""
        self.awake_until = monotonic() + seconds
        await self.set_awake(True)

    async def set_radio(self, name: str, on: bool) -> None:
        """Switches a radio, if it is not so already."""
        self._told[name] = on
        if self._radios.get(name) is on or name in self._resting:
            return
        device = self.hardware.uhf if name == "uhf" else self.hardware.x_band
        try:
            await device.set_power(on)
            state = await device.state()  # what was told is not what says that it is so
        except DeviceError as error:
            self.device_trouble(device=name, reason=str(error))
            return
        if state.valid:
            self._radios[name] = state.on

    @action(keeps_going=True)
    async def restart_radio(self, radio: Literal["uhf", "x_band"]) -> None:
        """Switches a radio off, and after a rest to what it was told last to be."""
        device = self.hardware.uhf if radio == "uhf" else self.hardware.x_band
        self._resting[radio] = None
        try:
            await rest(device)
        finally:
            del self._resting[radio]
            self._radios.pop(radio, None)  # whatever came of it: it is switched anew
            await self.set_radio(radio, self._told.get(radio, True))

    def segment_driven(self, pose: Pose, slip: float | None, distance: float) -> None:
        """Takes note of a driven segment."""
        self.slip = slip
        self.distance_driven = (self.distance_driven or 0.0) + distance
        self._publish_pose(pose)
        with self.storage.transaction():
            self.way_driven = self.distance_driven
            self.sols.driven(distance)
        if self.distance_driven - self._last_progress >= PROGRESS_EVERY:
            self._last_progress = self.distance_driven
            self.progress(f"{self.distance_to_lander:.0f} m to the lander")

    def setback(self, kind: str, detail: str) -> None:
        """Reports what stood in the way."""
        self.drive_setback(kind=kind, detail=detail)

    def _publish_pose(self, pose: Pose) -> None:
        self.east, self.north = round(pose.east, 2), round(pose.north, 2)
        self.heading, self.position_error = round(pose.heading, 3), round(pose.error, 2)
        self.distance_to_lander = round(pose.distance_to(self.lander_place), 1)
        self.publish_telemetry()

    def _make_locomotion(self) -> Locomotion:
        start = self.context.mission["start"]
        return locomotion_of(
            self,
            self,
            stored_pose(self, Pose(float(start["east"]), float(start["north"]))),
            CostMap(self.parameters["vehicle_radius"]),
        )

    def _adopt_tubes(self) -> None:
        """First possession, by the load list: its order is that of the slots."""
        for slot, tube in enumerate(self.context.mission["holds"]):
            seen = Evidence("mission load", f"slot {slot} of the load list")
            self.ledger.adopt(str(tube), places.PERSEVERANCE, seen, slot)
