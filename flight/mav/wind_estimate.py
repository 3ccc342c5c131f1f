"""The wind across the climb, found from what it does to the vehicle.

The air pushes the nose aside, the nozzle holds against it. Accelerometers feel both forces
together; about the nozzle's pivot only the air has a moment. It follows from the lateral
acceleration a that is felt, the angular acceleration w, mass m and inertia I,

    M = I w + m l a     with the pivot l behind the centre of mass,

whatever the nozzle does and however badly it is aligned. From M follows the angle of attack
(slender body and cross-flow drag: Allen and Perkins, NACA report 1048 (1951)), and from that and
the velocity over the ground the wind. A Kalman filter with one variance for both lateral components
weighs what is measured: in thin or slow air the moment says little.
"""

import math
from dataclasses import dataclass

import msgspec

from flight.astrodynamics.quaternions import Quaternion, rotate, rotate_back
from flight.astrodynamics.vectors import Vector, add, norm, subtract

CROSSFLOW_DRAG = 1.2
"""Of a long cylinder across the flow (Hoerner 1965)."""
FIRST_SPREAD = 5.0
"""m/s, standard deviation of either component of the wind near the ground: assumption."""
SPREAD, CORRELATION = 8.0, 15_000.0
"""m/s and m: how the wind changes with height in the air that presses, up to 20 km: assumption."""
FORCE_NOISE, NOISE_TIME = 1.0, 0.5
"""N and s: what accelerometer bias (0.003 m/s^2 on 390 kg) and the differences of the gyroscopes'
readings leave in the force, and over what time it is alike."""
STEEPEST = 0.35
"""rad, beyond which the air parts from the body and the force says nothing of the angle."""


@dataclass(frozen=True)
class Shape:
    """What the air presses on: areas from the front and from the side (m^2), and from the nozzle's
    pivot to where the force on the nose acts, and that on the side (m)."""

    front: float
    side: float
    nose_arm: float
    side_arm: float

    def angle(self, moment: float, pressure: float) -> float:
        """Angle of attack (rad) that has a moment about the pivot (N m) at a pressure (Pa)."""
        square = CROSSFLOW_DRAG * self.side * self.side_arm * pressure
        line = 2.0 * self.front * self.nose_arm * pressure
        return 2.0 * moment / (line + math.sqrt(line * line + 4.0 * square * moment))

    def force_slope(self, pressure: float) -> float:
        """N per rad at small angles."""
        return 2.0 * self.front * pressure


class StoredWind(msgspec.Struct, frozen=True):
    """What of an estimate survives a reboot: wind (m/s, inertial axes) and variance (m2/s2)."""

    wind: Vector
    variance: float


class WindEstimate:
    """The wind (m/s, inertial axes), as far as it blows across the vehicle."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.wind: Vector = (0.0, 0.0, 0.0)
        self.variance = FIRST_SPREAD**2
        self._rate: Vector | None = None

    def take(
        self,
        attitude: Quaternion,
        rate: Vector,
        felt: Vector,
        over_ground: Vector,
        pressure: float,
        vehicle: tuple[float, float, float],
        step: float,
    ) -> None:
        """One cycle: attitude; rate (rad/s) and acceleration felt (m/s^2), body axes; velocity over
        the turning ground (m/s); pressure of the air (Pa); mass (kg), lever from the pivot to the
        centre of mass (m) and inertia across the axis (kg m^2); length of the cycle (s)."""
        before, self._rate = self._rate, rate
        speed = norm(over_ground)
        if before is None or step <= 0.0 or pressure <= 0.0 or speed <= 0.0:
            return
        mass, lever, inertia = vehicle
        about_y = inertia * (rate[1] - before[1]) / step
        about_z = inertia * (rate[2] - before[2]) / step
        push_y = about_z + lever * mass * felt[1]
        push_z = -about_y + lever * mass * felt[2]
        moment = math.hypot(push_y, push_z)
        angle = self.shape.angle(moment, pressure)
        self.variance += 2.0 * SPREAD**2 * speed / CORRELATION * step
        self.variance = min(self.variance, SPREAD**2)
        if angle > STEEPEST:
            return
        ahead, aside, below = rotate_back(attitude, over_ground)
        _, wind_y, wind_z = rotate_back(attitude, self.wind)
        across = ahead * math.tan(angle) / moment if moment > 0.0 else 0.0
        # The air pushes against the side towards which the vehicle slips.
        found_y, found_z = aside + across * push_y, below + across * push_z
        noise = FORCE_NOISE * speed / self.shape.force_slope(pressure)
        gain = self.variance / (self.variance + noise * noise * NOISE_TIME / step)
        self.variance *= 1.0 - gain
        change = (0.0, gain * (found_y - wind_y), gain * (found_z - wind_z))
        self.wind = add(self.wind, rotate(attitude, change))

    def through(self, over_ground: Vector) -> Vector:
        """Velocity through the air (m/s) of a velocity over the turning ground."""
        return subtract(over_ground, self.wind)

    def stored(self) -> StoredWind:
        """What must survive a reboot."""
        return StoredWind(self.wind, self.variance)

    def restore(self, kept: StoredWind) -> None:
        """Takes up what was stored."""
        self.wind, self.variance, self._rate = kept.wind, kept.variance, None
