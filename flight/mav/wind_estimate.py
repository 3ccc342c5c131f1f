"""The wind across the climb, found from what it does to the vehicle.

The air pushes the nose aside, the nozzle holds against it. Accelerometers feel both forces
together; about the nozzle's pivot only the air has a moment. It follows from the lateral
acceleration a that is felt, the angular acceleration w, mass m and inertia I,

    M = I w + m l a     with the pivot l behind the centre of mass,

whatever the nozzle does and however badly it is aligned. Which moment a wind would have follows
from the angle of attack (slender body and cross-flow drag: Allen and Perkins, NACA report 1048
(1951)) that it makes with the velocity over the ground.

Accelerometers are biased, and their axes not quite square: part of the thrust is felt across. That
lasts, and in slow air it looks like a wind of several m/s; as the vehicle gains speed the same bias
looks like ever less wind. So a Kalman filter, linear about what is believed, looks for both
together, the wind and the bias, with the same variances for the two lateral components.
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
FIRST_BIAS = 0.005
"""m/s^2, standard deviation: bias of the class (0.003) and a hundredth of a degree of the axes,
across which 20 m/s^2 of thrust are felt (0.0036)."""
BIAS_GROWTH = 0.003 / math.sqrt(60.0)
"""m/s^2 a root second: as the vehicle becomes lighter, the axes show twice the thrust."""
MOMENT_NOISE = 0.4
"""N m root second: of accelerometers and of differences of the gyroscopes' readings (LN-200S
class), on 390 kg and 155 kg m^2."""
SHAPE_ERROR, SHAPE_TIME = 0.07, 1.0
"""Part of an angle by which shape and density of the air may be off, and over what time (s) that is
alike: assumption."""
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

    def moment(self, angle: float, pressure: float) -> float:
        """Moment about the pivot (N m) at an angle of attack (rad) and a pressure (Pa)."""
        nose, side = 2.0 * self.front * self.nose_arm, self.side * self.side_arm
        return pressure * (nose * angle + CROSSFLOW_DRAG * side * angle * angle)

    def slope(self, angle: float, pressure: float) -> float:
        """Of the moment by the angle of attack, N m per rad: the mean of that along the angle and
        of that across it."""
        nose, side = 2.0 * self.front * self.nose_arm, self.side * self.side_arm
        return pressure * (nose + 1.5 * CROSSFLOW_DRAG * side * angle)


class StoredWind(msgspec.Struct, frozen=True):
    """What of an estimate survives a reboot: wind (m/s, inertial axes), bias of the accelerometers
    (m/s^2, body axes), and variances of the wind, of both together, of the bias."""

    wind: Vector
    bias: Vector
    variances: Vector


class WindEstimate:
    """The wind (m/s, inertial axes), as far as it blows across the vehicle."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.wind: Vector = (0.0, 0.0, 0.0)
        self.bias: Vector = (0.0, 0.0, 0.0)
        self.variances: Vector = (FIRST_SPREAD**2, 0.0, FIRST_BIAS**2)
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
        push_y = about_z + lever * mass * (felt[1] - self.bias[1])
        push_z = -about_y + lever * mass * (felt[2] - self.bias[2])
        self._age(speed, step)
        ahead, aside, below = rotate_back(attitude, self.through(over_ground))
        slip = math.hypot(aside, below)
        angle = math.atan2(slip, ahead)
        felt_angle = self.shape.angle(math.hypot(push_y, push_z), pressure)
        if max(angle, felt_angle) > STEEPEST:
            return
        # The air pushes against the side towards which the vehicle slips.
        moment = self.shape.moment(angle, pressure)
        per_slip = moment / slip if slip > 0.0 else 0.0
        off_y, off_z = push_y + per_slip * aside, push_z + per_slip * below
        noise = MOMENT_NOISE**2 + (SHAPE_ERROR * moment) ** 2 * SHAPE_TIME
        slope = self.shape.slope(angle, pressure) / speed
        of_wind, of_bias = self._gains(slope, lever * mass, noise / step)
        self.wind = add(self.wind, rotate(attitude, (0.0, of_wind * off_y, of_wind * off_z)))
        _, bias_y, bias_z = self.bias
        self.bias = (0.0, bias_y + of_bias * off_y, bias_z + of_bias * off_z)

    def _age(self, speed: float, step: float) -> None:
        """What is known of wind and bias grows old as the vehicle climbs and becomes lighter."""
        wind, both, bias = self.variances
        aged = wind + 2.0 * SPREAD**2 * speed / CORRELATION * step
        kept = min(1.0, SPREAD**2 / aged)
        self.variances = (kept * aged, math.sqrt(kept) * both, bias + BIAS_GROWTH**2 * step)

    def _gains(self, by_wind: float, by_bias: float, noise: float) -> tuple[float, float]:
        """Of wind and of bias for a moment that was felt: how it grows with either, and variance of
        its noise (N2 m2). What is known then is kept."""
        wind, both, bias = self.variances
        to_wind, to_bias = by_wind * wind + by_bias * both, by_wind * both + by_bias * bias
        spread = by_wind * to_wind + by_bias * to_bias + noise
        of_wind, of_bias = to_wind / spread, to_bias / spread
        self.variances = (
            wind - of_wind * to_wind, both - of_wind * to_bias, bias - of_bias * to_bias,
        )  # fmt: skip
        return of_wind, of_bias

    def through(self, over_ground: Vector) -> Vector:
        """Velocity through the air (m/s) of a velocity over the turning ground."""
        return subtract(over_ground, self.wind)

    def stored(self) -> StoredWind:
        """What must survive a reboot."""
        return StoredWind(self.wind, self.bias, self.variances)

    def restore(self, kept: StoredWind) -> None:
        """Takes up what was stored."""
        self.wind, self.bias, self.variances = kept.wind, kept.bias, kept.variances
        self._rate = None
