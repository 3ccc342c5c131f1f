"""The simulated six-joint arm of the rover: waist, shoulder, elbow, wrist pitch, yaw and roll."""

from math import acos, atan2, cos, hypot, pi, sin
from typing import Annotated, NamedTuple

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.icd.devices.manipulation import ArmState, LidMotion, LidPlace, RoverArm
from flight.icd.devices.transfer_arm_geometry import (
    LID_SEAT,
    LID_STAND,
    SOCKETS,
    Vector,
    rack_place,
    socket_place,
)
from flight.icd.places import ROVER_GRIPPER
from sim_hw.devices.container import IN_ROVER_GRIPPER, LID_CLEARANCE, ON_SEAT, SimContainer
from sim_hw.power_and_heat.powered import PoweredContext, PoweredDevice
from sim_hw.serving.driven import DrivenAxis
from sim_hw.serving.failure_modes import Failing, failure
from sim_hw.world.world import Body

Joints = tuple[float, float, float, float, float, float]

STOWED: Joints = (0.0, 2.4, -2.6, 0.2, 0.0, 0.0)
STOPS = (
    ("waist", -2.9, 2.9), ("shoulder", -1.6, 3.1), ("elbow", -3.0, 0.0), ("wrist pitch", -3.1, 1.6),
    ("wrist yaw", -pi, pi), ("wrist roll", -pi, pi),
)  # fmt: skip
"""The mechanical stops of the joints, rad: just beyond what its reach asks for; assumption."""
PRESENTED: Joints = (0.0, 1.6, -1.9, -1.2, 0.0, 0.0)
_ABOVE_SOCKET = 0.08  # m: lower than a tube is long, the reach of the arm allows no more
_ABOVE_LID = 0.04  # m: clear of the container's rim
_PRESS = 0.006  # m below a place that the arm is driven when it is to touch down there
_RIM = 0.010  # m that a lid off its seat to the side stands out; assumption


class RoverArmParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Geometry, speed and accuracy. The shoulder's place is in the rover's frame; `deck_up`: of the
    base of the transfer arm over the ground, beside which the container stands."""

    upper_arm: Annotated[float, Quantity("m", gt=0, le=3)]
    forearm: Annotated[float, Quantity("m", gt=0, le=3)]
    hand: Annotated[float, Quantity("m", gt=0, le=1)]
    shoulder_ahead: Annotated[float, Quantity("m", ge=-2, le=2)]
    shoulder_up: Annotated[float, Quantity("m", ge=0, le=2)]
    joint_speed: Annotated[float, Quantity("rad/s", gt=0, le=1)]
    deck_up: Annotated[float, Quantity("m", ge=0, le=3)]
    socket_clearance: Annotated[float, Quantity("m", gt=0, le=0.05)]
    position_error: Annotated[float, Quantity("m", ge=0, le=0.05)]
    stiffness: Annotated[float, Quantity("N/m", gt=0, le=1e6)]
    force_noise: Annotated[float, Quantity("N", ge=0, le=10)]
    power: Annotated[float, Quantity("W", gt=0, le=200)]
    coldest: Annotated[float, Quantity("K", ge=100, le=300)]


class AtLid(NamedTuple):
    """Where the jaws truly are: at which place of the lid, how far to its side and over it (m)."""

    place: str
    across: float
    along: float


class SimRoverArm(PoweredDevice, RoverArm):
    """The arm on the rover's front. `stuck_joint`: number of a joint that does not move."""

    def __init__(self, context: PoweredContext, body: Body, parameters: RoverArmParameters) -> None:
        super().__init__(context)
        self.body = body
        self.parameters = parameters
        self.joints: Joints = STOWED
        self.pose = "stowed"
        self.slot: int | None = None
        self.socket: int | None = None
        self.at_lid: AtLid | None = None
        self.stuck_joint: int | None = None
        self.container: SimContainer | None = None  # the one on the lander, once coupled
        self._place = (0.0, 0.0, 0.0, 0.0)  # ahead, right, up, heading of the true tip
        self._moving = False

    @failure
    def fail_joint_stall(self, joint: Annotated[int, msgspec.Meta(ge=0, le=5)] = 0) -> Failing:
        """Joint number `joint` moves no more."""
        before, self.stuck_joint = self.stuck_joint, joint
        yield
        self.stuck_joint = before

    def driven(self) -> list[DrivenAxis]:
        """Its joints."""
        return [
            DrivenAxis(name, at, lowest, highest)
            for (name, lowest, highest), at in zip(STOPS, self.joints, strict=True)
        ]

    async def state(self) -> ArmState:
        self.need_power()
        return ArmState(
            time_ns=self.time_ns(),
            joints=[joint + 0.0005 * self.random.gauss(0.0, 1.0) for joint in self.joints],
            pose="moving" if self._moving else self.pose,
            temperature=self.world.air_temperature() + self.random.gauss(0.0, 0.5),
        )

    async def move_to(
        self, ahead: float, right: float, up: float, heading: float = 0.0
    ) -> ArmState:
        self._need_free_hand()
        target = self._solve(ahead, right, up, heading)
        # Over the place first, then down: the hand must not sweep the ground.
        above = self._solve(ahead, right, up + 0.12, heading)
        await self._go(above, "place")
        await self._go(target, "place")
        error = self.parameters.position_error
        gauss = self.random.gauss
        self._place = (
            ahead + error * gauss(0.0, 1.0),
            right + error * gauss(0.0, 1.0),
            up + error * gauss(0.0, 1.0),
            heading,
        )
        return await self.state()

    async def move_to_slot(self, slot: int) -> ArmState:
        self._need_free_hand()
        await self._go(self._solve(*rack_place(slot), 0.0), "slot")
        self.slot = slot
        return await self.state()

    async def move_to_container(self, socket: int) -> ArmState:
        self._need_free_hand()
        ahead, right, up, heading = self._socket_place(socket)
        above = self._solve_on_lander(ahead, right, up + _ABOVE_SOCKET, heading)
        target = self._solve_on_lander(ahead, right, up, heading)
        await self._go(above, "place")
        if self.container is not None and self.container.lid == ON_SEAT:
            raise DeviceFault("stall", f"{self.service}: the container is closed")
        across = self._error_across()
        if across > self.parameters.socket_clearance:
            raise DeviceFault("stall", f"{self.service}: the tube stands on the rim of {socket}")
        await self._go(target, "container")
        self.socket = socket
        return await self.state()

    async def move_to_lid(self, place: LidPlace, force_limit: float = 20.0) -> LidMotion:
        if self.container is None:
            raise DeviceRejected(f"{self.service}: no container is in reach")
        ahead, right, up, heading = self._on_lander(LID_SEAT if place == "seat" else LID_STAND)
        above = self._solve_on_lander(ahead, right, up + _ABOVE_LID, heading)
        self._solve_on_lander(ahead, right, up, heading)
        await self._go(above, "place")
        if self.world.tubes.at(ROVER_GRIPPER) and self.container.lid == place:
            raise DeviceFault("stall", f"{self.service}: the tube in the jaws stands on the lid")
        across = self._error_across()
        rest = self._lid_rest(place, across)
        given = _PRESS  # m that the arm goes on by its commands after it has touched something
        if rest is not None:
            given = min(rest + _PRESS, force_limit / self.parameters.stiffness)
        along = 0.0 if rest is None else rest
        await self._go(self._solve(ahead, right, up + along, heading), "lid")
        self.at_lid = AtLid(place, across, along)
        force = 0.0 if rest is None else given * self.parameters.stiffness
        gauss = self.random.gauss
        return LidMotion(
            time_ns=self.time_ns(),
            force=max(0.0, force + self.parameters.force_noise * gauss(0.0, 1.0)),
            height=along - given + 0.25 * self.parameters.position_error * gauss(0.0, 1.0),
        )

    async def present(self) -> ArmState:
        await self._go(PRESENTED, "presented")
        return await self.state()

    async def stow(self) -> ArmState:
        await self._go(STOWED, "stowed")
        return await self.state()

    def tip(self) -> tuple[float, float, float, float]:
        """Where the jaws truly are: east, north, height over the ground (m), heading (rad)."""
        ahead, right, up, heading = self._place
        if self.pose != "place":
            ahead, right, up, heading = self.parameters.shoulder_ahead + 0.6, 0.0, 0.8, 0.0
        sine, cosine = sin(self.body.heading), cos(self.body.heading)
        return (
            self.body.east + ahead * sine + right * cosine,
            self.body.north + ahead * cosine - right * sine,
            up,
            self.body.heading + heading,
        )

    def _socket_place(self, socket: int) -> tuple[float, float, float, float]:
        """Where a socket truly is in the rover's frame: ahead, right, up (m), and the heading."""
        if socket >= SOCKETS:
            raise DeviceRejected(f"{self.service}: there is no socket {socket}")
        return self._on_lander(socket_place(socket))

    def _on_lander(self, place: Vector) -> tuple[float, float, float, float]:
        """A place in the frame of the transfer arm's base, in the rover's frame, and the heading of
        the lander."""
        lander = self.world.bodies.get("lander")
        if lander is None:
            raise DeviceRejected(f"{self.service}: there is no lander")
        x, y, z = place  # ahead, left, up
        sine, cosine = sin(lander.heading), cos(lander.heading)
        east = lander.east + x * sine - y * cosine - self.body.east
        north = lander.north + x * cosine + y * sine - self.body.north
        ground = self.world.terrain.elevation
        step = ground(lander.east, lander.north) - ground(self.body.east, self.body.north)
        sine, cosine = sin(self.body.heading), cos(self.body.heading)
        return (
            east * sine + north * cosine,
            east * cosine - north * sine,
            z + self.parameters.deck_up + step,
            lander.heading - self.body.heading,
        )

    def _error_across(self) -> float:
        """How far the jaws end to the side of a place, m."""
        # The last centimetres go by the camera, which halves the error of the arm.
        error = 0.5 * self.parameters.position_error
        return hypot(error * self.random.gauss(0.0, 1.0), error * self.random.gauss(0.0, 1.0))

    def holds_lid(self) -> bool:
        """Whether the lid of the container is truly in the jaws."""
        return self.container is not None and self.container.lid == IN_ROVER_GRIPPER

    def _need_free_hand(self) -> None:
        if self.holds_lid():
            raise DeviceFault("stall", f"{self.service}: the lid in the jaws is in the way")

    def _lid_rest(self, place: LidPlace, across: float) -> float | None:
        """How high over a place a lid in the jaws touches something, m; None: nothing is touched,
        the open jaws go down around the handle or into the air."""
        if not self.holds_lid() or self.container is None:
            return None
        if place == "stand":
            return 0.0
        out = max(self.container.raised.values(), default=0.0)
        return max(out, _RIM) if across >= LID_CLEARANCE else out

    def _solve_on_lander(self, ahead: float, right: float, up: float, heading: float) -> Joints:
        """Joint angles for a place on the lander; raises DeviceFault out of reach, for the rover
        may stand nearer to it."""
        try:
            return self._solve(ahead, right, up, heading)
        except DeviceRejected as refusal:
            raise DeviceFault("reach", str(refusal)) from refusal

    def _solve(self, ahead: float, right: float, up: float, heading: float) -> Joints:
        """Joint angles for a hand that points down; raises DeviceRejected out of reach.

        Closed form of the planar two-link arm on a waist (law of cosines), elbow up.
        """
        p = self.parameters
        x = ahead - p.shoulder_ahead
        reach, height = hypot(x, right), up + p.hand - p.shoulder_up
        distance = hypot(reach, height)
        longest, shortest = p.upper_arm + p.forearm, abs(p.upper_arm - p.forearm) + 0.12
        if not shortest < distance < 0.995 * longest:
            raise DeviceRejected(
                f"{self.service}: ({ahead:.2f}, {right:.2f}, {up:.2f}) m is {distance:.2f} m from "
                f"the shoulder; allowed is {shortest:.2f} to {0.995 * longest:.2f} m"
            )
        waist = atan2(right, x)
        if not STOPS[0][1] <= waist <= STOPS[0][2]:
            raise DeviceRejected(f"{self.service}: the waist does not turn to {waist:.2f} rad")
        inner = (p.upper_arm**2 + distance**2 - p.forearm**2) / (2.0 * p.upper_arm * distance)
        bend = (p.upper_arm**2 + p.forearm**2 - distance**2) / (2.0 * p.upper_arm * p.forearm)
        shoulder = atan2(height, reach) + acos(min(1.0, max(-1.0, inner)))
        elbow = acos(min(1.0, max(-1.0, bend))) - pi
        wrist = -0.5 * pi - shoulder - elbow
        yaw = (heading - waist + pi) % (2.0 * pi) - pi
        return (waist, shoulder, elbow, wrist, yaw, 0.0)

    async def _go(self, target: Joints, pose: str) -> None:
        if self._moving:
            raise DeviceRejected(f"{self.service} moves already")
        if self.world.air_temperature() < self.parameters.coldest:
            raise DeviceFault("cold", f"{self.service}: the joints are too cold to move")
        start, begun = self.joints, self.world.now()
        travel = max(abs(b - a) for a, b in zip(start, target, strict=True))
        # Trapezoid of speed: two seconds to gather and lose speed.
        seconds = travel / self.parameters.joint_speed + 2.0
        self._moving, self.pose, self.slot, self.socket = True, "place", None, None
        self.at_lid = None
        self._place = (self.parameters.shoulder_ahead + 0.5, 0.0, 0.5, 0.0)
        done = False
        try:
            with self.drawing(self.parameters.power):
                await self.motor.run(seconds)
            done = True
        finally:
            part = 1.0 if done else self.motor.part(self.world.now() - begun, seconds)
            self._moving = False
            self.joints = self._reached(start, target, part)
        self.need_power()
        if self.stuck_joint is not None and start[self.stuck_joint] != target[self.stuck_joint]:
            raise DeviceFault("stall", f"{self.service}: joint {self.stuck_joint} did not move")
        self.pose = pose

    def _reached(self, start: Joints, target: Joints, part: float) -> Joints:
        a, b, c, d, e, f = (
            before if number == self.stuck_joint else before + part * (after - before)
            for number, (before, after) in enumerate(zip(start, target, strict=True))
        )
        return (a, b, c, d, e, f)
