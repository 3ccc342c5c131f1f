"""Mass, centre of mass and inertia of a vehicle that is a body of revolution, as it burns.

Body axis x points to the nose and is the axis of revolution; places along it are in metres from
the vehicle's base plane. Inertias are about the centre of mass, kg m^2.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class MassProperties:
    """Mass (kg), place of the centre of mass (m), inertia about the axis and across it."""

    mass: float
    centre: float
    axial_inertia: float
    transverse_inertia: float


@dataclass(frozen=True)
class Cylinder:
    """A part spread evenly over a hollow or solid cylinder; a point when its sizes are zero."""

    mass: float
    base: float
    length: float = 0.0
    outer_radius: float = 0.0
    inner_radius: float = 0.0

    def __post_init__(self) -> None:
        if not self.mass >= 0.0:
            raise ValueError(f"a part cannot have a mass of {self.mass} kg")
        if not (self.length >= 0.0 and 0.0 <= self.inner_radius <= self.outer_radius):
            raise ValueError(
                f"no cylinder: length {self.length} m, radii {self.inner_radius} and "
                f"{self.outer_radius} m"
            )

    def properties(self) -> MassProperties:
        """Its mass properties."""
        squares = self.outer_radius**2 + self.inner_radius**2
        return MassProperties(
            self.mass,
            self.base + 0.5 * self.length,
            0.5 * self.mass * squares,
            self.mass * (squares / 4.0 + self.length**2 / 12.0),
        )


@dataclass(frozen=True)
class Grain:
    """Solid propellant that burns evenly from its bore outwards to the case."""

    mass: float
    base: float
    length: float
    outer_radius: float
    bore_radius: float

    def __post_init__(self) -> None:
        if not self.mass > 0.0:
            raise ValueError(f"a grain cannot have a mass of {self.mass} kg")
        if not (self.length > 0.0 and 0.0 <= self.bore_radius < self.outer_radius):
            raise ValueError(
                f"no grain: length {self.length} m, radii {self.bore_radius} and "
                f"{self.outer_radius} m"
            )

    def properties(self, used: float) -> MassProperties:
        """Mass properties after `used` kg have burnt."""
        left = min(max(self.mass - used, 0.0), self.mass)
        outer, bore = self.outer_radius**2, self.bore_radius**2
        inner = outer - (left / self.mass) * (outer - bore)
        return Cylinder(
            left, self.base, self.length, self.outer_radius, math.sqrt(inner)
        ).properties()


@dataclass(frozen=True)
class Stage:
    """What is dropped together: parts, and the grain of its motor if it has one."""

    name: str
    parts: tuple[Cylinder, ...]
    grain: Grain | None = None

    def properties(self, used: float = 0.0) -> MassProperties:
        """Mass properties after `used` kg of propellant."""
        found = [part.properties() for part in self.parts]
        if self.grain is not None:
            found.append(self.grain.properties(used))
        return combine(found)


@dataclass(frozen=True)
class Stack:
    """Stages from the lowest to the top one, which carries the payload."""

    stages: tuple[Stage, ...]

    def __post_init__(self) -> None:
        if not self.stages:
            raise ValueError("a vehicle needs at least one stage")

    def properties(self, dropped: int = 0, used: Sequence[float] = ()) -> MassProperties:
        """Mass properties without the lowest `dropped` stages, `used` kg burnt of each stage."""
        if not 0 <= dropped < len(self.stages):
            raise ValueError(f"{dropped} of {len(self.stages)} stages cannot have been dropped")
        burnt = [*used, *([0.0] * (len(self.stages) - len(used)))]
        return combine(
            stage.properties(burnt[index])
            for index, stage in enumerate(self.stages)
            if index >= dropped
        )


def combine(parts: Iterable[MassProperties]) -> MassProperties:
    """Mass properties of several parts on one axis (parallel axis theorem)."""
    found = list(parts)
    mass = math.fsum(part.mass for part in found)
    if not mass > 0.0:
        raise ValueError("nothing has a mass: no centre of mass")
    centre = math.fsum(part.mass * part.centre for part in found) / mass
    return MassProperties(
        mass,
        centre,
        math.fsum(part.axial_inertia for part in found),
        math.fsum(
            part.transverse_inertia + part.mass * (part.centre - centre) ** 2 for part in found
        ),
    )
