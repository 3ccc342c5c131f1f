"""What the orbiter believes: its own orbit, the container's, and how well it knows that.

The own orbit comes from a tracking solution of the ground and is propagated on board, with the
velocity changes that the accelerometers have felt. Near the container, its orbit is known relative
to the own: when a new tracking solution moves the one, the other moves along.
"""

import math
from dataclasses import dataclass, field

import msgspec

from flight.astrodynamics.relative_motion import lvlh_axes, to_lvlh
from flight.astrodynamics.vectors import Vector, add, cross, norm, scale, subtract, unit
from flight.icd.devices.orbiter_navigation import KnownOrbit
from flight.orbiter.linear_algebra import Rows, applied, congruence, diagonal, total
from flight.orbiter.propagation import (
    State,
    coast,
    local_covariance,
    long_transition,
    motion,
    spread,
    transition,
)

ACCELERATION_NOISE = 2.0e-7  # m/s2: gravity beyond J2 between two bodies near each other, light
_FILTER_STEP = 120.0
_LONG_STEP = 1800.0  # s: gaps longer than this are crossed at once, J2 included
_SAME_PLACE = 100_000.0  # m
_OFF_AXIS = 0.3  # rad along the orbit, between orbiter and container while bearings are taken
_OUTLIER = 5.0  # standard deviations
_DOUBT_AFTER = 3  # outliers in a row
_DOUBT = 6.0  # times the covariance
LOST_AFTER = 12  # outliers in a row
UNSEEN = 15.0
"""Images in which it is not, though it should be: less than half an hour of them. One in thirty
misses it where it is."""
_SEEN = 3.0
"""Of these one sighting takes back so many: an artefact, one in fifty images, is no recovery."""


class NavigationState(msgspec.Struct, frozen=True):
    """What a navigator believes at `time` (mission seconds), as it is remembered over reboots."""

    time: float
    own: State | None
    own_sigma: float
    solution: int
    target: State | None
    covariance: Rows


@dataclass
class Navigator:
    """Own state and the container's at `time` (mission seconds), and the covariance of the
    container's state relative to the own, inertial axes."""

    time: float = 0.0
    own: State | None = None
    own_sigma: float = 0.0
    solution: int = 0
    target: State | None = None
    covariance: Rows = field(default_factory=list)
    rejected: int = 0
    unseen: float = 0.0
    last_accepted: float = -math.inf
    accepted: int = 0

    # ----------------------------------------------------------------- own orbit

    def take_own(self, known: KnownOrbit, time: float) -> None:
        """Takes a tracking solution; a change of it moves the container's estimate along."""
        x, y, z = known.position
        u, v, w = known.velocity
        state: State = ((x, y, z), (u, v, w))
        if self.own is not None and self.target is not None and self.covariance:
            self.advance(time)
            if self.range() < _SAME_PLACE:
                self.target = (
                    add(self.target[0], subtract(state[0], self.own[0])),
                    add(self.target[1], subtract(state[1], self.own[1])),
                )
            else:
                self.inflate(known.position_sigma, 0.0)
        elif self.target is not None:
            self.target = coast(self.target, time - self.time)
        self.own, self.time = state, time
        self.own_sigma, self.solution = known.position_sigma, known.solution

    def kick(self, delta_v: Vector, sigma: float) -> None:
        """A velocity change of the orbiter that the accelerometers have felt, and its error."""
        assert self.own is not None
        self.own = (self.own[0], add(self.own[1], delta_v))
        if self.covariance:
            noise = diagonal([0.0] * 3 + [sigma**2] * 3)
            self.covariance = total(self.covariance, noise)

    # ------------------------------------------------------------------ container

    def set_target(self, state: State, covariance: Rows, time: float) -> None:
        """Takes an estimate of the container at a time, made from bearings.

        It shares the error of the own orbit, which the fit does not know of. Seen from another
        place of the orbit a part of that is a difference of height, which drifts.
        """
        speed = _OFF_AXIS * motion(state) * self.own_sigma
        covariance = total(covariance, diagonal([self.own_sigma**2] * 3 + [speed**2] * 3))
        if self.own is not None and time != self.time:
            state, covariance = self._moved(state, covariance, self.time - time)
        else:
            self.time = time
        self.target, self.covariance = state, covariance
        self.rejected = self.accepted = 0
        self.unseen = 0.0

    @staticmethod
    def _moved(state: State, covariance: Rows, seconds: float) -> tuple[State, Rows]:
        matrix = long_transition(state, seconds)
        return coast(state, seconds), congruence(matrix, covariance)

    def advance(self, time: float) -> None:
        """Propagates both orbits and the covariance to a time."""
        while abs(time - self.time) > 1e-9:
            left = time - self.time
            step = max(-_FILTER_STEP, min(_FILTER_STEP, left))
            far = abs(left) > _LONG_STEP
            if far or not self.covariance:
                step = left
            if self.target is not None:
                if self.covariance:
                    make = long_transition if far else transition
                    matrix = make(self.target, step)
                    self.covariance = spread(self.covariance, matrix, step, ACCELERATION_NOISE)
                self.target = coast(self.target, step)
            if self.own is not None:
                self.own = coast(self.own, step)
            self.time += step

    def inflate(self, position: float, velocity: float) -> None:
        """Adds doubt to the container's state: standard deviations in m and m/s."""
        noise = diagonal([position**2] * 3 + [velocity**2] * 3)
        self.covariance = total(self.covariance, noise)

    def line_of_sight(self) -> Vector:
        """Vector from the orbiter to the container as believed, m."""
        assert self.own is not None and self.target is not None
        return subtract(self.target[0], self.own[0])

    def range(self) -> float:
        """Believed distance of the container in m."""
        return norm(self.line_of_sight())

    def relative(self) -> State:
        """The orbiter's state in the container's local axes (radial, along, across)."""
        assert self.own is not None and self.target is not None
        return to_lvlh(self.target, self.own)

    def position_sigma(self) -> float:
        """Root of the sum of the position variances, m."""
        return math.sqrt(max(0.0, math.fsum(self.covariance[i][i] for i in range(3))))

    def range_sigma(self) -> float:
        """One standard deviation of the distance, m."""
        direction = unit(self.line_of_sight())
        part = applied([row[:3] for row in self.covariance[:3]], direction)
        return math.sqrt(max(0.0, math.fsum(a * b for a, b in zip(part, direction, strict=True))))

    def local_sigmas(self) -> tuple[float, float, float]:
        """Standard deviations radial, along and across in the container's local axes, m."""
        assert self.target is not None
        local = local_covariance(self.covariance, self.target)
        radial, along, across_track = (math.sqrt(max(0.0, local[i][i])) for i in range(3))
        return radial, along, across_track

    # ---------------------------------------------------------------- measurements

    def not_seen(self) -> None:
        """An image of where the container is believed to be does not show it."""
        self.unseen += 1.0

    def is_lost(self) -> bool:
        """Whether it is elsewhere than it is believed to be: what is seen does not fit, or nothing
        is seen at all where it should be."""
        return self.rejected > LOST_AFTER or self.unseen > UNSEEN

    def take_bearing(self, direction: Vector, sigma: float) -> bool:
        """Updates with a direction to the container (unit vector, inertial); False: an outlier."""
        line = self.line_of_sight()
        distance = norm(line)
        first, second = across(unit(line))
        rows = [[*scale(1.0 / distance, axis), 0.0, 0.0, 0.0] for axis in (first, second)]
        along = math.fsum(a * b for a, b in zip(direction, unit(line), strict=True))
        if along < 0.9:
            self.rejected += 1
            return False
        innovation = [
            math.fsum(a * b for a, b in zip(axis, direction, strict=True)) / along
            for axis in (first, second)
        ]
        return self._update(rows, innovation, [sigma**2, sigma**2])

    def take_range(self, measured: float, sigma: float) -> bool:
        """Updates with a distance to the container in m; False: an outlier."""
        line = self.line_of_sight()
        row = [*unit(line), 0.0, 0.0, 0.0]
        return self._update([row], [measured - norm(line)], [sigma**2])

    def _update(self, rows: Rows, innovation: list[float], noise: list[float]) -> bool:
        """Sequential Kalman update (Joseph form); the measurements are independent."""
        for row, difference, variance in zip(rows, innovation, noise, strict=True):
            column = applied(self.covariance, row)
            total_variance = math.fsum(a * b for a, b in zip(row, column, strict=True)) + variance
            if difference**2 > _OUTLIER**2 * total_variance:
                self.rejected += 1
                if self.rejected % _DOUBT_AFTER == 0:
                    # Artefacts do not come in a row: it is the belief that is wrong.
                    self.covariance = [[_DOUBT * v for v in line] for line in self.covariance]
                return False
        correction = [0.0] * 6
        for row, difference, variance in zip(rows, innovation, noise, strict=True):
            column = applied(self.covariance, row)
            gain_variance = math.fsum(a * b for a, b in zip(row, column, strict=True)) + variance
            gain = [c / gain_variance for c in column]
            left = difference - math.fsum(a * b for a, b in zip(row, correction, strict=True))
            correction = [c + g * left for c, g in zip(correction, gain, strict=True)]
            keep = [
                [(1.0 if i == j else 0.0) - gain[i] * row[j] for j in range(6)] for i in range(6)
            ]
            outer = [[variance * a * b for b in gain] for a in gain]
            self.covariance = total(congruence(keep, self.covariance), outer)
        assert self.target is not None
        x, y, z, u, v, w = correction
        self.target = (add(self.target[0], (x, y, z)), add(self.target[1], (u, v, w)))
        self.accepted += 1
        self.rejected = 0
        self.unseen = max(0.0, self.unseen - _SEEN)
        self.last_accepted = self.time
        return True

    # -------------------------------------------------------------------- storage

    def pack(self) -> NavigationState:
        """What is remembered of it."""
        return NavigationState(
            self.time, self.own, self.own_sigma, self.solution, self.target, self.covariance
        )

    @classmethod
    def unpack(cls, known: NavigationState) -> "Navigator":
        """One that believes what was remembered."""
        return cls(
            known.time, known.own, known.own_sigma, known.solution, known.target, known.covariance
        )


def across(direction: Vector) -> tuple[Vector, Vector]:
    """Two unit vectors across a unit vector and across each other."""
    smallest = min(range(3), key=lambda axis: abs(direction[axis]))
    helper = [0.0, 0.0, 0.0]
    helper[smallest] = 1.0
    first = unit(cross(direction, (helper[0], helper[1], helper[2])))
    return first, cross(direction, first)


def orbit_covariance(
    state: State, radial: float, along: float, across_track: float, velocity: Vector
) -> Rows:
    """Covariance of a state from standard deviations in its local axes (m, m/s)."""
    axes = lvlh_axes(*state)
    rows: Rows = []
    for index in range(6):
        row = [0.0] * 6
        axis = index % 3
        for column in range(3):
            row[(0 if index < 3 else 3) + column] = axes[column][axis]
        rows.append(row)
    sigmas = (radial, along, across_track, *velocity)
    return congruence(rows, diagonal([s * s for s in sigmas]))
