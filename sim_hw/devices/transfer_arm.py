"""The simulated transfer arm: what its joints, brakes and force sensor truly do."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.icd.devices.transfer_arm import StraightMotion, TransferArm, TransferArmState
from flight.icd.devices.transfer_arm_geometry import (
    FOREARM,
    JOINT_LIMITS,
    STOWED,
    UPPER_ARM,
    WRIST_TO_TIP,
    Pose,
    Rotation,
    Unreachable,
    Vector,
    added,
    difference,
    forward,
    length,
    straight,
    within_limits,
)
from sim_hw.devices.transfer_arm_scene import ArmScene
from sim_hw.power_and_heat.powered import PoweredContext, PoweredDevice
from sim_hw.serving.driven import DrivenAxis
from sim_hw.serving.failure_modes import Failing, failure

FINE_STEP = 0.001  # m between looks for contact
UNLOADED_CURRENT, MOVING_CURRENT, STALL_CURRENT = 0.0, 0.6, 2.5  # A (assumption)
STALL_SECONDS = 20.0  # s until the controller gives up on a joint that does not follow


class TransferArmParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Speed, accuracy, power. `stuck_joint`: number of a joint (0 to 6) that never moves, or -1."""

    joint_speed: Annotated[float, Quantity("rad/s", gt=0, le=0.5)]
    tip_speed: Annotated[float, Quantity("m/s", gt=0, le=0.2)]
    settling: Annotated[float, Quantity("s", ge=0, le=300)]
    encoder_offset: Annotated[float, Quantity("rad", ge=0, le=0.02)]
    encoder_noise: Annotated[float, Quantity("rad", ge=0, le=0.01)]
    length_error: Annotated[float, Quantity("m", ge=0, le=0.01)]
    droop: Annotated[float, Quantity("1/m", ge=0, le=0.01)]
    repeatability: Annotated[float, Quantity("m", ge=0, le=0.01)]
    force_noise: Annotated[float, Quantity("N", ge=0, le=10)]
    power: Annotated[float, Quantity("W", gt=0, le=500)]
    coldest: Annotated[float, Quantity("K", ge=100, le=300)]
    stuck_joint: Annotated[int, msgspec.Meta(ge=-1, le=6)] = -1


class SimTransferArm(PoweredDevice, TransferArm):
    """Seven joints. For faults: `stuck_joint` (-1: none), `brake_stuck`."""

    def __init__(
        self, context: PoweredContext, scene: ArmScene, parameters: TransferArmParameters
    ) -> None:
        super().__init__(context)
        self.scene = scene
        self.temperature: Callable[[], float] = context.truth.air_temperature
        self.parameters = parameters
        self.stuck_joint = parameters.stuck_joint
        self.brake_stuck = False
        self.brakes = True
        gauss = self.random.gauss
        self._offsets = [parameters.encoder_offset * gauss(0, 1) for _ in range(7)]
        self._lengths = (
            UPPER_ARM + parameters.length_error * gauss(0, 1),
            FOREARM + parameters.length_error * gauss(0, 1),
            WRIST_TO_TIP + parameters.length_error * gauss(0, 1),
        )
        self._read_joints: tuple[float, ...] = STOWED  # what perfect encoders would say
        self._strayed: Vector = (0.0, 0.0, 0.0)
        self._motion: asyncio.Future[None] | None = None
        self._contact = 0.0
        self._stalled = False

    @failure
    def fail_joint_stall(self, joint: Annotated[int, msgspec.Meta(ge=0, le=6)] = 0) -> Failing:
        """Joint number `joint` moves no more."""
        before, self.stuck_joint = self.stuck_joint, joint
        yield
        self.stuck_joint = before

    @failure
    def fail_brake(self) -> Failing:
        """No brake moves."""
        self.brake_stuck = True
        yield
        self.brake_stuck = False

    # ---------------------------------------------------------------- reading

    async def state(self) -> TransferArmState:
        self.need_power()
        return self._state()

    def tip(self) -> Pose:
        """Where the tip truly is."""
        return self._tip(self._read_joints)

    @property
    def true_joints(self) -> list[float]:
        """The angles of the joints, rad, as they truly are."""
        return self._true(self._read_joints)

    def driven(self) -> list[DrivenAxis]:
        """Its joints."""
        pairs = enumerate(zip(self.true_joints, JOINT_LIMITS, strict=True))
        return [DrivenAxis(f"joint {n}", angle, -limit, limit) for n, (angle, limit) in pairs]

    def _true(self, read_joints: Sequence[float]) -> list[float]:
        return [angle - offset for angle, offset in zip(read_joints, self._offsets, strict=True)]

    def _tip(self, read_joints: Sequence[float]) -> Pose:
        pose = forward(self._true(read_joints), self._lengths)
        x, y, _ = pose.position
        sag = (0.0, 0.0, -self.parameters.droop * (x * x + y * y))
        return Pose(added(added(pose.position, sag), self._strayed), pose.rotation)

    def _state(self) -> TransferArmState:
        p, gauss = self.parameters, self.random.gauss
        currents = [
            (MOVING_CURRENT if self._motion is not None else UNLOADED_CURRENT)
            + 0.02 * abs(gauss(0, 1))
            for _ in range(7)
        ]
        if self._stalled and self.stuck_joint >= 0:
            currents[self.stuck_joint] = STALL_CURRENT + 0.1 * gauss(0, 1)
        return TransferArmState(
            time_ns=self.time_ns(),
            joints=[a + p.encoder_noise * gauss(0, 1) for a in self._read_joints],
            currents=currents,
            force=[p.force_noise * gauss(0, 1) for _ in range(2)]
            + [self._contact + p.force_noise * gauss(0, 1)],
            torque=[0.05 * gauss(0, 1) for _ in range(3)],
            temperature=self.temperature() + 0.5 * gauss(0, 1),
            brakes=self.brakes,
            moving=self._motion is not None,
        )

    # ----------------------------------------------------------------- motion

    async def set_brakes(self, engaged: bool) -> TransferArmState:
        if engaged == self.brakes:
            return await self.state()
        await self.work(2.0, 10.0)
        if self.brake_stuck:
            raise DeviceFault("brake", f"{self.service}: a brake does not move")
        self.brakes = engaged
        return self._state()

    async def move_joints(self, joints: list[float]) -> TransferArmState:
        target = tuple(joints)
        if not within_limits(target):
            raise DeviceRejected(f"{self.service}: {joints} is beyond the limits of the joints")
        start = self._read_joints
        travel = max(abs(b - a) for a, b in zip(start, target, strict=True))
        seconds = travel / self.parameters.joint_speed + self.parameters.settling
        await self._move([start, target], seconds)
        return self._state()

    async def move_to_pose(
        self, position: list[float], rotation: list[float], force_limit: float
    ) -> StraightMotion:
        start = self._read_joints
        pose = Pose((position[0], position[1], position[2]), _matrix(rotation))
        try:
            path = [start, *straight(start, pose)]
        except Unreachable as error:
            raise DeviceRejected(f"{self.service}: {error}") from error
        path, greatest, reached = self._until_contact(path, force_limit)
        here, there = self._tip(path[0]).position, self._tip(path[-1]).position
        way = length(difference(there, here))
        turned = max(abs(b - a) for a, b in zip(path[0], path[-1], strict=True))
        seconds = max(way / self.parameters.tip_speed, turned / self.parameters.joint_speed)
        await self._move(path, seconds + self.parameters.settling)
        self._contact = 0.0 if reached else greatest
        noise = self.parameters.force_noise * self.random.gauss(0, 1)
        return StraightMotion(
            time_ns=self.time_ns(), travelled=way, force=max(0.0, greatest + noise), reached=reached
        )

    async def stop(self) -> TransferArmState:
        if self._motion is not None and not self._motion.done():
            self._motion.set_result(None)
        return self._state()

    def _until_contact(
        self, path: list[tuple[float, ...]], force_limit: float
    ) -> tuple[list[tuple[float, ...]], float, bool]:
        """The part of a path until the force is reached; the greatest force; whether it is all."""
        greatest = 0.0
        kept = [path[0]]
        inward = self.tip().position[2] > self._tip(path[-1]).position[2]
        for before, after in pairwise(path):
            a, b = self._tip(before), self._tip(after)
            steps = max(1, round(length(difference(b.position, a.position)) / FINE_STEP))
            for step in range(1, steps + 1):
                part = step / steps
                between = added(a.position, difference(b.position, a.position), part)
                tip = Pose(between, b.rotation)
                force = self.scene.resistance(tip, self.scene.socket_under(tip)) if inward else 0.0
                greatest = max(greatest, force)
                if force >= force_limit:
                    kept.append(_mixed(before, after, part))
                    return kept, greatest, False
            kept.append(after)
        return kept, greatest, True

    async def _move(self, path: Sequence[Sequence[float]], seconds: float) -> None:
        if self._motion is not None:
            raise DeviceRejected(f"{self.service} moves already")
        if self.brakes:
            raise DeviceRejected(f"{self.service}: the brakes are engaged")
        if self.temperature() < self.parameters.coldest:
            raise DeviceFault("cold", f"{self.service}: the joints are too cold to move")
        await self._refuse_stuck(path)
        begun, self._contact = self.world.now(), 0.0
        self._motion = asyncio.get_running_loop().create_future()
        whole = True
        try:
            with self.drawing(self.parameters.power):
                async with asyncio.timeout(seconds):
                    await self._motion
                whole = False
        except TimeoutError:
            pass
        except asyncio.CancelledError:
            whole = False
            raise
        finally:
            self._motion = None
            part = 1.0 if whole else min(1.0, (self.world.now() - begun) / seconds)
            self._read_joints = _along(path, part)
            error = self.parameters.repeatability
            gauss = self.random.gauss
            self._strayed = (error * gauss(0, 1), error * gauss(0, 1), error * gauss(0, 1))
        self.need_power()
        if not whole:
            raise DeviceRejected(f"{self.service}: the motion was stopped")

    async def _refuse_stuck(self, path: Sequence[Sequence[float]]) -> None:
        joint = self.stuck_joint
        self._stalled = joint >= 0 and abs(path[-1][joint] - path[0][joint]) > 0.002
        if self._stalled:
            try:
                await self.work(STALL_SECONDS, self.parameters.power)
            finally:
                self._stalled = False  # the drive gives up, and takes the current off
            raise DeviceFault("stall", f"{self.service}: joint {joint} does not follow its command")


def _matrix(elements: list[float]) -> Rotation:
    a, b, c, d, e, f, g, h, i = elements
    return ((a, b, c), (d, e, f), (g, h, i))


def _mixed(a: Sequence[float], b: Sequence[float], part: float) -> tuple[float, ...]:
    return tuple(x + part * (y - x) for x, y in zip(a, b, strict=True))


def _along(path: Sequence[Sequence[float]], part: float) -> tuple[float, ...]:
    legs = len(path) - 1
    leg = min(legs - 1, int(part * legs))
    return _mixed(path[leg], path[leg + 1], part * legs - leg)
