"""The figures of the MAV's design that its flight is held against."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flight.astrodynamics.constants import STANDARD_GRAVITY

LARGEST_ACCELERATION = 15.0 * STANDARD_GRAVITY
"""m/s^2: requirement on the MAV (TU Delft thesis 2022, MAV-LL)."""
LARGEST_ANGLE_OF_ATTACK = 4.0
"""Degrees: requirement on the MAV (TU Delft thesis 2022, MAV-LL)."""


@dataclass(frozen=True)
class AscentDesign:
    """Burn times (s), velocity gains (m/s), limits (m/s^2, degrees), cold gas (kg)."""

    first_burn_time: float
    first_velocity_gain: float
    second_burn_time: float
    second_velocity_gain: float
    largest_acceleration: float
    largest_nozzle_angle: float
    largest_angle_of_attack: float
    gas: float


def design_of(flight: Mapping[str, Any], hardware: Any) -> AscentDesign:
    """From the two sections of the MAV's vehicle file."""

    def gain(mass: str, propellant: str, speed: str) -> float:
        return float(flight[speed]) * math.log(flight[mass] / (flight[mass] - flight[propellant]))

    vehicle = hardware.vehicle
    return AscentDesign(
        first_burn_time=flight["first_burn_time"],
        first_velocity_gain=gain("lift_off_mass", "first_propellant", "first_exhaust_speed"),
        second_burn_time=flight["second_burn_time"],
        second_velocity_gain=gain(
            "second_ignition_mass", "second_propellant", "second_exhaust_speed"
        ),
        largest_acceleration=LARGEST_ACCELERATION,
        largest_nozzle_angle=vehicle.first_motor.largest_gimbal,
        largest_angle_of_attack=LARGEST_ANGLE_OF_ATTACK,
        gas=vehicle.gas_mass,
    )
