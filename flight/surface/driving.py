"""Driving over unknown ground: segments with a slip check, hazard stops, a way out of high slip.

Each segment is at most as long as the slip check allows (5 m, as Opportunity did after it had dug
itself in at Purgatory). Hazards and slip go into the cost map, and the route is planned anew. Every
setback counts; after too many the drive fails and says why.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import atan2, copysign, hypot, pi, radians
from typing import Any, Protocol

from flight.astrodynamics.ellipsoids import PlanetographicDegrees
from flight.astrodynamics.mars_time import sun_elevation_azimuth
from flight.core.sound_readings import sound
from flight.icd.devices.attitude import InertialMeasurementUnit, InertialState, SunSensor
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.mobility import FRONT_WHEELS, Wheels, WheelsState
from flight.icd.devices.vision import StereoCamera
from flight.surface.dead_reckoning import DeadReckoning, Pose, why_not_made, wrapped
from flight.surface.route_planning import CostMap, Disc, Place

ALIGNED = 0.03  # radians within which no turn is made
SUN_FIX_EVERY = 4  # segments
BLIND_SEGMENT = 1.0  # m driven at a time while visual odometry fails
BLIND_LIMIT = 3  # segments without visual odometry, then back out
SLIP_PATCH_RADIUS = 2.0  # m of ground that is avoided where the wheels slipped,
SLIP_PATCH_GROWTH = 1.4  # wider after each setback, for the patch is larger than was believed
WIDEST_SLIP_PATCH = 8.0  # m
SLIP_PATCH_COST = 12.0
LOOSE_SLIP = 0.2  # slip that tells of loose ground, which is better gone around
LOOSE_COST = 3.0
EXTRACTION = 200.0  # m of wheel to get out of a dune: Opportunity took 191 m out of Purgatory
PROGRESS = 5.0  # m nearer to the goal that make up for a setback


class DriveOutcome(StrEnum):
    """How a drive ended that did not fail."""

    ARRIVED = "arrived"
    PAUSED = "paused"


class DriveFailed(Exception):
    """The goal could not be reached; the text says why."""


class DriveObserver(Protocol):
    """Who wants to know what happens on the way."""

    def segment_driven(self, pose: Pose, slip: float | None, distance: float) -> None:
        """A segment has been driven: `distance` by the wheels in m; slip None: not known."""

    def setback(self, kind: str, detail: str) -> None:
        """Something stood in the way: obstacle, tilt, high_slip, no_visual_odometry, no_route; or
        the wheels are dug in: dug_in, and out again: got_out; or a wheel is dead: dead_wheel; or
        images showed what cannot be: images_doubted."""


@dataclass(frozen=True)
class DrivingParameters:
    """Lengths in m, slip as a fraction, counts.

    `checks_slip`: images tell how far it came; else the wheels do. `goes_without_sun`: the heading
    is carried on without it. `last_slip_limit` holds once half of the `setbacks` are used up:
    better slowly than not at all. `extracts`: where not even the way back bears, it is gone on with
    until it does. `doubts_images`: a way that the wheels cannot have made is not believed.
    `trails`: with a dead wheel in front it drives backwards.
    """

    segment: float = 5.0
    slip_limit: float = 0.4
    last_slip_limit: float = 0.7
    setbacks: int = 10
    back_out: float = 1.5
    checks_slip: bool = True
    goes_without_sun: bool = True
    extracts: bool = True
    doubts_images: bool = True
    trails: bool = True


@dataclass
class Way:
    """The way to one goal: how near it was come, and the setbacks since that got nearer."""

    goal: Place
    nearest: float
    setbacks: int = 0

    def at(self, distance: float) -> None:
        """Takes note of the distance to the goal; real progress makes up for setbacks."""
        if distance < self.nearest - PROGRESS:
            self.nearest = distance
            self.setbacks = max(0, self.setbacks - 1)


@dataclass
class Locomotion:
    """The driving skill of one vehicle. Latitude and longitude in degrees, for the Sun.

    `memory` keeps odometer and yaw beside the pose, so that what was driven while nobody counted
    (a reboot, an abort) can be caught up with. Of wheels, or gyroscopes, that were switched on anew
    since then they are of another count: no difference is taken, and the pose is less sure.
    """

    wheels: Wheels
    camera: StereoCamera
    imu: InertialMeasurementUnit
    sun_sensor: SunSensor
    reckoning: DeadReckoning
    cost_map: CostMap
    parameters: DrivingParameters
    observer: DriveObserver
    jd_tt: Callable[[], float]
    latitude: PlanetographicDegrees
    longitude: float
    memory: dict[str, Any]
    remember: Callable[[dict[str, Any]], None]
    segments: int = 0
    sun_height_error: float | None = None
    """rad of the Sun as seen last, over where the clock says that it was."""
    way: Way | None = None
    dug_in: float | None = None
    """m of wheel that were spent to get out of ground that does not bear; None: it does."""
    dead_wheels: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        self.dug_in = self.memory.get("dug_in")

    @property
    def pose(self) -> Pose:
        """Where the vehicle believes to be."""
        return self.reckoning.pose

    @property
    def forth(self) -> float:
        """1, or -1 where it drives backwards: a dead wheel in front would plough, and trails."""
        front = any(wheel in FRONT_WHEELS for wheel in self.dead_wheels)
        return -1.0 if front and self.parameters.trails else 1.0

    # ------------------------------------------------------------------ where

    async def catch_up(self) -> None:
        """Takes into account what the wheels did since the pose was last stored."""
        wheels = await self._wheels()
        inertial = await self.imu.state()
        if "odometer" in self.memory:
            turned = self._turned_since(inertial)
            way = wheels.odometer - float(self.memory["odometer"])
            if wheels.boot != self.memory.get("wheels_boot", 0):
                way = 0.0  # it may be that they turned on until they were switched off
                self.reckoning.unsure(self.parameters.segment)
            if abs(way) > 0.01 or abs(turned) > 0.05:
                self.reckoning.moved(odometer=way, yaw=turned, visual=None)
        self._store(wheels, inertial)
        await self.fix_heading()

    async def _wheels(self) -> WheelsState:
        """What the wheels say; one that has died since is told."""
        said = await sound(self.wheels.state)
        dead = tuple(said.dead_wheels)
        if dead != self.dead_wheels:
            self.dead_wheels = dead
            if dead:
                self.observer.setback("dead_wheel", ", ".join(map(str, dead)))
        return said

    def _turned_since(self, inertial: InertialState) -> float:
        """Radians turned since the pose was stored; none where the gyroscopes cannot tell."""
        if not inertial.valid or inertial.saturated or "yaw" not in self.memory:
            return 0.0
        if inertial.boot != self.memory.get("inertial_boot", 0):
            return 0.0
        return wrapped(inertial.yaw - float(self.memory["yaw"]))

    async def fix_heading(self) -> float | None:
        """Corrects the heading by the Sun; returns the correction in radians, None without Sun."""
        seen = await self.sun_sensor.direction()
        if not seen.valid:
            if not self.parameters.goes_without_sun:
                raise DeviceFault("no_sun", "the heading is not known: no fix of the Sun")
            return None
        sun = sun_elevation_azimuth(self.jd_tt(), self.latitude, self.longitude)
        self.sun_height_error = seen.elevation - radians(sun.elevation_degrees)
        return self.reckoning.sun_seen(seen.azimuth, radians(sun.azimuth_degrees))

    # ---------------------------------------------------------------- motions

    async def turn_to(self, heading: float) -> None:
        """Turns on the spot to a heading in radians; twice if once was not good enough."""
        for _ in range(2):
            angle = wrapped(heading - self.pose.heading)
            if abs(angle) < ALIGNED:
                return
            before = await self.imu.state()
            await self.wheels.turn(angle)
            after = await self.imu.state()
            self.reckoning.moved(
                odometer=0.0, yaw=_turned(before, after), visual=None, believed_turn=angle
            )
            await self._store_now(after)

    async def drive(self, distance: float) -> float | None:
        """Drives straight and measures; returns the slip, None when visual odometry failed.

        A fault of the wheels is raised after the pose has been brought up to date.
        """
        reference = await self.camera.set_reference()
        before = await self.imu.state()
        start = await self._wheels()
        fault: DeviceFault | None = None
        try:
            await self.wheels.drive(distance)
        except DeviceFault as error:
            fault = error
        wheels = await sound(self.wheels.state)
        after = await self.imu.state()
        motion = await self.camera.visual_motion()
        visual = (motion.ahead, motion.right) if reference.valid and motion.valid else None
        if not self.parameters.checks_slip:
            visual = None
        same = wheels.boot == start.boot
        # m; of wheels that were switched on anew meanwhile nobody knows how far they had come.
        way = copysign(1.0, distance) * (wheels.odometer - start.odometer) if same else 0.0
        if visual is not None and self.parameters.doubts_images:
            why = why_not_made(*visual, distance, way)
            if why:
                visual = None
                self.observer.setback("images_doubted", why)
        slip = self.reckoning.moved(odometer=way, yaw=_turned(before, after), visual=visual)
        if not same and visual is None:
            self.reckoning.unsure(abs(distance))
        self.segments += 1
        self._store(wheels, after)
        self.observer.segment_driven(self.pose, slip, abs(way))
        if fault is not None:
            raise fault
        return slip

    async def look(self) -> bool:
        """Maps the hazards ahead; False when nothing could be seen."""
        image = await self.camera.map_hazards()
        for hazard in image.hazards:
            east, north = self.pose.to_local(hazard.ahead, hazard.right)
            self.cost_map.add(Disc(east, north, hazard.radius))
        return image.valid

    # ------------------------------------------------------------------ goals

    async def drive_to(
        self,
        goal: Place,
        *,
        tolerance: float = 0.3,
        may_go_on: Callable[[], bool] = lambda: True,
    ) -> DriveOutcome:
        """Drives to a place, or to the next one that is free, around what stands in the way.

        Raises DriveFailed, and DeviceFault for what is no matter of the ground. Stops between
        segments when `may_go_on` says no.
        """
        await self.catch_up()
        way = self._way_to(goal)
        blind = 0
        while self.pose.distance_to(self.cost_map.free_near(goal)) > tolerance:
            way.at(self.pose.distance_to(goal))
            if not may_go_on():
                return DriveOutcome.PAUSED
            if self.dug_in is not None:
                await self._get_out(self.dug_in)
                continue
            if way.setbacks > self.parameters.setbacks:
                self.way = None
                raise DriveFailed(
                    f"{way.setbacks} setbacks on the way to ({goal[0]:.1f}, {goal[1]:.1f}) m; "
                    f"{self.pose.distance_to(goal):.1f} m are left"
                )
            if self.forth < 0.0:  # its eyes look forward
                await self._face(goal)
            if not await self.look():
                raise DeviceFault("dark", "the camera sees nothing of the ground")
            route = self.cost_map.route(self.pose.place, goal)
            if route is None:
                way.setbacks += 1
                await self._no_route(goal)
                continue
            try:
                slip = await self._advance(route[0], blind)
            except DeviceFault as fault:
                if fault.code not in ("obstacle", "tilt"):
                    raise
                way.setbacks += 1
                await self._hit(fault)
                continue
            blind = blind + 1 if slip is None else 0
            blind = await self._judge(slip, blind, way)
        self.way = None
        return DriveOutcome.ARRIVED

    def _way_to(self, goal: Place) -> Way:
        """The way to a goal; one that was interrupted (by a night) goes on with its setbacks."""
        way = self.way
        if way is None or hypot(way.goal[0] - goal[0], way.goal[1] - goal[1]) > PROGRESS:
            way = self.way = Way(goal, self.pose.distance_to(goal))
        return way

    async def _judge(self, slip: float | None, blind: int, way: Way) -> int:
        """Acts on the slip of a segment; returns the segments in a row without a slip."""
        last_resort = way.setbacks > self.parameters.setbacks // 2
        limit = self.parameters.last_slip_limit if last_resort else self.parameters.slip_limit
        if not self.parameters.checks_slip:
            return 0
        if blind >= BLIND_LIMIT:
            way.setbacks += 1
            await self._slipped("no_visual_odometry", f"{BLIND_LIMIT} segments in a row", way)
            return 0
        if slip is not None and slip > limit:
            way.setbacks += 1
            await self._slipped("high_slip", f"{100.0 * slip:.0f} %", way)
        elif slip is not None and slip > LOOSE_SLIP:
            self.cost_map.add(Disc(*self.pose.place, SLIP_PATCH_RADIUS, LOOSE_COST))
        return blind

    async def _advance(self, waypoint: Place, blind: int) -> float | None:
        """Turns towards a waypoint and drives one segment."""
        east, north = waypoint[0] - self.pose.east, waypoint[1] - self.pose.north
        distance = hypot(east, north)
        if distance > 0.05:
            await self.turn_to(atan2(east, north) + (pi if self.forth < 0.0 else 0.0))
        if self.segments % SUN_FIX_EVERY == 0:
            await self.fix_heading()
        longest = BLIND_SEGMENT if blind else self.parameters.segment
        return await self.drive(self.forth * min(max(distance, 0.1), longest))

    async def _face(self, place: Place) -> None:
        """Turns towards a place."""
        await self.turn_to(atan2(place[0] - self.pose.east, place[1] - self.pose.north))

    # --------------------------------------------------------------- setbacks

    async def _hit(self, fault: DeviceFault) -> None:
        self.observer.setback(fault.code, str(fault))
        ahead = self.forth * (self.cost_map.vehicle_radius + 0.3)
        east, north = self.pose.to_local(ahead, 0.0)
        self.cost_map.add(Disc(east, north, 0.4))
        await self._back_out()

    async def _slipped(self, kind: str, detail: str, way: Way) -> None:
        self.observer.setback(kind, detail)
        radius = min(SLIP_PATCH_RADIUS * SLIP_PATCH_GROWTH ** (way.setbacks - 1), WIDEST_SLIP_PATCH)
        for ahead in (0.0, 3.0):  # ripples come in fields: what lies ahead is as bad
            east, north = self.pose.to_local(self.forth * ahead, 0.0)
            self.cost_map.add(Disc(east, north, radius, SLIP_PATCH_COST))
        slip = await self._back_out(self.parameters.segment)
        if self._is_stuck(slip):
            self.dug_in = self.parameters.segment
            self.observer.setback("dug_in", f"{100.0 * (slip or 0.0):.0f} % on the way back")

    def _is_stuck(self, slip: float | None) -> bool:
        """Whether not even the way back bears."""
        p = self.parameters
        return p.extracts and p.checks_slip and slip is not None and slip > p.last_slip_limit

    async def _get_out(self, spent: float) -> None:
        """Another piece straight back in its own tracks, wheels straight: nothing digs in less.

        What it has spent is kept over nights. Raises DriveFailed when that is all that may be.
        """
        if spent >= EXTRACTION:
            self.dug_in = 0.0  # who orders it may try again
            raise DriveFailed(f"dug in: {spent:.0f} m of wheel did not get it out")
        slip = await self._back_out(self.parameters.segment)
        spent += self.parameters.segment
        self.dug_in = spent if self._is_stuck(slip) else None
        await self._store_now(await self.imu.state())
        if self.dug_in is None:
            self.observer.setback("got_out", f"{spent:.0f} m of wheel")

    async def _no_route(self, goal: Place) -> None:
        """The map closes all ways: goes back a little and forgets what was seen only from afar."""
        self.observer.setback("no_route", f"to ({goal[0]:.1f}, {goal[1]:.1f}) m")
        await self._back_out()
        self.cost_map.forget(self.pose.place, 0.5 * self.cost_map.vehicle_radius + 12.0)
        await self.look()

    async def _back_out(self, distance: float = 0.0) -> float | None:
        """Goes back the way it came, which is known to bear; returns the slip."""
        try:
            return await self.drive(-self.forth * (distance or self.parameters.back_out))
        except DeviceFault as fault:
            if fault.code not in ("obstacle", "tilt"):
                raise
            self.observer.setback(fault.code, f"while backing out: {fault}")
            return None

    # ----------------------------------------------------------------- memory

    async def _store_now(self, inertial: InertialState) -> None:
        self._store(await sound(self.wheels.state), inertial)

    def _store(self, wheels: WheelsState, inertial: InertialState) -> None:
        self.memory = {"odometer": wheels.odometer, "pose": self.pose.as_data()}
        if wheels.boot:
            self.memory["wheels_boot"] = wheels.boot
        if self.dug_in is not None:
            self.memory["dug_in"] = self.dug_in
        if inertial.valid:  # without it the next look begins to count anew
            self.memory["yaw"] = inertial.yaw
            if inertial.boot:
                self.memory["inertial_boot"] = inertial.boot
        self.remember(self.memory)


def _turned(before: InertialState, after: InertialState) -> float | None:
    if not (before.valid and after.valid) or after.saturated or before.boot != after.boot:
        return None
    return wrapped(after.yaw - before.yaw)
