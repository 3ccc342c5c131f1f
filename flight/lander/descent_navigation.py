"""Where the lander is, how fast, and which way up: inertial navigation, mended by radar and map.

Position and velocity are inertial; errors are kept for each of the axes east, north and up, as the
covariance of position and velocity. Attitude errors are not estimated: they show as errors of
velocity, which the radar takes out; after a saturated gyroscope the vertical is found again under
the parachute (`relevel`).
"""

import copy
import math
from dataclasses import dataclass, field

import msgspec

from flight.astrodynamics.gravity import MARS, acceleration
from flight.astrodynamics.quaternions import Quaternion, between, normalised, product, rotate
from flight.astrodynamics.rotation_vectors import from_rotation_vector
from flight.astrodynamics.site_frame import SiteFrame, local_axes
from flight.astrodynamics.vectors import Vector, add, dot, norm, scale, subtract
from flight.icd.devices.descent import InertialIncrements
from flight.lander.silence import fill
from flight.runtime.pace import NANOSECONDS

UP = 2  # the axis
GATE = 5.0
"""Standard deviations beyond which a measurement is set aside."""
INSISTENT = 8
"""As many in a row that agree with one another are believed against the gate: a true jump, or an
inertial error, must not be rejected for ever."""
ACCELERATION_NOISE = 2.0e-3
"""m/s of velocity error per root second: accelerometers."""
ATTITUDE_ERROR = math.radians(0.04)
"""Standard deviation about any axis after the alignment by stars: it turns all that is felt from
then on, so the velocity errs by this part of the whole deceleration."""
DRAG_ERROR = 0.1
"""rad between drag and velocity under a swinging parachute, in the mean: assumption."""
LEVEL_TIME = 6.0
"""Seconds over which the weight is felt to find the vertical; swings average out."""
HEADING_DOUBT = 0.2
"""rad that the heading may be wrong after a saturated gyroscope: assumption."""
LEVEL_ENOUGH = math.radians(2.0)
STEADY = 0.12
SILENCE = 1.0
"""s between two readings, from which on they say too little of what lay between: a reboot."""
SATURATION_VELOCITY = 15.0
SATURATION_POSITION = 500.0


@dataclass
class AxisError:
    """Variances of position and velocity on one axis, and what was set aside in a row."""

    position: float
    cross: float
    velocity: float
    refused: dict[str, list[float]] = field(default_factory=dict)
    insisted: int = 0
    """Times that what lay beyond the gate was believed because it did not change."""
    felt: float = 0.0
    """m/s that were felt since the velocity was measured: so much of it the attitude has turned."""

    def propagate(self, interval: float) -> None:
        """Lets time pass."""
        self.position += (2.0 * self.cross + self.velocity * interval) * interval
        self.cross += self.velocity * interval
        self.velocity += ACCELERATION_NOISE**2 * interval

    def position_gain(self, sigma: float) -> tuple[float, float]:
        """Gains on position and velocity of a position measurement, taken into the variances."""
        total = self.position + sigma * sigma
        gain = (self.position / total, self.cross / total)
        self.velocity -= gain[1] * self.cross
        self.cross -= gain[0] * self.cross
        self.position -= gain[0] * self.position
        return gain

    def velocity_gain(self, sigma: float) -> tuple[float, float]:
        """Gains on position and velocity of a velocity measurement, taken into the variances."""
        total = self.velocity + sigma * sigma
        gain = (self.cross / total, self.velocity / total)
        self.position -= gain[0] * self.cross
        self.cross -= gain[1] * self.cross
        self.velocity -= gain[1] * self.velocity
        return gain

    def accepts(
        self, kind: str, residual: float, variance: float, sigma: float, *, insist: bool = True
    ) -> bool:
        """Whether a residual lies within the gate, or has been insisted upon, if that counts."""
        limit = GATE * math.sqrt(max(variance, 0.0) + sigma * sigma)
        held = self.refused.setdefault(kind, [])
        if abs(residual) <= limit:
            held.clear()
            return True
        held.append(residual)
        recent = held[-INSISTENT:]
        del held[:-INSISTENT]
        middle = math.fsum(recent) / len(recent)
        agreed = all(abs(value - middle) < max(0.15 * abs(middle), 3.0 * sigma) for value in recent)
        if len(recent) < INSISTENT or not agreed or not insist:
            return False
        held.clear()
        self.insisted += 1
        if kind == "velocity":
            self.velocity += residual * residual
        else:
            self.position += residual * residual
        return True


class KeptNavigation(msgspec.Struct, frozen=True, kw_only=True):
    """What of the navigation survives a reboot: inertial position and velocity (m, m/s) at a
    mission time (s), number of the inertial unit's reading, variances and covariance on each axis,
    doubts."""

    time: float
    position: Vector
    velocity: Vector
    attitude: Quaternion
    number: int
    errors: list[tuple[float, float, float]]
    saturated: bool
    heading_in_doubt: bool


class DescentNavigation:
    """The state of motion. `time` is the time of the devices, seconds of mission time."""

    def __init__(
        self,
        frame: SiteFrame,
        time: float,
        position: Vector,
        velocity: Vector,
        attitude: Quaternion,
        number: int,
        position_error: float,
        velocity_error: float,
    ) -> None:
        self.frame = frame
        self.time = time
        self.position, self.velocity, self.attitude = position, velocity, attitude
        self.number = number
        self.errors = [AxisError(position_error**2, 0.0, velocity_error**2) for _ in range(3)]
        self.felt: Vector = (0.0, 0.0, 0.0)
        """Non-gravitational acceleration over the last interval, body axes, m/s^2."""
        self.rates: Vector = (0.0, 0.0, 0.0)
        self.can_be_insisted = True
        """Whether what lies beyond the gate is believed when it does not change."""
        self.hangs = False
        """All that is felt is the drag of a parachute."""
        self.saturated = False
        """A gyroscope has saturated and the vertical has not been found again."""
        self.heading_in_doubt = False
        """A gyroscope has saturated: the angle about the vertical is not found again."""
        self._felt_sum: Vector = (0.0, 0.0, 0.0)
        self._level_start: tuple[float, Vector] | None = None
        self.map_error = 0.0
        """Standard deviation of the map's own place (m), where the variances are those on it."""
        self.corrected_up = 0.0
        """m by which measurements have moved it up so far: the rest of its way it has felt."""
        self._before_guess: DescentNavigation | None = None

    # ------------------------------------------------------------ what it knows

    def local(self) -> Vector:
        """East, north and height over the areoid, m."""
        return self.frame.local(self.time, self.position)

    def local_velocity(self) -> Vector:
        """Velocity over the ground: east, north, up, m/s."""
        return self.frame.local_velocity(self.position, self.velocity)

    def body_axis(self) -> Vector:
        """The body's z axis: east, north, up."""
        axis = rotate(self.attitude, (0.0, 0.0, 1.0))
        east, north, up = local_axes(self.position)
        return (dot(axis, east), dot(axis, north), dot(axis, up))

    def horizontal_sigma(self) -> float:
        """Standard deviation of the place on either horizontal axis, m."""
        on_map = max(self.errors[0].position, self.errors[1].position, 0.0)
        return math.sqrt(on_map + self.map_error**2)

    # ------------------------------------------------------------- what it does

    def propagate(self, increments: InertialIncrements) -> None:
        """Takes what the inertial unit felt since the last reading."""
        interval = increments.interval
        if interval <= 0.0:
            return
        self.attitude = normalised(
            product(self.attitude, from_rotation_vector(increments.rotation))
        )
        self.rates = scale(1.0 / interval, increments.rotation)
        self.felt = scale(1.0 / interval, increments.velocity)
        gained = rotate(self.attitude, increments.velocity)
        self._felt_sum = add(self._felt_sum, gained)
        dragged = self.hangs and self.saturated
        if dragged:
            gained = self._against_the_air(norm(gained))
        if interval > SILENCE:
            self._fly_silent(interval, gained)
        else:
            self._move(interval, gained)
        self.time = increments.time_ns / NANOSECONDS
        self.number = increments.number
        doubt = DRAG_ERROR if dragged else ATTITUDE_ERROR
        size = norm(gained)
        for error in self.errors:
            before, error.felt = error.felt, error.felt + size
            error.propagate(interval)
            error.velocity += doubt**2 * (error.felt**2 - before**2)
        if increments.saturated or increments.gap:
            self.saturated = self.heading_in_doubt = True
            for error in self.errors:
                error.velocity += SATURATION_VELOCITY**2
                error.position += SATURATION_POSITION**2

    def _against_the_air(self, size: float) -> Vector:
        """What is felt under a parachute while the attitude is in doubt: drag, against the velocity
        through the air, swings apart."""
        local = self.local_velocity()
        speed = norm(local)
        east, north, up = local_axes(self.position)
        if speed < 1.0:
            return scale(size, up)
        along = add(add(scale(local[0], east), scale(local[1], north)), scale(local[2], up))
        return scale(-size / speed, along)

    def guess(self, seconds: float) -> None:
        """Flies on for a time (s) of which nothing is known as if all that was felt went on.

        What it was before is kept until `end_guess`, for the unit will tell what really was felt.
        """
        if seconds <= 0.0:
            return
        if self._before_guess is None:
            kept = copy.copy(self)
            kept.errors = copy.deepcopy(self.errors)
            self._before_guess = kept
        self.propagate(
            InertialIncrements(
                time_ns=round((self.time + seconds) * NANOSECONDS),
                number=self.number,
                interval=seconds,
                rotation=scale(seconds, self.rates),
                velocity=scale(seconds, self.felt),
                saturated=False,
                gap=False,
            )
        )

    def end_guess(self) -> None:
        """Goes back to what was known before it had to guess, if it had."""
        if self._before_guess is not None:
            kept = vars(self._before_guess)
            self._before_guess = None
            vars(self).update(kept)
            self._before_guess = None

    def _fly_silent(self, interval: float, gained: Vector) -> None:
        """The way made in a silence, and by how much that is less sure; the velocity is right."""
        silence = fill(self.frame, self.position, self.velocity, gained, interval)
        step = interval / len(silence.pushes)
        for push in silence.pushes:
            self._move(step, push)
        for error, doubt in zip(self.errors, silence.doubt, strict=True):
            error.position += doubt**2

    def coast_to(self, time: float) -> None:
        """Lets time pass without anything felt, as before the air begins."""
        interval = time - self.time
        self._move(interval, (0.0, 0.0, 0.0))
        self.time = time
        for error in self.errors:
            error.propagate(max(interval, 0.0))

    def _move(self, interval: float, gained: Vector) -> None:
        """Steps by gravity at the middle of each step, short enough also over a long silence."""
        count = max(1, math.ceil(abs(interval) / 5.0))
        step = interval / count
        push = scale(1.0 / count, gained)
        for _ in range(count):
            middle = add(self.position, scale(0.5 * step, self.velocity))
            change = add(push, scale(step, acceleration(middle, MARS)))
            average = add(self.velocity, scale(0.5, change))
            self.position = add(self.position, scale(step, average))
            self.velocity = add(self.velocity, change)

    def take_position(self, axis: int, measured: float, sigma: float) -> bool:
        """A measured place (m) on the axis 0 east, 1 north or 2 up; whether it was believed."""
        residual = measured - self.local()[axis]
        error = self.errors[axis]
        if not error.accepts(
            "position", residual, error.position, sigma, insist=self.can_be_insisted
        ):
            return False
        self._correct(axis, residual, error.position_gain(sigma))
        return True

    def take_velocity(self, axis: int, measured: float, sigma: float) -> bool:
        """A measured velocity over the ground (m/s) on an axis; whether it was believed."""
        residual = measured - self.local_velocity()[axis]
        error = self.errors[axis]
        if not error.accepts(
            "velocity", residual, error.velocity, sigma, insist=self.can_be_insisted
        ):
            return False
        self._correct(axis, residual, error.velocity_gain(sigma))
        if self.heading_in_doubt and axis < 2:
            east, north, _ = self.local_velocity()
            error.velocity = max(error.velocity, (HEADING_DOUBT * math.hypot(east, north)) ** 2)
        for each in self.errors:
            each.felt = 0.0  # what the attitude had done to the velocity is taken out
        return True

    def velocity_was_shown(self) -> None:
        """What the attitude has done to the velocity is no more than what places one after the
        other, without any measured velocity, leave open of it."""
        for error in self.errors:
            error.felt = min(error.felt, math.sqrt(max(error.velocity, 0.0)) / ATTITUDE_ERROR)

    def _correct(self, axis: int, residual: float, gain: tuple[float, float]) -> None:
        direction = local_axes(self.position)[axis]
        if axis == UP:
            self.corrected_up += gain[0] * residual
        self.position = add(self.position, scale(gain[0] * residual, direction))
        self.velocity = add(self.velocity, scale(gain[1] * residual, direction))

    def to_local(self, body: Vector) -> Vector:
        """East, north and up of a vector in body axes."""
        inertial = rotate(self.attitude, body)
        east, north, up = local_axes(self.position)
        return (dot(inertial, east), dot(inertial, north), dot(inertial, up))

    # --------------------------------------------------- after a saturated gyroscope

    def begin_level(self, ground_velocity_body: Vector | None) -> None:
        """Begins to look for the vertical: velocity over the ground as the radar has it."""
        if ground_velocity_body is None:
            return
        self._felt_sum = (0.0, 0.0, 0.0)
        self._level_start = (self.time, rotate(self.attitude, ground_velocity_body))

    def forget_level(self) -> None:
        """Begins anew with the next `relevel`."""
        self._level_start = None

    def relevel(self, ground_velocity_body: Vector, *, by_weight: bool = False) -> float | None:
        """Turns the attitude so that what was felt since `begin_level` is the change of velocity
        less gravity; returns the angle of the correction (rad), None before there is enough.

        Under the parachute all that is felt is nearly the opposite of gravity, so the direction of
        the sum shows the vertical; the angle about it stays as it is. `by_weight`: the change of
        velocity is not known but taken as none, which holds only once what is felt is the weight.
        """
        if self._level_start is None:
            self.begin_level(ground_velocity_body)
            return None
        start, velocity_before = self._level_start
        interval = self.time - start
        if interval < LEVEL_TIME:
            return None
        change = subtract(rotate(self.attitude, ground_velocity_body), velocity_before)
        gravity = acceleration(self.position, MARS)
        wanted = subtract(change, scale(interval, gravity))
        weight = norm(self._felt_sum) / (interval * norm(gravity))
        if norm(wanted) < 1.0 or (by_weight and abs(weight - 1.0) > STEADY):
            self._level_start = None
            return None
        turn = between(self._felt_sum, wanted)
        self.attitude = normalised(product(turn, self.attitude))
        self._level_start = None
        angle = 2.0 * math.acos(min(1.0, abs(turn[0])))
        # While it is far off, the change of velocity is turned with it: once more, until it stays.
        self.saturated = by_weight or angle > LEVEL_ENOUGH
        return angle

    # ------------------------------------------------------------------ storage

    def kept(self) -> KeptNavigation:
        """What has to survive a reboot."""
        return KeptNavigation(
            time=self.time,
            position=self.position,
            velocity=self.velocity,
            attitude=self.attitude,
            number=self.number,
            errors=[(e.position, e.cross, e.velocity) for e in self.errors],
            saturated=self.saturated,
            heading_in_doubt=self.heading_in_doubt,
        )


def navigation_of(frame: SiteFrame, kept: KeptNavigation) -> DescentNavigation:
    """The navigation as it was kept."""
    found = DescentNavigation(
        frame, kept.time, kept.position, kept.velocity, kept.attitude, kept.number, 0.0, 0.0
    )
    found.errors = [AxisError(*row) for row in kept.errors]
    found.saturated = kept.saturated
    found.heading_in_doubt = kept.heading_in_doubt
    return found
