"""Guidance, navigation and control of the ascent as plain functions."""

import math
from dataclasses import replace

import pytest

from flight.astrodynamics.attitude_kinematics import turned
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.launch_geometry import attitude_on_rail, launch_azimuth, orbit_normal
from flight.astrodynamics.quaternions import angle_between as attitude_angle
from flight.astrodynamics.quaternions import rotate, rotate_back
from flight.astrodynamics.vectors import cross, dot, norm, scale, subtract, unit
from flight.icd.devices.ascent import Increments
from flight.mav.ascent_computer import plan_ascent
from flight.mav.ascent_guidance import (
    MU,
    apoapsis_and_period,
    fly_first_stage,
    plan_second_stage,
    trim_needed,
)
from flight.mav.ascent_settings import AscentSettings
from flight.mav.attitude_control import GasThrusters, hold, pointing_error
from flight.mav.navigation import Navigation, Pad, align, from_pad
from flight.mav.node import Mav
from ground.missions.vehicle_files import load_vehicle_file
from sim_hw.assembly.mav import HARDWARE
from sim_hw.dynamics.mav_vehicle import MavVehicle

PAD = Pad(math.radians(18.45), math.radians(77.4), 3_391_961.0)


def settings(**changes: float) -> AscentSettings:
    return AscentSettings.of({**load_vehicle_file(Mav, None).flight, **changes})


def at_rest(time: float, interval: float, elevation: float, azimuth: float) -> Increments:
    """What perfect sensors say in the tube."""
    position, velocity = PAD.at(time - 0.5 * interval)
    attitude = attitude_on_rail(position, elevation, azimuth)
    axis = (0.0, 0.0, MARS.rotation_rate)
    from flight.astrodynamics.gravity import acceleration

    force = subtract(cross(axis, velocity), acceleration(position, MARS))
    return Increments(
        interval=interval,
        delta_angle=scale(interval, rotate_back(attitude, axis)),
        delta_velocity=scale(interval, rotate_back(attitude, force)),
        saturated=False,
    )


def test_alignment_finds_the_attitude_in_the_tube_and_the_bias_of_the_gyroscopes() -> None:
    seen = at_rest(5000.0, 600.0, 0.2, 1.2)
    bias = (1e-6, -2e-6, 3e-6)
    angle = tuple(a + 600.0 * b for a, b in zip(seen.delta_angle, bias, strict=True))
    shaken = Increments(
        interval=600.0, delta_angle=angle, delta_velocity=seen.delta_velocity, saturated=False
    )
    found = align(PAD, 5000.0, 0.18, 1.2, shaken)  # the tube is not quite where it is believed
    truth = attitude_on_rail(PAD.at(5000.0)[0], 0.2, 1.2)
    assert attitude_angle(found.attitude, truth) < 1e-6
    assert max(abs(a - b) for a, b in zip(found.gyro_bias, bias, strict=True)) < 1e-9


def test_alignment_refuses_what_is_no_rest() -> None:
    seen = Increments(
        interval=10.0, delta_angle=(0.0, 0.0, 0.0), delta_velocity=(900.0, 0.0, 0.0),
        saturated=False,
    )  # fmt: skip
    with pytest.raises(ValueError, match="at rest"):
        align(PAD, 0.0, 0.2, 1.2, seen)


def test_a_misalignment_seen_by_the_stars_is_taken_back_from_velocity_and_position() -> None:
    position, velocity = PAD.at(0.0)
    truth = attitude_on_rail(position, 0.8, 1.2)
    wrong = turned(truth, (0.0, 2e-3, 1e-3), 1.0)
    flown = [Navigation(0.0, position, velocity, attitude) for attitude in (truth, wrong)]
    push = Increments(
        interval=0.1, delta_angle=(0.0, 0.0, 0.0), delta_velocity=(2.0, 0.0, 0.0), saturated=False
    )
    for navigation in flown:
        for _ in range(700):
            navigation.take(push)
    right, astray = flown
    before = norm(subtract(right.velocity, astray.velocity))
    astray.correct(right.attitude)
    assert before > 2.0
    assert norm(subtract(right.velocity, astray.velocity)) < 0.02 * before
    assert norm(subtract(right.position, astray.position)) < 20.0


def test_what_is_felt_in_the_coast_is_the_bias_and_moves_nothing() -> None:
    position, velocity = PAD.at(0.0)
    navigation = Navigation(0.0, position, velocity, attitude_on_rail(position, 0.8, 1.2))
    seen = Increments(
        interval=1.0, delta_angle=(0.0, 0.0, 0.0), delta_velocity=(3e-3, 0.0, -1e-3),
        saturated=False,
    )  # fmt: skip
    for _ in range(50):
        navigation.take(seen, coasting=True)
    assert navigation.gained == (0.0, 0.0, 0.0)
    assert math.isclose(navigation.accelerometer_bias[0], 3e-3)


def test_navigation_survives_storage() -> None:
    navigation = from_pad(PAD, align(PAD, 9.0, 0.2, 1.2, at_rest(9.0, 60.0, 0.2, 1.2)), 10.0)
    again = Navigation.restored(navigation.stored())
    assert again.stored() == navigation.stored()


def test_the_planned_ascent_ends_on_the_target_orbit_by_its_own_model() -> None:
    s = settings()
    plan = plan_ascent(s, 1000.0)
    ignition = 1000.0 + s.ignition_delay
    place, speed = fly_first_stage(
        s.first, 0.0, *s.pad.at(ignition), plan.climb, plan.normal, step=1.0
    )
    apoapsis, _ = apoapsis_and_period(place, speed)
    assert abs(apoapsis - s.target_radius) < 3e3
    assert abs(dot(plan.normal, unit(speed))) < 2e-3
    assert abs(math.degrees(math.acos(plan.normal[2])) - 25.0) < 0.02
    assert not plan.second.is_reduced


def test_the_second_burn_spends_what_it_has_too_much() -> None:
    s = settings()
    radius = s.target_radius
    position = (radius, 0.0, 0.0)
    normal = (0.0, 0.0, 1.0)
    velocity = (10.0, math.sqrt(MU / radius) - 1740.0, 0.0)
    plan = plan_second_stage(0.0, position, velocity, s.second, normal, 1.0)
    assert not plan.is_reduced and plan.tangents.pitch_rate < 0.0
    weak = replace(s.second, exhaust_speed=2600.0)
    assert plan_second_stage(0.0, position, velocity, weak, normal, 1.0).is_reduced


def test_an_orbit_that_the_pad_cannot_reach_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no orbit of 10\.00 degrees"):
        launch_azimuth(PAD.at(0.0)[0], math.radians(10.0))
    normal = orbit_normal(PAD.at(0.0)[0], math.radians(25.0))
    assert math.isclose(normal[2], math.cos(math.radians(25.0)))


def test_a_vehicle_without_the_speed_is_refused_when_it_is_planned() -> None:
    with pytest.raises(ValueError, match="second stage cannot reach"):
        plan_ascent(settings(second_exhaust_speed=2500.0), 1000.0)
    with pytest.raises(ValueError, match="heavier than what is left"):
        settings(second_ignition_mass=300.0)


def test_nothing_is_to_be_trimmed_on_a_circular_orbit() -> None:
    radius = 3_732_500.0
    missing = trim_needed((radius, 0.0, 0.0), (0.0, math.sqrt(MU / radius), 0.0), (0.0, 0.0, 1.0))
    assert norm(missing) < 1e-9


def test_the_nose_is_turned_the_short_way() -> None:
    attitude = attitude_on_rail(PAD.at(0.0)[0], 0.5, 1.0)
    wanted = rotate(turned(attitude, (0.0, 0.1, -0.05), 1.0), (1.0, 0.0, 0.0))
    pitch, yaw = pointing_error(attitude, wanted)
    assert math.isclose(pitch, 0.1, abs_tol=1e-3) and math.isclose(yaw, -0.05, abs_tol=1e-3)
    gas = GasThrusters(1.0, 3.0, 3.5, 6.9, 0.008)
    order = hold(attitude, (0.0, 0.0, 0.0), wanted, gas, 0.2)
    assert order.pulses[1] > 0.0 > order.pulses[2]


def test_lever_and_inertia_are_those_of_a_grain_that_burns_over_its_length() -> None:
    """As the vehicle's truth has it in the middle of the burn, and exactly at its ends."""
    gains = settings().first_gains
    vehicle = MavVehicle(load_vehicle_file(Mav, HARDWARE).hardware.vehicle)
    table = vehicle.whole(fairing=True)
    for part in (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0):
        lever, inertia = gains.lever_and_inertia(part)
        _, centre, _, across = table.at(part)
        assert lever == pytest.approx(centre - vehicle.first_pivot, rel=0.005)
        assert inertia == pytest.approx(across, rel=0.01)
    assert gains.lever_and_inertia(-1.0) == gains.lever_and_inertia(0.0)
    assert gains.lever_and_inertia(2.0) == gains.lever_and_inertia(1.0)
