"""What truly stands around the transfer arm: racks, ports, tubes on the ground, container, lid.

All in the base frame of the arm, computed from where vehicles and tubes truly are.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from math import cos, hypot, pi, sin
from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.transfer_arm_geometry import (
    LID_SEAT,
    LID_STAND,
    SOCKET_DEPTH,
    Pose,
    Vector,
    added,
    apply,
    column,
    difference,
    dot,
    downward,
    rack_place,
    scaled,
    sideways,
    socket_place,
    transposed,
    tube_port_place,
)
from flight.icd.places import ARM_GRIPPER, GROUND, ROVER_RACK
from sim_hw.devices.container import DROPPED, IN_GRIPPER, ON_SEAT, ON_STAND, SimContainer
from sim_hw.world.tubes import LyingPose
from sim_hw.world.world import Body, World

HALF_TUBE = 0.093  # m; tube and glove are 18.6 cm long (NASA/JPL PIA25682)


class SceneParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the arm stands on the lander, and what happens where things touch."""

    base_ahead: Annotated[float, Quantity("m", ge=-4, le=4)]
    base_right: Annotated[float, Quantity("m", ge=-4, le=4)]
    base_up: Annotated[float, Quantity("m", ge=0, le=3)]
    placement_error: Annotated[float, Quantity("m", ge=0, le=0.02)]
    capture_radius: Annotated[float, Quantity("m", gt=0, le=0.05)]
    capture_depth: Annotated[float, Quantity("m", gt=0, le=0.05)]
    socket_clearance: Annotated[float, Quantity("m", gt=0, le=0.02)]
    sliding_friction: Annotated[float, Quantity("N", ge=0, le=100)]
    friction_slope: Annotated[float, Quantity("N/m", ge=0, le=1e5)]
    stiffness: Annotated[float, Quantity("N/m", gt=0, le=1e6)]


@dataclass
class ArmScene:
    """The truth that gripper, camera and force sensor of the arm share."""

    world: World
    body: Body
    parameters: SceneParameters
    random: random.Random
    held_out: Callable[[], str | None] = lambda: None  # the tube at Perseverance's port

    def __post_init__(self) -> None:
        self._container: SimContainer | None = None
        error = self.parameters.placement_error
        gauss = self.random.gauss
        # The container is not quite where the drawing has it.
        self._misplaced = (error * gauss(0, 1), error * gauss(0, 1), error * gauss(0, 1))

    @property
    def container(self) -> SimContainer:
        """The container in reach; `sim_hw.assembly.couplings` puts it there."""
        if self._container is None:
            raise RuntimeError("The arm has no container in reach: couple arm and MAV first.")
        return self._container

    @container.setter
    def container(self, container: SimContainer) -> None:
        self._container = container

    @property
    def held_tube(self) -> str | None:
        """The tube that is truly between the jaws."""
        held = self.world.tubes.at(ARM_GRIPPER)
        return held[0] if held else None

    @property
    def held_lid(self) -> bool:
        """Whether the lid is between the jaws."""
        return self.container.lid == IN_GRIPPER

    # ----------------------------------------------------------------- places

    def in_base_frame(self, east: float, north: float, elevation: float) -> Vector:
        """A place of the local frame."""
        p, body = self.parameters, self.body
        ahead, right = _in_frame_of(body, east, north)
        ground = self.world.terrain.elevation(body.east, body.north)
        return (ahead - p.base_ahead, p.base_right - right, elevation - ground - p.base_up)

    def in_local_frame(self, place: Vector) -> tuple[float, float, float]:
        """East, north (m) and height over the lander's ground (m) of a place of the base frame."""
        p, body = self.parameters, self.body
        ahead, right = place[0] + p.base_ahead, p.base_right - place[1]
        s, c = sin(body.heading), cos(body.heading)
        east = body.east + ahead * s + right * c
        return east, body.north + ahead * c - right * s, place[2] + p.base_up

    def vehicle(self, name: str) -> tuple[Vector, float] | None:
        """Centre on the ground of a vehicle and its heading from x towards y; None: not here."""
        body = self.world.bodies.get(name)
        if body is None:
            return None
        elevation = self.world.terrain.elevation(body.east, body.north)
        place = self.in_base_frame(body.east, body.north, elevation)
        return place, self.body.heading - body.heading

    def target(self, name: str) -> Pose | None:
        """How the tip has to stand at a target; None when there is no such target."""
        kind, _, which = name.partition(":")
        if kind == "rack":
            return self._on_vehicle("rover", rack_place(int(which)))
        if kind == "port":
            return self._on_vehicle("perseverance", tube_port_place())
        if kind == "ground":
            return self._on_ground(which)
        if kind == "socket":
            return Pose(added(socket_place(int(which)), self._misplaced), downward(0.0))
        if kind == "lid" and self.container.lid in (ON_SEAT, ON_STAND):
            place = LID_SEAT if self.container.lid == ON_SEAT else LID_STAND
            return Pose(added(place, self._misplaced), downward(0.0))
        if kind == "lid_seat":
            return Pose(added(LID_SEAT, self._misplaced), downward(0.0))
        return None

    def tube_at(self, name: str) -> str | None:
        """The tube that truly is at a target."""
        kind, _, which = name.partition(":")
        tubes = self.world.tubes
        if kind == "rack":
            return tubes.occupant(ROVER_RACK, int(which))
        if kind == "socket":
            return tubes.occupant("container", int(which))
        if kind == "port":
            return self.held_out()  # the one that is there, whichever was looked for
        return which if kind == "ground" and which in tubes.at(GROUND) else None

    def _on_vehicle(self, name: str, place: tuple[float, float, float]) -> Pose | None:
        body = self.world.bodies.get(name)
        if body is None:
            return None
        ahead, right, up = place
        s, c = sin(body.heading), cos(body.heading)
        east = body.east + ahead * s + right * c
        north = body.north + ahead * c - right * s
        elevation = self.world.terrain.elevation(body.east, body.north) + up
        return Pose(self.in_base_frame(east, north, elevation), downward(0.0))

    def _on_ground(self, tube: str) -> Pose | None:
        pose = self.world.tubes.state(tube).pose
        if pose is None:
            return None
        yaw = self.body.heading - pose.heading
        centre = self.in_base_frame(pose.east, pose.north, pose.elevation + 0.012)
        axis = (cos(yaw), sin(yaw), 0.0)
        if dot(axis, centre) < 0.0:  # taken by the end that is nearer to the arm
            yaw, axis = yaw + pi, scaled(axis, -1.0)
        return Pose(added(centre, axis, -HALF_TUBE), sideways(yaw))

    # ---------------------------------------------------------------- contact

    def offset(self, tip: Pose, target: Pose) -> tuple[float, float, float]:
        """How far a tip is from standing right at a target: across (m), beyond it along the
        target's axis (m), and the angle between the axes (as a sine)."""
        away = difference(tip.position, target.position)
        axis = column(target.rotation, 2)
        along = dot(away, axis)
        across = added(away, axis, -along)
        aligned = dot(column(tip.rotation, 2), axis)
        return hypot(*across), along, max(0.0, 1.0 - aligned * aligned) ** 0.5

    def within_capture(self, tip: Pose, target: Pose | None) -> bool:
        """Whether closing jaws would grip what is at a target."""
        if target is None:
            return False
        across, along, sine = self.offset(tip, target)
        p = self.parameters
        return across < p.capture_radius and abs(along) < p.capture_depth and sine < 0.1

    def socket_under(self, tip: Pose) -> tuple[int, float, float] | None:
        """The socket under a tip, how far across it is (m) and how deep a held tube is in (m)."""
        best: tuple[int, float, float] | None = None
        for socket in range(self.container.parameters.sockets):
            place = added(socket_place(socket), self._misplaced)
            across = hypot(tip.position[0] - place[0], tip.position[1] - place[1])
            if across < 0.03 and (best is None or across < best[1]):
                best = (socket, across, SOCKET_DEPTH - (tip.position[2] - place[2]))
        return best

    def resistance(self, tip: Pose, socket: tuple[int, float, float] | None) -> float:
        """Force in N against the tip's motion along its axis, from what it touches.

        `socket`: what `socket_under` says at this tip.
        """
        if self.held_lid:
            seat = added(LID_SEAT, self._misplaced)
            if hypot(tip.position[0] - seat[0], tip.position[1] - seat[1]) > 0.15:
                return 0.0
            raised = max(self.container.raised.values(), default=0.0)
            return self._press(seat[2] + raised - tip.position[2])
        if self.held_tube is None or socket is None or self.container.lid == ON_SEAT:
            return 0.0
        number, across, depth = socket
        if depth <= 0.0:
            return 0.0
        if across > self.parameters.socket_clearance or self.container.occupied(number):
            return self._press(depth)  # it stands on the rim, or on another tube
        free = SOCKET_DEPTH - self.container.debris.get(number, 0.0)
        sliding = self.parameters.sliding_friction + self.parameters.friction_slope * across
        return sliding + self._press(depth - free)

    def _press(self, depth: float) -> float:
        return self.parameters.stiffness * max(0.0, depth)

    # ------------------------------------------------------- grip and release

    def grip(self, tip: Pose) -> None:
        """The jaws close: what is between them is held."""
        tubes, container = self.world.tubes, self.container
        if self.held_tube is not None or self.held_lid:
            return
        if not container.latched and self.within_capture(tip, self.target("lid")):
            container.lid = IN_GRIPPER
            return
        names = [f"rack:{tubes.state(tube).slot}" for tube in tubes.at(ROVER_RACK)]
        names += [f"port:{tube}" for tube in (self.held_out(),) if tube is not None]
        names += [f"ground:{tube}" for tube in tubes.at(GROUND)]
        if container.lid != ON_SEAT:
            names += [f"socket:{tubes.state(tube).slot}" for tube in tubes.at("container")]
        for name in names:
            tube = self.tube_at(name)
            if tube is not None and self.within_capture(tip, self.target(name)):
                tubes.move(tube, ARM_GRIPPER)
                return

    def let_go(self, tip: Pose) -> None:
        """The jaws open: what they held stays where it is, or falls."""
        if self.held_lid:
            self.container.lid = self._put_lid(tip)
            return
        tube = self.held_tube
        if tube is None:
            return
        socket = self.socket_under(tip)
        if socket is not None and self._fits(socket):
            number, _, depth = socket
            raised = SOCKET_DEPTH - depth
            if raised > 0.003:
                self.container.raised[number] = raised
            self.world.tubes.move(tube, "container", slot=number)
            return
        for slot in range(36):
            target = self.target(f"rack:{slot}")
            free = self.world.tubes.occupant(ROVER_RACK, slot) is None
            if free and self.within_capture(tip, target):
                self.world.tubes.move(tube, ROVER_RACK, slot=slot)
                return
        self.world.tubes.move(tube, GROUND, pose=self._fallen(tip))

    def _put_lid(self, tip: Pose) -> str:
        seat = Pose(added(LID_SEAT, self._misplaced), downward(0.0))
        stand = Pose(added(LID_STAND, self._misplaced), downward(0.0))
        across, along, _ = self.offset(tip, seat)
        if self.container.lid_fits(across, along):
            return ON_SEAT
        across, along, _ = self.offset(tip, stand)
        return ON_STAND if across < 0.03 and abs(along) < 0.03 else DROPPED

    def _fits(self, socket: tuple[int, float, float]) -> bool:
        number, across, depth = socket
        free = not self.container.occupied(number) and self.container.lid != ON_SEAT
        return free and across <= self.parameters.socket_clearance and depth > 0.02

    def _fallen(self, tip: Pose) -> LyingPose:
        """Where a tube comes to lie: it rolls the more, the higher it falls."""
        east, north, up = self.in_local_frame(tip.position)
        roll = 0.2 * max(0.0, up)
        east += roll * self.random.gauss(0.0, 1.0)
        north += roll * self.random.gauss(0.0, 1.0)
        elevation = self.world.terrain.elevation(east, north)
        return LyingPose(east, north, elevation, self.random.uniform(0.0, 6.28), 0.0)


def seen_from(tip: Pose, place: Vector) -> Vector:
    """A place of the base frame in the frame of a tip."""
    return apply(transposed(tip.rotation), difference(place, tip.position))


def _in_frame_of(body: Body, east: float, north: float) -> tuple[float, float]:
    away_east, away_north = east - body.east, north - body.north
    s, c = sin(body.heading), cos(body.heading)
    return away_east * s + away_north * c, away_east * c - away_north * s
