"""The rover's driving skill, put together from its devices, parameters and memory."""


from flight.rover.vehicle import RoverVehicle
from flight.surface.dead_reckoning import Pose
from flight.surface.driving import Locomotion
from flight.surface.mobility import locomotion_of, stored_pose
from flight.surface.route_planning import CostMap, Disc
from flight.surface.site_place import SitePlace


def relocate(node: RoverVehicle, east: float, north: float, error: float) -> None:
    """Remembers where the lander stands; a rover on it stands there too."""
    node.lander_at = SitePlace(east, north)
    node.lander_place = (east, north)
    if node.is_in("stowed"):
        memory = node.locomotion_memory
        here = Pose(east, north, node.pose.heading, error)
        node.locomotion_memory = {**memory, "pose": here.as_data()}
    node.locomotion = make_locomotion(node)


def correct_place(node: RoverVehicle, east: float, north: float, error: float) -> float:
    """Takes it that the rover stands there now, known to `error` m (1 sigma), as far as it does not
    know that better; returns by how much its place was corrected, m.

    Where it has seen tubes by a place that was known worse is forgotten: the map knows better.
    """
    locomotion = node.locomotion
    corrected = locomotion.reckoning.landmark_seen((east, north), 0.0, 0.0, error)
    pose = locomotion.pose
    locomotion.memory = {**locomotion.memory, "pose": pose.as_data()}
    node.locomotion_memory = locomotion.memory
    node.east, node.north, node.position_error = pose.east, pose.north, pose.error
    seen = node.fetch.seen
    node.fetch.seen = {tube: at for tube, at in seen.items() if at[2] <= pose.error}
    node.keep_fetch_plan()
    return corrected


ASTRAY = 500.0
"""m by which a rover without memory may be anywhere: the whole site."""


def make_locomotion(node: RoverVehicle) -> Locomotion:
    """The driving skill with what is known of the ground: the lander and the tubes on it."""
    p = node.parameters
    start = node.context.mission.get("start", node.context.mission["lander"])
    heading = float(start.get("heading", 0.0))
    error = ASTRAY if node.context.store_lost else 0.3
    pose = stored_pose(node, Pose(float(start["east"]), float(start["north"]), heading, error))
    if node.context.store_lost:  # the next boot does not know it better
        node.locomotion_memory = {"pose": pose.as_data()}
    node.east, node.north, node.heading = pose.east, pose.north, pose.heading
    cost_map = CostMap(p["vehicle_radius"])
    cost_map.add(Disc(*node.lander_place, p["lander_radius"]))
    for tube, place in node.known_tubes.items():
        if node.lies_on_ground(tube):
            cost_map.add(Disc(*place, p["tube_keep_out"]))
    return locomotion_of(node, node, pose, cost_map)
