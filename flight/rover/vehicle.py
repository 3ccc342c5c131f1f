"""The fetch rover as its skills know it: channels, events, devices, and what it remembers."""

from typing import Any, ClassVar

from flight.core.custody.handover_active import ActiveHandover
from flight.core.custody.ledger import CustodyStatus, Evidence
from flight.core.custody.looking import LooksForTubes
from flight.core.fault_protection.actions import action
from flight.core.fault_protection.obedience import switched
from flight.core.fault_protection.quantities import quantity
from flight.core.fault_protection.shedding import Sheddable
from flight.core.hearing import HearsPeers
from flight.core.keeping.memory import Remembered
from flight.core.node import NodeContext
from flight.core.radio_rest import rest
from flight.core.telling.channels import Channel
from flight.core.telling.communications import radio
from flight.core.telling.events import event
from flight.core.two_computers import TwoComputers
from flight.icd import places
from flight.icd.devices.base import DeviceError
from flight.icd.devices.vision import TubeSighting
from flight.icd.messages import Severity
from flight.rover.fetch_plan import FetchPlan
from flight.rover.hardware import AVIONICS, BOX, CELLS, CORE, HEAT, RoverHardware
from flight.rover.hibernating import is_window, live_again, live_by
from flight.rover.parameters import PARAMETERS
from flight.rover.safeguards import RELAXED_WAKING, ROVER_SAFEGUARDS
from flight.rover.sol_work import BLIND_WORK, RoverSols, energy_parameters
from flight.rover.witnesses import CONFIRMATIONS
from flight.surface.dead_reckoning import Pose
from flight.surface.driving import Locomotion
from flight.surface.hibernation import Hibernates
from flight.surface.night_charge import NightCharge
from flight.surface.route_planning import Place
from flight.surface.site_place import SitePlace, known_place
from flight.surface.sol_budget import SolDistance

BY_DAY = {"wheels": "state", "inertial_measurement_unit": "state"}
"""What has power while the rover is awake, and the reading to ask it for."""


class RoverVehicle(HearsPeers, TwoComputers, LooksForTubes, Hibernates, NightCharge):
    """The fetch rover: four wheels, an arm, a rack for 36 tubes."""

    name = "rover"
    has_recorder = True
    routes = {  # noqa: RUF012  declared once, as every vehicle does
        "lander": radio("lander"),
        "arm": radio("lander"),
        "mav": radio("lander"),
        "perseverance": radio("lander"),
    }
    parameter_declarations = PARAMETERS
    safeguards = ROVER_SAFEGUARDS
    confirmations = CONFIRMATIONS
    night_charge = "critical_charge"
    looked_after: ClassVar = dict.fromkeys(
        ("battery", "heaters", "solar_array", "power_switches", "uhf"), "state"
    )
    longest_housekeeping = 3600.0
    loads: ClassVar[dict[str, Sheddable]] = {
        "night_radio": Sheddable("the radio in the orbiter's window at night"),
        BLIND_WORK: Sheddable("work, and being awake, where nobody knows the charge"),
    }

    @quantity(unit="rad", sources=("sun_sensor",))
    def sun_height_error(self) -> float | None:
        """Of the Sun as seen, over where the clock says that it is."""
        return self.locomotion.sun_height_error

    hardware: RoverHardware
    locomotion: Locomotion
    handover: ActiveHandover

    on_ground = Remembered(bool, False, doc="whether it has left the lander")
    lander_at = Remembered[SitePlace | None](
        SitePlace | None, None, doc="where the lander stands, once it was told"
    )
    locomotion_memory = Remembered[dict[str, Any]](
        dict, {}, doc="believed pose, odometer and yaw that go with it"
    )
    way_driven = Remembered(float, 0.0, doc="m by the wheels since landing")
    sol_distance = Remembered(SolDistance, SolDistance(), doc="m in the last sol of a drive")
    sols_in_vain = Remembered(int, 0, doc="sols in a row in which the rule for waking was not met")
    lid_in_gripper = Remembered(
        bool, False, doc="whether the gripper holds the container's lid, or may"
    )
    stored_fetch = Remembered(
        FetchPlan, FetchPlan(), doc="what is to be fetched, and what was tried"
    )

    state_of_charge = Channel(
        float, doc="battery, fraction of its capacity", yellow=(0.3, None), red=(0.15, None),
        hysteresis=0.03,
    )  # fmt: skip
    array_power = Channel(float, unit="W", doc="what the solar array can give")
    battery_temperature = Channel(
        float, unit="K", doc="battery cells", yellow=(253.0, 308.0), red=(248.0, 318.0),
        hysteresis=1.0,
    )  # fmt: skip
    motor_temperature = Channel(float, unit="K", doc="drive motors")
    east = Channel(float, unit="m", doc="believed place, east of the tube Malay")
    north = Channel(float, unit="m", doc="believed place, north of the tube Malay")
    heading = Channel(float, unit="rad", doc="believed heading, clockwise from north")
    position_error = Channel(
        float, unit="m", doc="1-sigma error of the believed place", yellow=(None, 10.0)
    )
    slip = Channel(float, doc="slip of the last segment", unknown_is_normal=True,
        yellow=(None, 0.8), red=(None, 0.9), hysteresis=0.1, persistence=900.0,
    )  # fmt: skip
    tilt = Channel(float, unit="rad", doc="lean of the vehicle", yellow=(None, 0.3))
    distance_driven = Channel(float, unit="m", doc="way by the wheels since landing")
    tubes_collected = Channel(int, doc="tubes in the rack by the ledger")
    asleep = Channel(bool, doc="whether the vehicle sleeps")
    work_planned = Channel(float, unit="s", doc="work that the energy of this sol allows")
    current_tube = Channel(str, doc="the tube that is being fetched")

    @event(Severity.ACTIVITY_HI, "On the ground by the {ramp} ramp")
    def egress_done(self, *, ramp: str) -> None: ...

    @event(Severity.ACTIVITY_LO, "Next: {tube}, {distance} m away; {remaining} to do")
    def tube_chosen(self, *, tube: str, distance: float, remaining: int) -> None: ...

    @event(Severity.ACTIVITY_HI, "Found {tube} at ({east}, {north}) m")
    def tube_found(self, *, tube: str, east: float, north: float) -> None: ...

    @event(Severity.ACTIVITY_HI, "Grasped {tube}: {evidence}")
    def tube_grasped(self, *, tube: str, evidence: str) -> None: ...

    @event(Severity.ACTIVITY_HI, "{tube} sits in slot {slot} of the rack")
    def tube_racked(self, *, tube: str, slot: int) -> None: ...

    @event(Severity.ACTIVITY_HI, "{tube} is in the container, socket {slot}")
    def tube_delivered(self, *, tube: str, slot: int | str) -> None: ...

    @event(Severity.WARNING_LO, "Visit to {tube} came to nothing: {reason}")
    def tube_missed(self, *, tube: str, reason: str) -> None: ...

    @event(Severity.WARNING_HI, "{tube} is left after {visits} visits: {reason}")
    def tube_left(self, *, tube: str, visits: int, reason: str) -> None: ...

    @event(Severity.WARNING_LO, "No way to {tube} on this sol, it is tried on the next: {reason}")
    def tube_put_off(self, *, tube: str, reason: str) -> None: ...

    @event(Severity.WARNING_HI, "It is not known where {tube} is")
    def tube_lost(self, *, tube: str) -> None: ...

    @event(Severity.WARNING_LO, "{tube} is told by its place: engraving not legible")
    def tube_not_read(self, *, tube: str) -> None: ...

    @event(Severity.WARNING_HI, "Meant {wanted}, took {found}: put it back")
    def wrong_tube(self, *, wanted: str, found: str) -> None: ...

    @event(Severity.WARNING_LO, "Grasp {attempt} of {tube} closed on nothing")
    def grasp_failed(self, *, attempt: int, tube: str) -> None: ...

    @event(Severity.WARNING_LO, "Motion failed, try {attempt}: {reason}")
    def motion_fault(self, *, attempt: int, reason: str) -> None: ...

    @event(Severity.WARNING_HI, "{tube} could not be loaded: {reason}")
    def delivery_failed(self, *, tube: str, reason: str) -> None: ...

    @event(Severity.ACTIVITY_HI, "The lid is {state}: switch and camera")
    def container_lid_moved(self, *, state: str) -> None: ...

    @event(Severity.WARNING_LO, "Attempt {attempt} at the lid failed: {reason}")
    def lid_attempt_failed(self, *, attempt: int, reason: str) -> None: ...

    @event(Severity.ACTIVITY_HI, "Fetch ended: {collected} collected, {left} left")
    def fetch_finished(self, *, collected: int, left: int) -> None: ...

    @event(Severity.ACTIVITY_HI, "Setback ({kind}): {detail}")
    def drive_setback(self, *, kind: str, detail: str) -> None: ...

    @event(Severity.ACTIVITY_LO, "Place corrected by {distance} m at {landmark}")
    def pose_corrected(self, *, distance: float, landmark: str) -> None: ...

    @event(Severity.ACTIVITY_HI, "Docked {distance} m from the lander's centre")
    def docked_at(self, *, distance: float, bearing: float) -> None: ...

    @event(Severity.ACTIVITY_LO, "Sleep because of {reason}: charge {charge}, {distance} m driven")
    def going_to_sleep(
        self, *, reason: str, charge: float | None, distance: float | None
    ) -> None: ...

    @event(Severity.ACTIVITY_LO, "Awake: charge {charge}")
    def woke_up(self, *, charge: float | None) -> None: ...

    @event(Severity.WARNING_HI, "A sol without waking: charge {charge}")
    def no_waking(self, *, charge: float | None) -> None: ...

    @event(Severity.WARNING_HI, "Left alone for {seconds} s: {reason}")
    def device_rests(self, *, seconds: int, reason: str) -> None: ...

    @event(Severity.WARNING_LO, "{device}: {reason}", lasts=True)
    def device_trouble(self, *, device: str, reason: str) -> None: ...

    @event(Severity.ACTIVITY_HI, "Charge {charge}: fit to work again")
    def power_recovered(self, *, charge: float | None) -> None: ...

    def __init__(self, context: NodeContext) -> None:
        super().__init__(context)
        mission = context.mission
        self.lander_place = known_place(self.lander_at, mission["lander"])
        self._map = {
            str(tube["id"]): (float(tube["east"]), float(tube["north"]))
            for tube in mission["tubes"]
        }
        self.fetch = self.stored_fetch
        self.target: TubeSighting | None = None
        self.goal: Place | None = None
        self.loading: list[str] = []
        self.dock_side = 0.0
        self.radio_wanted: bool | None = None  # as it was told last; None: not to be minded
        self.avionics_wanted: bool | None = None
        self.blocked_sides: set[float] = set()  # docks with a rock before them, since boot
        self.lid_goal = "closed"
        self.sols = RoverSols(self, energy_parameters(self.parameters), self._show_plan)
        self.sols.relaxes = self.context.structure.keeps(RELAXED_WAKING)

    def _show_plan(self, work: float) -> None:
        self.work_planned = work

    async def sample(self) -> None:
        await self.read_power()
        if self.asleep:
            return
        try:
            wheels = await self.hardware.wheels.state()
            self.motor_temperature = wheels.motor_temperature if wheels.valid else None
            inertial = await self.hardware.imu.state()
            self.tilt = max(abs(inertial.roll), abs(inertial.pitch)) if inertial.valid else None
        except DeviceError as error:
            self.motor_temperature = self.tilt = None
            self.device_trouble(device="sensors", reason=str(error))

    def own_needs(self) -> float:
        return float(self.parameters["day_power"])

    def housekeeping_period(self) -> float:
        return self.longest_housekeeping if self.asleep else 900.0

    def looks_after(self) -> dict[str, str]:
        return self.looked_after if self.asleep else self.looked_after | BY_DAY

    def differs(self, device: str, reading: Any) -> str:
        lives = None if self.hibernation is not None else True  # else by the light
        told: dict[str, bool | None] = {}
        says: dict[str, bool] = {}
        if device == "heaters":
            told = {f"the heater of the {zone}": lives for zone in (CELLS, BOX)}
            says = {f"the heater of the {zone}": s.enabled for zone, s in reading.zones.items()}
        elif device == "uhf":
            told, says = {"itself": self.radio_wanted}, {"itself": reading.on}
        elif device == "power_switches":
            told, says = {AVIONICS: self.avionics_wanted, CORE: lives, HEAT: lives}, reading.closed
        return switched(self.obedience.otherwise(device, told, says), says)

    async def set_right(self, device: str) -> None:
        if device == "uhf":
            await self.hardware.radio.set_power(bool(self.radio_wanted))
            return
        if self.hibernation is None:
            await self.live_again()
        if self.avionics_wanted is not None:
            await self.hardware.switches.set_switch(AVIONICS, self.avionics_wanted)

    async def live_by(self, *, listens: bool) -> None:
        self.asleep = not listens
        self.avionics_wanted, self.radio_wanted = False, None
        await live_by(self.hardware, self.parameters, self._power_trouble, listens=listens)

    async def live_again(self) -> None:
        await live_again(self.hardware, self.parameters, self._power_trouble)

    def _power_trouble(self, reason: str) -> None:
        self.device_trouble(device="power", reason=reason)

    def is_window(self) -> bool:
        return is_window(self.clock.jd_tt(), self.parameters)

    @property
    def east_longitude(self) -> float:
        return float(self.parameters["longitude"])

    def array_power_now(self) -> float:
        return self.array_power or 0.0

    @action(keeps_going=True)
    async def restart_radio(self) -> None:
        """Switches the radio off, and after a rest to what it was told last to be: one that was
        left on by night would draw where nobody counts with it."""
        before = self.radio_wanted
        self.radio_wanted = None  # while it rests
        try:
            await rest(self.hardware.radio)
        finally:
            # Whatever came of it, and unless it was told otherwise meanwhile: a look sets it right.
            if self.radio_wanted is None:
                self.radio_wanted = before is not False and not self.must_be_silent
        await self.hardware.radio.set_power(self.radio_wanted)

    @action(leaves_safe=True)
    def work_again(self) -> None:
        """Leaves the safe state that responses with this action have entered, if nobody else had
        a cause for it."""
        if self.stays_safe():
            return
        self.power_recovered(charge=self.state_of_charge)
        self.post("recovered")

    @property
    def pose(self) -> Pose:
        """Where the rover believes to be."""
        return self.locomotion.pose

    @property
    def known_tubes(self) -> dict[str, Place]:
        """The map of the depot."""
        return self._map

    def map_place(self, tube: str) -> Place:
        """Where the map of the depot has a tube."""
        return self._map[tube]

    def tube_place(self, tube: str) -> Place:
        """Where a tube is expected: where it was seen last, else by the map."""
        seen = self.fetch.seen.get(tube)
        return (seen[0], seen[1]) if seen is not None else self._map[tube]

    def lies_on_ground(self, tube: str) -> bool:
        """Whether a tube lies on the ground, as far as the ledger knows."""
        record = self.ledger.record(tube)
        return record is None or record.place == places.GROUND

    def nearest_tube(self, place: Place) -> str:
        """The tube on the ground that is expected nearest to a place."""
        lying = [tube for tube in self._map if self.lies_on_ground(tube)]
        return min(
            lying,
            key=lambda tube: (
                (self.tube_place(tube)[0] - place[0]) ** 2
                + (self.tube_place(tube)[1] - place[1]) ** 2
            ),
            default="",
        )

    def keep_fetch_plan(self) -> None:
        """Stores the plan, so that it survives a reboot."""
        self.current_tube = self.fetch.current
        self.stored_fetch = self.fetch

    def count_tubes(self) -> None:
        """Sets the channel of tubes in the rack from the ledger."""
        self.tubes_collected = sum(
            record.place == places.ROVER_RACK and record.status is CustodyStatus.HELD
            for record in self.ledger.records()
        )

    async def read_power(self) -> None:
        """Reads battery and array; what cannot be read is not valid."""
        try:
            battery = await self.hardware.battery.state()
            array = await self.hardware.solar_array.state()
        except DeviceError as error:
            self.state_of_charge = self.battery_temperature = self.array_power = None
            self.device_trouble(device="battery", reason=str(error))
            return
        self.state_of_charge = battery.state_of_charge if battery.valid else None
        self.battery_temperature = battery.temperature if battery.valid else None
        self.array_power = array.power if array.valid else None
        self.battery_shows(battery if battery.valid else None, self.array_power)
        if array.valid and array.deployed:
            # What is not remembered can be seen: it unfolds before it drives off the lander.
            self.on_ground = self.on_ground or self.context.store_lost
            self.sols.planner.array_seen(self.clock.jd_tt(), array.power)
        if array.valid:
            self.array_gives(array.energy)

    def segment_driven(self, pose: Pose, slip: float | None, distance: float) -> None:
        """Takes note of a driven segment."""
        self.east, self.north, self.heading = pose.east, pose.north, pose.heading
        self.position_error, self.slip = pose.error, slip
        self.distance_driven = (self.distance_driven or 0.0) + distance
        self.way_driven = self.distance_driven
        self.sols.driven(distance)
        self.publish_telemetry()

    def setback(self, kind: str, detail: str) -> None:
        """Reports what stood in the way."""
        self.drive_setback(kind=kind, detail=detail)

    def _adopt_tubes(self) -> None:
        for tube in self._map:
            seen = Evidence("depot map", "laid down by Perseverance and imaged")
            self.ledger.adopt(tube, places.GROUND, seen)
