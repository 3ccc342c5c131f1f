"""The Sample Fetch Rover: finds the sample tubes, picks them up, brings them to the lander."""

from typing import Annotated, Any

import msgspec

from flight.core.chart.statechart import ANY, On, Signal, State, Statechart
from flight.core.commanding.commands import CommandRejected, Hazard, Restart, command
from flight.core.custody.handover_active import ActiveHandover
from flight.core.custody.ledger import CustodyStatus, Evidence
from flight.core.node import Node, NodeContext
from flight.core.telling.channels import Channel
from flight.core.telling.communications import radio
from flight.core.telling.events import Event
from flight.icd.devices.base import DeviceError
from flight.icd.devices.manipulation import RACK_SLOTS
from flight.icd.devices.vision import TubeSighting
from flight.icd.messages import Severity
from flight.rover.delivering import load_container, release_tube, verify_tube
from flight.rover.fetch_plan import FetchPlan
from flight.rover.fetching import drive_to_tube, plan_next
from flight.rover.grasping import RACK_PLACE, grasp_tube, rack_tube, slots_taken
from flight.rover.hardware import RoverHardware, connect
from flight.rover.housekeeping import keep_house, rest_on_lander, stay_safe
from flight.rover.lid import move_lid
from flight.rover.lid_memory import refuse_with_lid
from flight.rover.mobility import make_locomotion, relocate
from flight.rover.parameters import PARAMETERS
from flight.rover.sols import RoverActivity, SolManager, sleep_until_work
from flight.rover.travel import dock, drive_home, drive_to_place, egress, undock
from flight.rover.tube_search import search_tube
from flight.surface.dead_reckoning import Pose
from flight.surface.driving import Locomotion
from flight.surface.place_arguments import Metres, PlaceError
from flight.surface.route_planning import Place

SOL = 88_775.244  # seconds (Allison & McEwen 2000)
TubeId = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
TubeIds = Annotated[list[TubeId], msgspec.Meta(min_length=1, max_length=RACK_SLOTS)]

FETCHING = "surface.fetching"
RETURNING = "surface.returning"
TRAVERSING = "surface.traversing"
DELIVERING = "surface.delivering"
CLOSING_LID = "surface.closing_lid"
OPENING_LID = "surface.opening_lid"
WORKING = (FETCHING, RETURNING, TRAVERSING, "surface.undocking", "surface.releasing")


def _is_on_ground(node: Any, signal: Signal) -> bool:
    return bool(node.storage.get("rover", "on_ground"))


def _by_days(name: str, work: str, activity: RoverActivity, done: str) -> State:
    """Work of one kind that goes on for as many days as it takes, with sleep in between."""
    working = State(work, initial=True, activity=activity, outcomes=(done, "rest"))
    sleeping = State("sleeping", activity=sleep_until_work, outcomes=("awake",))
    return State(name, children=[working, sleeping])


def _rests(state: str, work: str) -> tuple[On, On]:
    """The way to sleep and back of such a state."""
    sleeping = f"{state}.sleeping"
    return On("rest", state, sleeping), On("awake", sleeping, f"{state}.{work}")


class FetchRover(Node):
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
    statechart = Statechart(
        State("stowed", initial=True, activity=rest_on_lander, doc="on the lander"),
        State("egressing", children=[
            State("leaving", initial=True, activity=egress, outcomes=("egress_done", "rest")),
            State("waiting", activity=sleep_until_work, outcomes=("awake",)),
        ]),
        State("surface", children=[
            State("idle", initial=True, activity=keep_house),
            State("fetching", children=[
                State("planning", initial=True, activity=plan_next,
                      outcomes=("drive", "rack", "rest", "finished")),
                State("driving", activity=drive_to_tube, outcomes=("arrived", "rest", "no_way")),
                State("searching", activity=search_tube,
                      outcomes=("tube_found", "tube_missing", "rest")),
                State("grasping", activity=grasp_tube,
                      outcomes=("grasped", "grasp_missed", "rest")),
                State("racking", activity=rack_tube, outcomes=("racked", "rack_missed", "rest")),
                State("sleeping", activity=sleep_until_work, outcomes=("awake",)),
            ]),
            State("returning", children=[
                State("homing", initial=True, activity=drive_home, outcomes=("near", "rest")),
                State("docking", activity=dock, outcomes=("docked", "blocked", "rest")),
                State("sleeping", activity=sleep_until_work, outcomes=("awake",)),
            ]),
            State("docked", activity=keep_house),
            State("undocking", activity=undock, outcomes=("done", "rest")),
            _by_days("traversing", "driving", drive_to_place, "done"),
            _by_days("delivering", "loading", load_container, "loaded"),
            _by_days("closing_lid", "moving", move_lid, "lid_moved"),
            _by_days("opening_lid", "moving", move_lid, "lid_moved"),
            State("releasing", activity=release_tube, outcomes=("done", "rest")),
        ]),
        State("safe", activity=stay_safe, outcomes=("recovered",)),
        transitions=[
            On("egress", "stowed", "egressing"),
            On("egress_done", "egressing.leaving", "surface"),
            On("rest", "egressing.leaving", "egressing.waiting"),
            On("awake", "egressing.waiting", "egressing.leaving"),
            On("failed", "egressing", "stowed"),
            On("abort", "egressing", "surface", guard=_is_on_ground),
            On("abort", "egressing", "stowed"),

            On("fetch_tubes", ("surface.idle", "surface.docked"), FETCHING),
            On("drive", "surface.fetching.planning", "surface.fetching.driving"),
            On("rack", "surface.fetching.planning", "surface.fetching.racking"),
            On("finished", "surface.fetching.planning", "surface.idle"),
            On("arrived", "surface.fetching.driving", "surface.fetching.searching"),
            On("no_way", "surface.fetching.driving", "surface.fetching.planning"),
            On("tube_found", "surface.fetching.searching", "surface.fetching.grasping"),
            On("tube_missing", "surface.fetching.searching", "surface.fetching.planning"),
            On("grasped", "surface.fetching.grasping", "surface.fetching.racking"),
            On("grasp_missed", "surface.fetching.grasping", "surface.fetching.planning"),
            On("racked", "surface.fetching.racking", "surface.fetching.planning"),
            On("rack_missed", "surface.fetching.racking", "surface.fetching.planning"),
            On("rest", FETCHING, "surface.fetching.sleeping"),
            On("awake", "surface.fetching.sleeping", "surface.fetching.planning"),

            On("return_to_lander", ("surface.idle", "surface.docked"), RETURNING),
            On("near", "surface.returning.homing", "surface.returning.docking"),
            On("docked", "surface.returning.docking", "surface.docked"),
            On("blocked", "surface.returning.docking", "surface.returning.homing"),
            On("rest", RETURNING, "surface.returning.sleeping"),
            On("awake", "surface.returning.sleeping", "surface.returning.homing"),

            On("undock", "surface.docked", "surface.undocking"),
            On("done", "surface.undocking", "surface.idle"),
            On("rest", "surface.undocking", "surface.idle"),

            On("drive_to", ("surface.idle", "surface.docked"), TRAVERSING),
            On("done", "surface.traversing.driving", "surface.idle"),
            *_rests(TRAVERSING, "driving"),

            On("load_container", "surface.docked", DELIVERING),
            On("loaded", "surface.delivering.loading", "surface.docked"),
            *_rests(DELIVERING, "loading"),
            On("close_container_lid", "surface.docked", CLOSING_LID),
            On("open_container_lid", "surface.docked", OPENING_LID),
            On("lid_moved", (CLOSING_LID, OPENING_LID), "surface.docked"),
            *_rests(CLOSING_LID, "moving"),
            *_rests(OPENING_LID, "moving"),
            On("failed", (DELIVERING, CLOSING_LID, OPENING_LID), "surface.docked"),
            On("abort", (DELIVERING, CLOSING_LID, OPENING_LID), "surface.docked"),

            On("release_tube", "surface.idle", "surface.releasing"),
            On("done", "surface.releasing", "surface.idle"),
            On("rest", "surface.releasing", "surface.idle"),

            On("abort", WORKING, "surface.idle"),
            On("failed", WORKING, "surface.idle"),
            On("done", ("stowed", "surface.idle", "surface.docked", "safe"), None),
            On("failed", ("stowed", "surface.idle", "surface.docked", "safe"), None),
            On("enter_safe", ANY, "safe"),
            On("leave_safe", "safe", "surface", guard=_is_on_ground),
            On("leave_safe", "safe", "stowed"),
            On("recovered", "safe", "surface", guard=_is_on_ground),
            On("recovered", "safe", "stowed"),
        ],
        ignored=("abort",),
    )  # fmt: skip

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
    slip = Channel(float, doc="slip of the last segment", yellow=(None, 0.4), red=(None, 0.7))
    tilt = Channel(float, unit="rad", doc="lean of the vehicle", yellow=(None, 0.3))
    distance_driven = Channel(float, unit="m", doc="way by the wheels since landing")
    tubes_collected = Channel(int, doc="tubes in the rack by the ledger")
    asleep = Channel(bool, doc="whether the vehicle sleeps")
    work_planned = Channel(float, unit="s", doc="work that the energy of this sol allows")
    current_tube = Channel(str, doc="the tube that is being fetched")

    egress_done = Event(Severity.ACTIVITY_HI, "On the ground by the {ramp} ramp")
    tube_chosen = Event(Severity.ACTIVITY_LO, "Next: {tube}, {distance} m away; {remaining} to do")
    tube_found = Event(Severity.ACTIVITY_HI, "Found {tube} at ({east}, {north}) m")
    tube_grasped = Event(Severity.ACTIVITY_HI, "Grasped {tube}: {evidence}")
    tube_racked = Event(Severity.ACTIVITY_HI, "{tube} sits in slot {slot} of the rack")
    tube_delivered = Event(Severity.ACTIVITY_HI, "{tube} is in the container, socket {slot}")
    tube_missed = Event(Severity.WARNING_LO, "Visit to {tube} came to nothing: {reason}")
    tube_left = Event(Severity.WARNING_HI, "{tube} is left after {visits} visits: {reason}")
    tube_lost = Event(Severity.WARNING_HI, "It is not known where {tube} is")
    tube_not_read = Event(Severity.WARNING_LO, "{tube} is told by its place: engraving not legible")
    wrong_tube = Event(Severity.WARNING_HI, "Meant {wanted}, took {found}: put it back")
    grasp_failed = Event(Severity.WARNING_LO, "Grasp {attempt} of {tube} closed on nothing")
    motion_fault = Event(Severity.WARNING_LO, "Motion failed, try {attempt}: {reason}")
    delivery_failed = Event(Severity.WARNING_HI, "{tube} could not be loaded: {reason}")
    container_lid_moved = Event(Severity.ACTIVITY_HI, "The lid is {state}: switch and camera")
    lid_attempt_failed = Event(Severity.WARNING_LO, "Attempt {attempt} at the lid failed: {reason}")
    fetch_finished = Event(Severity.ACTIVITY_HI, "Fetch ended: {collected} collected, {left} left")
    drive_setback = Event(Severity.WARNING_LO, "Setback ({kind}): {detail}")
    pose_corrected = Event(Severity.ACTIVITY_LO, "Place corrected by {distance} m at {landmark}")
    docked_at = Event(Severity.ACTIVITY_HI, "Docked {distance} m from the lander's centre")
    going_to_sleep = Event(
        Severity.ACTIVITY_LO, "Sleep because of {reason}: charge {charge}, {distance} m driven"
    )
    woke_up = Event(Severity.ACTIVITY_LO, "Awake: charge {charge}")
    no_waking = Event(Severity.WARNING_HI, "A sol without waking: charge {charge}")
    device_trouble = Event(Severity.WARNING_LO, "{device}: {reason}")
    power_recovered = Event(Severity.ACTIVITY_HI, "Charge {charge}: fit to work again")

    def __init__(self, context: NodeContext) -> None:
        super().__init__(context)
        mission = context.mission
        lander = self.storage.get("rover", "lander") or mission["lander"]
        self.lander_place: Place = (float(lander["east"]), float(lander["north"]))
        self._map = {
            str(tube["id"]): (float(tube["east"]), float(tube["north"]))
            for tube in mission["tubes"]
        }
        self.fetch = FetchPlan.from_data(self.storage.get("rover", "fetch"))
        self.target: TubeSighting | None = None
        self.goal: Place | None = None
        self.loading: list[str] = []
        self.dock_side = 0.0
        self.blocked_sides: set[float] = set()  # docks with a rock before them, since boot
        self.lid_goal = "closed"
        self.hardware: RoverHardware
        self.locomotion: Locomotion
        self.handover: ActiveHandover
        self.sols = SolManager(self)

    def attach(self) -> None:
        self.hardware = connect(self)
        self.communications.use_radio(self.hardware.radio)
        self.locomotion = make_locomotion(self)
        self.handover = ActiveHandover(
            self,
            RACK_PLACE,
            lambda tube, slot, expected: verify_tube(self, tube, slot, expected),
            refusal=self._refusal,
            choose_slot=self._choose_slot,
        )
        self._adopt_tubes()
        self.count_tubes()
        self.distance_driven = float(self.storage.get("rover", "distance_driven") or 0.0)
        self.asleep = False

    async def sample(self) -> None:
        await self.read_power()
        charge, temperature = self.state_of_charge, self.battery_temperature
        p = self.parameters
        if charge is not None and charge < p["critical_charge"] and not self.is_in("safe"):
            self.go_safe(f"power: the battery is at {100.0 * charge:.0f} %")
        elif temperature is not None and temperature > p["hottest_battery"]:
            self.go_safe(f"power: the battery is at {temperature:.0f} K")
        if self.asleep:
            return
        try:
            self.motor_temperature = (await self.hardware.wheels.state()).motor_temperature
            inertial = await self.hardware.imu.state()
            self.tilt = max(abs(inertial.roll), abs(inertial.pitch)) if inertial.valid else None
        except DeviceError as error:
            self.motor_temperature = self.tilt = None
            self.device_trouble(device="sensors", reason=str(error))

    def housekeeping_period(self) -> float:
        return 3600.0 if self.asleep else 900.0

    # --------------------------------------------------------------- commands

    @command(deadline=10 * SOL, starts="egressing", restart=Restart.RESUME)
    def egress(self) -> None:
        """Unfolds the solar array and drives down from the lander."""

    @command(deadline=60.0, allowed_in=("stowed", "surface.idle", "surface.docked"))
    def locate_lander(self, east: Metres, north: Metres, error: PlaceError) -> None:
        """Takes it that the lander stands there, and while stowed on it, so does the rover.

        `error`: how well the place is known, 1 sigma.
        """
        relocate(self, east, north, error)

    @command(deadline=120 * SOL, starts=FETCHING, restart=Restart.RESUME)
    def fetch_tubes(self, tubes: TubeIds) -> None:
        """Collects the tubes that are not in the rack yet, over as many sols as it takes.

        A tube that cannot be found or grasped after some visits is left, and named in the result.
        """
        refuse_with_lid(self)
        unknown = [tube for tube in tubes if tube not in self._map]
        if unknown:
            raise CommandRejected(
                f"fetch_tubes: tubes = {unknown}: the map has {', '.join(self._map)}"
            )

    @command(deadline=60 * SOL, starts=RETURNING, restart=Restart.RESUME)
    def return_to_lander(self) -> None:
        """Drives back to the lander and docks beside it."""
        refuse_with_lid(self)

    @command(deadline=3600.0, starts="surface.undocking")
    def undock(self) -> None:
        """Backs off from the lander."""
        refuse_with_lid(self)

    @command(deadline=60 * SOL, starts=TRAVERSING, restart=Restart.RESUME)
    def drive_to(self, east: Metres, north: Metres) -> None:
        """Drives to a place, by its own ways."""
        refuse_with_lid(self)

    @command(deadline=60 * SOL, starts=DELIVERING, restart=Restart.RESUME)
    def load_container(self, tubes: TubeIds) -> None:
        """Loads tubes from the rack into the container of the MAV with the rover's own arm."""
        refuse_with_lid(self)

    @command(deadline=20 * SOL, starts=CLOSING_LID, restart=Restart.RESUME)
    def close_container_lid(self) -> None:
        """Puts the lid on the container with the rover's own arm; by its switch and the camera."""

    @command(deadline=20 * SOL, starts=OPENING_LID, restart=Restart.RESUME)
    def open_container_lid(self) -> None:
        """Takes the lid off the container with the rover's own arm; its latch must be open."""

    @command(deadline=4 * 3600.0, hazard=Hazard.RELEASE, starts="surface.releasing")
    def release_tube(self, tube: TubeId) -> None:
        """Lays a tube from the rack on the ground."""
        refuse_with_lid(self)
        record = self.ledger.record(tube)
        if record is None or record.place != RACK_PLACE:
            raise CommandRejected(f"release_tube: tube = {tube!r} is not in the rack")

    # ---------------------------------------------------- for the skills

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
        return record is None or record.place == "ground"

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
        self.storage.put("rover", "fetch", self.fetch.as_data())

    @property
    def sol_distance(self) -> dict[str, float]:
        """Number of the sol of the last drive, and metres driven in it."""
        return self.storage.get("rover", "sol_distance") or {"sol": -1, "distance": 0.0}

    @sol_distance.setter
    def sol_distance(self, record: dict[str, float]) -> None:
        self.storage.put("rover", "sol_distance", record)

    def count_tubes(self) -> None:
        """Sets the channel of tubes in the rack from the ledger."""
        self.tubes_collected = sum(
            record.place == RACK_PLACE and record.status is CustodyStatus.HELD
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
        if array.valid and array.deployed:
            self.sols.planner.array_seen(self.clock.jd_tt(), array.power)

    # -------------------------------------------- what happens while driving

    def segment_driven(self, pose: Pose, slip: float | None, distance: float) -> None:
        """Takes note of a driven segment."""
        self.east, self.north, self.heading = pose.east, pose.north, pose.heading
        self.position_error, self.slip = pose.error, slip
        self.distance_driven = (self.distance_driven or 0.0) + distance
        self.storage.put("rover", "distance_driven", self.distance_driven)
        self.sols.driven(distance)
        self.publish_telemetry()

    def setback(self, kind: str, detail: str) -> None:
        """Reports what stood in the way."""
        self.drive_setback(kind=kind, detail=detail)

    # ------------------------------------------------------------- internals

    def _adopt_tubes(self) -> None:
        for tube in self._map:
            if self.ledger.record(tube) is None:
                self.ledger.adopt(
                    tube, "ground", Evidence("depot map", "laid down by Perseverance and imaged")
                )

    def _refusal(self) -> str:
        if self.is_in("surface.docked") or self.is_in(DELIVERING):
            return ""
        return f"the rover is not docked: it is {self.state}"

    def _choose_slot(self, tube: str, avoid: list[int]) -> int | None:
        taken = slots_taken(self)
        for slot in range(RACK_SLOTS):
            if slot not in taken and slot not in avoid:
                return slot
        return None
