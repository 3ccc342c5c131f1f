"""Without memory: the orbiter finds out where it is in its mission, by what it can look at.

What is on board the load cell and the switches say, where it flies the tracking. When it will be at
Earth nobody tells it: it is the arrival that the least change of its way leads to.
"""

import math

from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.astrodynamics.vectors import norm
from flight.core.sound_readings import sound
from flight.icd.devices.base import DeviceError
from flight.icd.devices.orbiter_navigation import KnownOrbit
from flight.orbiter.records import CapsuleRelease, Departure
from flight.orbiter.trajectory import Path, change_towards_earth, predict
from flight.orbiter.vehicle import OrbiterVehicle
from flight.runtime.pace import NANOSECONDS

EARLIEST, LATEST, STEP = 20, 420, 4
"""Days from now among which the arrival is sought, where the way does not lead to Earth as it is
(a transfer between the planets takes 190 to 340)."""


async def recall(node: OrbiterVehicle) -> None:
    """Remembers the container, the departure and the release, as far as they can be seen."""
    try:
        box = await sound(node.devices.containment.state)
        if box.present or box.in_capsule:
            node.container_captured = True
        known = await sound(node.devices.orbit_knowledge.state)
        if known.centre == "mars":
            return
        path = path_of(known)
        arrival = arrival_of(node, path)
        if node.departure is None and arrival is not None:
            node.departure = Departure(node.clock.now(), arrival, 0.0)
        if node.release is None and (await sound(node.devices.capsule_release.state)).separated:
            node.release = CapsuleRelease(node.clock.now(), arrival or node.clock.now())
        node.where_it_is_recalled(
            captured=node.container_captured,
            days=None if arrival is None else round(
                (arrival - node.clock.now()) / SECONDS_PER_DAY, 1
            ),
        )  # fmt: skip
    except DeviceError as error:
        node.device_trouble(reason=str(error))


def path_of(known: KnownOrbit) -> Path:
    """The way that a tracking solution tells."""
    x, y, z = known.position
    u, v, w = known.velocity
    return Path(known.centre, (x, y, z), (u, v, w), known.time_ns / NANOSECONDS)


def arrival_of(node: OrbiterVehicle, path: Path) -> float | None:
    """Mission time (s) at which it is at Earth, or would be by the least change of its way."""
    seen = predict(path, node.dynamics)
    if seen is not None:
        return seen.perigee_time
    best, least = None, math.inf
    for days in range(EARLIEST, LATEST, STEP):
        arrival = path.time + days * SECONDS_PER_DAY
        try:
            change = norm(change_towards_earth(path, arrival, node.dynamics))
        except (ArithmeticError, ValueError):
            continue
        if change < least:
            best, least = arrival, change
    return best
