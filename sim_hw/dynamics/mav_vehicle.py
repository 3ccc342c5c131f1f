"""The Mars Ascent Vehicle as a body: its parts, its two motors, its shape; refused when impossible.

Body axis x points to the nose; places are metres from the base plane, at the first nozzle's exit.
"""

import math
import random
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Annotated

import msgspec

from flight.configuration.files import NotAllowed, Quantity
from sim_hw.dynamics.aerodynamics import SlenderBody
from sim_hw.dynamics.mass_properties import Cylinder, Grain, MassProperties, combine
from sim_hw.dynamics.solid_motor import MotorDispersion, SolidMotor, ThrustCurve

# Regressive with a short tail-off; the shape is an assumption, its mean is 1.
THRUST_SHAPE = ThrustCurve(((0.0, 0.97), (0.45, 1.06), (0.96, 1.0), (1.0, 0.1)))
_TABLE_POINTS = 65


LEAST_THRUST_OVER_WEIGHT = 1.5
"""Assumption: with less, the vehicle is back on the ground before it has turned to its climb."""
MARS_GRAVITY = 3.73  # m/s^2, at the ground


def check_lift(thrust: float, mass: float, motor: str) -> None:
    """Raises NotAllowed for a motor that cannot lift a mass (kg) from its ejection; thrust in N."""
    weight = MARS_GRAVITY * mass
    if thrust <= LEAST_THRUST_OVER_WEIGHT * weight:
        raise NotAllowed(
            (f"{motor}.burn_time", f"{motor}.oxidizer_flow", f"{motor}.propellant",
             f"{motor}.specific_impulse", "lift_off_mass"),
            f"what gives a thrust above {LEAST_THRUST_OVER_WEIGHT:g} times the weight of the "
            f"{mass:g} kg on Mars, {LEAST_THRUST_OVER_WEIGHT * weight:.0f} N; these figures give "
            f"{thrust:.0f} N",
        )  # fmt: skip


class MotorParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One solid motor; `largest_gimbal` is the swing of its nozzle."""

    propellant: Annotated[float, Quantity("kg", gt=0, le=2000)]
    burn_time: Annotated[float, Quantity("s", gt=0, le=300)]
    specific_impulse: Annotated[float, Quantity("s", gt=0, le=500)]
    largest_gimbal: Annotated[float, Quantity("deg", ge=0, le=15)]

    def motor(self) -> SolidMotor:
        """The motor as designed."""
        return SolidMotor(self.propellant, self.burn_time, self.specific_impulse, THRUST_SHAPE)


class MavVehicleParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Masses, motors and size. The second stage's mass includes all that stands on it; the first
    stage's inert mass includes its cold gas."""

    lift_off_mass: Annotated[float, Quantity("kg", gt=0, le=5000)]
    second_stage_mass: Annotated[float, Quantity("kg", gt=0, le=5000)]
    container_mass: Annotated[float, Quantity("kg", gt=0, le=500)]
    fairing_mass: Annotated[float, Quantity("kg", ge=0, le=100)]
    gas_mass: Annotated[float, Quantity("kg", ge=0, le=50)]
    first_gas_mass: Annotated[float, Quantity("kg", ge=0, le=50)]
    first_motor: MotorParameters
    second_motor: MotorParameters
    diameter: Annotated[float, Quantity("m", gt=0, le=2)]
    length: Annotated[float, Quantity("m", gt=0.5, le=10)]
    nose_length: Annotated[float, Quantity("m", gt=0, le=5)]

    def __post_init__(self) -> None:
        if self.second_stage_mass >= self.lift_off_mass:
            raise NotAllowed(
                ("second_stage_mass", "lift_off_mass"),
                f"less for the second stage than for the whole vehicle: second_stage_mass is "
                f"{self.second_stage_mass:g} kg, lift_off_mass {self.lift_off_mass:g} kg",
            )
        if self.first_inert_mass <= self.first_gas_mass:
            left = self.lift_off_mass - self.second_stage_mass - self.first_gas_mass
            raise NotAllowed(
                ("first_motor.propellant", "second_stage_mass", "lift_off_mass", "first_gas_mass"),
                f"what leaves a mass for the first stage's structure: of lift_off_mass "
                f"({self.lift_off_mass:g} kg), second stage and cold gas leave {left:g} kg for "
                f"structure and propellant, and first_motor.propellant is "
                f"{self.first_motor.propellant:g} kg",
            )
        if self.second_structure_mass <= 0.0:
            room = self.second_stage_mass - self.second_motor.propellant
            raise NotAllowed(
                ("second_motor.propellant", "container_mass", "second_stage_mass", "gas_mass"),
                f"what leaves a mass for the second stage's structure: second_stage_mass is "
                f"{self.second_stage_mass:g} kg, of which {self.second_motor.propellant:g} kg are "
                f"propellant and {room - self.second_structure_mass:g} kg container, fairing and "
                f"cold gas",
            )
        if self.nose_length >= self.length:
            raise NotAllowed("nose_length", f"less than length ({self.length:g} m)")
        check_lift(self.first_motor.motor().mean_thrust, self.lift_off_mass, "first_motor")

    @property
    def first_inert_mass(self) -> float:
        """Structure of the first stage, kg: what is dropped after its burn."""
        return self.lift_off_mass - self.second_stage_mass - self.first_motor.propellant

    @property
    def second_structure_mass(self) -> float:
        """Structure of the second stage without propellant, gas, fairing and container, kg."""
        return (
            self.second_stage_mass - self.second_motor.propellant - self.container_mass
            - self.fairing_mass - self.gas_mass
        )  # fmt: skip


@dataclass(frozen=True)
class MassTable:
    """Mass properties over the share of propellant burnt, straight between points."""

    rows: tuple[MassProperties, ...]

    def at(self, used: float) -> tuple[float, float, float, float]:
        """Mass (kg), centre (m), inertia about the axis and across it, at a share 0 to 1."""
        place = min(max(used, 0.0), 1.0) * (len(self.rows) - 1)
        index = min(int(place), len(self.rows) - 2)
        part = place - index
        mass, centre, axial, across, *slopes = self._lines[index]
        return (
            mass + slopes[0] * part,
            centre + slopes[1] * part,
            axial + slopes[2] * part,
            across + slopes[3] * part,
        )

    @cached_property
    def _lines(self) -> tuple[tuple[float, ...], ...]:
        """For each stretch between two rows: the values at its begin, and their changes over it."""
        rows = [
            (row.mass, row.centre, row.axial_inertia, row.transverse_inertia) for row in self.rows
        ]
        return tuple(
            (*a, *(end - begin for begin, end in zip(a, b, strict=True))) for a, b in pairwise(rows)
        )


class MavVehicle:
    """The parts of one vehicle. Lengths of the parts are assumptions, in parts of the whole."""

    def __init__(self, parameters: MavVehicleParameters) -> None:
        self.parameters = p = parameters
        length, radius = p.length, 0.5 * p.diameter
        self.first_motor, self.second_motor = p.first_motor.motor(), p.second_motor.motor()
        self.first_pivot = 0.10 * length
        self.second_pivot = 0.59 * length
        self.full_shape = SlenderBody(p.diameter, length, p.nose_length)
        self.second_shape = SlenderBody(
            p.diameter, 0.45 * length, p.nose_length, base=0.55 * length
        )
        self._first_inert = Cylinder(p.first_inert_mass, 0.0, 0.56 * length, radius, 0.96 * radius)
        self._first_grain = Grain(
            p.first_motor.propellant, 0.14 * length, 0.29 * length, 0.94 * radius, 0.22 * radius
        )
        self._second_grain = Grain(
            p.second_motor.propellant, 0.63 * length, 0.11 * length, 0.8 * radius, 0.2 * radius
        )
        self._second_structure = Cylinder(
            p.second_structure_mass, 0.57 * length, 0.23 * length, radius, 0.8 * radius
        )
        self._container = Cylinder(p.container_mass, 0.80 * length, 0.10 * length, 0.6 * radius)
        self._gas = Cylinder(p.gas_mass, 0.60 * length, 0.03 * length, 0.5 * radius)
        self._fairing = Cylinder(p.fairing_mass, 0.85 * length, 0.15 * length, radius, 0.9 * radius)

    def second_stage(self, *, fairing: bool, container: bool = True) -> MassTable:
        """The second stage alone, over the burn of its motor."""
        kept = self._kept(fairing, container)
        return MassTable(
            tuple(
                combine([*kept, self._second_grain.properties(self._second_grain.mass * share)])
                for share in _shares()
            )
        )

    def whole(self, *, fairing: bool) -> MassTable:
        """The whole vehicle, over the burn of the first motor."""
        kept = [
            *self._kept(fairing, True),
            self._second_grain.properties(0.0),
            self._first_inert.properties(),
        ]
        return MassTable(
            tuple(
                combine([*kept, self._first_grain.properties(self._first_grain.mass * share)])
                for share in _shares()
            )
        )

    def _kept(self, fairing: bool, container: bool) -> list[MassProperties]:
        kept = [self._second_structure.properties(), self._gas.properties()]
        if container:
            kept.append(self._container.properties())
        if fairing and self.parameters.fairing_mass > 0.0:
            kept.append(self._fairing.properties())
        return kept


def _shares() -> list[float]:
    return [index / (_TABLE_POINTS - 1) for index in range(_TABLE_POINTS)]


@dataclass(frozen=True)
class MavSample:
    """How one vehicle differs from the design: motors, misalignments (rad), masses, drag.

    `tilts` are the fixed misalignments of the two nozzles in pitch and yaw.
    """

    first_motor: SolidMotor
    second_motor: SolidMotor
    tilts: tuple[tuple[float, float], tuple[float, float]] = ((0.0, 0.0), (0.0, 0.0))
    extra_mass: float = 0.0
    drag_factor: float = 1.0


class MavDispersion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Standard deviations of a vehicle from its design."""

    exhaust_speed: Annotated[float, Quantity("1", ge=0, le=0.1)]
    burn_time: Annotated[float, Quantity("1", ge=0, le=0.2)]
    propellant: Annotated[float, Quantity("1", ge=0, le=0.1)]
    thrust_tilt: Annotated[float, Quantity("deg", ge=0, le=2)]
    extra_mass: Annotated[float, Quantity("kg", ge=0, le=10)]
    drag: Annotated[float, Quantity("1", ge=0, le=1)]

    def draw(self, vehicle: MavVehicle, stream: random.Random) -> MavSample:
        """One vehicle of the production."""
        spread = MotorDispersion(self.exhaust_speed, self.burn_time, self.propellant)
        tilt = math.radians(self.thrust_tilt)
        first = vehicle.first_motor.dispersed(stream, spread)
        second = vehicle.second_motor.dispersed(stream, spread)
        gauss = stream.gauss
        return MavSample(
            first,
            second,
            (
                (tilt * gauss(0, 1), tilt * gauss(0, 1)),
                (tilt * gauss(0, 1), tilt * gauss(0, 1)),
            ),
            self.extra_mass * gauss(0, 1),
            1.0 + self.drag * gauss(0, 1),
        )
