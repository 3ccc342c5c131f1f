"""Motion of a chaser near a target: local frame, Clohessy-Wiltshire equations, two impulses.

The local (LVLH) frame stands at the target: x radial outward, y along the track, z along the
orbit normal; it turns with the target's orbit. Clohessy-Wiltshire holds for a circular target
orbit and distances small against its radius: in a low Mars orbit a quarter revolution misses by
0.35 m from 1 km and by 35 m from 10 km. Formulas: Vallado, Fundamentals of Astrodynamics and
Applications, 4th ed., section 6.8. Any consistent units; angles in radians.
"""

import math
from dataclasses import dataclass

from flight.astrodynamics.vectors import (
    Matrix,
    Vector,
    add,
    cross,
    norm,
    subtract,
    transform,
    transpose,
    unit,
)

State = tuple[Vector, Vector]
"""Position and velocity."""

_SINGULAR = 1.0e-9


@dataclass(frozen=True)
class TransitionMatrices:
    """Blocks of the Clohessy-Wiltshire state transition matrix."""

    position_by_position: Matrix
    position_by_velocity: Matrix
    velocity_by_position: Matrix
    velocity_by_velocity: Matrix


@dataclass(frozen=True)
class TwoImpulses:
    """Velocity changes in the local frame: one now, one on arrival."""

    first: Vector
    second: Vector

    @property
    def total(self) -> float:
        """Sum of both sizes."""
        return norm(self.first) + norm(self.second)


def lvlh_axes(position: Vector, velocity: Vector) -> Matrix:
    """Matrix from inertial axes to the local frame of a target state."""
    radial = unit(position)
    normal = unit(cross(position, velocity))
    return (radial, cross(normal, radial), normal)


def to_lvlh(target: State, chaser: State) -> State:
    """Relative position and velocity in the target's local (turning) frame, from inertial states.

    Exact, not linearised, except that the frame turns at the osculating rate.
    """
    axes = lvlh_axes(*target)
    position = transform(axes, subtract(chaser[0], target[0]))
    velocity = transform(axes, subtract(chaser[1], target[1]))
    return position, subtract(velocity, cross(_frame_rate(target), position))


def from_lvlh(target: State, relative: State) -> State:
    """Inertial state of a chaser from its relative state in the target's local frame."""
    to_inertial = transpose(lvlh_axes(*target))
    position, velocity = relative
    inertial_velocity = add(velocity, cross(_frame_rate(target), position))
    return (
        add(target[0], transform(to_inertial, position)),
        add(target[1], transform(to_inertial, inertial_velocity)),
    )


def _frame_rate(target: State) -> Vector:
    position, velocity = target
    return (0.0, 0.0, norm(cross(position, velocity)) / norm(position) ** 2)


def cw_transition(mean_motion: float, seconds: float) -> TransitionMatrices:
    """Clohessy-Wiltshire state transition over a time, for a target's mean motion in rad/s."""
    n, angle = mean_motion, mean_motion * seconds
    s, c = math.sin(angle), math.cos(angle)
    return TransitionMatrices(
        position_by_position=(
            (4.0 - 3.0 * c, 0.0, 0.0),
            (6.0 * (s - angle), 1.0, 0.0),
            (0.0, 0.0, c),
        ),
        position_by_velocity=(
            (s / n, 2.0 * (1.0 - c) / n, 0.0),
            (2.0 * (c - 1.0) / n, (4.0 * s - 3.0 * angle) / n, 0.0),
            (0.0, 0.0, s / n),
        ),
        velocity_by_position=(
            (3.0 * n * s, 0.0, 0.0),
            (6.0 * n * (c - 1.0), 0.0, 0.0),
            (0.0, 0.0, -n * s),
        ),
        velocity_by_velocity=(
            (c, 2.0 * s, 0.0),
            (-2.0 * s, 4.0 * c - 3.0, 0.0),
            (0.0, 0.0, c),
        ),
    )


def cw_propagate(relative: State, mean_motion: float, seconds: float) -> State:
    """Relative state in the local frame after a time of free motion."""
    position, velocity = relative
    blocks = cw_transition(mean_motion, seconds)
    return (
        add(
            transform(blocks.position_by_position, position),
            transform(blocks.position_by_velocity, velocity),
        ),
        add(
            transform(blocks.velocity_by_position, position),
            transform(blocks.velocity_by_velocity, velocity),
        ),
    )


def cw_two_impulses(
    relative: State,
    goal: Vector,
    mean_motion: float,
    seconds: float,
    goal_velocity: Vector = (0.0, 0.0, 0.0),
) -> TwoImpulses:
    """Impulses that bring a relative state to a goal position in a time, and to a velocity there.

    Raises ValueError for a time near a multiple of half a revolution with a cross-track way to
    make up, or near any other time at which the first impulse cannot choose the arrival point.
    """
    position, velocity = relative
    blocks = cw_transition(mean_motion, seconds)
    missing = subtract(goal, transform(blocks.position_by_position, position))
    needed = _solve_impulse(blocks.position_by_velocity, missing, mean_motion, seconds)
    _, arrival = cw_propagate((position, needed), mean_motion, seconds)
    return TwoImpulses(subtract(needed, velocity), subtract(goal_velocity, arrival))


def _solve_impulse(matrix: Matrix, missing: Vector, mean_motion: float, seconds: float) -> Vector:
    """Velocity v with matrix v = missing: in plane 2 by 2, across the plane by itself."""
    (a, b, _), (c, d, _), (_, _, e) = matrix
    determinant = a * d - b * c
    cross_track = 0.0
    if abs(determinant) * mean_motion**2 < _SINGULAR:
        raise ValueError(
            f"no impulse chooses the arrival point after {seconds} s, "
            f"{mean_motion * seconds / math.tau:.4f} revolutions: choose another time"
        )
    if abs(e) * mean_motion < _SINGULAR:
        if abs(missing[2]) > _SINGULAR * max(1.0, norm(missing)):
            raise ValueError(
                f"after {seconds} s, a multiple of half a revolution, no impulse moves the "
                "arrival point across the orbit plane: choose another time"
            )
    else:
        cross_track = missing[2] / e
    return (
        (d * missing[0] - b * missing[1]) / determinant,
        (a * missing[1] - c * missing[0]) / determinant,
        cross_track,
    )


def cw_drift_per_revolution(radial_offset: float) -> float:
    """Along-track drift in one revolution of a chaser on a circular orbit of another height.

    Positive offset (higher, slower): the chaser falls back by 3 pi times the offset.
    """
    return -3.0 * math.pi * radial_offset
