"""One design of the MAV, ready to be flown: hardware, and what its flight computer believes of it.

The vehicle file says both, the truth and the belief. A change to the hardware changes the belief
with it, where it follows from the hardware: masses, burns, levers, inertias, the tube, the
effectors. What a variant says of the belief itself comes last.
"""

import contextlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flight.mav.ascent_settings import AscentSettings
from flight.mav.cut_off_computer import first_burn_of_least_propellant, with_first_burn
from flight.mav.cut_off_guidance import CutOff
from sim_hw.assembly.mav import MavHardware
from sim_hw.dynamics.aerodynamics import SlenderBody
from sim_hw.dynamics.hybrid_vehicle import Hybrid, HybridVehicle
from sim_hw.dynamics.mass_properties import MassProperties
from sim_hw.dynamics.mav_vehicle import MavVehicle

Beliefs = dict[str, float]
USUAL_SHARE = 0.75
"""Of the propellant, burnt in the first burn of a stage that reaches no orbit anyway."""


@dataclass(frozen=True)
class Design:
    """A design. `flight` are the node's parameters; `cut_off` is there with a hybrid motor."""

    name: str
    title: str
    hardware: MavHardware
    flight: Mapping[str, Any]
    hybrid: Hybrid | None = None
    cut_off: CutOff | None = None

    @property
    def lift_off_mass(self) -> float:
        """kg."""
        vehicle = self.hardware.vehicle if self.hybrid is None else self.hybrid.vehicle
        return vehicle.lift_off_mass

    @property
    def payload(self) -> float:
        """Mass of the container with its samples, kg."""
        vehicle = self.hardware.vehicle if self.hybrid is None else self.hybrid.vehicle
        return vehicle.container_mass

    @property
    def propellant(self) -> float:
        """Loaded in all motors, kg."""
        if self.hybrid is not None:
            return self.hybrid.vehicle.motor.oxidizer + self.hybrid.vehicle.motor.fuel
        vehicle = self.hardware.vehicle
        return vehicle.first_motor.propellant + vehicle.second_motor.propellant


def solid_design(
    name: str,
    title: str,
    base: MavHardware,
    hardware: MavHardware,
    flight: Mapping[str, Any],
    beliefs: Mapping[str, float],
) -> Design:
    """Two solid stages: `flight` as the vehicle file has it for `base`, `beliefs` on top of what
    follows from the hardware."""
    before, after = _solid_beliefs(base), _solid_beliefs(hardware)
    changed = {key: value for key, value in after.items() if value != before[key]}
    return Design(name, title, hardware, {**flight, **changed, **beliefs})


def hybrid_design(
    name: str,
    title: str,
    base: MavHardware,
    hardware: MavHardware,
    hybrid: Hybrid,
    flight: Mapping[str, Any],
    beliefs: Mapping[str, float],
) -> Design:
    """A hybrid stage; the length of its first burn is the one that takes the least propellant, or,
    when none reaches the height of the orbit, a usual one."""
    before, after = _common_beliefs(base), _common_beliefs(hardware)
    changed = {key: value for key, value in after.items() if value != before[key]}
    vehicle = HybridVehicle(hybrid.vehicle)
    motor, parameters = vehicle.motor, hybrid.vehicle
    flow = motor.propellant / motor.length
    cut_off = CutOff(
        motor.propellant, motor.exhaust_speed, flow, motor.design.fall_time,
        parameters.fairing_mass, vehicle.shape.area,
        vehicle.shape.centre_of_pressure - vehicle.pivot,
    )  # fmt: skip
    diameters = (parameters.diameter / base.vehicle.diameter) ** 2
    given = {**flight, **changed, "drag_area": flight["drag_area"] * diameters}

    def with_burn(propellant: float) -> dict[str, Any]:
        return {**given, **_hybrid_beliefs(vehicle, cut_off, propellant, hardware), **beliefs}

    first = USUAL_SHARE * motor.propellant
    with contextlib.suppress(ValueError, ArithmeticError):  # it flies, and falls short
        first = first_burn_of_least_propellant(AscentSettings.of(with_burn(first)), cut_off)
    return Design(name, title, hardware, with_burn(first), hybrid, cut_off)


def settings_of(design: Design) -> AscentSettings:
    """The figures of the ascent, as the flight computer uses them."""
    settings = AscentSettings.of(design.flight)
    if design.cut_off is None:
        return settings
    return with_first_burn(settings, design.cut_off, design.flight["first_propellant"])


def _common_beliefs(hardware: MavHardware) -> Beliefs:
    """What the tube and the effectors tell, whatever the vehicle."""
    effectors, tube = hardware.effectors, hardware.tube
    return {
        "tube_elevation": tube.elevation,
        "tube_azimuth": tube.azimuth,
        "roll_moment": effectors.roll_moment,
        "turning_moment": effectors.turning_moment,
        "first_turning_moment": effectors.first_turning_moment,
        "forward_thrust": effectors.forward_thrust,
        "least_pulse": effectors.least_pulse,
    }


def _solid_beliefs(hardware: MavHardware) -> Beliefs:
    p, vehicle = hardware.vehicle, MavVehicle(hardware.vehicle)
    first = vehicle.whole(fairing=True).rows
    second = vehicle.second_stage(fairing=False).rows
    return {
        **_common_beliefs(hardware),
        "lift_off_mass": p.lift_off_mass,
        "first_propellant": p.first_motor.propellant,
        "first_burn_time": p.first_motor.burn_time,
        "first_exhaust_speed": vehicle.first_motor.exhaust_speed,
        "second_ignition_mass": p.second_stage_mass - p.fairing_mass,
        "second_propellant": p.second_motor.propellant,
        "second_burn_time": p.second_motor.burn_time,
        "second_exhaust_speed": vehicle.second_motor.exhaust_speed,
        "drag_area": _drag_area(p.diameter),
        **_pressed(vehicle.full_shape, vehicle.first_pivot),
        **_turning("first", first[0], first[-1], vehicle.first_pivot),
        **_turning("second", second[0], second[-1], vehicle.second_pivot),
    }


def _pressed(shape: SlenderBody, pivot: float) -> Beliefs:
    """What the air presses on, and how far that is from the nozzle's pivot."""
    return {
        "front_area": shape.area,
        "side_area": shape.planform,
        "nose_arm": shape.centre_of_pressure - pivot,
        "side_arm": shape.base + 0.5 * shape.length - pivot,
    }


def _drag_area(diameter: float) -> float:
    """Drag coefficient 0.43 (Petrovic 2016, mean of Mach 1 to 7) on the cross-section, m^2."""
    return 0.43 * 0.25 * math.pi * diameter**2


def _hybrid_beliefs(
    vehicle: HybridVehicle, cut_off: CutOff, first: float, hardware: MavHardware
) -> Beliefs:
    p, motor = vehicle.parameters, vehicle.motor
    row = motor.at(motor.time_of(first))
    end = motor.rows[-1]
    lit, bare = (vehicle.kept(fairing=held, container=True) for held in (True, False))
    start = vehicle.loaded(lit, 0.0, 0.0)
    shut = vehicle.loaded(lit, row.oxidizer, row.fuel)
    again = vehicle.loaded(bare, row.oxidizer, row.fuel)
    empty = vehicle.loaded(bare, end.oxidizer, end.fuel)
    left = motor.propellant - first
    return {
        **_pressed(vehicle.shape, vehicle.pivot),
        "lift_off_mass": p.lift_off_mass,
        "first_propellant": first,
        "first_burn_time": first / cut_off.flow,
        "first_exhaust_speed": cut_off.exhaust_speed,
        "second_ignition_mass": p.lift_off_mass - first - max(p.fairing_mass, 0.01),
        "second_propellant": left,
        "second_burn_time": left / cut_off.flow,
        "second_exhaust_speed": cut_off.exhaust_speed,
        # The same thrusters turn it in both coasts: there is no first stage with its own.
        "first_turning_moment": hardware.effectors.turning_moment,
        **_turning("first", start, shut, vehicle.pivot),
        **_turning("second", again, empty, vehicle.pivot),
    }


def _turning(stage: str, start: MassProperties, end: MassProperties, pivot: float) -> Beliefs:
    return {
        f"{stage}_lever_start": start.centre - pivot,
        f"{stage}_lever_end": end.centre - pivot,
        f"{stage}_inertia_start": start.transverse_inertia,
        f"{stage}_inertia_end": end.transverse_inertia,
        f"{stage}_axial_inertia": end.axial_inertia,
    }
