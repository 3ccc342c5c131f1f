"""The Sample Fetch Rover: finds the sample tubes, picks them up, brings them to the lander."""



from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.chart.statechart import ANY, On, Safing, Signal, State, Statechart
from flight.core.commanding.commands import CommandRejected, Hazard, Restart, command
from flight.core.custody.handover_active import ActiveHandover
from flight.core.custody.ledger import CustodyRecord, Evidence
from flight.icd import places
from flight.icd.devices.manipulation import RACK_SLOTS
from flight.rover.delivering import (
    LoadContainer,
    ReleaseTube,
    load_container,
    look_into_gripper,
    release_tube,
    verify_tube,
)
from flight.rover.fetching import FetchTubes, drive_to_tube, plan_next
from flight.rover.grasping import grasp_tube, rack_tube, slots_taken
from flight.rover.hardware import connect
from flight.rover.housekeeping import keep_house, rest_on_lander, stay_safe
from flight.rover.lid import move_lid
from flight.rover.lid_memory import refuse_with_lid
from flight.rover.mobility import correct_place, make_locomotion, relocate
from flight.rover.sols import RoverActivity, sleep_until_work
from flight.rover.travel import DriveTo, dock, drive_home, drive_to_place, egress, undock
from flight.rover.tube_search import search_tube
from flight.rover.vehicle import RoverVehicle
from flight.surface.place_arguments import Metres, PlaceError

FETCHING = "surface.fetching"
RETURNING = "surface.returning"
TRAVERSING = "surface.traversing"
DELIVERING = "surface.delivering"
CLOSING_LID = "surface.closing_lid"
OPENING_LID = "surface.opening_lid"
WORKING = (FETCHING, RETURNING, TRAVERSING, "surface.undocking", "surface.releasing")


def _is_on_ground(node: RoverVehicle, signal: Signal) -> bool:
    return node.on_ground


def _recovered_on_ground(node: RoverVehicle, signal: Signal) -> bool:
    return node.safe_has_passed() and node.on_ground


def _recovered(node: RoverVehicle, signal: Signal) -> bool:
    return node.safe_has_passed()


def _by_days(name: str, work: str, activity: RoverActivity, done: str) -> State:
    """Work of one kind that goes on for as many days as it takes, with sleep in between."""
    working = State(work, initial=True, activity=activity, outcomes=(done, "rest"))
    sleeping = State("sleeping", activity=sleep_until_work, outcomes=("awake",))
    return State(name, children=[working, sleeping])

def _rests(state: str, work: str) -> tuple[On, On]:
    """The way to sleep and back of such a state."""
    sleeping = f"{state}.sleeping"
    return On("rest", state, sleeping), On("awake", sleeping, f"{state}.{work}")

class FetchRover(RoverVehicle):
    """The fetch rover: four wheels, an arm, a rack for 36 tubes."""

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
            State("releasing", activity=release_tube, outcomes=("done", "rest"),
                  safing=Safing.DEFERRED),
        ]),
        State("safe", activity=stay_safe, outcomes=()),
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
            On("recovered", "safe", "surface", guard=_recovered_on_ground),
            On("recovered", "safe", "stowed", guard=_recovered),
        ],
        ignored=("abort", "recovered"),
    )  # fmt: skip

    def attach(self) -> None:
        self.hardware = connect(self)
        self.communications.use_radio(self.hardware.radio)
        self.locomotion = make_locomotion(self)
        self.handover = ActiveHandover(
            self,
            places.ROVER_RACK,
            lambda tube, slot, expected: verify_tube(self, tube, slot, expected),
            refusal=self._refusal,
            choose_slot=self._choose_slot,
        )
        self._adopt_tubes()
        self.count_tubes()
        self.distance_driven = self.way_driven
        self.asleep = False
        self.take_up_hibernation()
        self.take_up_battery()

    @command(
        deadline=10 * SOL_SECONDS,
        starts="egressing",
        so_in=("surface.idle", "surface.docked"),
        restart=Restart.RESUME,
    )
    def egress(self) -> None:
        """Unfolds the solar array and drives down from the lander."""

    @command(deadline=60.0, allowed_in=("stowed", "surface.idle", "surface.docked"))
    def locate_lander(self, east: Metres, north: Metres, error: PlaceError) -> None:
        """Takes it that the lander stands there, and while stowed on it, so does the rover.

        `error`: how well the place is known, 1 sigma.
        """
        relocate(self, east, north, error)

    @command(deadline=60.0, allowed_in="surface.idle")
    def correct_place(self, east: Metres, north: Metres, error: PlaceError) -> str:
        """Takes it that the rover stands there, as on a picture from orbit, as far as it does not
        know its place better.

        `error`: how well the place is known, 1 sigma.
        """
        return f"corrected by {correct_place(self, east, north, error):.1f} m"

    @command(deadline=120 * SOL_SECONDS, starts=FETCHING, restart=Restart.RESUME)
    def fetch_tubes(self, wanted: FetchTubes) -> None:
        """Collects the tubes that are not in the rack yet, over as many sols as it takes.

        A tube that cannot be found or grasped after some visits is left, and named in the result.
        """
        refuse_with_lid(self)
        unknown = [tube for tube in wanted.tubes if tube not in self._map]
        if unknown:
            raise CommandRejected(
                f"fetch_tubes: tubes = {unknown}: the map has {', '.join(self._map)}"
            )

    @command(deadline=60 * SOL_SECONDS, starts=RETURNING, restart=Restart.RESUME)
    def return_to_lander(self) -> None:
        """Drives back to the lander and docks beside it."""
        refuse_with_lid(self)

    @command(deadline=3600.0, starts="surface.undocking")
    def undock(self) -> None:
        """Backs off from the lander."""
        refuse_with_lid(self)

    @command(deadline=60 * SOL_SECONDS, starts=TRAVERSING, restart=Restart.RESUME)
    def drive_to(self, goal: DriveTo) -> None:
        """Drives to a place, by its own ways."""
        refuse_with_lid(self)

    @command(deadline=60 * SOL_SECONDS, starts=DELIVERING, restart=Restart.RESUME)
    def load_container(self, wanted: LoadContainer) -> None:
        """Loads tubes from the rack into the container of the MAV with the rover's own arm."""
        refuse_with_lid(self)

    @command(deadline=20 * SOL_SECONDS, starts=CLOSING_LID, restart=Restart.RESUME)
    def close_container_lid(self) -> None:
        """Puts the lid on the container with the rover's own arm; by its switch and the camera."""

    @command(deadline=20 * SOL_SECONDS, starts=OPENING_LID, restart=Restart.RESUME)
    def open_container_lid(self) -> None:
        """Takes the lid off the container with the rover's own arm; its latch must be open."""

    @command(deadline=4 * 3600.0, hazard=Hazard.RELEASE, starts="surface.releasing")
    def release_tube(self, wanted: ReleaseTube) -> None:
        """Lays a tube from the rack on the ground."""
        refuse_with_lid(self)
        record = self.ledger.record(wanted.tube)
        if record is None or record.place != places.ROVER_RACK:
            raise CommandRejected(f"release_tube: tube = {wanted.tube!r} is not in the rack")

    def _refusal(self) -> str:
        if self.is_in("surface.docked") or self.is_in(DELIVERING):
            return ""
        return f"the rover is not docked: it is {self.state}"

    async def look_at(self, record: CustodyRecord) -> Evidence:
        """Whether a tube is where a record has it: the camera looks into the gripper."""
        if record.place == places.ROVER_GRIPPER:
            return await look_into_gripper(self, record.tube)
        return await super().look_at(record)

    def _choose_slot(self, tube: str, avoid: list[int]) -> int | None:
        taken = slots_taken(self)
        for slot in range(RACK_SLOTS):
            if slot not in taken and slot not in avoid:
                return slot
        return None
