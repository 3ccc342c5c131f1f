"""Where the lander is, how fast, and which way up: inertial navigation, mended by radar and map.

Position and velocity are inertial; errors are kept for each of the axes east, north and up, as the
covariance of position and velocity. Attitude errors are not estimated: they show as errors of
velocity, which the radar takes out; after a saturated gyroscope the vertical is found again under
the parachute (`relevel`).
"""

import copy
import math

import msgspec

from flight.astrodynamics.gravity import MARS, acceleration
from flight.astrodynamics.quaternions import Quaternion, between, normalised, product, rotate
from flight.astrodynamics.rotation_vectors import from_rotation_vector
from flight.astrodynamics.site_frame import SiteFrame, local_axes
from flight.astrodynamics.vectors import Vector, add, dot, norm, scale, subtract
from flight.icd.devices.descent import InertialIncrements
from flight.lander.axis_error import AxisError, FeltOnly
from flight.lander.silence import fill
from flight.runtime.pace import NANOSECONDS

UP = 2  # the axis
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
        self.felt_only = FeltOnly(self.errors)
        self.felt: Vector = (0.0, 0.0, 0.0)
        """Non-gravitational acceleration over the last interval, body axes, m/s^2."""
        self.rates: Vector = (0.0, 0.0, 0.0)
        self.can_be_insisted = True
        """Whether what lies beyond the gate is believed when another source says the same."""
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

    @property
    def known_until(self) -> float:
        """Mission time (s) up to which it knows what was felt; behind it, it guesses."""
        return self.time if self._before_guess is None else self._before_guess.time

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
        for error in self._all_errors():
            error.propagate(interval)
            error.feel(size, doubt)
        if increments.saturated or increments.gap:
            self.saturated = self.heading_in_doubt = True
            for error in self._all_errors():
                error.velocity += SATURATION_VELOCITY**2
                error.position += SATURATION_POSITION**2

    def _all_errors(self) -> list[AxisError]:
        """With measurements and without."""
        return [*self.errors, *self.felt_only.errors]

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

    def guess(self, seconds: float, turning: Vector | None = None, felt: Vector | None = None) -> (
        None
    ):
        """Flies on for a time (s) of which nothing is known: as what the engines give makes it turn
        (rad/s^2) and push (m/s^2, body axes), or else as if all that was felt went on.

        What it was before is kept until `end_guess`, for the unit will tell what really was felt.
        """
        if seconds <= 0.0:
            return
        if self._before_guess is None:
            self._before_guess = self.copied()
        if turning is not None:
            self.rates = add(self.rates, scale(seconds, turning))
        if felt is not None:
            self.felt = felt
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
            self.become(self._before_guess)

    def copied(self) -> "DescentNavigation":
        """Another one that knows what this one knows, and guesses nothing."""
        kept = copy.copy(self)
        kept.errors = copy.deepcopy(self.errors)
        kept.felt_only = copy.deepcopy(self.felt_only)
        kept._before_guess = None
        return kept

    def become(self, other: "DescentNavigation") -> None:
        """Knows what the other one knows, and guesses nothing; that one is used no more."""
        vars(self).update(vars(other))
        self._before_guess = None

    def _fly_silent(self, interval: float, gained: Vector) -> None:
        """The way made in a silence, and by how much that is less sure; the velocity is right."""
        silence = fill(self.frame, self.position, self.velocity, gained, interval)
        step = interval / len(silence.pushes)
        for push in silence.pushes:
            self._move(step, push)
        for errors in (self.errors, self.felt_only.errors):
            for error, doubt in zip(errors, silence.doubt, strict=True):
                error.position += doubt**2

    def coast_to(self, time: float) -> None:
        """Lets time pass without anything felt, as before the air begins."""
        interval = time - self.time
        self._move(interval, (0.0, 0.0, 0.0))
        self.time = time
        for error in self._all_errors():
            error.propagate(max(interval, 0.0))

    def _move(self, interval: float, gained: Vector) -> None:
        """Steps by gravity at the middle of each step, short enough also over a long silence."""
        self.felt_only.pass_by(interval)
        count = max(1, math.ceil(abs(interval) / 5.0))
        step = interval / count
        push = scale(1.0 / count, gained)
        for _ in range(count):
            middle = add(self.position, scale(0.5 * step, self.velocity))
            change = add(push, scale(step, acceleration(middle, MARS)))
            average = add(self.velocity, scale(0.5, change))
            self.position = add(self.position, scale(step, average))
            self.velocity = add(self.velocity, change)

    @property
    def _may_insist(self) -> bool:
        """Whether a source may be believed for insisting alone: where the attitude is in doubt what
        is felt contradicts nobody. Else another has to say the same (`ground_sources`)."""
        return self.can_be_insisted and self.heading_in_doubt

    def take_position(self, axis: int, measured: float, sigma: float) -> bool:
        """A measured place (m) on the axis 0 east, 1 north or 2 up; whether it was believed."""
        residual = measured - self.local()[axis]
        error = self.errors[axis]
        insist = self._may_insist
        if not error.accepts("position", residual, error.position, sigma, insist=insist):
            return False
        self._correct(axis, residual, error.position_gain(sigma))
        return True

    def take_velocity(self, axis: int, measured: float, sigma: float) -> bool:
        """A measured velocity over the ground (m/s) on an axis; whether it was believed."""
        residual = measured - self.local_velocity()[axis]
        error = self.errors[axis]
        insist = self._may_insist
        if not error.accepts("velocity", residual, error.velocity, sigma, insist=insist):
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

    def correct_to(self, axis: int, offset: float, slope: float, error: AxisError) -> None:
        """Takes place and velocity on an axis to be so far (m, m/s) from what was only felt."""
        felt = self.felt_only
        self._shift(axis, offset - felt.offsets[axis], slope - felt.slopes[axis])
        self.errors[axis] = error

    def _correct(self, axis: int, residual: float, gain: tuple[float, float]) -> None:
        self._shift(axis, gain[0] * residual, gain[1] * residual)

    def _shift(self, axis: int, moved: float, faster: float) -> None:
        direction = local_axes(self.position)[axis]
        if axis == UP:
            self.corrected_up += moved
        self.felt_only.correct(axis, moved, faster)
        self.position = add(self.position, scale(moved, direction))
        self.velocity = add(self.velocity, scale(faster, direction))

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
    found.felt_only = FeltOnly(found.errors)
    found.saturated = kept.saturated
    found.heading_in_doubt = kept.heading_in_doubt
    return found
