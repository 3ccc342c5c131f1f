"""Whether mass, propellant and energy close, at any instant of a run: an invariant for judges.

Each row is kept in two ways that do not know of each other: what is there, and what was there at
the start less all that is known to have gone. It only looks (see `truth_probes`): nothing of the
run changes. What never rises by itself, propellant and cold gas, is compared with the look before.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.vectors import Vector, norm
from sim_hw.devices.orbiter_vehicle import CONTAINER, OrbiterVehicle
from sim_hw.dynamics.entry_vehicle import EntryBody
from sim_hw.dynamics.mav_flight import MavBody
from sim_hw.dynamics.mav_truth import MavTruth
from sim_hw.power_and_heat.electrical import Electrical
from sim_hw.world.space import FlyingBody
from sim_hw.world.world import World

MASS_ERROR = 1e-6
"""kg that sums of doubles may be off by."""
ENERGY_ERROR = 1e-9
"""Of all that has flowed through a power system: rounding of some million steps."""
ORBIT_ERROR = 1e-6
"""Of the energy of a free orbit: a metre of height a sol, over a year."""


@dataclass(frozen=True)
class Balance:
    """One row: what is there, what ought to be, and how far off that may be."""

    what: str
    unit: str
    found: float
    expected: float
    tolerance: float

    @property
    def closes(self) -> bool:
        """Whether both agree."""
        return abs(self.found - self.expected) <= self.tolerance

    def __str__(self) -> str:
        off = self.found - self.expected
        return (
            f"{self.what}: {self.found:.9g} {self.unit} where {self.expected:.9g} ought to be "
            f"({off:+.3g}; allowed: {self.tolerance:.3g})"
        )


class Conservation:
    """The balances of one run. `electrical` and `devices` are those of each vehicle by its name;
    arm and MAV may share the lander's power."""

    def __init__(
        self,
        world: World,
        electrical: Mapping[str, Electrical],
        devices: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self._world = world
        self._power = dict(electrical)
        self._devices = devices
        self._least: dict[str, float] = {}
        self._orbit: float | None = None

    def imbalances(self) -> list[Balance]:
        """The rows that do not close now; empty when all do."""
        return [row for row in self.balances() if not row.closes]

    def balances(self) -> list[Balance]:
        """All rows that can be looked at now."""
        return [*self.energies(), *self.masses()]

    def energies(self) -> list[Balance]:
        """Those of energy: of each power system, and of what flies free."""
        return [*self._energies(), *self._free_orbit()]

    def masses(self) -> list[Balance]:
        """Those of mass and propellant, of each vehicle that has some to lose."""
        return [*self._ascent(), *self._orbiter(), *self._descent()]

    def _energies(self) -> Iterator[Balance]:
        seen: list[Electrical] = []
        for power in self._power.values():
            if any(power is other for other in seen):
                continue
            seen.append(power)
            flows = power.account
            into = power.initial_energy + flows.array + flows.generator + flows.unserved
            out = (
                flows.loads + flows.charging_loss + flows.discharging_loss + flows.shunted
                + flows.drained
            )  # fmt: skip
            yield Balance(
                f"energy in the battery of {power.name}", "J", power.peek().energy, into - out,
                ENERGY_ERROR * (into + out),
            )  # fmt: skip

    def _ascent(self) -> Iterator[Balance]:
        ejector = self._devices.get("mav", {}).get("ejector")
        truth: MavTruth | None = getattr(ejector, "truth", None)
        if truth is None or type(truth.body) is not MavBody:
            return
        body = truth.body.peek()
        yield Balance("mass of the MAV", "kg", body.mass(), _mav_mass(body), MASS_ERROR)
        yield self._never_rises("cold gas of the MAV", body.gas)

    def _orbiter(self) -> Iterator[Balance]:
        thrusters = self._devices.get("orbiter", {}).get("thrusters")
        vehicle: OrbiterVehicle | None = getattr(thrusters, "vehicle", None)
        if vehicle is None:
            return
        p = vehicle.parameters
        yield Balance(
            "propellant of the orbiter", "kg", vehicle.propellant,
            p.propellant - math.fsum(vehicle.burnt) - vehicle.tanks.leaked, MASS_ERROR,
        )  # fmt: skip
        cargo = math.fsum(vehicle.came_on_board) - math.fsum(vehicle.went)
        yield Balance(
            "mass of the orbiter", "kg", vehicle.mass,
            p.dry_mass + p.propellant - math.fsum(vehicle.burnt) - vehicle.tanks.leaked + cargo,
            MASS_ERROR,
        )  # fmt: skip
        yield self._never_rises("propellant of the orbiter, since the last look",
                                vehicle.propellant)  # fmt: skip

    def _descent(self) -> Iterator[Balance]:
        body = self._world.space.bodies.get("lander")
        if not isinstance(body, EntryBody):
            return
        left = body.peek().state[6]
        loaded = body.vehicle.parameters.engines.propellant
        yield self._never_rises("propellant of the lander", left, loaded)
        yield Balance(
            "propellant of the lander, below nothing", "kg", min(left, 0.0), 0.0, MASS_ERROR
        )

    def _never_rises(self, what: str, now: float, loaded: float | None = None) -> Balance:
        """`loaded`: what there was before the first look, where that is known."""
        before = self._least.get(what, now if loaded is None else loaded)
        self._least[what] = min(before, now)
        return Balance(what, "kg", max(now, before), before, MASS_ERROR)

    def _free_orbit(self) -> Iterator[Balance]:
        body = self._world.space.bodies.get(CONTAINER)
        if body is None or body.frozen:
            self._orbit = None
            return
        energy = _orbital_energy(body.peek()) - body.pushed
        if self._orbit is None:
            self._orbit = energy
        yield Balance(
            "energy of the free container's orbit", "J/kg", energy, self._orbit,
            ORBIT_ERROR * abs(self._orbit),
        )  # fmt: skip


def _mav_mass(body: MavBody) -> float:
    """At lift-off less what has burnt, blown out and gone since, kg."""
    p, sample = body.vehicle.parameters, body.sample
    motors = (sample.first_motor, sample.second_motor)
    burnt = [
        0.0 if lit is None else motor.used(body.time - lit)
        for motor, lit in zip(motors, body.ignitions, strict=True)
    ]
    gas = p.gas_mass - body.gas
    mass = p.second_stage_mass + motors[1].propellant - p.second_motor.propellant
    mass += sample.extra_mass - burnt[1] - gas
    if body.has_first_stage:
        mass += p.first_inert_mass + motors[0].propellant - burnt[0]
        mass -= p.first_gas_mass - body.first_gas
    mass -= 0.0 if body.has_fairing else p.fairing_mass
    return mass - (0.0 if body.has_container else p.container_mass)


def _orbital_energy(body: FlyingBody) -> float:
    """Kinetic and potential, with J2, about Mars, J/kg."""
    position: Vector = (body.state[0], body.state[1], body.state[2])
    velocity: Vector = (body.state[3], body.state[4], body.state[5])
    r = norm(position)
    sine = position[2] / r
    flattened = MARS.oblateness / 3.0 * (3.0 * sine * sine - 1.0) / (r * r)
    return 0.5 * norm(velocity) ** 2 - MARS.gravitational_parameter / r * (1.0 - flattened)
