"""The simulated gripper of the rover's arm: what is between its jaws when they close, it has."""

from math import cos, degrees, hypot, pi, sin
from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.manipulation import Gripper, GripperState
from flight.icd.places import CONTAINER, GROUND, ROVER_GRIPPER, ROVER_RACK
from sim_hw.devices.container import DROPPED, IN_ROVER_GRIPPER, ON_SEAT, ON_STAND
from sim_hw.devices.jaws import Jaws
from sim_hw.devices.rover_arm import SimRoverArm
from sim_hw.power_and_heat.powered import PoweredContext
from sim_hw.world.tubes import LyingPose


class GripperParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Jaws, and how well the arm must have placed them. `handle_diameter`: of the lid's handle."""

    opening: Annotated[float, Quantity("m", gt=0, le=0.2)]
    tube_diameter: Annotated[float, Quantity("m", gt=0, le=0.1)]
    handle_diameter: Annotated[float, Quantity("m", gt=0, le=0.1)]
    jaw_length: Annotated[float, Quantity("m", gt=0, le=0.2)]
    angle_tolerance: Annotated[float, Quantity("deg", gt=0, le=45)]
    height_tolerance: Annotated[float, Quantity("m", gt=0, le=0.1)]
    dust_failure: Annotated[float, Quantity("1", ge=0, le=1)]
    force: Annotated[float, Quantity("N", gt=0, le=500)]
    seconds: Annotated[float, Quantity("s", gt=0, le=60)]
    power: Annotated[float, Quantity("W", gt=0, le=100)]


class SimGripper(Jaws, Gripper):
    """Two jaws at the end of the arm."""

    def __init__(
        self, context: PoweredContext, arm: SimRoverArm, parameters: GripperParameters
    ) -> None:
        super().__init__(context, parameters)
        self.arm = arm
        self.parameters = parameters

    async def state(self) -> GripperState:
        self.need_power()
        return self._state()

    async def open(self) -> GripperState:
        await self._move()
        self._let_go()
        self._opened()
        return self._state()

    async def close(self) -> GripperState:
        await self._move()
        self._take()
        if self.arm.holds_lid():
            width = self.parameters.handle_diameter
        else:
            held = self.world.tubes.at(ROVER_GRIPPER)
            width = self.parameters.tube_diameter if held else 0.0
        self._closed_on(width)
        return self._state()

    def _state(self) -> GripperState:
        opening, force = self._felt()
        return GripperState(time_ns=self.time_ns(), opening=opening, force=force)

    def _take(self) -> None:
        tubes = self.world.tubes
        if tubes.at(ROVER_GRIPPER) or self.arm.holds_lid():
            return
        if self.arm.at_lid is not None:
            self._take_lid()
        elif self.arm.pose == "slot" and self.arm.slot is not None:
            occupant = tubes.occupant(ROVER_RACK, self.arm.slot)
            if occupant is not None:
                tubes.move(occupant, ROVER_GRIPPER)
        elif self.arm.pose == "container" and self.arm.socket is not None:
            occupant = tubes.occupant(CONTAINER, self.arm.socket)
            if occupant is not None:
                tubes.move(occupant, ROVER_GRIPPER)
                if self.arm.container is not None:
                    self.arm.container.raised.pop(self.arm.socket, None)
        elif self.arm.pose == "place":
            for tube in tubes.at(GROUND):
                pose = tubes.state(tube).pose
                if pose is not None and self._between_jaws(pose):
                    if self.random.random() >= self.parameters.dust_failure * pose.dust_cover:
                        tubes.move(tube, ROVER_GRIPPER)
                    return

    def _between_jaws(self, pose: LyingPose) -> bool:
        p = self.parameters
        east, north, up, heading = self.arm.tip()
        away_east, away_north = pose.east - east, pose.north - north
        if hypot(away_east, away_north) > 0.5 or abs(up) > p.height_tolerance:
            return False
        along = abs(away_east * sin(pose.heading) + away_north * cos(pose.heading))
        across = abs(away_east * cos(pose.heading) - away_north * sin(pose.heading))
        angle = (heading - pose.heading + 0.5 * pi) % pi - 0.5 * pi
        return (
            across < 0.5 * (p.opening - p.tube_diameter)
            and along < p.jaw_length
            and abs(degrees(angle)) < p.angle_tolerance
        )

    def _take_lid(self) -> None:
        container, at = self.arm.container, self.arm.at_lid
        free = 0.5 * (self.parameters.opening - self.parameters.handle_diameter)
        if container is None or at is None or container.lid != at.place or container.latched:
            return
        if at.across < free:
            container.lid = IN_ROVER_GRIPPER

    def _put_lid(self) -> str:
        """Where the lid comes to be that is let go."""
        container, at = self.arm.container, self.arm.at_lid
        if container is None or at is None:
            return DROPPED
        if at.place == ON_STAND:
            return ON_STAND
        return ON_SEAT if container.lid_fits(at.across, at.along) else DROPPED

    def _let_go(self) -> None:
        if self.arm.container is not None and self.arm.holds_lid():
            self.arm.container.lid = self._put_lid()
            return
        tubes = self.world.tubes
        for tube in tubes.at(ROVER_GRIPPER):
            if self.arm.pose == "slot" and self.arm.slot is not None:
                if tubes.occupant(ROVER_RACK, self.arm.slot) is not None:
                    raise DeviceFault("jam", f"slot {self.arm.slot} is occupied: the jaws stay")
                tubes.move(tube, ROVER_RACK, slot=self.arm.slot)
            elif self.arm.pose == "container" and self.arm.socket is not None:
                self._insert(tube, self.arm.socket)
            else:
                tubes.move(tube, GROUND, pose=self._fallen())

    def _insert(self, tube: str, socket: int) -> None:
        """Leaves a tube in a socket; on debris it stands out by the height of that."""
        if self.world.tubes.occupant(CONTAINER, socket) is not None:
            raise DeviceFault("jam", f"socket {socket} is occupied: the jaws stay")
        container = self.arm.container
        if container is not None and container.lid == ON_SEAT:
            raise DeviceFault("jam", "the lid is on the container: the jaws stay")
        if container is not None and socket in container.debris:
            container.raised[socket] = container.debris[socket]
        self.world.tubes.move(tube, CONTAINER, slot=socket)

    def _fallen(self) -> LyingPose:
        """Where a tube comes to lie that is let go here: it rolls the more, the higher it falls."""
        east, north, up, heading = self.arm.tip()
        roll = 0.3 * max(0.0, up)
        east += roll * self.random.gauss(0.0, 1.0)
        north += roll * self.random.gauss(0.0, 1.0)
        elevation = self.world.terrain.elevation(east, north)
        return LyingPose(east, north, elevation, heading % (2.0 * pi), 0.0)
