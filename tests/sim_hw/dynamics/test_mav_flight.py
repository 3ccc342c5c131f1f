"""The true flight of the MAV: as the Runge-Kutta model has it, and refused when impossible."""

import math
from typing import Any

import msgspec
import pytest

from flight.astrodynamics.launch_geometry import attitude_on_rail
from flight.astrodynamics.vectors import norm, subtract
from flight.mav.node import Mav
from ground.missions.vehicle_files import load_vehicle_file
from sim_hw.assembly.mav import HARDWARE
from sim_hw.dynamics.mass_properties import Cylinder, Grain, Stack, Stage
from sim_hw.dynamics.mav_flight import MavBody
from sim_hw.dynamics.mav_vehicle import MavSample, MavVehicle, MavVehicleParameters
from sim_hw.dynamics.planet import JEZERO
from sim_hw.dynamics.rigid_body import Controls, Nozzle, RigidVehicle, fly, rigid_state
from sim_hw.world.atmosphere import Atmosphere


def parameters() -> MavVehicleParameters:
    found: MavVehicleParameters = load_vehicle_file(Mav, HARDWARE).hardware.vehicle
    return found


def start() -> Any:
    position = JEZERO.place(math.radians(18.45), math.radians(77.4), -2500.0)
    attitude = attitude_on_rail(position, math.radians(48.0), math.radians(70.0))
    velocity = JEZERO.ground_velocity(position)
    return rigid_state(position, velocity, attitude, (0.0, 0.02, -0.01))


def test_it_flies_as_the_runge_kutta_model_does() -> None:
    p = parameters()
    vehicle = MavVehicle(p)
    sample = MavSample(vehicle.first_motor, vehicle.second_motor, ((0.001, -0.0005), (0.0, 0.0)))
    body = MavBody("mav", lambda: 0.0, JEZERO, Atmosphere(), vehicle, sample, start())
    body.ignite(0)
    body.effort.pitch, body.effort.yaw = -0.0004, 0.0003
    # The same vehicle, put together from the same parts for the other model.
    whole = vehicle.whole(fairing=True)
    grain = Grain(
        p.first_motor.propellant, 0.14 * p.length, 0.29 * p.length, 0.47 * p.diameter,
        0.11 * p.diameter,
    )  # fmt: skip
    full, burnt = whole.rows[0], whole.rows[-1]
    assert math.isclose(full.mass - burnt.mass, p.first_motor.propellant)
    radius = math.sqrt(2.0 * burnt.axial_inertia / burnt.mass)
    length = math.sqrt(12.0 * (burnt.transverse_inertia / burnt.mass - radius * radius / 4.0))
    inert = Cylinder(burnt.mass, burnt.centre - 0.5 * length, length, radius)
    rigid = RigidVehicle(
        JEZERO, Stack((Stage("first", (inert,), grain),)), motor=vehicle.first_motor,
        nozzle=Nozzle(vehicle.first_pivot, vehicle.first_pivot, tilt=(0.001, -0.0005)),
        body=vehicle.full_shape, atmosphere=Atmosphere(),
    )  # fmt: skip
    controls = Controls(pitch=-0.0004, yaw=0.0003)
    theirs = fly(rigid, 0.0, start(), 3.0, 0.02, lambda time, state: controls)
    ours = body.advance(3.0)
    assert norm(subtract(ours[:3], theirs[:3])) < 0.02
    assert norm(subtract(ours[3:6], theirs[3:6])) < 0.02
    assert max(abs(a - b) for a, b in zip(ours[6:10], theirs[6:10], strict=True)) < 5e-4


def test_it_is_of_second_order_in_its_step() -> None:
    vehicle = MavVehicle(parameters())
    sample = MavSample(vehicle.first_motor, vehicle.second_motor)

    def flown(step: float) -> Any:
        body = MavBody("mav", lambda: 0.0, JEZERO, Atmosphere(), vehicle, sample, start())
        body.ignite(0)
        body.burn_step = step
        return body.advance(2.0)[:3]

    best = flown(0.002)
    coarse, fine = (norm(subtract(flown(step), best)) for step in (0.08, 0.04))
    assert 3.0 < coarse / fine < 5.5


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"second_stage_mass": 500.0}, "less for the second stage than for the whole vehicle"),
        ({"second_stage_mass": 190.0}, "leaves a mass for the first stage's structure"),
        ({"container_mass": 60.0}, "leaves a mass for the second stage's structure"),
        ({"nose_length": 3.0}, "nose_length: allowed is less than length"),
    ],
)
def test_an_impossible_vehicle_is_refused_with_a_sentence(
    changes: dict[str, float], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        msgspec.structs.replace(parameters(), **changes)


def test_a_motor_too_weak_to_lift_is_refused() -> None:
    weak = msgspec.structs.replace(parameters().first_motor, burn_time=290.0, propellant=150.0)
    with pytest.raises(ValueError, match=r"a thrust above 1\.5 times the weight"):
        msgspec.structs.replace(parameters(), first_motor=weak)


def test_the_second_motor_is_interlocked_while_the_first_stage_is_there() -> None:
    vehicle = MavVehicle(parameters())
    sample = MavSample(vehicle.first_motor, vehicle.second_motor)
    body = MavBody("mav", lambda: 0.0, JEZERO, Atmosphere(), vehicle, sample, start())
    body.ignite(1)
    assert body.ignitions[1] is None
    body.drop_first_stage()
    body.ignite(1)
    assert body.ignitions[1] == 0.0
    assert math.isclose(body.mass(), parameters().second_stage_mass)
