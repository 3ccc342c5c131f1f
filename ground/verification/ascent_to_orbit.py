"""V1 and V2: the ascent of dataset H, from the ground to its circular orbit.

Dataset H (Utah State University, M. W. Harris, github.com/profmattharris/MAV, 2021) flies a point
mass without drag over a sphere with constants of its own. Stage 1 keeps a thrust pitch and yaw in
the local axes; after a coast stage 2 is steered. The moment of its ignition is searched second by
second between true anomalies of 177 and 180 degrees, and taken as soon as the burn, flown ahead,
ends inside a box around the circular orbit.
"""

from dataclasses import dataclass, replace
from math import cos, degrees, pi, radians, sin, sqrt

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.finite_burn import NoBurnFound, Stage, SteeredPlan, steer_to_height
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.kepler import propagate_kepler
from flight.astrodynamics.orbits import (
    OrbitalElements,
    circular_speed,
    elements_from_state,
    mean_from_true_anomaly,
    mean_motion,
)
from flight.astrodynamics.vectors import Vector
from ground.verification.rocket import (
    DATASET_H,
    MARS_MU,
    STAGE_1,
    STAGE_2_MASS,
    STAGE_2_PROPELLANT,
    STAGE_2_SECONDS,
    STAGE_2_VELOCITY_GAIN,
    exhaust_speed_for,
    usu_row,
)
from ground.verification.rows import Kind, Row
from sim_hw.dynamics.ascent import (
    Surroundings,
    at_rest_on_the_ground,
    burn,
    position_and_velocity,
)
from sim_hw.dynamics.planet import Planet, sphere
from sim_hw.dynamics.solid_motor import SolidMotor
from sim_hw.dynamics.steering import held_in_local_axes

# Dataset H's planet: its speed of rotation is given as one at the equator.
PLANET = sphere(
    replace(
        MARS,
        gravitational_parameter=MARS_MU,
        rotation_rate=868.22e3 / 3600.0 / MARS_MEAN_RADIUS,
    ),
    MARS_MEAN_RADIUS,
)
MOTOR_1 = SolidMotor.from_mean_thrust(STAGE_1.thrust, STAGE_1.seconds, STAGE_1.propellant)
STAGE_2 = Stage(
    STAGE_2_MASS,
    STAGE_2_PROPELLANT,
    STAGE_2_SECONDS,
    exhaust_speed_for(STAGE_2_VELOCITY_GAIN, STAGE_2_MASS, STAGE_2_PROPELLANT),
)
TARGET_ALTITUDE = 343_000.0
TARGET_INCLINATION = radians(25.0)
BOX_ECCENTRICITY = 5.0e-4
IGNITION_ANOMALIES = (radians(177.0), radians(180.0))


@dataclass(frozen=True)
class Launch:
    """A launch of stage 1; angles in degrees as published, kg, m."""

    latitude_degrees: float = 18.43
    longitude_degrees: float = 77.50
    height: float = 0.0
    pitch_degrees: float = 42.0123
    yaw_degrees: float = 19.4388
    """North of east."""
    mass: float = STAGE_1.initial_mass


@dataclass(frozen=True)
class Insertion:
    """Stage 2's ignition: true anomaly (rad), seconds since burnout 1, and the orbit after it."""

    ignition_anomaly: float
    ignition: float
    orbit: OrbitalElements
    inside_box: bool


def fly_stage_1(
    launch: Launch | None = None,
    motor: SolidMotor = MOTOR_1,
    planet: Planet = PLANET,
    step: float = 0.5,
) -> tuple[Vector, Vector]:
    """Position and velocity at burnout of stage 1."""
    launch = launch or Launch()
    start = at_rest_on_the_ground(
        planet,
        radians(launch.latitude_degrees),
        radians(launch.longitude_degrees),
        launch.height,
        launch.mass,
    )
    steering = held_in_local_axes(radians(launch.pitch_degrees), radians(90.0 - launch.yaw_degrees))
    _, state = burn(Surroundings(planet), motor, steering, 0.0, start, step)
    return position_and_velocity(state)


def insert(
    position: Vector,
    velocity: Vector,
    stage: Stage = STAGE_2,
    planet: Planet = PLANET,
    target_altitude: float = TARGET_ALTITUDE,
    target_inclination: float = TARGET_INCLINATION,
    anomalies: tuple[float, float] = IGNITION_ANOMALIES,
    interval: float = 1.0,
) -> Insertion:
    """Search the ignition of stage 2 after a state, in point-mass gravity, as dataset H does.

    Its steering is our own: linear tangents that end in horizontal flight at the target's height
    and in its plane. Without any ignition inside the box the last one is returned. Raises
    NoBurnFound when no ignition reaches that height at all.
    """
    mu = planet.body.gravitational_parameter
    target_radius = planet.ellipsoid.equatorial_radius + target_altitude
    coasting = elements_from_state(position, velocity, mu)
    node = coasting.ascending_node
    tilt = sin(target_inclination)
    normal = (tilt * sin(node), -tilt * cos(node), cos(target_inclination))
    wait = _seconds_to(coasting, anomalies[0], mu)
    last = _seconds_to(coasting, anomalies[1], mu)
    best: Insertion | None = None
    while wait < last:
        place, speed = propagate_kepler(position, velocity, wait, mu)
        try:
            plan = steer_to_height(place, speed, stage, target_radius, normal, planet.gravity)
        except NoBurnFound:
            wait += interval
            continue
        best = _insertion(place, speed, wait, plan, target_radius, mu)
        if best.inside_box:
            break
        wait += interval
    if best is None:
        raise NoBurnFound(
            f"no ignition between true anomalies of {degrees(anomalies[0]):.1f} and "
            f"{degrees(anomalies[1]):.1f} degrees reaches {target_altitude / 1000.0:.0f} km"
        )
    return best


def impulsive_velocity_gain(apoapsis_radius: float, semi_major_axis: float, mu: float) -> float:
    """Velocity gain (m/s) that makes an orbit circular at its apoapsis, by an impulse."""
    at_apoapsis = sqrt(mu * (2.0 / apoapsis_radius - 1.0 / semi_major_axis))
    return circular_speed(apoapsis_radius, mu) - at_apoapsis


def stage_1_rows() -> list[Row]:
    """V1: apoapsis and inclination of the coast."""
    orbit = elements_from_state(*fly_stage_1(), MARS_MU)
    altitude = (orbit.apoapsis_radius - MARS_MEAN_RADIUS) / 1000.0
    return [
        usu_row("apoapsis after stage 1", 343.0, altitude, 0.01, "km", 4),
        usu_row("inclination after stage 1", 25.0, degrees(orbit.inclination), 0.001, "deg", 5),
    ]


def stage_2_rows() -> list[Row]:
    """V2: velocity gains, and the box around the circular orbit."""
    state = fly_stage_1()
    coasting = elements_from_state(*state, MARS_MU)
    insertion = insert(*state)
    orbit = insertion.orbit
    room = (MARS_MEAN_RADIUS + TARGET_ALTITUDE - orbit.semi_major_axis) / 1000.0
    impulse = impulsive_velocity_gain(coasting.apoapsis_radius, coasting.semi_major_axis, MARS_MU)
    anomaly = degrees(insertion.ignition_anomaly)
    eccentricity_room = BOX_ECCENTRICITY - orbit.eccentricity
    return [
        usu_row("velocity gain available", 1_696.0, STAGE_2.velocity_gain, 0.1, "m/s", 2),
        usu_row("velocity gain by an impulse at apoapsis", 1_689.0, impulse, 0.1, "m/s", 2),
        usu_row("ignition, true anomaly of the search", 178.5, anomaly, 1.5, "deg", 2),
        _at_least("mean altitude below 343 km by", room, "km", 3),
        _at_least("eccentricity below 5e-4 by", eccentricity_room, "", 6),
        usu_row("inclination of the orbit", 25.0, degrees(orbit.inclination), 0.001, "deg", 5),
    ]


def _insertion(
    place: Vector,
    speed: Vector,
    wait: float,
    plan: SteeredPlan,
    target_radius: float,
    mu: float,
) -> Insertion:
    orbit = elements_from_state(plan.position, plan.velocity, mu)
    return Insertion(
        ignition_anomaly=elements_from_state(place, speed, mu).true_anomaly,
        ignition=wait,
        orbit=orbit,
        inside_box=orbit.semi_major_axis <= target_radius
        and orbit.eccentricity <= BOX_ECCENTRICITY,
    )


def _seconds_to(orbit: OrbitalElements, anomaly: float, mu: float) -> float:
    """Time from an orbit's own anomaly to a later one."""
    now = mean_from_true_anomaly(orbit.true_anomaly, orbit.eccentricity)
    then = mean_from_true_anomaly(anomaly, orbit.eccentricity)
    turned = then - now if then > now else then - now + 2.0 * pi
    return turned / mean_motion(orbit.semi_major_axis, mu)


def _at_least(quantity: str, computed: float, unit: str, digits: int) -> Row:
    return Row(
        quantity=quantity,
        source=DATASET_H,
        published=0.0,
        computed=computed,
        unit=unit,
        digits=digits,
        kind=Kind.AT_LEAST,
    )
