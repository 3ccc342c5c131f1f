"""What truly stands around the transfer arm: places, capture, contact, what is let go."""

from math import cos, pi, sin

import pytest

from flight.icd.devices.transfer_arm_geometry import (
    LID_SEAT,
    LID_STAND,
    SOCKET_DEPTH,
    Pose,
    added,
    column,
    downward,
    rack_place,
    sideways,
    socket_place,
    tube_port_place,
)
from flight.icd.places import ARM_GRIPPER, CONTAINER, PERSEVERANCE, ROVER_RACK
from sim_hw.devices.container import DROPPED, IN_GRIPPER, ON_SEAT, ON_STAND
from sim_hw.world.tubes import LyingPose, TubeState
from sim_hw.world.world import Body
from tests.sim_hw.devices.ground_stubs import A, B, World, tubes
from tests.sim_hw.devices.transfer_arm_stubs import over, scene


def test_places_go_into_the_frame_of_the_arm_and_back() -> None:
    made = scene()
    made.body.heading = 0.5 * pi  # it looks east
    place = made.in_base_frame(102.0, 199.0, 0.3)
    assert place == pytest.approx((1.5, -0.75, -0.7))
    assert made.in_local_frame(place) == pytest.approx((102.0, 199.0, 0.3))


def test_a_vehicle_is_known_by_its_centre_and_heading() -> None:
    made = scene()
    assert made.vehicle("rover") is None
    made.world.bodies["rover"] = Body("rover", 101.0, 202.0, 0.3)
    place, heading = made.vehicle("rover")
    assert place == pytest.approx((1.5, -0.75, -1.0)) and heading == -0.3


def test_each_target_has_its_pose_and_what_is_none_has_none() -> None:
    made = scene(World(tubes(a=TubeState("ground", pose=LyingPose(100.0, 202.0, 0.0, 0.2, 0.0)))))
    assert made.target("rack:0") is None and made.target("port:x") is None
    assert made.target("moon") is None
    made.world.bodies["rover"] = Body("rover", 100.0, 202.0, 0.0)
    ahead, right, up = rack_place(7)
    expected = made.in_base_frame(100.0 + right, 202.0 + ahead, up)
    assert made.target("rack:7").position == pytest.approx(expected)
    made.world.bodies["perseverance"] = Body("perseverance", 100.0, 202.0, pi)
    ahead, right, up = tube_port_place()
    expected = made.in_base_frame(100.0 - right, 202.0 - ahead, up)
    assert made.target("port:x").position == pytest.approx(expected)
    assert made.target("socket:4").position == pytest.approx(socket_place(4))
    assert made.target("lid").position == LID_STAND
    made.container.lid = ON_SEAT
    assert made.target("lid").position == LID_SEAT == made.target("lid_seat").position
    made.container.lid = DROPPED
    assert made.target("lid") is None


@pytest.mark.parametrize("heading", [0.2, 0.2 + pi])
def test_a_tube_on_the_ground_is_taken_by_its_nearer_end(heading: float) -> None:
    pose = LyingPose(100.0, 203.0, 0.0, heading, 0.0)
    made = scene(World(tubes(a=TubeState("ground", pose=pose))))
    target = made.target(f"ground:{A}")
    centre = made.in_base_frame(100.0, 203.0, 0.012)
    end = added(centre, (cos(0.2), -sin(0.2), 0.0), -0.093)
    assert target.position == pytest.approx(end)
    assert column(target.rotation, 2) == pytest.approx(column(sideways(-0.2), 2))


def test_the_tube_at_a_target_is_the_one_that_is_truly_there() -> None:
    made = scene(World(tubes(a=TubeState(ROVER_RACK, 3), b=TubeState(CONTAINER, 5))))
    assert made.tube_at("rack:3") == A and made.tube_at("rack:4") is None
    assert made.tube_at("socket:5") == B and made.tube_at("socket:3") is None
    assert made.tube_at("port:whatever") is None and made.tube_at(f"ground:{A}") is None
    made.held_out = lambda: A
    assert made.tube_at("port:whatever") == A


# ---------------------------------------------------------------------- capture


@pytest.mark.parametrize(
    ("tip", "within"),
    [
        (over((0.0, 0.0, 0.0)), True),
        (over((0.0, 0.0, 0.0), aside=0.0099), True), (over((0.0, 0.0, 0.0), aside=0.01), False),
        (over((0.0, 0.0, 0.0), up=0.0119), True), (over((0.0, 0.0, 0.0), up=0.012), False),
        (over((0.0, 0.0, 0.0), up=-0.012), False),
        (Pose((0.0, 0.0, 0.0), sideways(0.0)), False),
    ],
)  # fmt: skip
def test_jaws_grip_within_their_radius_depth_and_angle(tip: Pose, within: bool) -> None:
    made = scene()
    assert made.within_capture(tip, over((0.0, 0.0, 0.0))) is within
    assert not made.within_capture(tip, None)


def test_the_socket_under_a_tip_is_the_nearest_within_three_centimetres() -> None:
    made = scene()
    place = socket_place(12)
    number, across, depth = made.socket_under(over(place, up=0.02, aside=0.01))
    assert number == 12 and across == pytest.approx(0.01)
    assert depth == pytest.approx(SOCKET_DEPTH - 0.02)
    x = socket_place(4)[0] + 0.029
    edge = Pose((x, socket_place(4)[1], 0.0), downward(0.0))
    assert made.socket_under(edge)[0] == 4
    assert made.socket_under(Pose(added(edge.position, (0.002, 0.0, 0.0)), downward(0.0))) is None


def test_a_held_tube_feels_rim_friction_bottom_debris_and_another_tube() -> None:
    made = scene(World(tubes(a=TubeState(ARM_GRIPPER))))
    tip = over(socket_place(0))
    feel = made.resistance
    assert feel(tip, None) == 0.0
    assert feel(tip, (0, 0.0, 0.0)) == 0.0, "not in it yet"
    assert feel(tip, (0, 0.004, 0.05)) == pytest.approx(10.0 + 2.0)
    assert feel(tip, (0, 0.0041, 0.001)) == pytest.approx(20.0), "on the rim"
    assert feel(tip, (0, 0.0, SOCKET_DEPTH + 0.001)) == pytest.approx(10.0 + 20.0)
    made.container.debris = {0: 0.01}
    assert feel(tip, (0, 0.0, SOCKET_DEPTH - 0.009)) == pytest.approx(10.0 + 20.0)
    assert feel(tip, (1, 0.0, SOCKET_DEPTH - 0.009)) == pytest.approx(10.0)
    made.container.full = [0]
    assert feel(tip, (0, 0.0, 0.001)) == pytest.approx(20.0)
    made.container.lid = ON_SEAT
    assert feel(tip, (0, 0.0, 0.05)) == 0.0
    made.world.tubes = tubes(a=TubeState(ROVER_RACK, 0))
    made.container.lid = ON_STAND
    assert feel(tip, (0, 0.0, 0.05)) == 0.0, "empty jaws feel nothing"


def test_a_held_lid_presses_on_its_seat_or_on_a_tube_that_stands_out() -> None:
    made = scene()
    made.container.lid = IN_GRIPPER
    assert made.resistance(over(LID_SEAT, up=0.001), None) == 0.0
    assert made.resistance(over(LID_SEAT, up=-0.001), None) == pytest.approx(20.0)
    made.container.raised = {3: 0.004, 4: 0.003}
    assert made.resistance(over(LID_SEAT, up=0.003), None) == pytest.approx(20.0)
    assert made.resistance(over(LID_SEAT, up=-0.01, aside=0.151), None) == 0.0
    assert made.resistance(over(LID_SEAT, up=-0.01, aside=0.149), None) > 0.0


def test_an_unlatched_lid_is_gripped_first_and_full_jaws_grip_nothing() -> None:
    made = scene()
    made.container.latched = True
    made.grip(over(LID_STAND))
    assert made.container.lid == ON_STAND
    made.container.latched = False
    made.grip(over(LID_STAND))
    assert made.container.lid == IN_GRIPPER and made.held_lid
    made = scene(World(tubes(a=TubeState(CONTAINER, 2), b=TubeState(CONTAINER, 3))))
    made.container.lid = ON_SEAT
    made.grip(over(socket_place(2)))
    assert made.held_tube is None, "under the lid"
    made.container.lid = ON_STAND
    made.grip(over(socket_place(2)))
    assert made.held_tube == A
    made.grip(over(socket_place(3)))
    assert made.held_tube == A


def test_what_is_held_out_at_the_port_is_gripped_there() -> None:
    made = scene(World(tubes(a=TubeState(PERSEVERANCE))))
    made.world.bodies["perseverance"] = Body("perseverance", 100.0, 202.0, 0.0)
    made.grip(made.target("port:any"))
    assert made.held_tube is None
    made.held_out = lambda: A
    made.grip(made.target("port:any"))
    assert made.held_tube == A


@pytest.mark.parametrize(
    ("up", "aside", "full", "lid", "place", "raised"),
    [
        (0.0, 0.0, False, ON_STAND, CONTAINER, {}),
        (0.00299, 0.0, False, ON_STAND, CONTAINER, {}),
        (0.00301, 0.0, False, ON_STAND, CONTAINER, {6: 0.00301}),
        (SOCKET_DEPTH - 0.0201, 0.0, False, ON_STAND, CONTAINER, {6: SOCKET_DEPTH - 0.0201}),
        (SOCKET_DEPTH - 0.0199, 0.0, False, ON_STAND, "ground", {}),
        (0.0, 0.00399, False, ON_STAND, CONTAINER, {}),
        (0.0, 0.00401, False, ON_STAND, "ground", {}),
        (0.0, 0.0, True, ON_STAND, "ground", {}), (0.0, 0.0, False, ON_SEAT, "ground", {}),
    ],
)  # fmt: skip
def test_a_tube_let_go_over_a_socket_stands_in_it_or_falls(
    up: float, aside: float, full: bool, lid: str, place: str, raised: dict[int, float]
) -> None:
    made = scene(World(tubes(a=TubeState(ARM_GRIPPER))))
    made.container.lid, made.container.full = lid, [6] if full else []
    made.let_go(over(socket_place(6), up=up, aside=aside))
    assert made.world.tubes.state(A).place == place
    assert made.container.raised == {key: pytest.approx(value) for key, value in raised.items()}


def test_over_a_free_slot_of_the_rack_it_goes_there_and_over_a_taken_one_it_falls() -> None:
    made = scene(World(tubes(a=TubeState(ARM_GRIPPER), b=TubeState(ROVER_RACK, 4))))
    made.world.bodies["rover"] = Body("rover", 100.0, 202.0, 0.0)
    tip = made.target("rack:35")
    made.let_go(tip)
    assert made.world.tubes.state(A).slot == 35
    made.grip(tip)
    made.random.bell = 1.0
    tip = made.target("rack:4")
    made.let_go(tip)
    state = made.world.tubes.state(A)
    east, north, up = made.in_local_frame(tip.position)
    assert state.pose is not None
    assert (state.pose.east, state.pose.north) == pytest.approx((east + 0.2 * up, north + 0.2 * up))
    made.let_go(tip)  # nothing is held: nothing happens


@pytest.mark.parametrize(
    ("tip", "lid"),
    [
        (over(LID_SEAT, up=0.005), ON_SEAT), (over(LID_SEAT, aside=0.005), DROPPED),
        (over(LID_STAND, aside=0.029), ON_STAND), (over(LID_STAND, aside=0.031), DROPPED),
        (over(LID_STAND, up=0.029), ON_STAND), (over(LID_STAND, up=-0.031), DROPPED),
    ],
)  # fmt: skip
def test_a_lid_let_go_lies_where_it_fits(tip: Pose, lid: str) -> None:
    made = scene()
    made.container.lid = IN_GRIPPER
    made.let_go(tip)
    assert made.container.lid == lid
