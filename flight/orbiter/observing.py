"""Looking for the container: where it can be seen from, images, LiDAR scans."""

import math
from collections.abc import Callable

from flight.astrodynamics.ellipsoids import MARS_IAU
from flight.astrodynamics.ephemeris import relative_position
from flight.astrodynamics.mars_orientation import icrf_to_mars_fixed
from flight.astrodynamics.quaternions import rotate
from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.astrodynamics.vectors import (
    Vector,
    add,
    angle_between,
    dot,
    norm,
    scale,
    subtract,
    transform,
    unit,
)
from flight.icd.devices.base import DeviceError
from flight.icd.devices.orbiter_navigation import Image
from flight.orbiter.propagation import coast
from flight.orbiter.vehicle import OrbiterVehicle
from flight.runtime.pace import NANOSECONDS

Sighting = tuple[float, Vector, float]
"""Mission time (s), direction (unit vector, inertial axes), visual magnitude."""

HAZE = 80_000.0  # m: lower lines of sight are not tried
SUN_EXCLUSION = math.radians(31.0)
_GATE = math.radians(2.2)
_LIDAR_RANGE_SIGMA = 0.03
_LIDAR_BEARING_SIGMA = 7.0e-4


def sun_direction(node: OrbiterVehicle, time: float) -> Vector:
    """Unit vector from Mars to the Sun in inertial axes at a mission time."""
    jd = node.clock.epoch_jd_tt + time / SECONDS_PER_DAY
    sun = relative_position("sun", "mars", jd)
    return unit(transform(icrf_to_mars_fixed(node.clock.epoch_jd_tt), sun))


def is_visible(own: Vector, there: Vector, sun: Vector, reach: float) -> bool:
    """Whether a body can be seen: near enough, not behind Mars, lit, not before the Sun.

    `reach` (m) holds for a fully lit sphere; what is lit from the side or behind is seen less far.
    """
    line = subtract(there, own)
    distance = norm(line)
    if distance > reach:
        return False
    phase = angle_between(scale(-1.0, line), sun)
    lambert = (math.sin(phase) + (math.pi - phase) * math.cos(phase)) / math.pi
    if distance * distance > reach * reach * lambert:
        return False
    along = min(1.0, max(0.0, -dot(own, line) / (distance * distance)))
    if norm(add(own, scale(along, line))) < MARS_IAU.equatorial_radius + HAZE:
        return False
    behind = dot(there, sun)
    off = norm(subtract(there, scale(behind, sun)))
    if behind < 0.0 and off < MARS_IAU.equatorial_radius + 10_000.0:
        return False
    return math.pi - phase > SUN_EXCLUSION


def container_visible(node: OrbiterVehicle, time: float) -> bool:
    """Whether the container should be seen now where it is believed to be."""
    nav = node.navigator
    nav.advance(time)
    if nav.own is None or nav.target is None:
        return False
    sun = sun_direction(node, time)
    return is_visible(nav.own[0], nav.target[0], sun, node.parameters["search_range"])


async def image(node: OrbiterVehicle, predict: Callable[[float], Vector]) -> list[Sighting]:
    """Points, takes an image, and returns what is no star in it.

    `predict` gives the direction for a mission time: lines of sight turn with the orbit, and
    turning to them takes its time.
    """
    return _sightings(await _exposed(node, predict))


async def _exposed(node: OrbiterVehicle, predict: Callable[[float], Vector]) -> Image:
    await point(node, predict, node.parameters["exposure"])
    return await node.devices.camera.expose(node.parameters["exposure"])


def _sightings(shown: Image) -> list[Sighting]:
    if not shown.valid:
        return []
    w, x, y, z = shown.quaternion
    sightings = []
    for spot in shown.targets:
        a, b, c = spot.direction
        direction = rotate((w, x, y, z), (a, b, c))
        sightings.append((shown.time_ns / NANOSECONDS, direction, spot.magnitude))
    return sightings


async def point(node: OrbiterVehicle, predict: Callable[[float], Vector], lead: float) -> None:
    """Turns to where something will be `lead` seconds after the turn has ended."""
    now, seconds = node.clock.now(), node.parameters["settling"]
    direction = predict(now + seconds + lead)
    for _ in range(2):
        angle = math.pi if node.boresight is None else angle_between(node.boresight, direction)
        seconds = angle / node.parameters["slew_rate"] + node.parameters["settling"]
        direction = predict(now + seconds + lead)
    node.boresight = direction
    await node.devices.attitude_control.point(list(direction))


def believed(node: OrbiterVehicle) -> Callable[[float], Vector]:
    """Where the container is believed to be, as a line of sight at a mission time."""
    nav = node.navigator

    def predict(time: float) -> Vector:
        assert nav.own is not None and nav.target is not None
        seconds = time - nav.time
        return subtract(coast(nav.target, seconds)[0], coast(nav.own, seconds)[0])

    return predict


def nearest(sightings: list[Sighting], direction: Vector, gate: float) -> Sighting | None:
    """The sighting nearest to a direction, within a gate (rad)."""
    best = min(sightings, key=lambda s: angle_between(s[1], direction), default=None)
    if best is None or angle_between(best[1], direction) > gate:
        return None
    return best


async def take_bearing(node: OrbiterVehicle) -> bool:
    """One image of the container into the filter; False when there was nothing to take. One that
    does not show it where it should be counts: it may be elsewhere."""
    nav = node.navigator
    if not container_visible(node, node.clock.now()):
        return False
    try:
        shown = await _exposed(node, believed(node))
    except DeviceError as error:
        node.device_trouble(reason=str(error))
        return False
    if not shown.valid:
        return False  # nobody has looked
    sightings = _sightings(shown)
    if sightings:
        nav.advance(sightings[0][0])
    sighting = nearest(sightings, nav.line_of_sight(), _GATE) if sightings else None
    if sighting is None:
        nav.not_seen()
        return False
    return nav.take_bearing(sighting[1], node.parameters["bearing_sigma"])


async def take_scan(node: OrbiterVehicle) -> bool:
    """One LiDAR scan into the filter; False when nothing came back or it did not fit."""
    nav = node.navigator
    try:
        nav.advance(node.clock.now())
        await point(node, believed(node), 0.0)
        scan = await node.devices.lidar.scan()
    except DeviceError as error:
        node.device_trouble(reason=str(error))
        return False
    if not scan.valid:
        node.lidar_misses += 1
        return False
    node.lidar_misses = 0
    w, x, y, z = scan.quaternion
    a, b, c = scan.direction
    nav.advance(scan.time_ns / NANOSECONDS)
    sigma = _LIDAR_RANGE_SIGMA + 1.5e-4 * scan.range
    if not nav.take_range(scan.range, sigma):
        return False
    return nav.take_bearing(rotate((w, x, y, z), (a, b, c)), _LIDAR_BEARING_SIGMA)
