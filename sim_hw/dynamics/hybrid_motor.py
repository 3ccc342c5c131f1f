"""A hybrid rocket motor: liquid oxidizer over a solid grain, shut off and lit again at will.

The regulator holds the tank's pressure until its gas is spent; from then on the tank blows down.
The oxidizer's flow follows from what the pressure of tank and chamber leave between them, the
fuel's from the flux in the port (Sutton & Biblarz, Rocket Propulsion Elements, chapter 16:
rate = a G^n), and the specific impulse from the mixture that comes of both. As the port grows, the
mixture shifts; as the throat erodes, the chamber's pressure falls.
"""

import math
import random
from bisect import bisect_right
from dataclasses import dataclass, replace

from flight.astrodynamics.constants import STANDARD_GRAVITY

STEP = 0.1
"""s, between the rows of a motor's profile."""
REFERENCE_FLUX = 100.0
"""kg/(m^2 s), of oxidizer, at which the regression coefficient is given."""
EXPANSION_EXPONENT = 0.05
"""Specific impulse over area ratio, near 60, to this power; thrust coefficients of Sutton & Biblarz
(figure 3-6, ratio of specific heats 1.2) rise by 0.8 % from 50 to 60."""
_ROUNDS = 12


@dataclass(frozen=True)
class HybridDesign:
    """A hybrid motor. Masses in kg, lengths in m, seconds; shares are fractions.

    `oxidizer_flow`: kg/s while the pressure is regulated, at the first ignition. `regression`: of
    the port's radius, m/s at `REFERENCE_FLUX`. `specific_impulse`: in vacuum, at the best mixture
    ratio; off it the loss is `mixture_loss` times the square of the ratio's natural logarithm.
    `chamber_share`: chamber over tank pressure at the first ignition. `regulated_share`: of the
    oxidizer, fed under regulated pressure; `ullage`: gas in the full tank. `throat_growth`:
    relative growth of the throat's area a second.
    """

    oxidizer: float
    fuel: float
    oxidizer_flow: float
    oxidizer_density: float
    fuel_density: float
    port_radius: float
    grain_length: float
    regression: float
    regression_exponent: float
    specific_impulse: float
    best_mixture_ratio: float
    mixture_loss: float
    chamber_share: float
    regulated_share: float
    ullage: float
    gas_exponent: float
    throat_growth: float
    oxidizer_residual: float
    fuel_residual: float
    rise_time: float
    fall_time: float

    @property
    def grain_radius(self) -> float:
        """Outer radius of the grain, m."""
        section = self.fuel / (self.fuel_density * self.grain_length)
        return math.sqrt(self.port_radius**2 + section / math.pi)

    @property
    def usable_oxidizer(self) -> float:
        """What can be drained, kg."""
        return self.oxidizer * (1.0 - self.oxidizer_residual)

    @property
    def usable_fuel(self) -> float:
        """What burns before slivers are left, kg."""
        return self.fuel * (1.0 - self.fuel_residual)

    def tank_pressure(self, used: float) -> float:
        """Pressure of the tank over the regulated one, after `used` kg of oxidizer."""
        locked = self.regulated_share * self.oxidizer
        if used <= locked:
            return 1.0
        liquid = (1.0 - self.ullage) / self.oxidizer  # share of the tank's volume a kilogram fills
        before = 1.0 - liquid * (self.oxidizer - locked)
        now = 1.0 - liquid * (self.oxidizer - used)
        return float((before / now) ** self.gas_exponent)

    def fuel_flow(self, flow: float, port: float) -> float:
        """kg/s of fuel for an oxidizer flow (kg/s) through a port of a radius (m)."""
        flux = flow / (math.pi * port * port)
        rate = self.regression * (flux / REFERENCE_FLUX) ** self.regression_exponent
        return self.fuel_density * math.tau * port * self.grain_length * rate

    def efficiency(self, ratio: float) -> float:
        """Specific impulse over its best, at a mixture ratio."""
        return max(0.5, 1.0 - self.mixture_loss * math.log(ratio / self.best_mixture_ratio) ** 2)

    def port_after(self, burnt: float) -> float:
        """Radius of the port (m) after `burnt` kg of fuel."""
        section = burnt / (self.fuel_density * self.grain_length)
        return math.sqrt(self.port_radius**2 + section / math.pi)

    def dispersed(self, stream: random.Random, spread: "HybridSpread") -> "HybridDesign":
        """One motor of the production: standard deviations as fractions."""
        gauss = stream.gauss
        return replace(
            self,
            oxidizer=self.oxidizer * (1.0 + spread.load * gauss(0, 1)),
            fuel=self.fuel * (1.0 + spread.load * gauss(0, 1)),
            oxidizer_flow=self.oxidizer_flow * (1.0 + spread.oxidizer_flow * gauss(0, 1)),
            regression=self.regression * (1.0 + spread.regression * gauss(0, 1)),
            specific_impulse=self.specific_impulse * (1.0 + spread.specific_impulse * gauss(0, 1)),
            fall_time=self.fall_time * max(0.1, 1.0 + spread.fall_time * gauss(0, 1)),
        )


@dataclass(frozen=True)
class HybridSpread:
    """Spread of one hybrid motor from another, standard deviations as fractions."""

    load: float
    oxidizer_flow: float
    regression: float
    specific_impulse: float
    fall_time: float


@dataclass(frozen=True)
class ProfileRow:
    """Thrust (N), oxidizer and fuel used (kg), and mixture ratio at a time of full flow."""

    thrust: float
    oxidizer: float
    fuel: float
    mixture_ratio: float


class HybridMotor:
    """The profile of a motor over its time of full flow, until oxidizer or fuel runs out.

    What is inside changes only while it burns, so the profile holds however the time is cut into
    burns.
    """

    def __init__(self, design: HybridDesign) -> None:
        self.design = design
        self.rows = _profile(design)
        self.length = STEP * (len(self.rows) - 1)

    def at(self, time: float) -> ProfileRow:
        """The row at a time (s) of full flow; what is used stays, the thrust ends with it."""
        if time >= self.length:
            last = self.rows[-1]
            return ProfileRow(0.0, last.oxidizer, last.fuel, last.mixture_ratio)
        place = max(time, 0.0) / STEP
        index = min(int(place), len(self.rows) - 2)
        part = place - index
        a, b = self.rows[index], self.rows[index + 1]
        return ProfileRow(
            a.thrust + (b.thrust - a.thrust) * part,
            a.oxidizer + (b.oxidizer - a.oxidizer) * part,
            a.fuel + (b.fuel - a.fuel) * part,
            a.mixture_ratio + (b.mixture_ratio - a.mixture_ratio) * part,
        )

    @property
    def propellant(self) -> float:
        """What the motor burns until one of both runs out, kg."""
        return self.rows[-1].oxidizer + self.rows[-1].fuel

    @property
    def total_impulse(self) -> float:
        """N s."""
        inner = math.fsum(row.thrust for row in self.rows[1:-1])
        return STEP * (inner + 0.5 * (self.rows[0].thrust + self.rows[-1].thrust))

    @property
    def exhaust_speed(self) -> float:
        """Effective exhaust speed, m/s, over all that it burns."""
        return self.total_impulse / self.propellant

    def time_of(self, propellant: float) -> float:
        """Seconds of full flow until so much propellant (kg) is burnt."""
        burnt = [row.oxidizer + row.fuel for row in self.rows]
        index = min(max(bisect_right(burnt, propellant) - 1, 0), len(burnt) - 2)
        part = (propellant - burnt[index]) / (burnt[index + 1] - burnt[index])
        return STEP * (index + min(max(part, 0.0), 1.0))


def _profile(design: HybridDesign) -> tuple[ProfileRow, ...]:
    oxidizer = fuel = 0.0
    start = design.oxidizer_flow + design.fuel_flow(design.oxidizer_flow, design.port_radius)
    rows: list[ProfileRow] = []
    while oxidizer < design.usable_oxidizer and fuel < design.usable_fuel:
        time = STEP * len(rows)
        throat = 1.0 + design.throat_growth * time
        flow, burning = _flows(design, oxidizer, fuel, start, throat)
        ratio = flow / burning
        impulse = design.specific_impulse * design.efficiency(ratio) * throat**-EXPANSION_EXPONENT
        rows.append(
            ProfileRow(impulse * STANDARD_GRAVITY * (flow + burning), oxidizer, fuel, ratio)
        )
        oxidizer, fuel = oxidizer + STEP * flow, fuel + STEP * burning
    if len(rows) < 2:
        raise ValueError("a hybrid motor that burns for less than 0.2 s is none")
    last = rows[-1]
    return (*rows, ProfileRow(last.thrust, oxidizer, fuel, last.mixture_ratio))


def _flows(
    design: HybridDesign, oxidizer: float, fuel: float, start: float, throat: float
) -> tuple[float, float]:
    """Flows (kg/s) of oxidizer and fuel, where the pressures of tank and chamber balance.

    The chamber's pressure is in proportion to the whole flow, and against the throat's area.
    """
    tank, port = design.tank_pressure(oxidizer), design.port_after(fuel)
    flow = design.oxidizer_flow * math.sqrt(tank)
    burning = design.fuel_flow(flow, port)
    for _ in range(_ROUNDS):
        chamber = design.chamber_share * (flow + burning) / (start * throat)
        drop = max(tank - chamber, 0.01 * tank) / (1.0 - design.chamber_share)
        flow = 0.5 * (flow + design.oxidizer_flow * math.sqrt(drop))
        burning = design.fuel_flow(flow, port)
    return flow, burning
