"""From a wanted acceleration to twelve throttles: attitude control and thrust allocation.

A quaternion PD law turns the vehicle; force along its axis and three moments are shared out among
the engines that work with the least sum of squares. When an engine is lost or stuck the others are
given what is left to do.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from flight.astrodynamics.linear_systems import SingularMatrixError, inverse
from flight.astrodynamics.quaternions import (
    Quaternion,
    between,
    conjugate,
    product,
    quaternion_of_axes,
    rotate,
)
from flight.astrodynamics.rotation_vectors import rotation_vector
from flight.astrodynamics.site_frame import local_axes
from flight.astrodynamics.vectors import Vector, add, cross, dot, norm, scale, unit
from flight.icd.devices.descent import ENGINES

AXIS: Vector = (0.0, 0.0, 1.0)
FORCE_GIVEN_UP = 150.0
"""N for each engine by which the force may be missed for the sake of the attitude."""


DAMPING = 1e-6
"""Of the equations of engines that cannot give all that is asked of them."""
FEWEST_ENGINES = 6
"""So many must be left to be shared among, so that all three moments can be made."""


@dataclass(frozen=True)
class EngineLayout:
    """Where the engines sit and what they can: ring radius and distance below the centre (m), cant
    along the ring (rad), least and greatest thrust (N)."""

    ring_radius: float
    below_centre: float
    cant: float
    least: float
    greatest: float

    def columns(self) -> list[tuple[float, float, float, float]]:
        """Of each engine: force along the axis and moments about x, y, z for 1 N of thrust."""
        found = []
        for index in range(ENGINES):
            angle = math.tau * (index + 0.5) / ENGINES
            x, y = self.ring_radius * math.cos(angle), self.ring_radius * math.sin(angle)
            z = -self.below_centre
            along = math.sin(self.cant) * (1.0 if index % 2 == 0 else -1.0)
            fx, fy, fz = -along * math.sin(angle), along * math.cos(angle), math.cos(self.cant)
            found.append((fz, y * fz - z * fy, z * fx - x * fz, x * fy - y * fx))
        return found


class ThrustAllocation:
    """Shares force and moments out among the engines that obey."""

    def __init__(self, layout: EngineLayout) -> None:
        self.layout = layout
        self.columns = layout.columns()
        self.fixed: dict[int, float] = {}
        """Engines that do not obey, with the thrust that they give."""
        self._inverses: dict[tuple[int, ...], list[list[float]]] = {}

    def set_fixed(self, fixed: dict[int, float]) -> None:
        """Takes engines out of the sharing, each with the thrust it gives whatever is asked."""
        self.fixed = dict(fixed)

    def given(self, thrusts: Sequence[float]) -> tuple[float, Vector]:
        """Force along the axis (N) and moment (N m) of the thrusts of all engines."""
        force, *moment = (
            math.fsum(t * column[row] for t, column in zip(thrusts, self.columns, strict=True))
            for row in range(4)
        )
        return force, (moment[0], moment[1], moment[2])

    def thrusts(self, force: float, moment: Vector) -> list[float]:
        """Thrust of each engine (N).

        Where limits are in the way the moments may change the force by `FORCE_GIVEN_UP` for each
        engine; what does not fit even so is taken from the moments, first from the one about the
        axis, which only turns the heading. (Were moments to come first whatever they cost, a lander
        that turns a lot would rise.)
        """
        free = [index for index in range(ENGINES) if index not in self.fixed]
        if not free:
            return [self.fixed[index] for index in range(ENGINES)]
        low, high = self.layout.least, self.layout.greatest
        lifting = self._lifting(force, free)
        inverted = self._inverse(tuple(free))
        tilting = [row[1] * moment[0] + row[2] * moment[1] for row in inverted]
        turning = self._fitted(lifting, tilting)
        busy = [f + t for f, t in zip(lifting, turning, strict=True)]
        rolling = self._fitted(busy, [row[3] * moment[2] for row in inverted])
        wanted = [f + r for f, r in zip(busy, rolling, strict=True)]
        # Moved together into the range that the moments leave.
        shift = max(0.0, low - min(wanted)) or min(0.0, high - max(wanted))
        found = [self.fixed.get(index, 0.0) for index in range(ENGINES)]
        for index, thrust in zip(free, wanted, strict=True):
            found[index] = min(max(thrust + shift, low), high)
        return found

    def _lifting(self, force: float, free: list[int]) -> list[float]:
        """Thrusts of the free engines that give a force and, with the fixed ones, no moment.

        An engine that would have to give less than it can is held at its least, and the others are
        asked again.
        """
        held = dict(self.fixed)
        while True:
            rest = [force, 0.0, 0.0, 0.0]
            for index, given in held.items():
                for axis in range(4):
                    rest[axis] -= given * self.columns[index][axis]
            asked = [index for index in free if index not in held]
            inverted = self._inverse(tuple(asked))
            shares = {
                index: math.fsum(row[axis] * rest[axis] for axis in range(4))
                for index, row in zip(asked, inverted, strict=True)
            }
            short = [index for index in asked if shares[index] < self.layout.least - 1e-9]
            if not short or len(asked) - len(short) < FEWEST_ENGINES:
                break
            held.update(dict.fromkeys(short, self.layout.least))
        low, high = self.layout.least, self.layout.greatest
        return [min(max(shares.get(index, low), low), high) for index in free]

    def _inverse(self, free: tuple[int, ...]) -> list[list[float]]:
        """Least-squares inverse for some engines: rows of engines, columns of force and moments."""
        known = self._inverses.get(free)
        if known is None:
            normal = [
                [math.fsum(self.columns[i][a] * self.columns[i][b] for i in free) for b in range(4)]
                for a in range(4)
            ]
            try:
                inverted = inverse(normal)
            except SingularMatrixError:
                # They cannot turn it about all axes: then as well as they can.
                for axis in range(4):
                    normal[axis][axis] += DAMPING * (normal[axis][axis] or 1.0)
                inverted = inverse(normal)
            known = self._inverses[free] = [
                [math.fsum(self.columns[i][a] * inverted[a][b] for a in range(4)) for b in range(4)]
                for i in free
            ]
        return known

    def _fitted(self, base: list[float], change: list[float]) -> list[float]:
        """A change of all thrusts, made smaller until it fits on top of what is there."""
        factor = 1.0
        for given, more in zip(base, change, strict=True):
            above = self.layout.greatest - given
            below = given - self.layout.least
            room = max((above if more > 0.0 else below) + FORCE_GIVEN_UP, 0.0)
            if abs(more) > room:
                factor = min(factor, room / abs(more))
        return [factor * value for value in change]


@dataclass(frozen=True)
class AttitudeGains:
    """Natural frequencies (rad/s) across and about the axis, and damping, of the attitude loop;
    inertias (kg m^2); greatest angular rates (rad/s) across and about the axis."""

    frequency: float
    roll_frequency: float
    damping: float
    inertia_across: float
    inertia_along: float
    rate: float
    roll_rate: float


def wanted_attitude(position: Vector, thrust: Vector, heading: float) -> Quaternion:
    """The attitude whose z axis is along a thrust (east, north, up) and whose x axis points to a
    heading (rad from north) as nearly as that allows."""
    east, north, up = local_axes(position)
    z = unit(add(add(scale(thrust[0], east), scale(thrust[1], north)), scale(thrust[2], up)))
    front = add(scale(math.sin(heading), east), scale(math.cos(heading), north))
    x = unit(add(front, scale(-dot(front, z), z)))
    return quaternion_of_axes(x, cross(z, x), z)


def control_moment(
    attitude: Quaternion, rates: Vector, wanted: Quaternion, gains: AttitudeGains
) -> Vector:
    """Moment (N m, body axes) that turns the vehicle into an attitude.

    First the axis is turned where it shall point, on the shortest way; the angle about it follows
    as slowly as it can, without leading the axis astray.
    """
    error = _axis_then_heading(product(conjugate(attitude), wanted))
    across = (gains.frequency, gains.inertia_across, gains.rate)
    about = (gains.roll_frequency, gains.inertia_along, gains.roll_rate)
    moments = []
    for angle, rate, loop in zip(error, rates, (across, across, about), strict=True):
        frequency, inertia, fastest = loop
        target = 0.5 * frequency / gains.damping * angle
        target = max(-fastest, min(fastest, target))
        moments.append(2.0 * gains.damping * frequency * inertia * (target - rate))
    return (moments[0], moments[1], moments[2])


def _axis_then_heading(difference: Quaternion) -> Vector:
    """A difference of attitudes (body axes) as a turn of the axis (x, y) and one about it (z)."""
    tilting = between(AXIS, rotate(difference, AXIS))
    about = product(conjugate(tilting), difference)
    tilt = rotation_vector(tilting)
    return (tilt[0], tilt[1], rotation_vector(about)[2])


def axis_of(attitude: Quaternion, position: Vector) -> Vector:
    """The body's z axis: east, north, up."""
    axis = rotate(attitude, (0.0, 0.0, 1.0))
    east, north, up = local_axes(position)
    return (dot(axis, east), dot(axis, north), dot(axis, up))


def force_along_axis(wanted: Vector, axis: Vector, mass: float) -> float:
    """Thrust (N) for a wanted acceleration (east, north, up) when the axis does not point along it
    yet: what is wanted upwards is given, as long as the axis points up at all."""
    return mass * min(wanted[2] / max(axis[2], 0.3), 1.5 * norm(wanted))
