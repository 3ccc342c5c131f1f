"""The simulated transfer arm, gripper, camera and container do what physics lets them do."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "flight" / "arm"))

from loading_bench import Bench, bench

from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.icd.devices.transfer_arm_geometry import (
    READY,
    SOCKET_DEPTH,
    STANDOFF,
    Pose,
    added,
    difference,
    downward,
    forward,
    inverse,
    length,
    socket_place,
)
from flight.runtime.loop import VirtualLoop, run


def on(tmp_path: Path, body: Callable[[Bench], Awaitable[None]]) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            await b.transfer_arm.set_brakes(False)
            await body(b)

    run(main(), VirtualLoop())


def flat(rotation: Any) -> list[float]:
    return [element for row in rotation for element in row]


async def stand(b: Bench, pose: Pose) -> None:
    """Brings the true tip to a pose, as a perfect pilot would."""
    arm = b.transfer_arm
    goal = pose
    for _ in range(6):
        await arm.move_joints(list(inverse(goal, READY)))
        missed = difference(pose.position, arm.tip().position)
        goal = Pose(added(goal.position, missed), goal.rotation)


def test_the_tip_is_off_by_some_millimetres_without_visual_servo(tmp_path: Path) -> None:
    async def body(b: Bench) -> None:
        errors = []
        for socket in range(0, 30, 3):
            pose = Pose(added(socket_place(socket), (0.0, 0.0, 0.2)), downward(0.0))
            await b.transfer_arm.move_joints(list(inverse(pose, READY)))
            state = await b.transfer_arm.state()
            assert length(difference(forward(state.joints).position, pose.position)) < 0.001
            errors.append(length(difference(b.transfer_arm.tip().position, pose.position)))
        assert 0.001 < sqrt(sum(e * e for e in errors) / len(errors)) < 0.010

    on(tmp_path, body)


def test_it_moves_neither_on_brakes_nor_beyond_its_limits_nor_in_the_cold(tmp_path: Path) -> None:
    async def body(b: Bench) -> None:
        arm = b.transfer_arm
        with pytest.raises(DeviceRejected, match="beyond the limits"):
            await arm.move_joints([0.0, 2.5, 0.0, 0.0, 0.0, 0.0, 0.0])
        with pytest.raises(DeviceRejected, match="reach"):
            await arm.move_to_pose([3.0, 0.0, 0.0], flat(downward(0.0)), 10.0)
        arm.temperature = lambda: 190.0
        with pytest.raises(DeviceFault) as cold:
            await arm.move_joints(list(READY))
        assert cold.value.code == "cold"
        await arm.set_brakes(True)
        with pytest.raises(DeviceRejected, match="brakes"):
            await arm.move_joints(list(READY))

    on(tmp_path, body)


def test_a_cancelled_motion_stops_where_it_is(tmp_path: Path) -> None:
    async def body(b: Bench) -> None:
        arm = b.transfer_arm
        start = (await arm.state()).joints
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(100.0):
                await arm.move_joints(list(READY))
        part = [
            (now - a) / (z - a)
            for now, a, z in zip((await arm.state()).joints, start, READY, strict=True)
            if abs(z - a) > 0.1
        ]
        assert all(0.1 < share < 0.9 for share in part)
        assert max(part) - min(part) < 0.02

    on(tmp_path, body)


def test_jaws_that_close_beside_a_tube_hold_nothing_though_the_force_is_there(
    tmp_path: Path,
) -> None:
    async def body(b: Bench) -> None:
        b.rig.nodes["rover"].ledger.lose(b.tubes[0], "carried by a test")
        target = b.scene.target("rack:0")
        aside = Pose(added(target.position, (0.012, 0.0, 0.0)), target.rotation)
        await b.gripper.open()
        await stand(b, aside)
        state = await b.gripper.close()
        assert b.places() == ["rover_rack"] and state.force > 30.0
        assert not (await b.camera.view_gripper()).tube_present
        await b.gripper.open()
        await stand(b, target)
        await b.gripper.close()
        assert b.places() == ["arm_gripper"]

    on(tmp_path, body)


@pytest.mark.parametrize(
    ("aside", "debris", "depth"),
    [(0.0, 0.0, SOCKET_DEPTH), (0.006, 0.0, 0.0), (0.0, 0.010, SOCKET_DEPTH - 0.010)],
)
def test_the_force_stops_an_insertion_at_bottom_rim_or_debris(
    tmp_path: Path, aside: float, debris: float, depth: float
) -> None:
    async def body(b: Bench) -> None:
        b.rig.nodes["rover"].ledger.lose(b.tubes[0], "carried by a test")
        b.world.tubes.move(b.tubes[0], "arm_gripper")
        b.container.lid, b.container.latched = "stand", False
        b.container.debris[4] = debris
        place = b.scene.target("socket:4").position
        above = added(place, (aside, 0.0, STANDOFF))
        await stand(b, Pose(above, downward(0.0)))
        here = forward((await b.transfer_arm.state()).joints)
        down = added(here.position, (0.0, 0.0, -STANDOFF - 0.01))
        motion = await b.transfer_arm.move_to_pose(list(down), flat(here.rotation), 40.0)
        assert not motion.reached and motion.force > 35.0
        assert motion.travelled - (STANDOFF - SOCKET_DEPTH) == pytest.approx(depth, abs=0.004)

    on(tmp_path, body)


def test_a_tube_let_go_in_the_air_falls_to_the_ground(tmp_path: Path) -> None:
    async def body(b: Bench) -> None:
        b.rig.nodes["rover"].ledger.lose(b.tubes[0], "carried by a test")
        b.world.tubes.move(b.tubes[0], "arm_gripper")
        await stand(b, Pose((1.2, 0.5, 0.3), downward(0.0)))
        await b.gripper.open()
        assert b.places() == ["ground"]

    on(tmp_path, body)


def test_the_latch_holds_only_a_lid_on_its_seat_and_takes_the_tubes_along(tmp_path: Path) -> None:
    async def body(b: Bench) -> None:
        assert (await b.container.unlatch()).latched is False
        b.container.lid = "stand"
        assert (await b.container.latch()).latched is False
        b.container.lid = "seat"
        assert (await b.container.latch()).latched is True

    on(tmp_path, body)


def test_the_camera_sees_nothing_in_the_dark_beyond_its_lamp(tmp_path: Path) -> None:
    async def body(b: Bench) -> None:
        await stand(b, Pose(added(socket_place(7), (0.0, 0.0, 0.9)), downward(0.0)))
        assert any([(await b.camera.locate("socket:7")).valid for _ in range(4)])
        await asyncio.sleep(12 * 3700.0)
        await b.transfer_arm.set_brakes(False)  # the arm has set them: nobody had told it otherwise
        assert not any([(await b.camera.locate("socket:7")).valid for _ in range(4)])
        await stand(b, Pose(added(socket_place(7), (0.0, 0.0, 0.2)), downward(0.0)))
        assert any([(await b.camera.locate("socket:7")).valid for _ in range(4)])

    on(tmp_path, body)


def test_unknown_failures_and_targets_are_refused_or_not_seen(tmp_path: Path) -> None:
    async def body(b: Bench) -> None:
        for device in (b.transfer_arm, b.gripper, b.camera, b.container, b.systems):
            with pytest.raises(ValueError, match="has no failure"):
                device.fail("explode")
        for target in ("socket:x", "socket:99", "port:nobody", "moon"):
            assert not (await b.camera.locate(target)).valid

    on(tmp_path, body)
