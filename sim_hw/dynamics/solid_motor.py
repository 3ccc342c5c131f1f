"""A solid rocket motor: thrust and propellant over time, at a temperature, and of one sample."""

import math
import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from flight.astrodynamics.constants import STANDARD_GRAVITY

TEMPERATURE_SENSITIVITY = 0.0017
"""Relative rise of chamber pressure and thrust per kelvin of the grain; middle of the range 0.067
to 0.278 % that Sutton & Biblarz, Rocket Propulsion Elements, give for composite propellants."""


class ThrustCurve:
    """The shape of a thrust curve: straight lines between points, over the burn time from 0 to 1.

    Two points at one time make a step. The values are scaled so that their mean is 1.
    """

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        times = [time for time, _ in points]
        if len(points) < 2 or times[0] != 0.0 or times[-1] != 1.0:
            raise ValueError("a thrust curve runs from time 0 to time 1")
        if any(later < sooner for sooner, later in pairwise(times)):
            raise ValueError(f"the times of a thrust curve must not fall: {times}")
        if any(not value >= 0.0 for _, value in points):
            raise ValueError("thrust cannot be negative")
        area = math.fsum(0.5 * (b + a) * (t - s) for (s, a), (t, b) in pairwise(points))
        if not area > 0.0:
            raise ValueError("a thrust curve without any thrust is none")
        self.times = tuple(times)
        self.values = tuple(value / area for _, value in points)
        used = [0.0]
        for (start, a), (end, b) in pairwise(zip(self.times, self.values, strict=True)):
            used.append(used[-1] + 0.5 * (a + b) * (end - start))
        self._used = tuple(used)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ThrustCurve) and (
            (self.times, self.values) == (other.times, other.values)
        )

    def __hash__(self) -> int:
        return hash((self.times, self.values))

    def thrust(self, time: float) -> float:
        """Thrust over mean thrust; 0 outside the burn. Right-continuous at a step."""
        if not 0.0 <= time < 1.0:
            return self.values[-1] if time == 1.0 else 0.0
        index = bisect_right(self.times, time) - 1
        return self._inside(index, time)

    def thrust_within(self, index: int, time: float) -> float:
        """Thrust of the straight line number `index`, so that a step at its end is not seen."""
        return self._inside(index, time)

    def used(self, time: float) -> float:
        """Share of the propellant burnt by a time: the exact integral of the thrust."""
        if time <= 0.0:
            return 0.0
        if time >= 1.0:
            return 1.0
        index = bisect_right(self.times, time) - 1
        here = self._inside(index, time)
        return self._used[index] + 0.5 * (self.values[index] + here) * (time - self.times[index])

    def _inside(self, index: int, time: float) -> float:
        start, end = self.times[index], self.times[index + 1]
        a, b = self.values[index], self.values[index + 1]
        return a + (b - a) * (time - start) / (end - start)


CONSTANT = ThrustCurve(((0.0, 1.0), (1.0, 1.0)))


@dataclass(frozen=True)
class MotorDispersion:
    """Spread of one motor from another, standard deviations as fractions.

    Exhaust speed: a third of the 3-sigma of 1/3 % in the dataset of Utah State University (M. W.
    Harris 2021). Burn time and propellant: assumptions, typical of production motors.
    """

    exhaust_speed: float = 0.0011
    burn_time: float = 0.01
    propellant: float = 0.001


@dataclass(frozen=True)
class SolidMotor:
    """Propellant (kg), burn time (s), vacuum specific impulse (s), shape of the thrust."""

    propellant: float
    burn_time: float
    specific_impulse: float
    curve: ThrustCurve = CONSTANT

    def __post_init__(self) -> None:
        for name in ("propellant", "burn_time", "specific_impulse"):
            value = getattr(self, name)
            if not 0.0 < value < math.inf:
                raise ValueError(f"a motor's {name.replace('_', ' ')} cannot be {value}")

    @classmethod
    def from_total_impulse(
        cls,
        total_impulse: float,
        burn_time: float,
        specific_impulse: float,
        curve: ThrustCurve = CONSTANT,
    ) -> "SolidMotor":
        """A motor of a total impulse in N s: the propellant follows."""
        propellant = total_impulse / (specific_impulse * STANDARD_GRAVITY)
        return cls(propellant, burn_time, specific_impulse, curve)

    @classmethod
    def from_mean_thrust(
        cls, mean_thrust: float, burn_time: float, propellant: float, curve: ThrustCurve = CONSTANT
    ) -> "SolidMotor":
        """A motor of a mean thrust in N: the specific impulse follows."""
        impulse = mean_thrust * burn_time / (propellant * STANDARD_GRAVITY)
        return cls(propellant, burn_time, impulse, curve)

    @cached_property
    def exhaust_speed(self) -> float:
        """Effective exhaust speed, m/s."""
        return self.specific_impulse * STANDARD_GRAVITY

    @property
    def total_impulse(self) -> float:
        """N s."""
        return self.exhaust_speed * self.propellant

    @cached_property
    def mean_thrust(self) -> float:
        """N."""
        return self.total_impulse / self.burn_time

    @cached_property
    def stretches(self) -> tuple[tuple[int, float, float], ...]:
        """The smooth stretches of the burn: number, begin and end in seconds since ignition."""
        return tuple(
            (index, self.burn_time * start, self.burn_time * end)
            for index, (start, end) in enumerate(pairwise(self.curve.times))
            if end > start
        )

    def thrust_within(self, stretch: int, seconds: float) -> float:
        """Thrust in N of one stretch, so that a step at its end is not seen from inside it."""
        return self.mean_thrust * self.curve.thrust_within(stretch, seconds / self.burn_time)

    def thrust(self, seconds: float) -> float:
        """Thrust in N, `seconds` after ignition."""
        return self.mean_thrust * self.curve.thrust(seconds / self.burn_time)

    def mass_flow(self, seconds: float) -> float:
        """Propellant burnt per second, kg/s."""
        return self.thrust(seconds) / self.exhaust_speed

    def used(self, seconds: float) -> float:
        """Propellant burnt since ignition, kg."""
        return self.propellant * self.curve.used(seconds / self.burn_time)

    def velocity_gain(self, mass: float) -> float:
        """Velocity gain (m/s) that it gives a mass (kg) in free space: the rocket equation."""
        if not mass > self.propellant:
            raise ValueError(
                f"a vehicle of {mass} kg cannot contain {self.propellant} kg of propellant"
            )
        return self.exhaust_speed * math.log(mass / (mass - self.propellant))

    def warmed(self, kelvin: float, sensitivity: float = TEMPERATURE_SENSITIVITY) -> "SolidMotor":
        """The motor with its grain `kelvin` warmer (colder when negative).

        Warm propellant burns faster, with more thrust for a shorter time; the total impulse stays.
        """
        return replace(self, burn_time=self.burn_time * math.exp(-sensitivity * kelvin))

    def dispersed(
        self, stream: random.Random, dispersion: MotorDispersion | None = None
    ) -> "SolidMotor":
        """One motor of the production."""
        spread = dispersion or MotorDispersion()
        return replace(
            self,
            propellant=self.propellant * (1.0 + stream.gauss(0.0, spread.propellant)),
            burn_time=self.burn_time * (1.0 + stream.gauss(0.0, spread.burn_time)),
            specific_impulse=self.specific_impulse
            * (1.0 + stream.gauss(0.0, spread.exhaust_speed)),
        )
