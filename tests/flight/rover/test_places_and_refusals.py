"""What the rover takes for its place, refuses and remembers, and what it looks after: each at its
limit, without a field to drive on."""

from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.commanding.commands import CommandRejected
from flight.core.custody.handover import HandoverFailed
from flight.icd.devices.base import DeviceFault
from flight.rover import (
    delivering,
    grasping,
    lid_memory,
    mobility,
    travel,
    tube_search,
)
from flight.rover import node as of_node
from flight.rover.delivering import LoadContainer, ReleaseTube
from flight.rover.fetching import FetchTubes
from flight.rover.node import FetchRover
from flight.rover.vehicle import RoverVehicle
from flight.surface.dead_reckoning import Pose
from flight.surface.driving import DriveOutcome
from flight.surface.site_place import SitePlace
from tests.flight.rover.standing import (
    OTHER,
    TUBE,
    Standing,
    gripped,
    ground,
    holding,
    lander,
    rack,
    seen,
    sighted,
)

NOTHING: Any = None
STALL = DeviceFault("stall", "joint 2")


@pytest.fixture
def rover() -> Any:
    return Standing()


# ------------------------------------------------------------------------- ways home and down


def homing(rover: Any, *places: Pose, outcome: DriveOutcome = DriveOutcome.ARRIVED) -> list[Any]:
    """Each drive home ends at the next of some places."""
    drives: list[Any] = []
    left = list(places)

    async def drive_to(goal: Any, **more: Any) -> DriveOutcome:
        drives.append((goal, more["tolerance"], more["may_go_on"]()))
        if left:
            rover.pose = left.pop(0)
        return outcome

    rover.locomotion.drive_to = drive_to
    return drives


@pytest.mark.parametrize(("off", "drives"), [(1.499, 1), (1.5, 3)])
async def test_far_from_where_the_marks_say_it_drives_on_three_times_at_the_most(
    rover: Any, off: float, drives: int
) -> None:
    rover.parameters["dock_bearing"] = 0.0
    found = homing(rover, *[Pose(off, 25.0, 0.0, 0.1)] * 9)
    assert await travel._home_on(rover, 0.0) is DriveOutcome.ARRIVED
    assert found == [(pytest.approx((0.0, 25.0)), 0.6, True)] * drives


async def test_without_the_marks_or_daylight_the_way_home_goes_no_further(rover: Any) -> None:
    rover.hardware.camera.answers["find_lander"] = [lander(2.0, valid=False)]
    found = homing(rover, Pose(9.0, 9.0))
    assert await travel._home_on(rover, 15.0) is DriveOutcome.ARRIVED and len(found) == 1
    found = homing(rover, Pose(9.0, 9.0), outcome=DriveOutcome.PAUSED)
    asked = len(rover.hardware.camera.asked)
    assert await travel._home_on(rover, 15.0) is DriveOutcome.PAUSED and len(found) == 1
    assert len(rover.hardware.camera.asked) == asked, "it looks when it has arrived"


@pytest.mark.parametrize(("out", "drives"), [(4.0, 0), (3.999, 1)])
async def test_four_metres_out_it_is_down_from_the_lander(
    rover: Any, out: float, drives: int
) -> None:
    rover.on_ground, rover.pose = False, Pose(0.0, 20.0 + out)
    assert await travel.egress(rover, NOTHING) == "egress_done"
    assert rover.drives == [("drive", 2.0)] * drives and rover.on_ground


async def test_it_backs_onto_the_lander_to_half_a_metre_and_by_a_metre_at_a_time(
    rover: Any,
) -> None:
    rover.on_ground, rover.pose = False, Pose(0.0, 19.6)
    obstacle = DeviceFault("obstacle", "a rock")

    async def drive(metres: float) -> None:
        rover.drives.append(("drive", round(metres, 3)))
        rover.pose.north += metres
        if metres > 0.0 or metres < -1.5:
            raise obstacle

    rover.locomotion.drive = drive
    with pytest.raises(Exception, match="both ramps"):
        await travel.egress(rover, NOTHING)
    assert rover.drives == [("drive", 2.0), ("drive", -1.0), ("drive", -0.6), ("drive", -2.0)]


# ------------------------------------------------------------------------------- its place


@pytest.mark.parametrize("stowed", [True, False])
def test_who_rides_on_the_lander_stands_where_it_does(
    rover: Any, monkeypatch: pytest.MonkeyPatch, stowed: bool
) -> None:
    monkeypatch.setattr(mobility, "make_locomotion", lambda node: "made anew")
    rover.states = ("stowed",) if stowed else ()
    rover.locomotion_memory = {"odometer": 7.0, "pose": "before"}
    rover.pose.heading = 0.4
    mobility.relocate(rover, 3.0, 4.0, 12.0)
    assert rover.lander_at == SitePlace(3.0, 4.0) and rover.lander_place == (3.0, 4.0)
    assert rover.locomotion == "made anew" and rover.locomotion_memory["odometer"] == 7.0
    here = Pose(3.0, 4.0, 0.4, 12.0).as_data()
    assert rover.locomotion_memory["pose"] == (here if stowed else "before")


def test_a_corrected_place_is_kept_and_what_was_seen_from_a_worse_one_forgotten(
    rover: Any,
) -> None:
    asked: list[Any] = []
    pose = Pose(3.0, 4.0, 0.2, 2.0)
    rover.locomotion = SimpleNamespace(
        reckoning=SimpleNamespace(landmark_seen=lambda *given: asked.append(given) or 7.5),
        pose=pose, memory={"odometer": 1.0},
    )  # fmt: skip
    rover.fetch.seen = {"a": [0.0, 0.0, 2.0], "b": [0.0, 0.0, 2.001], "c": [0.0, 0.0, 0.1]}
    assert mobility.correct_place(rover, 30.0, 40.0, 3.0) == 7.5
    assert asked == [((30.0, 40.0), 0.0, 0.0, 3.0)]
    assert rover.locomotion_memory == {"odometer": 1.0, "pose": pose.as_data()}
    assert (rover.east, rover.north, rover.position_error) == (3.0, 4.0, 2.0)
    assert set(rover.fetch.seen) == {"a", "c"} and rover.told("keep_fetch_plan")
    rover.correct_place = None
    assert FetchRover.correct_place(rover, 30.0, 40.0, 3.0) == "corrected by 7.5 m"


@pytest.mark.parametrize(("by", "told"), [(0.5, False), (0.501, True)])
def test_a_tube_that_is_read_corrects_the_place_and_what_was_seen_far_off_is_forgotten(
    rover: Any, by: float, told: bool
) -> None:
    asked: list[Any] = []
    rover.locomotion.reckoning.landmark_seen = lambda *given: asked.append(given) or by
    rover.fetch.seen = {"far": [0.0, 0.0, 1.0], "near": [0.0, 0.0, 0.999]}
    tube_search._recognised(rover, TUBE, sighted(1.3, 0.2))
    assert asked == [((0.0, 1.35), 1.3, 0.2, 1.0)], "the map is good to a metre"
    assert rover.told("pose_corrected") == ([{"distance": 0.5, "landmark": TUBE}] if told else [])
    assert set(rover.fetch.seen) == ({"near", TUBE} if told else {"far", "near", TUBE})
    assert rover.fetch.seen[TUBE] == [pytest.approx(0.2), pytest.approx(1.3), 0.1]


@pytest.mark.parametrize(("aside", "found"), [(0.599, True), (0.6, False)])
async def test_a_close_look_is_at_what_lies_there_four_times_or_until_it_is_read(
    rover: Any, aside: float, found: bool
) -> None:
    seen(rover, sighted(1.35, aside))
    camera = rover.hardware.camera
    best = await tube_search._close_look(rover, (0.0, 1.35))
    assert (best is not None) is found and camera.of("find_tubes") == [(3.0,)] * 4
    camera.asked.clear()
    first, read = sighted(1.35, 0.1), sighted(1.35, 0.2, serial=OTHER)
    camera.answers["find_tubes"] = [ground(first, sighted(1.35, 0.3)), ground(read)]
    assert await tube_search._close_look(rover, (0.0, 1.35)) is read
    assert len(camera.asked) == 2
    camera.answers["find_tubes"] = [ground(first, sighted(1.35, 0.3))]
    assert await tube_search._close_look(rover, (0.0, 1.35)) is first, "the first that was seen"


def test_a_tube_lies_where_it_was_seen_last_and_the_nearest_lies_on_the_ground(rover: Any) -> None:
    assert RoverVehicle.tube_place(rover, TUBE) == (0.0, 1.35)
    rover.fetch.seen[TUBE] = [9.0, 0.0, 0.5]
    assert RoverVehicle.tube_place(rover, TUBE) == (9.0, 0.0)
    assert rover.nearest_tube((8.4, 0.0)) == OTHER and rover.nearest_tube((8.6, 0.0)) == TUBE
    rover.stow(0)
    assert rover.nearest_tube((8.6, 0.0)) == OTHER, "the other is in the rack"
    rover.stow(1, OTHER)
    assert rover.nearest_tube((8.6, 0.0)) == ""


# ----------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("name", "given"),
    [("fetch_tubes", (FetchTubes([TUBE]),)), ("return_to_lander", ()), ("undock", ()),
     ("drive_to", (travel.DriveTo(1.0, 2.0),)), ("load_container", (LoadContainer([TUBE]),)),
     ("release_tube", (ReleaseTube(TUBE),))],
)  # fmt: skip
def test_with_the_lid_in_its_jaws_it_goes_nowhere_and_takes_nothing(
    rover: Any, name: str, given: tuple[Any, ...]
) -> None:
    rover.stow(0)
    getattr(FetchRover, name)(rover, *given)
    lid_memory.note_lid(rover, True)
    with pytest.raises(CommandRejected, match="allowed after close_container_lid"):
        getattr(FetchRover, name)(rover, *given)
    lid_memory.note_lid(rover, False)
    getattr(FetchRover, name)(rover, *given)


def test_tubes_that_are_not_on_the_map_or_not_in_the_rack_are_refused_by_name(rover: Any) -> None:
    with pytest.raises(CommandRejected, match=rf"tubes = \['M9'\]: the map has {TUBE}, {OTHER}"):
        FetchRover.fetch_tubes(rover, FetchTubes([TUBE, "M9"]))
    for tube in (TUBE, "M9"):
        with pytest.raises(CommandRejected, match=f"tube = '{tube}' is not in the rack"):
            FetchRover.release_tube(rover, ReleaseTube(tube))
    rover.hold()
    with pytest.raises(CommandRejected):
        FetchRover.release_tube(rover, ReleaseTube(TUBE))


@pytest.mark.parametrize(
    ("state", "refused"),
    [("surface.docked", False), ("surface.delivering", False), ("surface.idle", True)],
)
def test_tubes_are_handed_out_at_the_dock_alone(rover: Any, state: str, refused: bool) -> None:
    rover.states, rover.state = (state,), state
    words = FetchRover._refusal(rover)
    assert words == (f"the rover is not docked: it is {state}" if refused else "")


def test_it_names_the_first_slot_that_is_free_and_not_to_be_avoided(rover: Any) -> None:
    rover.stow(0)
    assert FetchRover._choose_slot(rover, OTHER, []) == 1
    assert FetchRover._choose_slot(rover, OTHER, [1, 2]) == 3
    assert FetchRover._choose_slot(rover, OTHER, list(range(1, 36))) is None
    assert FetchRover._choose_slot(rover, OTHER, list(range(1, 35))) == 35


@pytest.mark.parametrize("passed", [True, False])
@pytest.mark.parametrize("on_ground", [True, False])
def test_out_of_safe_it_comes_by_itself_when_that_has_passed_and_to_where_it_stands(
    rover: Any, passed: bool, on_ground: bool
) -> None:
    rover.on_ground, rover.safe_has_passed = on_ground, lambda: passed
    assert of_node._is_on_ground(rover, NOTHING) is on_ground
    assert of_node._recovered(rover, NOTHING) is passed
    assert of_node._recovered_on_ground(rover, NOTHING) is (passed and on_ground)


@pytest.mark.parametrize("stays", [True, False])
def test_fit_to_work_it_leaves_safe_unless_another_cause_holds_it(rover: Any, stays: bool) -> None:
    rover.stays_safe = lambda: stays
    RoverVehicle.work_again(rover)
    assert rover.told("power_recovered") == ([] if stays else [{"charge": 0.9}])
    assert rover.told("post") == ([] if stays else [("recovered",)])


# ------------------------------------------------------------------------------ handing over


def giving(rover: Any, *ends: Any) -> list[list[int]]:
    """Each hand-over ends so: None is one that works. What is to be avoided then."""
    avoided: list[list[int]] = []
    left = list(ends)

    async def give(tube: str, to: str, place: str, motion: Any, *, avoid: Any, **more: Any) -> None:
        avoided.append(list(avoid))
        end = left.pop(0) if len(left) > 1 else left[0]
        avoid.append(len(avoided))
        if callable(end):
            end = end(motion)
        if end is not None:
            raise end

    rover.handover.give = give
    return avoided


def blocked(settled: bool = True) -> HandoverFailed:
    return HandoverFailed("blocked", settled=settled)


async def test_a_tube_is_offered_to_three_sockets_and_then_goes_back_to_the_rack(
    rover: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    racked: list[str] = []

    async def rack_it(node: Any, signal: Any) -> str:
        racked.append(signal.name)
        return "racked"

    monkeypatch.setattr(delivering, "rack_tube", rack_it)
    rover.hold()
    avoided = giving(rover, blocked())
    assert await delivering._deliver(rover, TUBE, NOTHING) == "blocked"
    assert avoided == [[], [1], [1, 2]] and racked == ["rack"]
    avoided = giving(rover, blocked(settled=False))
    assert await delivering._deliver(rover, TUBE, NOTHING) == "blocked"
    assert len(avoided) == 1 and racked == ["rack"], "what is not settled stays as it is"
    giving(rover, blocked(), None)
    assert await delivering._deliver(rover, TUBE, NOTHING) == ""
    assert rover.told("tube_delivered") == [{"tube": TUBE, "slot": 2}]


@pytest.mark.parametrize(("stances", "tries"), [(0, 1), (2, 3)])
async def test_out_of_reach_it_is_racked_and_tried_from_the_next_stance(
    rover: Any, monkeypatch: pytest.MonkeyPatch, stances: int, tries: int
) -> None:
    racked: list[str] = []
    left = list(range(stances))

    async def rack_it(node: Any, signal: Any) -> str:
        racked.append(signal.name)
        return "racked"

    async def take_next() -> bool:
        return bool(left) and left.pop(0) >= 0

    def out_of_reach(motion: Any) -> HandoverFailed:
        motion.out_of_reach = True
        return blocked()

    monkeypatch.setattr(delivering, "rack_tube", rack_it)
    rover.hold()
    avoided = giving(rover, out_of_reach)
    found = await delivering._deliver(rover, TUBE, SimpleNamespace(take_next=take_next))  # type: ignore[arg-type]
    assert found == "blocked" and avoided == [[]] * tries and len(racked) == tries


async def test_another_tube_in_the_jaws_is_racked_before_one_is_taken(
    rover: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    did: list[str] = []

    async def rack_it(node: Any, signal: Any) -> str:
        did.append("rack")
        return "racked"

    async def take(node: Any, tube: str) -> bool:
        did.append(f"take {tube}")
        return True

    monkeypatch.setattr(delivering, "rack_tube", rack_it)
    monkeypatch.setattr(delivering, "_take_from_rack", take)
    giving(rover, None)
    rover.hold(OTHER)
    assert await delivering._deliver(rover, TUBE, NOTHING) == ""
    assert did == ["rack", f"take {TUBE}"]
    did.clear()
    assert await delivering._deliver(rover, OTHER, NOTHING) == ""
    assert did == [], "it is in the jaws"


async def test_a_tube_that_did_not_seat_is_drawn_out_before_another_socket_is_tried(
    rover: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def racked(node: Any, signal: Any) -> str:
        return "racked"

    def lost(motion: Any) -> HandoverFailed:
        rover.ledger.lose(TUBE, "not seated")
        return blocked()

    monkeypatch.setattr(delivering, "rack_tube", racked)
    rover.hold()
    holding(rover, False)
    avoided = giving(rover, lost)
    assert await delivering._deliver(rover, TUBE, NOTHING) == "blocked"
    assert len(avoided) == 1, "it cannot be drawn out: nothing more is done with it"
    assert rover.hardware.arm.of("move_to_container") == [(1,)]
    rover = Standing()
    rover.hold()
    holding(rover, True, TUBE)
    avoided = giving(rover, lost)
    assert await delivering._deliver(rover, TUBE, NOTHING) == "blocked" and len(avoided) == 3


async def test_what_is_laid_down_must_be_in_the_rack_and_come_to_lie(
    rover: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    signal: Any = SimpleNamespace(given=lambda kind: ReleaseTube(TUBE))
    with pytest.raises(Exception, match="could not be taken from the rack"):
        await delivering.release_tube(rover, signal)
    assert not rover.hardware.arm.of("move_to")
    rover.hold()
    holding(rover, False)
    with pytest.raises(Exception, match="did not come to lie on the ground"):
        await delivering.release_tube(rover, signal)
    assert rover.of()[0] == "unknown" and TUBE not in rover.fetch.seen
    assert rover.hardware.camera.of("find_tubes") == [(3.0,)] * 6


# ---------------------------------------------------------------------- what may be grasped


async def test_a_stranger_that_was_grasped_is_put_back_where_it_lay_or_at_least_let_go(
    rover: Any,
) -> None:
    rover.ledger.begin(TUBE, "rover_gripper", "rover.gripper")
    rover.target = None
    await grasping._put_back_stranger(rover, TUBE, OTHER)
    assert not rover.hardware.arm.of("move_to") and rover.hardware.gripper.of("open") == [()]
    assert rover.of()[0] == "unknown"


@pytest.mark.parametrize(("code", "ends"), [("cold", "rest"), ("stall", "racked")])
async def test_a_motion_to_the_rack_that_stalls_is_settled_by_the_seat(
    rover: Any, code: str, ends: str
) -> None:
    rover.hold()
    holding(rover)
    rover.hardware.arm.answers["move_to_slot"] = [DeviceFault(code, "x")]
    rover.hardware.rack.answers["state"] = [rack()] * 3 + [rack(0)]
    if ends == "rest":
        rover.hardware.rack.answers["state"] = [rack()]
    assert await grasping.rack_tube(rover, NOTHING) == ends
    assert rover.of()[1] == ("rover_rack" if ends == "racked" else "rover_gripper")


@pytest.mark.parametrize(("lid_there", "held"), [(True, True), (False, False)])
async def test_the_lid_is_remembered_as_the_camera_sees_it(
    rover: Any, lid_there: bool, held: bool
) -> None:
    from flight.rover import lid

    rover.lid_in_gripper = not held
    rover.hardware.camera.answers["view_gripper"] = [gripped(False, lid=lid_there)]
    assert await lid._in_jaws(rover) is held
    assert rover.lid_in_gripper is held and lid_memory.may_hold_lid(rover) is held
