"""Attitude control of the ascent: nozzle in the burns, cold gas for roll and for the coast.

Plain functions on what navigation knows; the caller keeps the little memory that there is.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

from flight.astrodynamics.quaternions import Quaternion, rotate_back
from flight.astrodynamics.vectors import Vector

NATURAL_FREQUENCY = 4.0
"""rad/s of the closed loop in a burn; four times below the nozzle's own bandwidth."""
DAMPING = 0.9
INTEGRAL_GAIN = 6.0
"""1/s^3: takes out the steady error that a misaligned nozzle leaves."""
LARGEST_INTEGRAL = 0.6  # rad s: takes out a nozzle 0.7 degrees off in the second burn
LARGEST_ERROR = 0.35  # rad that the nozzle answers to at once: beyond, it would only overshoot


class Order(NamedTuple):
    """What the effectors are told: nozzle (rad), pulses about x, y, z (s), forward pulse (s).

    `shut_off`: seconds from now at which to shut a motor off that can be; None: let it burn.
    """

    pitch: float = 0.0
    yaw: float = 0.0
    pulses: Vector = (0.0, 0.0, 0.0)
    forward: float = 0.0
    shut_off: float | None = None


@dataclass(frozen=True)
class BurnGains:
    """A motor and what it turns: thrust (N); mass at the begin and propellant (kg); lever (m) and
    inertia (kg m^2) at begin and end."""

    thrust: float
    mass: float
    propellant: float
    lever_start: float
    lever_end: float
    inertia_start: float
    inertia_end: float

    def angle_per_acceleration(self, part: float) -> float:
        """Nozzle angle (rad) for an angular acceleration of 1 rad/s^2, at a part of the burn."""
        lever, inertia = self.lever_and_inertia(part)
        return inertia / (self.thrust * lever)

    def lever_and_inertia(self, part: float) -> tuple[float, float]:
        """Nozzle to centre of mass (m), and inertia (kg m^2), at a part of the burn.

        A grain burns over its whole length: its own centre stays where it is, and first and second
        moment of all masses about the pivot fall evenly.
        """
        part = min(max(part, 0.0), 1.0)
        left, begin, end = 1.0 - self.propellant / self.mass, self.lever_start, self.lever_end
        mass = 1.0 + part * (left - 1.0)  # over that at the begin
        lever = (begin + part * (left * end - begin)) / mass
        square = begin * begin + part * (left * end * end - begin * begin)
        inertia = self.inertia_start + part * (self.inertia_end - self.inertia_start)
        return lever, inertia + self.mass * (square - mass * lever * lever)


@dataclass(frozen=True)
class GasThrusters:
    """Moments of the pairs (N m), inertias (kg m^2), the valves' least pulse (s)."""

    roll_moment: float
    turning_moment: float
    axial_inertia: float
    transverse_inertia: float
    least_pulse: float
    largest_rate: float = math.radians(4.0)
    rate_per_error: float = 0.25
    """1/s: turning rate asked for per angle that is left."""

    def pulse(self, change: float, inertia: float, moment: float, cycle: float) -> float:
        """Seconds of thrust for a change of rate (rad/s), none when below the least pulse."""
        seconds = change * inertia / moment
        if abs(seconds) < self.least_pulse:
            return 0.0
        return max(-cycle, min(cycle, seconds))


def pointing_error(attitude: Quaternion, wanted: Vector) -> tuple[float, float]:
    """Angles (rad) about body y and z that bring the nose onto an inertial direction."""
    x, y, z = rotate_back(attitude, wanted)
    aside = math.hypot(y, z)
    if aside < 1e-12:
        return (0.0, 0.0) if x > 0.0 else (math.pi, 0.0)
    angle = math.atan2(aside, x)
    return -z / aside * angle, y / aside * angle


class BurnControl:
    """Points the thrust by the nozzle, and stops the roll by cold gas."""

    def __init__(self, gains: BurnGains, gas: GasThrusters) -> None:
        self.gains = gains
        self.gas = gas
        self.against = (0.0, 0.0)
        """Angular acceleration (rad/s^2, about body y and z) to be held against, as by air."""
        self._sums = [0.0, 0.0]

    def order(
        self, attitude: Quaternion, rate: Vector, wanted: Vector, part: float, cycle: float
    ) -> Order:
        """What to tell the effectors; `part` of the burn, `cycle` in s."""
        errors = pointing_error(attitude, wanted)
        scale = self.gains.angle_per_acceleration(part)
        angles = []
        for axis, error in enumerate(errors):
            error = max(-LARGEST_ERROR, min(LARGEST_ERROR, error))
            if abs(error) < 0.1:
                kept = self._sums[axis] + error * cycle
                self._sums[axis] = max(-LARGEST_INTEGRAL, min(LARGEST_INTEGRAL, kept))
            asked = (
                NATURAL_FREQUENCY**2 * error
                - 2.0 * DAMPING * NATURAL_FREQUENCY * rate[axis + 1]
                + INTEGRAL_GAIN * self._sums[axis]
                - self.against[axis]
            )
            angles.append(-scale * asked)
        gas = self.gas
        roll = gas.pulse(-rate[0], gas.axial_inertia, gas.roll_moment, cycle)
        if abs(rate[0]) < math.radians(0.5):
            roll = 0.0  # a slow roll does no harm, and gas is dear
        return Order(angles[0], angles[1], (roll, 0.0, 0.0))


def hold(
    attitude: Quaternion, rate: Vector, wanted: Vector, gas: GasThrusters, cycle: float
) -> Order:
    """Turns the nose to a direction, or keeps it there, by cold gas pulses."""
    inertia, moment, most = gas.transverse_inertia, gas.turning_moment, gas.largest_rate
    about_y, about_z = pointing_error(attitude, wanted)
    asked_y = max(-most, min(most, gas.rate_per_error * about_y))
    asked_z = max(-most, min(most, gas.rate_per_error * about_z))
    pulses = (
        gas.pulse(-rate[0], gas.axial_inertia, gas.roll_moment, cycle),
        gas.pulse(asked_y - rate[1], inertia, moment, cycle),
        gas.pulse(asked_z - rate[2], inertia, moment, cycle),
    )
    return Order(pulses=pulses)
