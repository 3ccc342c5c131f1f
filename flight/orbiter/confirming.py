"""Images of the search, and whether what one shows is the container."""

import asyncio
import math
from collections.abc import Callable

from flight.astrodynamics.vectors import Vector, add, subtract, unit
from flight.icd.devices.base import DeviceError
from flight.orbiter.observing import Sighting, image, nearest
from flight.orbiter.vehicle import OrbiterVehicle

Track = Callable[[float], Vector]
"""A line of sight (unit vector) at a mission time."""

HALF_FIELD = math.radians(1.9)
"""From the middle of an image to what it shows for certain."""
WAIT = 900.0  # s until a camera is asked again that has not answered
_GATE = math.radians(0.6)
_PAUSE = 30.0


async def look(node: OrbiterVehicle, predict: Track) -> list[Sighting] | None:
    """What one image along a line of sight shows; None, after a while: there was no image."""
    node.images_taken = (node.images_taken or 0) + 1
    try:
        return await image(node, predict)
    except DeviceError as error:
        node.device_trouble(reason=str(error))
        await asyncio.sleep(WAIT)
        return None


async def confirm(node: OrbiterVehicle, first: Sighting, track: Track) -> list[Sighting] | None:
    """More images of the same spot: an artefact does not come again.

    The spot is taken to move as what was looked for moves. None: it did not come again, or there
    were too few images.
    """
    sightings = [first]
    offset = subtract(first[1], track(first[0]))

    def predict(time: float) -> Vector:
        return unit(add(track(time), offset))

    for _ in range(2 * node.parameters["confirmations"]):
        await asyncio.sleep(_PAUSE)
        seen = await look(node, predict)
        if seen is None:
            continue  # where there was no image, nobody has looked
        again = nearest(seen, predict(seen[0][0]), _GATE) if seen else None
        if again is None:
            if len(sightings) < 2:
                return None
            continue
        sightings.append(again)
        offset = subtract(again[1], track(again[0]))
        if len(sightings) >= node.parameters["confirmations"]:
            return sightings
    return None
