"""The rover's driving skill, put together from its devices, parameters and memory."""


from flight.astrodynamics.ellipsoids import MARS_IAU
from flight.rover.vehicle import RoverVehicle
from flight.surface.dead_reckoning import DeadReckoning, Pose
from flight.surface.driving import DrivingParameters, Locomotion
from flight.surface.route_planning import CostMap, Disc
from flight.surface.safeguards import SLIP_CHECK, SUN_SUBSTITUTION
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


def make_locomotion(node: RoverVehicle) -> Locomotion:
    """The driving skill with what is known of the ground: the lander and the tubes on it."""
    p = node.parameters
    memory = node.locomotion_memory
    start = node.context.mission.get("start", node.context.mission["lander"])
    pose = (
        Pose.from_data(memory["pose"])
        if "pose" in memory
        else Pose(
            float(start["east"]), float(start["north"]), float(start.get("heading", 0.0)), 0.3
        )
    )
    node.east, node.north, node.heading = pose.east, pose.north, pose.heading
    cost_map = CostMap(p["vehicle_radius"])
    cost_map.add(Disc(*node.lander_place, p["lander_radius"]))
    for tube, place in node.known_tubes.items():
        if node.lies_on_ground(tube):
            cost_map.add(Disc(*place, p["tube_keep_out"]))
    return Locomotion(
        wheels=node.hardware.wheels,
        camera=node.hardware.camera,
        imu=node.hardware.imu,
        sun_sensor=node.hardware.sun_sensor,
        reckoning=DeadReckoning(pose),
        cost_map=cost_map,
        parameters=DrivingParameters(
            segment=p["segment"],
            slip_limit=p["slip_limit"],
            last_slip_limit=p["last_slip_limit"],
            setbacks=p["setbacks"],
            checks_slip=node.context.structure.keeps(SLIP_CHECK),
            goes_without_sun=node.context.structure.keeps(SUN_SUBSTITUTION),
        ),
        observer=node,
        jd_tt=node.clock.jd_tt,
        latitude=MARS_IAU.planetographic(p["latitude"]),
        longitude=p["longitude"],
        memory=memory,
        remember=lambda data: setattr(node, "locomotion_memory", data),
    )
