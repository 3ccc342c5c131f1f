"""The ascent vehicle of dataset H by the rocket equation: masses, exhaust speeds, velocity gains.

Dataset H: a complete two-stage vehicle with average thrusts (Utah State University, M. W. Harris,
github.com/profmattharris/MAV, 2021). Of the second stage it gives burn time and velocity gain.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import exp, log

from flight.astrodynamics.constants import MARS_MEAN_RADIUS, STANDARD_GRAVITY
from flight.astrodynamics.integrators import Phase, State, integrate_phases
from ground.verification.rows import Row

DATASET_H = "MAV-USU dataset H"
# Dataset H's own sphere.
MARS_MU = 4.282_837_2e13

STAGE_2_PARTS = (16.0, 1.208, 31.838, 14.296, 54.467)
"""Payload, two structures, inert motor, propellant, kg."""


@dataclass(frozen=True)
class Burn:
    """A burn at constant thrust: masses in kg, seconds, thrust in N."""

    initial_mass: float
    propellant: float
    seconds: float
    thrust: float

    def __post_init__(self) -> None:
        if not 0.0 < self.propellant < self.initial_mass:
            raise ValueError(
                f"propellant of {self.propellant} kg must be more than none and less than the "
                f"whole vehicle, {self.initial_mass} kg"
            )
        if not (self.seconds > 0.0 and self.thrust > 0.0):
            raise ValueError(f"no burn: {self.thrust} N for {self.seconds} s")

    @property
    def mass_flow(self) -> float:
        """Propellant used per second, kg/s."""
        return self.propellant / self.seconds

    @property
    def exhaust_speed(self) -> float:
        """Effective exhaust speed, m/s."""
        return self.thrust / self.mass_flow

    @property
    def velocity_gain(self) -> float:
        """Velocity gain in free space, m/s: the rocket equation."""
        return self.exhaust_speed * log(self.initial_mass / (self.initial_mass - self.propellant))


def exhaust_speed_for(velocity_gain: float, initial_mass: float, propellant: float) -> float:
    """Exhaust speed in m/s that gives a velocity gain: the rocket equation the other way."""
    return velocity_gain / log(initial_mass / (initial_mass - propellant))


def propellant_for(velocity_gain: float, initial_mass: float, exhaust_speed: float) -> float:
    """Propellant in kg that a velocity gain costs."""
    return initial_mass * (1.0 - exp(-velocity_gain / exhaust_speed))


def integrated_velocity_gain(burn: Burn, step: float = 0.5) -> float:
    """Velocity gain in m/s of a burn in free space, by the project's integrator."""
    phase = Phase("burn", partial(_burning, burn), burn.seconds, step)
    _, (speed, _) = integrate_phases([phase], 0.0, (0.0, burn.initial_mass))
    return speed


STAGE_1 = Burn(initial_mass=393.79, propellant=215.619, seconds=76.0, thrust=7_925.77)
STAGE_2_MASS = 117.809
STAGE_2_PROPELLANT = 54.467
STAGE_2_SECONDS = 24.45
STAGE_2_VELOCITY_GAIN = 1_696.0
STAGE_2_MEAN_THRUST = 6_088.7
STAGE_2 = Burn(STAGE_2_MASS, STAGE_2_PROPELLANT, STAGE_2_SECONDS, STAGE_2_MEAN_THRUST)


def rows() -> list[Row]:
    """Both stages; tolerances are one unit of the last printed digit."""
    return [*_stage_1(), *_stage_2()]


def _stage_1() -> list[Row]:
    gravity = MARS_MU / MARS_MEAN_RADIUS**2
    to_weight = STAGE_1.thrust / (STAGE_1.initial_mass * gravity)
    impulse = STAGE_1.thrust * STAGE_1.seconds / 1000.0
    jettisoned = STAGE_1.initial_mass - STAGE_1.propellant - STAGE_2_MASS
    return [
        usu_row("stage 1, mass flow", 2.8371, STAGE_1.mass_flow, 1e-4, "kg/s", 4),
        usu_row("stage 1, exhaust speed", 2_793.62, STAGE_1.exhaust_speed, 0.01, "m/s", 2),
        usu_row(
            "stage 1, specific impulse",
            284.87,
            STAGE_1.exhaust_speed / STANDARD_GRAVITY,
            0.01,
            "s",
            2,
        ),
        usu_row("stage 1, total impulse", 602.4, impulse, 0.1, "kN s", 1),
        usu_row("stage 1, thrust to weight on Mars", 5.40, to_weight, 0.01, "", 2),
        usu_row("stage 1, rocket equation", 2_215.6, STAGE_1.velocity_gain, 0.1, "m/s", 2),
        usu_row("stage 1, integrated", 2_215.6, integrated_velocity_gain(STAGE_1), 0.1, "m/s", 2),
        usu_row("stage 1, mass jettisoned", 60.362, jettisoned, 1e-3, "kg", 3),
    ]


def _stage_2() -> list[Row]:
    exhaust = exhaust_speed_for(STAGE_2_VELOCITY_GAIN, STAGE_2_MASS, STAGE_2_PROPELLANT)
    thrust = exhaust * STAGE_2_PROPELLANT / STAGE_2_SECONDS
    impulse = exhaust / STANDARD_GRAVITY
    gain, flown = STAGE_2.velocity_gain, integrated_velocity_gain(STAGE_2)
    return [
        usu_row("stage 2, mass at ignition", STAGE_2_MASS, sum(STAGE_2_PARTS), 1e-3, "kg", 3),
        usu_row("stage 2, exhaust speed", 2_733.21, exhaust, 0.01, "m/s", 2),
        usu_row("stage 2, specific impulse", 278.71, impulse, 0.01, "s", 2),
        usu_row("stage 2, mean thrust", STAGE_2_MEAN_THRUST, thrust, 0.1, "N", 1),
        usu_row("stage 2, rocket equation", STAGE_2_VELOCITY_GAIN, gain, 0.1, "m/s", 2),
        usu_row("stage 2, integrated", STAGE_2_VELOCITY_GAIN, flown, 0.1, "m/s", 2),
    ]


def usu_row(
    quantity: str, published: float, computed: float, tolerance: float, unit: str, digits: int
) -> Row:
    """A figure of the dataset beside the computed one."""
    return Row(
        quantity=quantity,
        source=DATASET_H,
        published=published,
        computed=computed,
        tolerance=tolerance,
        unit=unit,
        digits=digits,
    )


def _burning(burn: Burn, time: float, state: State) -> Sequence[float]:
    return (burn.thrust / state[1], -burn.mass_flow)
