"""The parameters of the orbiter's flight software."""

from flight.core.keeping.parameters import Parameter


def _number(unit: str, low: float, high: float, doc: str) -> Parameter:
    return Parameter(float, unit, low, high, doc=doc)


PARAMETERS: dict[str, Parameter] = {
    "far_range": _number("m", 1e4, 2e5, "where phasing ends and far rendezvous begins"),
    "close_range": _number("m", 100.0, 2000.0, "where the LiDAR takes over"),
    "search_range": _number("m", 1e5, 1e7, "up to which the container is looked for"),
    "slew_rate": _number("rad/s", 1e-5, 0.1, "of turns, for planning"),
    "settling": _number("s", 0.0, 300.0, "after a turn, for planning"),
    "exposure": _number("s", 0.01, 60.0, "of the camera"),
    "look_interval": _number("s", 10.0, 7200.0, "between images while far"),
    "confirmations": Parameter(int, "1", 2, 20, doc="images that must agree on a detection"),
    "bearing_sigma": _number("rad", 1e-7, 1e-2, "standard deviation of a bearing"),
    "arc_seconds": _number("s", 3600.0, 1e6, "longest arc of bearings for an orbit"),
    "position_goal": _number("m", 1.0, 1e5, "standard deviation that ends orbit determination"),
    "phasing_limit": _number("s", 3600.0, 1e7, "that phasing may take"),
    "transfer_distance": _number("m", 8e4, 1e6, "where the transfer to far range is planned"),
    "coelliptic_offset": _number("m", 500.0, 50_000.0, "height difference at far range"),
    "safe_revolutions": _number("1", 0.5, 20.0, "without collision, should thrust be lost"),
    "collision_distance": _number("m", 1.0, 100.0, "of the centres: nearer is a collision"),
    "safety_sigmas": _number("1", 1.0, 10.0, "standard deviations that a drift keeps clear by"),
    "execution_error": _number("1", 0.0, 0.2, "of a burn's size, one standard deviation"),
    "pointing_error": _number("rad", 0.0, 0.2, "of a burn's direction, one standard deviation"),
    "unmodelled_acceleration": _number(
        "m/s2", 0.0, 1e-5, "of the orbiter and not of the container, at most"
    ),
    "hold_drift": _number("m", 5.0, 500.0, "away from the container, a revolution, at least"),
    "hold_seconds": _number("s", 60.0, 1e5, "at each hold point"),
    "go_limit": _number("s", 60.0, 1e6, "waiting for the ground's GO"),
    "final_hold": _number("m", 10.0, 100.0, "distance from which the capture starts"),
    "contact_speed": _number("m/s", 0.01, 0.2, "closing speed at the capture"),
    "capture_attempts": Parameter(int, "1", 1, 10, doc="in one command"),
    "mouth_distance": _number("m", 0.1, 10.0, "of the cone's mouth before the vehicle's centre"),
    "largest_thruster_change": _number("m/s", 0.1, 20.0, "larger changes by the main engine"),
    "smallest_change": _number("m/s", 0.0, 0.1, "smaller changes are left out"),
    "main_thrust": _number("N", 1.0, 1e5, "of the main engines, for planning"),
    "specific_impulse": _number("s", 100.0, 5000.0, "of the main engines, for planning"),
    "thruster_impulse": _number("s", 50.0, 5000.0, "specific impulse of the small thrusters"),
    "sterilising_temperature": _number("K", 300.0, 1200.0, "that the outside must have had"),
    "sterilising_seconds": _number("s", 1.0, 1e5, "for so long"),
    "hottest_sample": _number("K", 200.0, 400.0, "that samples may become"),
    "largest_leak_rate": _number("Pa m3/s", 1e-15, 1.0, "of the sealed vessel"),
    "window_days": _number("d", 1.0, 60.0, "departure before or after the best date"),
    "light_pressure": _number("1", 0.0, 1e-3, "part of the Sun's gravity, for prediction"),
    "entry_angle": _number("deg", -60.0, -4.0, "flight path angle at the entry interface"),
    "entry_corridor": _number("deg", 0.01, 5.0, "allowed deviation of that angle"),
    "site_latitude": _number("deg", -90.0, 90.0, "geodetic, of the landing site"),
    "site_longitude": _number("deg", -180.0, 180.0, "east, of the landing site"),
    "site_height": _number("m", -500.0, 6000.0, "of the landing site, over the ellipsoid"),
    "site_wind": _number("m/s", -50.0, 50.0, "mean wind to the east over the capsule's fall"),
    "landing_radius": _number("m", 1e3, 2e5, "around the site, in which the ellipse must lie"),
    "largest_ellipse": _number(
        "m", 1e3, 2e5, "long semi-axis with which the capsule may be let go"
    ),
    "release_days": _number("d", 0.1, 10.0, "before the entry"),
    "release_seconds": _number("s", 0.0, 500.0, "of spin table and springs, once it points"),
    "spring_speed": _number("m/s", 0.01, 5.0, "that the springs give the capsule"),
    "spring_error": _number("1", 0.0, 0.5, "of that speed, one standard deviation"),
    "tip_off": _number("rad", 0.0, 0.2, "of its direction about either axis"),
    "density_error": _number("1", 0.0, 0.5, "of the air's density and the drag, together"),
    "wind_error": _number("m/s", 0.0, 50.0, "of the mean wind over the fall, either way"),
    "capsule_fast": _number("kg/m2", 5.0, 500.0, "the capsule's mass over drag area, hypersonic"),
    "capsule_slow": _number("kg/m2", 5.0, 500.0, "the same in the slow fall"),
    "capsule_light_pressure": _number("1", 0.0, 1e-3, "part of the Sun's gravity, on the capsule"),
    "safe_array_angle": _number("deg", -180.0, 180.0, "of the arrays in the safe attitude"),
    "avoidance_altitude": _number("m", 1e5, 1e8, "perigee aimed at until the capsule is targeted"),
    "deflection_altitude": _number("m", 2e5, 1e8, "perigee after the deflection"),
}
