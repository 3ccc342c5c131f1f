"""A single-stage Mars Ascent Vehicle with a hybrid motor: its parts, its dispersion, its refusals.

One stage burns twice and goes to orbit whole, but for the fairing. Body axis x points to the nose;
places are metres from the base plane, at the nozzle's exit. The sloshing of the oxidizer is left
out: it is taken to lie at the bottom of its tank.
"""

import math
import random
from dataclasses import dataclass
from typing import Annotated

import msgspec

from flight.astrodynamics.constants import STANDARD_GRAVITY
from flight.configuration.files import NotAllowed, Quantity
from sim_hw.dynamics.aerodynamics import SlenderBody
from sim_hw.dynamics.hybrid_motor import HybridDesign, HybridMotor, HybridSpread
from sim_hw.dynamics.mass_properties import Cylinder, Grain, MassProperties, combine
from sim_hw.dynamics.mav_vehicle import check_lift

Share = Annotated[float, Quantity("1", ge=0, lt=1)]
Spread = Annotated[float, Quantity("1", ge=0, le=0.2)]


class HybridMotorParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A hybrid motor; for the meaning of each figure see `HybridDesign`."""

    oxidizer: Annotated[float, Quantity("kg", gt=0, le=3000)]
    fuel: Annotated[float, Quantity("kg", gt=0, le=1000)]
    oxidizer_flow: Annotated[float, Quantity("kg/s", gt=0, le=50)]
    oxidizer_density: Annotated[float, Quantity("kg/m^3", ge=500, le=2500)]
    fuel_density: Annotated[float, Quantity("kg/m^3", ge=500, le=2500)]
    port_radius: Annotated[float, Quantity("m", gt=0, le=0.5)]
    grain_length: Annotated[float, Quantity("m", gt=0, le=5)]
    regression: Annotated[float, Quantity("mm/s", gt=0, le=10)]
    regression_exponent: Annotated[float, Quantity("1", ge=0.3, le=0.9)]
    specific_impulse: Annotated[float, Quantity("s", gt=0, le=400)]
    best_mixture_ratio: Annotated[float, Quantity("1", ge=0.5, le=12)]
    mixture_loss: Annotated[float, Quantity("1", ge=0, le=2)]
    chamber_share: Annotated[float, Quantity("1", ge=0.2, le=0.95)]
    regulated_share: Annotated[float, Quantity("1", ge=0, le=1)]
    ullage: Annotated[float, Quantity("1", ge=0.01, le=0.6)]
    gas_exponent: Annotated[float, Quantity("1", ge=1, le=1.67)]
    throat_growth: Annotated[float, Quantity("1/s", ge=0, le=0.01)]
    oxidizer_residual: Share
    fuel_residual: Share
    rise_time: Annotated[float, Quantity("s", ge=0.02, le=3)]
    fall_time: Annotated[float, Quantity("s", ge=0.02, le=3)]
    largest_gimbal: Annotated[float, Quantity("deg", ge=0, le=15)]

    def design(self) -> HybridDesign:
        """The motor as designed."""
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        del values["largest_gimbal"]
        return HybridDesign(**{**values, "regression": self.regression * 1e-3})


class HybridVehicleParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Masses, motor and size of a single-stage vehicle. The structure is what is left."""

    lift_off_mass: Annotated[float, Quantity("kg", gt=0, le=5000)]
    container_mass: Annotated[float, Quantity("kg", gt=0, le=500)]
    fairing_mass: Annotated[float, Quantity("kg", ge=0, le=100)]
    gas_mass: Annotated[float, Quantity("kg", ge=0, le=50)]
    motor: HybridMotorParameters
    diameter: Annotated[float, Quantity("m", gt=0, le=2)]
    length: Annotated[float, Quantity("m", gt=0.5, le=10)]
    nose_length: Annotated[float, Quantity("m", gt=0, le=5)]

    def __post_init__(self) -> None:
        motor = self.motor
        if self.structure_mass <= 0.0:
            load = self.lift_off_mass - self.structure_mass
            raise NotAllowed(
                ("lift_off_mass", "motor.oxidizer", "motor.fuel", "container_mass"),
                f"more than oxidizer, fuel, container, fairing and cold gas together: {load:g} kg",
            )
        if self.nose_length >= self.length:
            raise NotAllowed("nose_length", f"less than length ({self.length:g} m)")
        radius, grain = 0.5 * self.diameter, motor.design().grain_radius
        if grain >= 0.98 * radius:
            raise NotAllowed(
                ("motor.fuel", "motor.grain_length", "motor.port_radius", "diameter"),
                f"a grain inside the case, less than {0.98 * radius:.3f} m in radius; this one "
                f"has {grain:.3f} m",
            )
        if self.tank_top > CONTAINER_BASE * self.length:
            raise NotAllowed(
                ("motor.oxidizer", "motor.grain_length", "length", "diameter"),
                f"what ends below the container, {CONTAINER_BASE * self.length:.2f} m above the "
                f"base; grain and tank reach {self.tank_top:.2f} m",
            )
        flow = motor.oxidizer_flow + motor.design().fuel_flow(
            motor.oxidizer_flow, motor.port_radius
        )
        check_lift(STANDARD_GRAVITY * motor.specific_impulse * flow, self.lift_off_mass, "motor")

    @property
    def structure_mass(self) -> float:
        """Dry mass without container, fairing and cold gas, kg."""
        load = self.motor.oxidizer + self.motor.fuel
        return self.lift_off_mass - load - self.container_mass - self.fairing_mass - self.gas_mass

    @property
    def tank_base(self) -> float:
        """Bottom of the oxidizer's tank, m from the base."""
        return GRAIN_BASE * self.length + self.motor.grain_length + TANK_GAP * self.length

    @property
    def tank_section(self) -> float:
        """Cross-section of the tank, m^2."""
        return math.pi * (TANK_RADIUS * 0.5 * self.diameter) ** 2

    @property
    def tank_top(self) -> float:
        """Top of the tank with its ullage, m from the base."""
        volume = self.motor.oxidizer / self.motor.oxidizer_density / (1.0 - self.motor.ullage)
        return self.tank_base + volume / self.tank_section

    # As the second stage of two: the effectors ask for these.
    @property
    def first_gas_mass(self) -> float:
        """There is no first stage with gas of its own."""
        return 0.0

    @property
    def first_motor(self) -> HybridMotorParameters:
        """The only one."""
        return self.motor

    @property
    def second_motor(self) -> HybridMotorParameters:
        """The only one."""
        return self.motor


# Places along the vehicle in parts of its length, and of its radius: assumptions.
PIVOT = 0.06
GRAIN_BASE = 0.10
TANK_GAP = 0.03
TANK_RADIUS = 0.95
CONTAINER_BASE = 0.80


class HybridVehicle:
    """The parts of one single-stage vehicle."""

    def __init__(self, parameters: HybridVehicleParameters) -> None:
        self.parameters = p = parameters
        self.motor = HybridMotor(p.motor.design())
        self.first_motor = self.second_motor = self.motor  # the same, lit twice
        length, radius = p.length, 0.5 * p.diameter
        self.pivot = PIVOT * length
        self.shape = SlenderBody(p.diameter, length, p.nose_length)
        self._structure = Cylinder(p.structure_mass, 0.0, 0.8 * length, radius, 0.95 * radius)
        self._container = Cylinder(
            p.container_mass, CONTAINER_BASE * length, 0.1 * length, 0.6 * radius
        )
        self._gas = Cylinder(p.gas_mass, 0.76 * length, 0.03 * length, 0.5 * radius)
        self._fairing = Cylinder(p.fairing_mass, 0.85 * length, 0.15 * length, radius, 0.9 * radius)
        design = self.motor.design
        self._grain = Grain(
            p.motor.fuel, GRAIN_BASE * length, p.motor.grain_length, design.grain_radius,
            p.motor.port_radius,
        )  # fmt: skip

    def kept(self, *, fairing: bool, container: bool) -> MassProperties:
        """All but oxidizer and fuel."""
        parts = [self._structure.properties(), self._gas.properties()]
        if container:
            parts.append(self._container.properties())
        if fairing and self.parameters.fairing_mass > 0.0:
            parts.append(self._fairing.properties())
        return combine(parts)

    def whole(self, *, fairing: bool) -> MassProperties:
        """The vehicle with full tanks."""
        return self.loaded(self.kept(fairing=fairing, container=True), 0.0, 0.0)

    def loaded(self, kept: MassProperties, oxidizer: float, fuel: float) -> MassProperties:
        """With what is left after `oxidizer` and `fuel` (kg) have been used."""
        p = self.parameters
        left = max(p.motor.oxidizer - oxidizer, 0.0)
        height = left / p.motor.oxidizer_density / p.tank_section
        liquid = Cylinder(left, p.tank_base, height, TANK_RADIUS * 0.5 * p.diameter)
        return combine([kept, liquid.properties(), self._grain.properties(fuel)])


@dataclass(frozen=True)
class HybridSample:
    """How one vehicle differs from the design: motor, misalignment (rad), mass (kg), drag."""

    motor: HybridMotor
    tilt: tuple[float, float] = (0.0, 0.0)
    extra_mass: float = 0.0
    drag_factor: float = 1.0


class HybridDispersion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Standard deviations of a vehicle from its design."""

    load: Spread
    oxidizer_flow: Spread
    regression: Spread
    specific_impulse: Spread
    fall_time: Annotated[float, Quantity("1", ge=0, le=0.5)]
    thrust_tilt: Annotated[float, Quantity("deg", ge=0, le=2)]
    extra_mass: Annotated[float, Quantity("kg", ge=0, le=10)]
    drag: Annotated[float, Quantity("1", ge=0, le=1)]

    def draw(self, vehicle: HybridVehicle, stream: random.Random) -> HybridSample:
        """One vehicle of the production."""
        spread = HybridSpread(
            self.load, self.oxidizer_flow, self.regression, self.specific_impulse, self.fall_time
        )
        motor = HybridMotor(vehicle.motor.design.dispersed(stream, spread))
        tilt, gauss = math.radians(self.thrust_tilt), stream.gauss
        return HybridSample(
            motor,
            (tilt * gauss(0, 1), tilt * gauss(0, 1)),
            self.extra_mass * gauss(0, 1),
            1.0 + self.drag * gauss(0, 1),
        )


class Hybrid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A hybrid vehicle and how one differs from another."""

    vehicle: HybridVehicleParameters
    dispersion: HybridDispersion
