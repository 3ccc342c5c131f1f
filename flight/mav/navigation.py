"""Inertial navigation of the ascent: from the pad's place and attitude by what the IMU sums up.

Axes: inertial, z to the pole, x to the prime meridian at mission time zero; SI units.
"""

import math
from dataclasses import dataclass

import msgspec

from flight.astrodynamics.attitude_kinematics import turned
from flight.astrodynamics.gravity import MARS, acceleration
from flight.astrodynamics.launch_geometry import attitude_on_rail, east_north_up
from flight.astrodynamics.quaternions import (
    IDENTITY,
    Quaternion,
    between,
    conjugate,
    from_axis_angle,
    normalised,
    product,
    rotate,
    rotate_back,
)
from flight.astrodynamics.vectors import (
    Vector,
    add,
    add_scaled,
    angle_between,
    cross,
    dot,
    norm,
    scale,
    subtract,
    unit,
)
from flight.icd.devices.ascent import Increments

ZERO: Vector = (0.0, 0.0, 0.0)
_AXIS: Vector = (0.0, 0.0, MARS.rotation_rate)
GREATEST_BIAS = math.radians(8.0) / 3600.0
"""rad/s that sound gyroscopes may say beside the rotation of Mars (14.6 deg/h): eight times what
those of their class err by (LN-200S: 1 deg/h). Upside down they say 29 deg/h beside it; Proton-M
flew so on 2 July 2013, and turned over."""
GREATEST_TILT = math.radians(30.0)
"""rad by which the tube may stand otherwise than it is believed to: more than the lander may lean
when it has landed. Upside down, accelerometers say half a turn."""


@dataclass(frozen=True)
class Pad:
    """The launch site: latitude at the centre, longitude (rad), distance from the centre (m)."""

    latitude: float
    longitude: float
    radius: float

    def at(self, time: float) -> tuple[Vector, Vector]:
        """Position and velocity in inertial axes at a mission time (s)."""
        angle = self.longitude + MARS.rotation_rate * time
        across = self.radius * math.cos(self.latitude)
        position = (
            across * math.cos(angle), across * math.sin(angle),
            self.radius * math.sin(self.latitude),
        )  # fmt: skip
        return position, cross(_AXIS, position)


@dataclass(frozen=True)
class Alignment:
    """Attitude in the tube at a time, and the bias of the gyroscopes (rad/s)."""

    time: float
    attitude: Quaternion
    gyro_bias: Vector


def align(pad: Pad, time: float, elevation: float, azimuth: float, seen: Increments) -> Alignment:
    """Attitude in the tube from increments at rest that ended at `time`.

    Levelled by the accelerometers; the azimuth (rad) is the lander's knowledge, because the
    rotation of Mars is too slow to be found with these gyroscopes. Their bias is what they say
    beside that rotation. Raises ValueError when there is nothing to align by, and for sensors that
    say of the ground that they stand on what nothing there can be like.
    """
    if not seen.valid or seen.interval <= 0.0 or seen.saturated:
        raise ValueError("the inertial unit gave no sound increments to align by")
    middle = time - 0.5 * seen.interval
    position, velocity = pad.at(middle)
    support = subtract(cross(_AXIS, velocity), acceleration(position, MARS))
    felt = scale(1.0 / seen.interval, seen.delta_velocity)
    if not 0.5 < norm(felt) / norm(support) < 1.5:
        raise ValueError(f"the accelerometers feel {norm(felt):.2f} m/s^2 at rest")
    guess = attitude_on_rail(position, elevation, azimuth)
    tilt = angle_between(rotate(guess, felt), support)
    if tilt > GREATEST_TILT:
        beside = math.degrees(tilt)
        raise ValueError(f"the accelerometers feel {beside:.0f} deg beside the plumb line")
    level = product(between(rotate(guess, felt), support), guess)
    attitude = _turn_to_azimuth(level, position, support, azimuth)
    turning = scale(1.0 / seen.interval, seen.delta_angle)
    bias = subtract(turning, rotate_back(attitude, _AXIS))
    if norm(bias) > GREATEST_BIAS:
        beside = 3600.0 * math.degrees(norm(bias))
        raise ValueError(f"the gyroscopes turn by {beside:.1f} deg/h otherwise than the ground")
    later = from_axis_angle((0.0, 0.0, 1.0), MARS.rotation_rate * (time - middle))
    return Alignment(time, normalised(product(later, attitude)), bias)


def _turn_to_azimuth(
    attitude: Quaternion, position: Vector, support: Vector, azimuth: float
) -> Quaternion:
    east, north, _ = east_north_up(position)
    nose = rotate(attitude, (1.0, 0.0, 0.0))
    found = math.atan2(dot(nose, east), dot(nose, north))
    return product(from_axis_angle(unit(support), found - azimuth), attitude)


class StoredNavigation(msgspec.Struct, frozen=True, kw_only=True):
    """What of navigation survives a reboot; see `Navigation`."""

    time: float
    position: Vector
    velocity: Vector
    attitude: Quaternion
    gyro_bias: Vector
    gained: Vector
    carried: Vector
    corrections: int
    spent: float
    accelerometer_bias: Vector


class Navigation:
    """Position, velocity and attitude, carried on by increments."""

    def __init__(
        self,
        time: float,
        position: Vector,
        velocity: Vector,
        attitude: Quaternion,
        gyro_bias: Vector = ZERO,
    ) -> None:
        self.time = time
        self.position = position
        self.velocity = velocity
        self.attitude = attitude
        self.gyro_bias = gyro_bias
        self.rate: Vector = ZERO
        self.acceleration: Vector = ZERO  # felt, body axes
        self.gained: Vector = ZERO  # felt so far, inertial axes, m/s
        self.carried: Vector = ZERO  # and its sum over time, m
        self.spent = 0.0  # felt along the nose, m/s
        self.accelerometer_bias: Vector = ZERO
        self.corrections = 0
        self.attitude_is_sure = True
        self.bridged = 0.0  # s of thrust over which the computer was down
        self.saturations = 0
        self._learnt = 0.0  # s of coast over which the bias was averaged

    def take(self, seen: Increments, *, coasting: bool = False) -> None:
        """Carries the state on by one reading.

        Saturated increments are taken as they are, and counted: nothing better is known. While
        coasting in empty space nothing is to be felt: what the accelerometers say is their bias.
        """
        step = seen.interval
        if step <= 0.0:
            return
        self.saturations += seen.saturated
        if coasting:
            self._learn_bias(seen)
        angle = add_scaled(seen.delta_angle, -step, self.gyro_bias)
        gain = ZERO
        if not coasting:
            pushed = add_scaled(seen.delta_velocity, -step, self.accelerometer_bias)
            gain = rotate(turned(self.attitude, angle, 0.5), pushed)
            self.spent += pushed[0]
        half = add_scaled(self.position, 0.5 * step, self.velocity)
        change = add_scaled(gain, step, acceleration(half, MARS))
        self.position = add_scaled(self.position, step, add_scaled(self.velocity, 0.5, change))
        self.velocity = add(self.velocity, change)
        self.carried = add_scaled(self.carried, step, add_scaled(self.gained, 0.5, gain))
        self.gained = add(self.gained, gain)
        self.attitude = turned(self.attitude, angle, 1.0)
        self.rate = scale(1.0 / step, angle)
        self.acceleration = scale(1.0 / step, seen.delta_velocity)
        self.time += step

    def _learn_bias(self, seen: Increments) -> None:
        self._learnt += seen.interval
        part = seen.interval / self._learnt
        found = scale(1.0 / seen.interval, seen.delta_velocity)
        self.accelerometer_bias = add(
            scale(1.0 - part, self.accelerometer_bias), scale(part, found)
        )

    def take_long(self, seen: Increments, *, coasting: bool, longest: float = 5.0) -> None:
        """Carries the state on over a gap in small steps, the increments spread evenly."""
        count = max(1, math.ceil(seen.interval / longest))
        part = 1.0 / count
        for _ in range(count):
            self.take(
                Increments(
                    interval=seen.interval * part,
                    delta_angle=scale(part, seen.delta_angle),
                    delta_velocity=scale(part, seen.delta_velocity),
                    saturated=False,
                ),
                coasting=coasting,
            )

    def begin_anew(self) -> None:
        """The attitude is wrong since now: what was felt before was not turned by that."""
        self.gained = self.carried = ZERO

    def correct(self, stars: Quaternion) -> float:
        """Takes the attitude from the stars; returns the angle (rad) by which it was wrong.

        The first time, what the wrong attitude did to velocity and position is taken back: an
        alignment that was off by an angle has turned all that was felt since by that angle.
        """
        w, x, y, z = product(stars, conjugate(self.attitude))
        if not self.attitude_is_sure:
            # Lost over an outage: what was felt before has nothing to do with that.
            self.attitude, self.attitude_is_sure = stars, True
            self.corrections += 1
            return 2.0 * math.acos(min(1.0, abs(w)))
        sign = 2.0 if w >= 0.0 else -2.0
        turn = (sign * x, sign * y, sign * z)
        if self.corrections == 0:
            self.velocity = add(self.velocity, cross(turn, self.gained))
            self.position = add(self.position, cross(turn, self.carried))
            self.attitude = stars
        else:  # pictures are noisy: the gyroscopes bridge them
            self.attitude = turned_by(self.attitude, scale(0.3, turn))
        self.corrections += 1
        return norm(turn)

    def direction(self) -> Vector:
        """Where the nose points, inertial axes."""
        return rotate(self.attitude, (1.0, 0.0, 0.0))

    def stored(self) -> StoredNavigation:
        """What must survive a reboot."""
        return StoredNavigation(
            time=self.time, position=self.position, velocity=self.velocity,
            attitude=self.attitude, gyro_bias=self.gyro_bias, gained=self.gained,
            carried=self.carried, corrections=self.corrections, spent=self.spent,
            accelerometer_bias=self.accelerometer_bias,
        )  # fmt: skip

    @classmethod
    def restored(cls, kept: StoredNavigation) -> "Navigation":
        """Navigation as it was stored."""
        navigation = cls(kept.time, kept.position, kept.velocity, kept.attitude, kept.gyro_bias)
        navigation.gained, navigation.carried = kept.gained, kept.carried
        navigation.corrections, navigation.spent = kept.corrections, kept.spent
        navigation.accelerometer_bias = kept.accelerometer_bias
        return navigation


def from_pad(pad: Pad, alignment: Alignment, time: float) -> Navigation:
    """Navigation of a vehicle that still lies in its tube at `time`."""
    position, velocity = pad.at(time)
    turn = from_axis_angle((0.0, 0.0, 1.0), MARS.rotation_rate * (time - alignment.time))
    attitude = product(turn, alignment.attitude)
    return Navigation(time, position, velocity, normalised(attitude), alignment.gyro_bias)


def turned_by(attitude: Quaternion, turn: Vector) -> Quaternion:
    """An attitude turned by a small rotation vector (rad, inertial axes)."""
    return normalised(product(turned(IDENTITY, turn, 1.0), attitude))
