"""A rover that stands there: its real ledger and plan, and devices that answer as they are told."""

import contextlib
from types import SimpleNamespace
from typing import Any

from flight.core.custody.ledger import CustodyLedger, Evidence
from flight.core.fault_protection.obedience import Obedience
from flight.core.fault_protection.structure import Structure
from flight.core.keeping.storage import Storage
from flight.icd import places
from flight.icd.devices.manipulation import ArmState, GripperState, LidMotion, RackState
from flight.icd.devices.vision import GripperImage, LanderSighting, TubeImage, TubeSighting
from flight.rover.fetch_plan import FetchPlan
from flight.rover.node import FetchRover
from flight.rover.vehicle import RoverVehicle
from flight.surface.dead_reckoning import Pose
from ground.missions.vehicle_files import load_vehicle_file
from tests.flight.lander.descent_bench import Answers

PARAMETERS = load_vehicle_file(FetchRover, None).flight
TUBE, OTHER = "M2020-00001-01", "M2020-00002-02"
ON_MAP = Evidence("map", "laid down")


def arm_at(pose: str = "presented") -> ArmState:
    return ArmState(joints=[0.0] * 5, pose=pose, temperature=250.0)


def pressed(force: float, height: float) -> LidMotion:
    return LidMotion(force=force, height=height)


def gripped(tube: bool, serial: str = "", *, lid: bool = False, **more: Any) -> GripperImage:
    return GripperImage(tube_present=tube, serial=serial, lid_present=lid, **more)


def sighted(ahead: float = 1.35, right: float = 0.0, **more: Any) -> TubeSighting:
    return TubeSighting(ahead, right, more.pop("heading", 0.0), more.pop("confidence", 1.0), **more)


def ground(*seen: TubeSighting, **more: Any) -> TubeImage:
    return TubeImage(sightings=list(seen), **more)


def rack(*taken: int, **more: Any) -> RackState:
    return RackState(seated=[slot in taken for slot in range(36)], **more)


def lander(ahead: float, right: float = 0.0, **more: Any) -> LanderSighting:
    return LanderSighting(ahead=ahead, right=right, heading=0.0, **more)


class Standing:
    """Everything that the rover would say or do beside its devices is kept in `said`."""

    map_place = RoverVehicle.map_place
    tube_place = RoverVehicle.tube_place
    lies_on_ground = RoverVehicle.lies_on_ground
    nearest_tube = RoverVehicle.nearest_tube

    def __init__(self, **values: Any) -> None:
        self.said: list[tuple[str, Any]] = []
        self.parameters = dict(PARAMETERS)
        self.context = SimpleNamespace(structure=Structure(), store_lost=False)
        self.obedience = Obedience()
        self._map = {TUBE: (0.0, 1.35), OTHER: (8.0, 0.0)}
        self.known_tubes = self._map
        self.ledger = CustodyLedger(Storage(":memory:"), "rover", lambda: 1, self._kept)
        for tube in self._map:
            self.ledger.adopt(tube, places.GROUND, ON_MAP)
        self.fetch = FetchPlan("c1", [TUBE, OTHER], current=TUBE)
        self.target: TubeSighting | None = sighted()
        self.pose = Pose(0.0, 0.0, 0.0, 0.1)
        self.lander_place = (0.0, 20.0)
        self.lid_in_gripper = False
        self.lid_goal = "closed"
        self.loading: list[str] = []
        self.goal: Any = None
        self.asleep = False
        self.must_be_silent = False
        self.on_ground = True
        self.dock_side = 0.0
        self.blocked_sides: set[float] = set()
        self.failed_mechanism = ""
        self.state_of_charge: float | None = 0.9
        self.distance_driven = 0.0
        self.states: tuple[str, ...] = ()
        self.goes_on = True
        self.plans = True
        self.rests = True
        self.hardware = SimpleNamespace(
            arm=Answers(
                state=[arm_at()], present=[arm_at()], stow=[arm_at("stowed")],
                move_to=[arm_at("place")], move_to_slot=[arm_at("slot")],
                move_to_lid=[pressed(20.0, 0.0)], move_to_container=[arm_at("container")],
            ),
            gripper=Answers(
                open=[GripperState(opening=0.1, force=0.0)],
                close=[GripperState(opening=0.0, force=5.0)],
            ),
            camera=Answers(
                view_gripper=[gripped(False)], find_tubes=[ground()], find_lander=[lander(2.0)],
                view_container=[None],
            ),
            rack=Answers(state=[rack()]),
            wheels=Answers(state=[None]),
            switches=Answers(set_switch=[None]),
            radio=Answers(set_power=[None]),
            solar_array=Answers(deploy=[None]),
        )  # fmt: skip
        self.sols: Any = SimpleNamespace(
            progress=lambda: self.said.append(("progressed", {})),
            may_go_on=lambda: self.goes_on, plan=self._plan, rest_for=lambda code: self.rests,
            reason="energy", sol=1, planner=None,
            rest_for_device=lambda: self.rests, device_rest=1_800.0,
        )  # fmt: skip
        self.locomotion: Any = SimpleNamespace(
            drive=self._drive, turn_to=self._turn_to, drive_to=self._drive_to,
            catch_up=self._nothing, fix_heading=self._nothing,
            reckoning=SimpleNamespace(landmark_seen=lambda *seen: 0.0),
            cost_map=SimpleNamespace(free_before=lambda place, come, way: (*place, *come, way)),
        )  # fmt: skip
        self.drives: list[Any] = []
        self.handover: Any = SimpleNamespace(settle=self._nothing)
        for name, value in values.items():
            setattr(self, name, value)

    def _kept(self, record: Any) -> None:
        self.said.append(("record", record))

    async def _plan(self) -> bool:
        return self.plans

    async def _nothing(self) -> None:
        pass

    async def _drive(self, metres: float) -> None:
        self.drives.append(("drive", round(metres, 3)))
        self.pose.north += metres

    async def _turn_to(self, heading: float) -> None:
        self.drives.append(("turn", round(heading, 3)))

    async def _drive_to(self, goal: Any, **more: Any) -> Any:
        self.drives.append(("to", *(round(each, 3) for each in goal)))

    def is_in(self, state: str) -> bool:
        return state in self.states

    def critical(self, what: str) -> Any:
        return contextlib.nullcontext()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *given, **data: self.said.append((name, data or given))

    def told(self, name: str) -> list[Any]:
        return [data for kind, data in self.said if kind == name]

    def of(self, tube: str = TUBE) -> tuple[str, str]:
        """Status and place by the ledger."""
        record = self.ledger.record(tube)
        assert record is not None
        return str(record.status), record.place

    def hold(self, tube: str = TUBE) -> None:
        """The gripper has a tube, by the ledger."""
        self.ledger.begin(tube, places.ROVER_GRIPPER, "rover.gripper")
        self.ledger.commit(tube, Evidence("camera", "seen"))

    def stow(self, slot: int, tube: str = TUBE) -> None:
        """The rack has a tube, by the ledger."""
        self.hold(tube)
        self.ledger.begin(tube, places.ROVER_RACK, "rover.gripper", slot)
        self.ledger.commit(tube, Evidence("rack", "closed"))


def holding(rover: Any, tube: bool = True, serial: str = "") -> None:
    """What the camera sees in the gripper."""
    rover.hardware.camera.answers["view_gripper"] = [gripped(tube, serial)]


def seen(rover: Any, *sightings: Any) -> None:
    """What the camera sees on the ground."""
    rover.hardware.camera.answers["find_tubes"] = [ground(*sightings)]


def failing(rover: Any, *faults: Any) -> None:
    """The next drives end so; None: as they should."""
    left, drive = list(faults), rover._drive

    async def drives(metres: float) -> None:
        await drive(metres)
        if left and (fault := left.pop(0)) is not None:
            raise fault

    rover.locomotion.drive = drives
