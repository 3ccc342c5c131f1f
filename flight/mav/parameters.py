"""The parameters of the MAV's flight software, before the flight and in it."""

from collections.abc import Mapping
from typing import Any

from flight.configuration.files import NotAllowed
from flight.core.keeping.parameters import Parameter


def _number(unit: str, low: float, high: float, doc: str) -> Parameter:
    return Parameter(float, unit, low, high, doc=doc)


ON_THE_LANDER: dict[str, Parameter] = {
    "coldest_motor": _number("K", 200.0, 300.0, "from which the motors count as conditioned"),
    "hottest_motor": _number("K", 200.0, 330.0, "up to which the motors count as conditioned"),
    "coldest_avionics": _number("K", 200.0, 300.0, "from which the avionics are switched on"),
    "lowest_charge": _number("1", 0.0, 1.0, "of the battery, for readiness"),
    "conditioning_limit": _number("s", 0.0, 3e6, "time that conditioning may take"),
    "seat_looks": Parameter(int, "1", 1, 15, doc="readings of the seat sensors for one verdict"),
    "latch_attempts": Parameter(int, "1", 1, 10, doc="to drive the latch"),
}

COUNTDOWN: dict[str, Parameter] = {
    "count_length": _number("s", 60.0, 7200.0, "before the launch at which the checks begin"),
    "hold_look": _number("s", 10.0, 3600.0, "between looks while the count holds"),
    "alignment_time": _number("s", 30.0, 3600.0, "over which the inertial unit is averaged"),
    "tube_elevation": _number("deg", -10.0, 90.0, "of the nose in its tube, over the horizon"),
    "tube_azimuth": _number("deg", 0.0, 360.0, "of the nose in its tube, from north"),
    "launch_latitude": _number("deg", -90.0, 90.0, "of the pad, at the centre of Mars"),
    "launch_longitude": _number("deg", -180.0, 360.0, "of the pad, east"),
    "launch_radius": _number("m", 3.37e6, 3.41e6, "of the pad from the centre of Mars"),
    "ignition_delay": _number("s", 0.1, 2.0, "from leaving the tube to ignition in mid-air"),
}

ORBIT: dict[str, Parameter] = {
    "target_height": _number("m", 2.0e5, 6.0e5, "of the circular orbit over 3389.5 km"),
    "target_inclination": _number("deg", 18.5, 90.0, "of the orbit"),
    "apoapsis_bias": _number("m", -1e5, 1e5, "of the coast's apoapsis over the target"),
    "trim_limit": _number("m/s", 0.0, 100.0, "most that cold gas may trim"),
    "trim_reserve": _number("kg", 0.0, 20.0, "cold gas kept for attitude"),
}

VEHICLE: dict[str, Parameter] = {
    "lift_off_mass": _number("kg", 1.0, 5000.0, "of the whole vehicle"),
    "first_propellant": _number("kg", 1.0, 2000.0, "of the first motor"),
    "first_burn_time": _number("s", 1.0, 300.0, "of the first motor"),
    "first_exhaust_speed": _number("m/s", 100.0, 5000.0, "effective, of the first motor"),
    "second_ignition_mass": _number("kg", 1.0, 2000.0, "of the second stage without fairing"),
    "second_propellant": _number("kg", 1.0, 1000.0, "of the second motor"),
    "second_burn_time": _number("s", 1.0, 300.0, "of the second motor"),
    "second_exhaust_speed": _number("m/s", 100.0, 5000.0, "effective, of the second motor"),
    "drag_area": _number("m^2", 0.0, 2.0, "drag coefficient times cross-section"),
    "air_density": _number("kg/m^3", 0.0, 0.1, "at the pad"),
    "scale_height": _number("m", 5e3, 2e4, "of the air"),
    "largest_angle_of_attack": _number("deg", 0.5, 30.0, "in air that presses"),
    "angle_of_attack_reserve": _number("deg", 0.0, 30.0, "of it, kept for what is not foreseen"),
    "front_area": _number("m^2", 0.01, 10.0, "cross-section, on which the nose is pressed aside"),
    "side_area": _number("m^2", 0.01, 50.0, "seen from the side, the nose as two thirds"),
    "nose_arm": _number("m", 0.05, 20.0, "first nozzle's pivot to where the nose is pressed"),
    "side_arm": _number("m", 0.05, 20.0, "first nozzle's pivot to the middle of the vehicle"),
    "pitch_tangent_rate": _number("1/s", -0.05, 0.05, "of the first stage's pitch law"),
    "guidance_start": _number("s", 0.0, 100.0, "after ignition, of the closed loop"),
    "first_lever_start": _number("m", 0.05, 5.0, "nozzle to centre of mass, at ignition"),
    "first_lever_end": _number("m", 0.05, 5.0, "nozzle to centre of mass, at burnout"),
    "first_inertia_start": _number("kg.m^2", 1.0, 1e4, "across the axis, at ignition"),
    "first_inertia_end": _number("kg.m^2", 1.0, 1e4, "across the axis, at burnout"),
    "first_axial_inertia": _number("kg.m^2", 0.1, 1e3, "about the axis, whole vehicle"),
    "second_lever_start": _number("m", 0.05, 5.0, "nozzle to centre of mass, at ignition"),
    "second_lever_end": _number("m", 0.05, 5.0, "nozzle to centre of mass, at burnout"),
    "second_inertia_start": _number("kg.m^2", 0.1, 1e3, "across the axis, at ignition"),
    "second_inertia_end": _number("kg.m^2", 0.1, 1e3, "across the axis, at burnout"),
    "second_axial_inertia": _number("kg.m^2", 0.1, 1e3, "about the axis, second stage"),
    "roll_moment": _number("N.m", 0.01, 100.0, "of a pair of thrusters about the axis"),
    "first_turning_moment": _number("N.m", 0.01, 500.0, "of the first stage's own thrusters"),
    "turning_moment": _number("N.m", 0.01, 200.0, "of a pair of thrusters across it"),
    "forward_thrust": _number("N", 0.1, 200.0, "of the thrusters that push forward"),
    "least_pulse": _number("s", 0.0, 0.5, "of the thrusters' valves"),
}

PARAMETERS: dict[str, Parameter] = {**ON_THE_LANDER, **COUNTDOWN, **ORBIT, **VEHICLE}

LEAST_THRUST_OVER_WEIGHT = 1.5
"""Assumption: with less, the vehicle is back on the ground before it has turned to its climb."""
MARS_GRAVITY = 3.73  # m/s^2, at the ground


def check_vehicle(p: Mapping[str, Any]) -> None:
    """Raises NotAllowed for a vehicle that cannot be, as the flight computer would believe it, and
    for an orbit that its pad cannot be launched to."""
    if p["target_inclination"] <= abs(p["launch_latitude"]):
        latitude = abs(p["launch_latitude"])
        raise NotAllowed(
            ("target_inclination", "launch_latitude"),
            f"more than the latitude of the pad ({latitude:g} deg): no launch reaches less",
        )
    mass, propellant = p["lift_off_mass"], p["first_propellant"]
    if propellant >= mass:
        raise NotAllowed(
            ("first_propellant", "lift_off_mass"), f"less than lift_off_mass ({mass:g} kg)"
        )
    if p["second_propellant"] >= p["second_ignition_mass"]:
        stage = p["second_ignition_mass"]
        raise NotAllowed(
            ("second_propellant", "second_ignition_mass"),
            f"less than second_ignition_mass ({stage:g} kg)",
        )
    if p["second_ignition_mass"] >= mass - propellant:
        raise NotAllowed(
            ("second_ignition_mass", "first_propellant", "lift_off_mass"),
            f"less than what is left of the vehicle after the first burn "
            f"({mass - propellant:g} kg)",
        )
    if p["angle_of_attack_reserve"] >= p["largest_angle_of_attack"]:
        limit = p["largest_angle_of_attack"]
        raise NotAllowed(
            ("angle_of_attack_reserve", "largest_angle_of_attack"),
            f"less than largest_angle_of_attack ({limit:g} deg)",
        )
    thrust = p["first_exhaust_speed"] * propellant / p["first_burn_time"]
    least = LEAST_THRUST_OVER_WEIGHT * MARS_GRAVITY * mass
    if thrust <= least:
        raise NotAllowed(
            ("first_burn_time", "first_propellant", "first_exhaust_speed", "lift_off_mass"),
            f"what gives a thrust above {LEAST_THRUST_OVER_WEIGHT:g} times the weight of the "
            f"{mass:g} kg on Mars, {least:.0f} N; these figures give {thrust:.0f} N",
        )
