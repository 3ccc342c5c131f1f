"""Flight in six degrees of freedom."""

from dataclasses import replace
from math import cos, dist, pi, radians, sin, sqrt

import pytest

from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.quaternions import between, from_axis_angle, rotate, rotate_back
from flight.astrodynamics.vectors import angle_between, norm
from sim_hw.dynamics.aerodynamics import SlenderBody
from sim_hw.dynamics.ascent import (
    Shape,
    Surroundings,
    air_velocity,
    at_rest_on_the_ground,
    burn,
    position_and_velocity,
)
from sim_hw.dynamics.mass_properties import Cylinder, Grain, Stack, Stage
from sim_hw.dynamics.planet import JEZERO, sphere
from sim_hw.dynamics.rigid_body import (
    Controls,
    Nozzle,
    RigidVehicle,
    angular_momentum,
    fly,
    rigid_state,
    split,
)
from sim_hw.dynamics.solid_motor import SolidMotor
from sim_hw.dynamics.steering import held_in_inertial_axes, local_direction
from sim_hw.dynamics.thrusters import Thruster, thruster_loads
from sim_hw.world.atmosphere import Atmosphere

FREE_SPACE = sphere(replace(MARS, gravitational_parameter=1e-9, rotation_rate=0.0), 1.0)
LOWER = Stage(
    "lower",
    (Cylinder(60.0, 0.0, 1.2, 0.25, 0.24),),
    Grain(215.619, 0.0, 1.1, 0.24, 0.06),
)
UPPER = Stage("upper", (Cylinder(118.0, 1.2, 1.5, 0.2),))
STACK = Stack((LOWER, UPPER))
MOTOR = SolidMotor.from_mean_thrust(7_925.77, 76.0, 215.619)
NOZZLE = Nozzle(pivot=-0.1, exit=-0.3, exit_radius=0.15)
BODY = SlenderBody(diameter=0.5, length=2.7, nose_length=0.6)
FAR = (1.0e7, 0.0, 0.0)
REST = (0.0, 0.0, 0.0)


def burning(**settings) -> RigidVehicle:
    return RigidVehicle(FREE_SPACE, STACK, motor=MOTOR, nozzle=NOZZLE, **settings)


def test_a_free_top_keeps_its_angular_momentum_and_energy_and_precesses():
    top = RigidVehicle(FREE_SPACE, Stack((UPPER,)))
    properties = top.mass_properties(0.0)
    state = rigid_state(FAR, REST, (1.0, 0.2, -0.1, 0.3), (6.0, 0.4, 0.0))
    before = angular_momentum(top, 0.0, state)
    end = fly(top, 0.0, state, 20.0, 0.005)
    assert angular_momentum(top, 20.0, end) == pytest.approx(before, rel=1e-6)
    p, q, r = split(end)[3]
    assert p == pytest.approx(6.0)
    assert q * q + r * r == pytest.approx(0.16, rel=1e-6)
    # In body axes the transverse rate turns at (Ix - It)/It times the spin.
    turn = (properties.axial_inertia - properties.transverse_inertia) * 6.0
    angle = turn / properties.transverse_inertia * 20.0
    assert (q, r) == pytest.approx((0.4 * cos(angle), 0.4 * sin(angle)), abs=1e-5)


def test_mass_properties_follow_the_burn():
    vehicle = burning(ignition=10.0)
    before, half, after = (vehicle.mass_properties(time) for time in (10.0, 48.0, 100.0))
    assert before.mass == pytest.approx(393.619)
    assert half.mass == pytest.approx(393.619 - 0.5 * 215.619)
    assert after.mass == pytest.approx(178.0)
    assert before.centre < half.centre < after.centre
    coasting = RigidVehicle(FREE_SPACE, STACK, spent=215.619)
    assert coasting.mass_properties(0.0).mass == pytest.approx(178.0)


def test_a_straight_thrust_moves_the_vehicle_as_it_moves_a_point():
    state = at_rest_on_the_ground(JEZERO, 0.32, 1.35, 0.0, 393.619)
    position, velocity = position_and_velocity(state)
    direction = local_direction(position, radians(50.0), radians(85.0))
    point = Surroundings(JEZERO)
    _, expected = burn(point, MOTOR, held_in_inertial_axes(direction), 0.0, state, 0.25)
    vehicle = replace(burning(), planet=JEZERO)
    start = rigid_state(position, velocity, between((1.0, 0.0, 0.0), direction))
    end = fly(vehicle, 0.0, start, 76.0, 0.25)
    assert dist(end[:3], expected[:3]) < 0.01
    assert dist(end[3:6], expected[3:6]) < 1e-3


def test_in_calm_air_without_an_angle_of_attack_it_slows_as_a_point_does():
    position = JEZERO.place(0.32, 1.35, 8_000.0)
    air = Atmosphere()
    ground = air_velocity(JEZERO, position, REST, air.at(8_000.0))
    heading = local_direction(position, 0.4, 1.4)
    velocity = tuple(900.0 * h - g for h, g in zip(heading, ground, strict=True))
    vehicle = RigidVehicle(JEZERO, Stack((UPPER,)), body=BODY, atmosphere=air)
    attitude = between((1.0, 0.0, 0.0), heading)
    slope = vehicle.derivative(0.0, rigid_state(position, velocity, attitude))
    shape = Shape(area=BODY.area, length=BODY.diameter)
    point = Surroundings(JEZERO, air, shape).acceleration(position, velocity, 118.0)
    assert slope[3:6] == pytest.approx(point, abs=1e-6)
    assert slope[10:] == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)


@pytest.mark.parametrize("axis", ["pitch", "yaw"])
def test_a_swung_nozzle_turns_the_nose_the_other_way(axis):
    vehicle = burning()
    properties = vehicle.mass_properties(1.0)
    controls = Controls(**{axis: radians(2.0)})
    slope = vehicle.derivative(1.0, rigid_state(FAR, REST, (1.0, 0.0, 0.0, 0.0)), controls)
    turn = slope[11] if axis == "pitch" else slope[12]
    arm = properties.centre - NOZZLE.pivot
    expected = -7_925.77 * sin(radians(2.0)) * arm / properties.transverse_inertia
    assert turn == pytest.approx(expected, rel=1e-6)


def test_the_nozzle_swings_no_further_than_it_can():
    vehicle = burning()
    state = rigid_state(FAR, REST, (1.0, 0.0, 0.0, 0.0))
    most = vehicle.derivative(1.0, state, Controls(pitch=radians(5.0)))
    assert vehicle.derivative(1.0, state, Controls(pitch=1.0)) == most


def test_a_thrust_beside_the_axis_turns_the_vehicle():
    beside = replace(burning(), nozzle=replace(NOZZLE, offset=(0.002, 0.0)))
    slope = beside.derivative(1.0, rigid_state(FAR, REST, (1.0, 0.0, 0.0, 0.0)))
    across = beside.mass_properties(1.0).transverse_inertia
    assert slope[12] == pytest.approx(-7_925.77 * 0.002 / across)


def test_the_outflow_damps_turning_across_the_axis():
    state = rigid_state(FAR, REST, (1.0, 0.0, 0.0, 0.0), (0.0, 0.1, 0.0))
    vehicle = burning()
    assert vehicle.derivative(30.0, state)[11] < 0.0
    coasting = RigidVehicle(FREE_SPACE, STACK)
    assert coasting.derivative(30.0, state)[11] == 0.0


def test_a_stable_body_swings_at_the_frequency_of_its_aerodynamic_spring():
    # Centre of mass ahead of the centre of pressure: a dart.
    dart = Stack((Stage("dart", (Cylinder(40.0, 2.5, 0.2, 0.2), Cylinder(1.0, 1.0, 1.5, 0.2))),))
    weightless = replace(
        JEZERO,
        with_j2=False,
        body=replace(MARS, gravitational_parameter=1e-3, rotation_rate=0.0),
    )
    position = weightless.place(0.32, 1.35, 5_000.0)
    air = Atmosphere()
    vehicle = RigidVehicle(weightless, dart, body=BODY, atmosphere=air)
    ground = air_velocity(weightless, position, REST, air.at(5_000.0))
    heading = local_direction(position, 0.3, 1.4)
    velocity = tuple(700.0 * h - g for h, g in zip(heading, ground, strict=True))
    attitude = between((1.0, 0.0, 0.0), heading)
    side = rotate(attitude, (0.0, 1.0, 0.0))
    tilted = tuple(h + 0.0005 * s for h, s in zip(heading, side, strict=True))
    turned = between((1.0, 0.0, 0.0), tilted)
    properties = vehicle.mass_properties(0.0)
    arm = properties.centre - BODY.centre_of_pressure
    assert arm > 0.0
    pressure = 0.5 * air.at(5_000.0).density * 700.0**2
    frequency = sqrt(2.0 * pressure * BODY.area * arm / properties.transverse_inertia)
    quarter = 0.5 * pi / frequency
    angles = []

    def observe(time, state):
        where, speed, now, _ = split(state)
        there = air.at(weightless.height(where))
        through = rotate_back(now, air_velocity(weightless, where, speed, there))
        angles.append((time, angle_between((1.0, 0.0, 0.0), through)))

    fly(vehicle, 0.0, rigid_state(position, velocity, turned), 1.5 * quarter, 0.01, observe=observe)
    smallest = min(angles, key=lambda pair: pair[1])
    # The air thins a little meanwhile, and the tail feels the flow across.
    assert smallest[0] == pytest.approx(quarter, rel=0.07)
    assert smallest[1] < 0.1 * angles[0][1]


def test_opposite_thrusters_turn_without_pushing():
    pair = (
        Thruster((2.0, 0.2, 0.0), (0.0, 0.0, 1.0), 5.0),
        Thruster((2.0, -0.2, 0.0), (0.0, 0.0, -1.0), 5.0),
    )
    force, moment = thruster_loads(pair, (1.0, 1.0), centre=1.3)
    assert force == (0.0, 0.0, 0.0)
    assert moment == pytest.approx((2.0, 0.0, 0.0))
    assert thruster_loads(pair, (7.0, 0.0), 1.3)[0] == (0.0, 0.0, 5.0)
    with pytest.raises(ValueError, match="1 openings for 2 thrusters"):
        thruster_loads(pair, (1.0,), 1.3)
    with pytest.raises(ValueError, match="length 1"):
        Thruster((0.0, 0.0, 0.0), (0.0, 0.0, 2.0), 5.0)


def test_thrusters_spin_the_vehicle_up():
    pair = (
        Thruster((2.0, 0.2, 0.0), (0.0, 0.0, 1.0), 5.0),
        Thruster((2.0, -0.2, 0.0), (0.0, 0.0, -1.0), 5.0),
    )
    vehicle = RigidVehicle(FREE_SPACE, Stack((UPPER,)), thrusters=pair)
    start = rigid_state(FAR, REST, (1.0, 0.0, 0.0, 0.0))
    end = fly(vehicle, 0.0, start, 4.0, 0.02, lambda time, state: Controls(thrusters=(1.0, 1.0)))
    spin = 2.0 * 4.0 / vehicle.mass_properties(0.0).axial_inertia
    assert split(end)[3] == pytest.approx((spin, 0.0, 0.0))
    assert norm(split(end)[1]) < 1e-9
    turned = rotate(split(end)[2], (0.0, 1.0, 0.0))
    assert turned == pytest.approx(
        rotate(from_axis_angle((1.0, 0.0, 0.0), 0.5 * spin * 4.0), (0.0, 1.0, 0.0)), abs=1e-5
    )


def test_the_controller_is_asked_once_a_step_and_held():
    asked = []

    def controller(time, state):
        asked.append(time)
        return Controls()

    fly(burning(), 0.0, rigid_state(FAR, REST, (1.0, 0.0, 0.0, 0.0)), 0.1, 0.02, controller)
    assert asked == pytest.approx([0.0, 0.02, 0.04, 0.06, 0.08])


def test_vehicles_that_cannot_burn_are_refused():
    with pytest.raises(ValueError, match="needs a nozzle"):
        RigidVehicle(FREE_SPACE, STACK, motor=MOTOR)
    with pytest.raises(ValueError, match="its grain has"):
        burning_more = replace(MOTOR, propellant=300.0)
        RigidVehicle(FREE_SPACE, STACK, motor=burning_more, nozzle=NOZZLE)
