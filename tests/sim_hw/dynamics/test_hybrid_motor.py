"""The hybrid motor: regulated, then blowing down; its mixture shifts; it can be cut into burns."""

import math
import random
from dataclasses import replace
from typing import Any

import pytest

from flight.astrodynamics.launch_geometry import attitude_on_rail
from flight.astrodynamics.quaternions import rotate_back
from sim_hw.dynamics.hybrid_flight import Burn, HybridBody
from sim_hw.dynamics.hybrid_motor import STEP, HybridDesign, HybridMotor, HybridSpread
from sim_hw.dynamics.hybrid_vehicle import (
    HybridMotorParameters,
    HybridSample,
    HybridVehicle,
    HybridVehicleParameters,
)
from sim_hw.dynamics.planet import JEZERO
from sim_hw.world.atmosphere import Atmosphere

PARAMETERS = HybridVehicleParameters(
    lift_off_mass=400.0, container_mass=16.0, fairing_mass=1.2, gas_mass=4.0, diameter=0.5,
    length=2.8, nose_length=0.6,
    motor=HybridMotorParameters(
        oxidizer=235.0, fuel=64.0, oxidizer_flow=2.0, oxidizer_density=1390.0, fuel_density=920.0,
        port_radius=0.07, grain_length=0.75, regression=1.75, regression_exponent=0.62,
        specific_impulse=312.0, best_mixture_ratio=3.7, mixture_loss=0.1, chamber_share=0.6,
        regulated_share=0.85, ullage=0.05, gas_exponent=1.2, throat_growth=0.0004,
        oxidizer_residual=0.012, fuel_residual=0.02, rise_time=0.3, fall_time=0.25,
        largest_gimbal=5.0,
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def design() -> HybridDesign:
    return PARAMETERS.motor.design()


def test_thrust_is_the_exhaust_speed_times_what_is_burnt(design: HybridDesign) -> None:
    motor = HybridMotor(design)
    for time in (1.0, 40.0, 90.0):
        before, after = motor.at(time), motor.at(time + STEP)
        flow = (after.oxidizer + after.fuel - before.oxidizer - before.fuel) / STEP
        speed = before.thrust / flow
        assert 0.95 < speed / (9.80665 * design.specific_impulse) <= 1.0
    assert motor.propellant <= design.usable_oxidizer + design.usable_fuel + 0.5


def test_the_thrust_holds_while_regulated_and_falls_when_the_tank_blows_down(
    design: HybridDesign,
) -> None:
    motor = HybridMotor(design)
    locked = next(
        STEP * index
        for index, row in enumerate(motor.rows)
        if row.oxidizer > design.regulated_share * design.oxidizer
    )
    assert motor.at(locked).thrust > 0.97 * motor.at(0.0).thrust
    assert motor.at(motor.length - STEP).thrust < 0.92 * motor.at(locked).thrust
    regulated = HybridMotor(replace(design, regulated_share=1.0))
    assert regulated.length < motor.length


def test_the_mixture_shifts_as_the_port_grows_and_not_at_an_exponent_of_a_half(
    design: HybridDesign,
) -> None:
    motor = HybridMotor(replace(design, throat_growth=0.0))
    assert motor.at(80.0).mixture_ratio > 1.1 * motor.at(0.0).mixture_ratio
    # At constant flow the burning area grows as the rate falls: a half keeps the fuel's flow.
    steady = HybridMotor(replace(design, throat_growth=0.0, regression_exponent=0.5))
    assert steady.at(80.0).mixture_ratio == pytest.approx(steady.at(0.0).mixture_ratio, rel=1e-6)


def test_two_burns_use_what_one_would(design: HybridDesign) -> None:
    motor = HybridMotor(design)
    first = Burn(10.0, 0.0, shut=70.0)
    burnt = first.seconds(100.0, motor)
    # Half of the rise is missing, half of the fall is added.
    assert burnt == pytest.approx(60.0 - 0.5 * design.rise_time + 0.5 * design.fall_time)
    second = Burn(300.0, burnt)
    assert second.seconds(299.0, motor) == burnt
    assert second.seconds(310.0, motor) == pytest.approx(burnt + 10.0 - 0.5 * design.rise_time)


def test_the_opening_is_the_rate_of_the_full_flow_seconds(design: HybridDesign) -> None:
    motor = HybridMotor(design)
    burn = Burn(0.0, 5.0, shut=8.0)
    for time in (0.1, 0.25, 3.0, 8.1, 8.2, 9.0):
        rate = (burn.seconds(time + 1e-6, motor) - burn.seconds(time - 1e-6, motor)) / 2e-6
        assert burn.opening(time, motor) == pytest.approx(rate, abs=1e-5)


def test_motors_of_one_production_differ_and_a_draw_comes_again(design: HybridDesign) -> None:
    spread = HybridSpread(0.002, 0.01, 0.02, 0.004, 0.1)
    one = design.dispersed(random.Random(1), spread)
    assert one == design.dispersed(random.Random(1), spread)
    other = design.dispersed(random.Random(2), spread)
    assert HybridMotor(one).exhaust_speed != HybridMotor(other).exhaust_speed
    assert design.dispersed(random.Random(3), HybridSpread(0, 0, 0, 0, 0)) == design


def test_the_vehicle_weighs_what_it_is_said_to() -> None:
    parameters = PARAMETERS
    vehicle = HybridVehicle(parameters)
    assert vehicle.whole(fairing=True).mass == pytest.approx(parameters.lift_off_mass)
    bare = vehicle.kept(fairing=False, container=True)
    empty = vehicle.loaded(bare, parameters.motor.oxidizer, parameters.motor.fuel)
    load = parameters.motor.oxidizer + parameters.motor.fuel + parameters.fairing_mass
    assert empty.mass == pytest.approx(parameters.lift_off_mass - load)
    assert math.isfinite(empty.transverse_inertia) and empty.transverse_inertia > 10.0


def in_flight() -> HybridBody:
    """High over the air, the nose along the velocity."""
    vehicle = HybridVehicle(PARAMETERS)
    position = JEZERO.place(math.radians(18.45), math.radians(77.4), 300e3)
    attitude = attitude_on_rail(position, 0.0, math.radians(90.0))
    state: Any = (*position, 0.0, 0.0, 0.0, *attitude, 0.0, 0.0, 0.0)
    sample = HybridSample(vehicle.motor)
    return HybridBody("mav", lambda: 0.0, JEZERO, Atmosphere(), vehicle, sample, state)


def test_a_body_is_lit_shut_off_and_lit_again_by_two_igniters() -> None:
    body = in_flight()
    body.ignite(0, 0.05)
    body.advance(20.0)
    assert body.burning(body.time) == 0
    body.shut_off(0.5)
    body.advance(20.5 + PARAMETERS.motor.fall_time)
    shut = body.mass()
    assert body.burning(body.time) is None
    body.advance(60.0)
    assert body.mass() == shut
    body.ignite(0)  # its charge is spent
    body.advance(62.0)
    assert body.mass() == shut
    body.ignite(1)
    body.advance(70.0)
    assert body.burning(body.time) == 0 and body.mass() < shut - 15.0
    body.advance(400.0)
    assert body.propellant_left == pytest.approx(0.0, abs=1e-9)
    assert body.burning(body.time) is None


def test_a_burn_gives_the_speed_of_the_rocket_equation() -> None:
    body = in_flight()
    before = body.mass()
    body.ignite(0)
    body.advance(40.0)
    ratio = before / body.mass()
    x, y, z = rotate_back(body.state[6:10], body.state[3:6])  # type: ignore[arg-type]
    gained = HybridMotor(PARAMETERS.motor.design()).exhaust_speed * math.log(ratio)
    assert x == pytest.approx(gained, rel=0.01)
    assert math.hypot(y, z) == pytest.approx(40.0 * 3.12, rel=0.1)  # it falls meanwhile
