"""Finds a tube: looks around where the map has it, tells it from its neighbours, comes near."""

from math import atan2, cos, hypot, sin

from flight.core.chart.statechart import Signal
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.vision import TubeSighting
from flight.rover.grasping import found_where_it_lies
from flight.rover.sols import by_day
from flight.rover.vehicle import RoverVehicle
from flight.surface.dead_reckoning import wrapped
from flight.surface.driving import DriveFailed, DriveOutcome
from flight.surface.route_planning import Place

SEARCH_RANGE = 6.0  # m at which a tube may be made out
STAND_OFF = 1.35  # m ahead of the vehicle's centre where the arm works best
READING_RANGE = 1.9  # m within which the engraving may be read
MAP_ERROR = 1.0  # m: the tubes lie within about a metre of the rover's localisation
LOOKS = 4
GRASP_WINDOW = (1.10, 1.50, 0.30)  # nearest and farthest ahead, farthest aside, in m
RING = 2.5  # m about the expected place from where it is looked for again


@by_day
async def search_tube(node: RoverVehicle, signal: Signal) -> str | Signal:
    """Finds the current tube and comes near; outcome "tube_found", "tube_missing" or "rest"."""
    tube = node.fetch.current
    try:
        for stop in range(node.parameters["search_stops"]):
            if not node.sols.may_go_on():
                return "rest"
            if stop and await _go_to_stop(node, tube, stop) is DriveOutcome.PAUSED:
                return "rest"
            place = await _look_around(node, tube)
            if place is None:
                continue
            sighting = await _come_near(node, tube, place)
            if sighting is not None:
                return _found(node, tube, sighting)
    except DriveFailed as failure:
        return Signal("tube_missing", {"reason": str(failure)})
    node.fetch.seen.pop(tube, None)  # if it was seen elsewhere than the map says, it was an error
    return Signal("tube_missing", {"reason": "not seen around the place that the map gives"})


def _found(node: RoverVehicle, tube: str, sighting: TubeSighting) -> str:
    node.target = sighting
    _recognised(node, tube, sighting)
    east, north = node.tube_place(tube)
    node.tube_found(tube=tube, east=round(east, 2), north=round(north, 2))
    if sighting.serial == tube:
        found_where_it_lies(node, tube, f"engraving {tube} on the ground")
    return "tube_found"


async def _go_to_stop(node: RoverVehicle, tube: str, stop: int) -> DriveOutcome:
    """Looks from another side: stops on a ring about the place, a sixth of a turn apart."""
    east, north = node.tube_place(tube)
    bearing = atan2(node.pose.east - east, node.pose.north - north) + stop * 1.05
    goal = (east + RING * sin(bearing), north + RING * cos(bearing))
    return await node.locomotion.drive_to(goal, tolerance=0.6, may_go_on=node.sols.may_go_on)


async def _look_around(node: RoverVehicle, tube: str) -> Place | None:
    """Where the tube seems to lie; what is read of other tubes on the way is remembered."""
    for _ in range(LOOKS):
        image = await node.hardware.camera.find_tubes(SEARCH_RANGE)
        if not image.valid:
            raise DeviceFault("dark", "it is too dark to see the ground")
        chosen = _choose(node, tube, image.sightings)
        if chosen is not None:
            return node.pose.to_local(chosen.ahead, chosen.right)
    return None


def _choose(node: RoverVehicle, tube: str, sightings: list[TubeSighting]) -> TubeSighting | None:
    """The sighting that is the tube: by its engraving, or by its place if no other fits as well."""
    best: TubeSighting | None = None
    best_distance = MAP_ERROR + 0.3 + 2.0 * node.pose.error
    for sighting in sightings:
        place = node.pose.to_local(sighting.ahead, sighting.right)
        if sighting.serial == tube:
            return sighting
        if sighting.serial:
            if sighting.serial in node.known_tubes:
                _recognised(node, sighting.serial, sighting)
            continue
        if sighting.confidence < node.parameters["tube_confidence"]:
            continue
        distance = _distance(place, node.tube_place(tube))
        if distance < best_distance and node.nearest_tube(place) == tube:
            best, best_distance = sighting, distance
    return best


async def _come_near(node: RoverVehicle, tube: str, place: Place) -> TubeSighting | None:
    """Stands so that the tube lies before the arm and looks closely; None if it is another."""
    unread = 0
    for _ in range(node.parameters["approaches"]):
        await _stand_before(node, place)
        nearest = await _close_look(node, place)
        if nearest is None:
            return None
        place = node.pose.to_local(nearest.ahead, nearest.right)
        if nearest.serial and nearest.serial != tube:
            if nearest.serial in node.known_tubes:
                _recognised(node, nearest.serial, nearest)
            return None
        low, high, aside = GRASP_WINDOW
        if not (low < nearest.ahead < high and abs(nearest.right) < aside):
            continue
        if nearest.serial == tube:
            return nearest
        unread += 1
        if unread >= LOOKS and node.pose.error < MAP_ERROR:
            node.tube_not_read(tube=tube)
            return nearest
    return None


async def _stand_before(node: RoverVehicle, place: Place) -> None:
    locomotion, pose = node.locomotion, node.pose
    ahead, right = pose.to_vehicle(*place)
    if abs(ahead - STAND_OFF) < 0.12 and abs(right) < 0.2:
        return
    if _distance(pose.place, place) > STAND_OFF + 0.5:
        goal = locomotion.cost_map.free_before(place, pose.place, STAND_OFF)
        await locomotion.drive_to(goal, tolerance=0.35, may_go_on=lambda: True)
    heading = atan2(place[0] - pose.east, place[1] - pose.north)
    if abs(wrapped(heading - pose.heading)) > 0.05:
        await locomotion.turn_to(heading)
    ahead, _ = pose.to_vehicle(*place)
    if abs(ahead - STAND_OFF) > 0.1:
        try:
            await locomotion.drive(ahead - STAND_OFF)
        except DeviceFault as fault:
            if fault.code not in ("obstacle", "tilt"):
                raise
            raise DriveFailed(f"before the tube: {fault}") from fault


async def _close_look(node: RoverVehicle, place: Place) -> TubeSighting | None:
    """The sighting next to a place, the best read and most confident of some looks."""
    best: TubeSighting | None = None
    for _ in range(LOOKS):
        image = await node.hardware.camera.find_tubes(3.0)
        for sighting in image.sightings:
            seen = node.pose.to_local(sighting.ahead, sighting.right)
            if _distance(seen, place) < 0.6 and (best is None or sighting.serial):
                best = sighting
        if best is not None and best.serial:
            return best
    return best


def _recognised(node: RoverVehicle, tube: str, sighting: TubeSighting) -> None:
    """A tube whose place is on the map tells where the rover is; then where the tube is is kept."""
    correction = node.locomotion.reckoning.landmark_seen(
        node.map_place(tube), sighting.ahead, sighting.right, MAP_ERROR
    )
    if correction > 0.5:
        node.pose_corrected(distance=round(correction, 2), landmark=tube)
        # What was seen while the place was so far off is worth less than the map.
        node.fetch.seen = {
            name: seen for name, seen in node.fetch.seen.items() if seen[2] < MAP_ERROR
        }
    east, north = node.pose.to_local(sighting.ahead, sighting.right)
    node.fetch.seen[tube] = [east, north, node.pose.error]
    node.keep_fetch_plan()


def _distance(a: Place, b: Place) -> float:
    return hypot(b[0] - a[0], b[1] - a[1])
