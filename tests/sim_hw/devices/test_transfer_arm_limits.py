"""The transfer arm, its gripper and its camera: limits exactly met, what stops a motion."""

import asyncio
from math import radians
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.icd.devices.transfer_arm_geometry import (
    READY,
    STOWED,
    added,
    socket_place,
)
from flight.icd.places import ARM_GRIPPER, CONTAINER
from sim_hw.devices.arm_camera import ArmCameraParameters, SimArmCamera
from sim_hw.devices.arm_gripper import ArmGripperParameters, SimArmGripper
from sim_hw.devices.container import IN_GRIPPER, ON_STAND
from sim_hw.devices.transfer_arm import SimTransferArm, TransferArmParameters
from sim_hw.devices.transfer_arm_scene import seen_from
from sim_hw.serving.device import DeviceContext
from sim_hw.world.tubes import LyingPose, TubeState
from sim_hw.world.world import Body
from tests.sim_hw.devices.ground_stubs import A, World, refused, tubes
from tests.sim_hw.devices.stubs import Dice, Supply
from tests.sim_hw.devices.transfer_arm_stubs import over, scene

ARM = TransferArmParameters(0.02, 0.05, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 60.0, 210.0)
CAMERA = ArmCameraParameters(0.001, 0.01, 0.02, 0.03, 5.0, 0.05, 0.01, 0.9, 0.4, 1.0, 10.0, 15.0)
GRIPPER = ArmGripperParameters(0.05, 0.02, 40.0, 20.0, 10.0)


def arm(world: World | None = None, parameters: TransferArmParameters = ARM) -> Any:
    made: Any = scene(world)
    return SimTransferArm(
        DeviceContext("arm.arm", Dice(), made.world, Supply(), "arm.arm"), made, parameters
    )


async def loose(world: World | None = None) -> Any:
    made = arm(world)
    await made.set_brakes(False)
    return made


async def test_brakes_take_their_time_and_may_stick() -> None:
    made = arm()
    state = await made.set_brakes(True)
    assert state.brakes and made.world.now() == 0.0, "they are engaged"
    assert not (await made.set_brakes(False)).brakes and made.world.now() == 2.0
    made.fail("brake")
    await refused(made.set_brakes(True), "brake")
    assert not made.brakes
    for joint in (-1, 7):
        with pytest.raises(ValueError, match="allowed is an integer >= 0 and <= 6"):
            made.fail("joint_stall", joint=joint)


async def test_a_motion_takes_the_longest_travel_over_the_speed_and_settles() -> None:
    made = await loose()
    begin = made.world.now()
    state = await made.move_joints(list(READY))
    travel = max(abs(b - a) for a, b in zip(STOWED, READY, strict=True))
    assert made.world.now() - begin == pytest.approx(travel / 0.02 + 3.0)
    assert state.joints == pytest.approx(list(READY)) and not state.moving
    assert ("arm.arm", 60.0) in made.electrical.drawn and made.electrical.loads["arm.arm"] == 0.0


async def test_brakes_cold_another_motion_and_a_stuck_joint_refuse_one() -> None:
    made = arm()
    with pytest.raises(DeviceRejected, match="brakes are engaged"):
        await made.move_joints(list(READY))
    await made.set_brakes(False)
    made.temperature = lambda: 209.9
    await refused(made.move_joints(list(READY)), "cold")
    made.temperature = lambda: 210.0
    motion = asyncio.ensure_future(made.move_joints(list(READY)))
    await asyncio.sleep(5.0)
    state = await made.state()
    assert state.moving and min(state.currents) == 0.6
    with pytest.raises(DeviceRejected, match="moves already"):
        await made.move_joints(list(STOWED))
    await motion
    made.fail("joint_stall", joint=0)
    begin = made.world.now()
    target = list(READY)
    target[0] += 0.0021
    motion = asyncio.ensure_future(made.move_joints(target))
    await asyncio.sleep(19.0)
    assert (await made.state()).currents[0] == 2.5
    await refused(motion, "stall")
    assert made.world.now() - begin == 20.0
    state = await made.state()
    assert state.currents[0] < 1.0 and state.joints == pytest.approx(list(READY))
    target[0] = READY[0] + 0.0019
    target[1] += 0.1
    await made.move_joints(target)  # the stuck joint has not to move


async def test_a_stopped_motion_stays_where_it_is_and_says_so() -> None:
    made = await loose()
    motion = asyncio.ensure_future(made.move_joints(list(READY)))
    await asyncio.sleep(30.0)
    await made.stop()
    with pytest.raises(DeviceRejected, match="was stopped"):
        await motion
    travel = max(abs(b - a) for a, b in zip(STOWED, READY, strict=True))
    part = 30.0 / (travel / 0.02 + 3.0)
    joints = (await made.state()).joints
    assert joints == pytest.approx(
        [a + part * (b - a) for a, b in zip(STOWED, READY, strict=True)]
    )
    assert not (await made.stop()).moving, "standing it may be told as well"


async def test_a_straight_motion_ends_at_its_force_and_tells_how_far_it_came() -> None:
    made = await loose(World(tubes(a=TubeState(ARM_GRIPPER))))
    await made.move_joints(list(READY))
    tip = made.tip()
    made.scene.socket_under = lambda pose: None
    made.scene.resistance = lambda pose, socket: 1000.0 * (tip.position[2] - pose.position[2])
    rotation = [element for row in tip.rotation for element in row]
    down = list(added(tip.position, (0.0, 0.0, -0.05)))
    motion = await made.move_to_pose(down, rotation, 20.0)
    assert not motion.reached and motion.travelled == pytest.approx(0.02, abs=0.0011)
    assert motion.force == pytest.approx(20.0, abs=1.1)
    assert (await made.state()).force[2] == pytest.approx(motion.force)
    motion = await made.move_to_pose(list(tip.position), rotation, 20.0)
    assert motion.reached and motion.force == 0.0, "outward nothing presses"
    assert (await made.state()).force[2] == 0.0
    motion = await made.move_to_pose(down, rotation, 51.0)
    assert motion.reached and motion.force == pytest.approx(50.0, abs=0.5)


async def test_encoders_lengths_and_droop_put_the_tip_off_by_their_sizes() -> None:
    exact = arm()
    droops = arm(parameters=TransferArmParameters(
        0.02, 0.05, 3.0, 0.0, 0.0, 0.0, 0.002, 0.0, 0.0, 60.0, 210.0
    ))  # fmt: skip
    x, y, z = exact.tip().position
    assert droops.tip().position == pytest.approx((x, y, z - 0.002 * (x * x + y * y)))
    made: Any = scene()
    off = SimTransferArm(
        DeviceContext("arm.arm", Dice(1.0), made.world, Supply(), "arm.arm"),
        made,
        TransferArmParameters(0.02, 0.05, 3.0, 0.01, 0.002, 0.0, 0.0, 0.0, 1.5, 60.0, 210.0),
    )
    state = await off.state()
    assert state.joints == pytest.approx([a + 0.002 for a in STOWED])
    assert state.force == pytest.approx([1.5] * 3)
    turned = forward_of([a - 0.01 for a in STOWED])
    assert off.tip().position == pytest.approx(turned)


def forward_of(joints: list[float]) -> Any:
    from flight.icd.devices.transfer_arm_geometry import forward

    return forward(joints).position


# ------------------------------------------------------------ gripper and camera


def camera(world: World | None = None, dice: Dice | None = None) -> Any:
    made = arm(world)
    made.tip = lambda: over(socket_place(3), up=0.2)
    return SimArmCamera(
        DeviceContext("arm.camera", dice or Dice(), made.world, Supply(), "arm.camera"),
        made,
        CAMERA,
    )


async def test_the_gripper_closes_on_tube_lid_or_itself() -> None:
    for held, lid, opening in (
        (TubeState(ARM_GRIPPER), ON_STAND, 0.02), (None, IN_GRIPPER, 0.02), (None, ON_STAND, 0.0),
    ):  # fmt: skip
        made = arm(World(tubes(a=held)) if held else None)
        made.scene.container.lid = lid
        jaws = SimArmGripper(
            DeviceContext("arm.gripper", Dice(), made.world, Supply(), "arm.gripper"), made, GRIPPER
        )  # type: ignore[arg-type]
        assert (await jaws.state()).opening == 0.05
        state = await jaws.close()
        assert (state.opening, state.force) == (opening, 40.0)
        await jaws.open()
        assert made.scene.held_tube is None and made.scene.container.lid != IN_GRIPPER
        jaws.electrical.off.append("arm.gripper")  # type: ignore[attr-defined]
        for call in (jaws.close(), jaws.open(), jaws.state()):
            await refused(call, "no_power")


@pytest.mark.parametrize(
    ("up", "aside", "sun", "seen"),
    [
        (0.2, 0.0, 40.0, True), (0.0201, 0.0, 40.0, True), (0.0199, 0.0, 40.0, False),
        (0.999, 0.0, 40.0, True), (1.001, 0.0, 40.0, False), (0.399, 0.0, -1.0, True),
        (0.401, 0.0, -1.0, False), (0.2, 0.169, 40.0, True), (0.2, 0.171, 40.0, False),
        (-0.2, 0.0, 40.0, False),
    ],
)  # fmt: skip
async def test_a_target_is_seen_before_the_camera_within_lamp_or_view(
    up: float, aside: float, sun: float, seen: bool
) -> None:
    made = camera()
    tip = over(socket_place(3), up, aside)
    made.arm.tip = lambda: tip
    made.world.sky.sun_elevation = radians(sun)
    sighting = await made.locate("socket:3")
    assert sighting.valid is seen
    if seen:
        assert sighting.position == pytest.approx(list(seen_from(tip, socket_place(3))))


async def test_what_stands_in_a_socket_is_seen_with_its_serial_or_debris() -> None:
    made = camera(World(tubes(a=TubeState(CONTAINER, 3))))
    made.arm.scene.container.debris = {3: 0.01}
    made.random.chance = 0.89
    told = await made.locate("socket:3")
    assert told.tube_present and told.serial == A and told.debris
    assert not (await made.locate("socket:4")).debris
    made.random.chance = 0.9
    assert (await made.locate("socket:3")).serial == ""
    made.random.chance = 0.05
    told = await made.locate("socket:3")
    assert told.valid and not told.debris
    made.random.chance = 0.049
    assert not (await made.locate("socket:3")).valid
    made.parameters = ArmCameraParameters(
        0.001, 0.01, 0.02, 0.03, 5.0, 0.0, 0.01, 0.9, 0.4, 1.0, 10.0, 15.0
    )
    made.random.chance = 0.0099
    told = await made.locate("socket:3")
    assert not told.tube_present, "image processing was fooled"
    for target in ("socket:x", "ground:nobody", "moon"):
        assert not (await made.locate(target)).valid
    made.fail("blind")
    assert not (await made.locate("socket:3")).valid
    assert not (await made.view_gripper()).valid


async def test_errors_of_a_sighting_grow_with_its_distance() -> None:
    made = camera(dice=Dice(1.0))
    told = await made.locate("socket:3")
    error = 0.001 + 0.01 * 0.2
    assert told.position == pytest.approx([error, error, 0.2 + error], abs=1e-9)


async def test_the_gripper_is_seen_with_what_it_holds() -> None:
    made = camera(World(tubes(a=TubeState(ARM_GRIPPER))))
    view = await made.view_gripper()
    assert view.tube_present and view.serial == A and not view.lid_present
    made.arm.scene.container.lid = IN_GRIPPER
    assert (await made.view_gripper()).lid_present
    made.random.chance = 0.0099
    view = await made.view_gripper()
    assert not view.tube_present and not view.lid_present
    assert made.world.now() == 30.0


async def test_a_survey_finds_vehicles_and_tubes_by_day_within_its_range() -> None:
    pose = LyingPose(100.0, 203.0, 0.0, 0.2, 0.0)
    made = camera(World(tubes(a=TubeState("ground", pose=pose))), Dice(1.0))
    assert not (await made.survey("rover")).valid
    body = made.world.bodies["rover"] = Body("rover", 100.25, 205.499, 0.3)
    seen = await made.survey("rover")
    assert seen.valid and seen.heading == pytest.approx(-0.3 + 0.03)
    assert seen.position == pytest.approx([4.999 + 0.02, 0.02, -1.0 + 0.02])
    body.north += 0.002
    assert not (await made.survey("rover")).valid
    tube = await made.survey(f"tube:{A}")
    assert tube.valid and tube.heading == pytest.approx(-0.2 + 0.03)
    assert not (await made.survey("tube:nobody")).valid
    made.world.sky.sun_elevation = -0.001
    assert not (await made.survey(f"tube:{A}")).valid
    with pytest.raises(DeviceFault, match="no power"):
        made.electrical.brownout = True
        await made.survey("rover")
