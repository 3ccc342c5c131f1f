"""The reference entry, made on board before the air begins, and how far the range moves with it.

Terminal-point control as on Apollo and Mars Science Laboratory (Carman, Ives and Geller, AIAA
98-4570): one trajectory in the vertical plane is flown in the computer; the linear adjoint of its
equations, integrated backwards, tells how much range at its end a change of flight path angle, of
height or of lift would bring. Range is metres over the ground.
"""

import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from flight.lander.air_model import density_and_scale_height, speed_of_sound, wind

STEP = 0.5  # s
MINIMUM_SPEED = 120.0
LONGEST = 600.0  # s
HEADING_LIFT = 0.95
"""Part of the lift that points up in heading alignment: its bank angles are small."""


@dataclass(frozen=True)
class EntryShape:
    """What the guidance knows of its vehicle: ballistic coefficient (kg/m^2), lift over drag, and
    the speeds (m/s) below which all lift points up (heading alignment) and below which there is
    none."""

    ballistic_coefficient: float
    lift_to_drag: float
    heading_speed: float = 0.0
    straighten_speed: float = 0.0

    def vertical_lift(self, speed: float, commanded: float) -> float:
        """The part of the lift that points up at a speed."""
        if speed < self.straighten_speed:
            return 0.0
        return HEADING_LIFT if speed < self.heading_speed else commanded


@dataclass(frozen=True)
class Surroundings:
    """Gravity parameter (m^3/s^2) and radius (m) of the planet along the way; what the turning of
    the planet adds to the lift, m/s^2 for each m/s of speed."""

    gravitational_parameter: float
    radius: float
    coriolis: float


@dataclass(frozen=True)
class PlanarState:
    """Motion over the turning ground: range flown (m), speed (m/s), flight path angle (rad, up is
    positive) and height (m)."""

    range: float
    speed: float
    path_angle: float
    height: float


@dataclass(frozen=True)
class ReferencePoint:
    """One point of the reference: what to compare with, and what differences cost in range."""

    speed: float
    range_to_go: float
    height: float
    path_angle: float
    drag: float
    scale_height: float
    by_path_angle: float
    by_height: float
    by_lift: float


class EntryReference:
    """The reference as a table over falling speed. `vertical_lift` is the part of the lift that
    points up all along (the cosine of the bank angle)."""

    def __init__(self, points: list[ReferencePoint], vertical_lift: float) -> None:
        # By rising speed, from the end backwards; before the peak of the speed there is no table.
        ordered: list[ReferencePoint] = []
        for point in reversed(points):
            if not ordered or point.speed > ordered[-1].speed:
                ordered.append(point)
        self.points = ordered
        self.vertical_lift = vertical_lift
        self._speeds = [point.speed for point in ordered]

    def at(self, speed: float) -> ReferencePoint:
        """The point of a speed, between its neighbours."""
        index = min(max(bisect_left(self._speeds, speed), 1), len(self.points) - 1)
        low, high = self.points[index - 1], self.points[index]
        part = min(max((speed - low.speed) / (high.speed - low.speed), 0.0), 1.0)
        mixed = (
            getattr(low, name) + part * (getattr(high, name) - getattr(low, name))
            for name in ReferencePoint.__dataclass_fields__
        )
        return ReferencePoint(*mixed)


def rates(
    state: PlanarState, shape: EntryShape, around: Surroundings, vertical_lift: float
) -> tuple[float, float, float, float]:
    """How range, speed, path angle and height change, per second."""
    density, _ = density_and_scale_height(state.height)
    drag = 0.5 * density * state.speed**2 / shape.ballistic_coefficient
    distance = around.radius + state.height
    gravity = around.gravitational_parameter / distance**2
    cosine, sine = math.cos(state.path_angle), math.sin(state.path_angle)
    turning = (
        shape.lift_to_drag * drag * vertical_lift
        + (state.speed**2 / distance - gravity) * cosine
        + around.coriolis * state.speed
    )
    return (
        state.speed * cosine * around.radius / distance,
        -drag - gravity * sine,
        turning / state.speed,
        state.speed * sine,
    )


def fly(
    start: PlanarState,
    shape: EntryShape,
    around: Surroundings,
    vertical_lift: float,
    ended: Callable[[PlanarState], bool],
) -> list[PlanarState]:
    """The trajectory to where `ended` first holds, by steps of half a second (midpoint method)."""
    path = [start]
    while not ended(path[-1]) and len(path) * STEP < LONGEST and path[-1].height > -5_000.0:
        now = path[-1]
        lift = shape.vertical_lift(now.speed, vertical_lift)
        middle = _moved(now, rates(now, shape, around, lift), 0.5 * STEP)
        path.append(_moved(now, rates(middle, shape, around, lift), STEP))
    return path


def _moved(state: PlanarState, rate: tuple[float, ...], step: float) -> PlanarState:
    return PlanarState(
        state.range + step * rate[0],
        state.speed + step * rate[1],
        state.path_angle + step * rate[2],
        state.height + step * rate[3],
    )


def make_reference(
    start: PlanarState,
    target_range: float,
    shape: EntryShape,
    around: Surroundings,
    final_speed: float,
) -> EntryReference:
    """The reference that ends at `final_speed` after `target_range` metres, as far as lift allows.

    The part of the lift that points up is sought between 0.05 and 0.95, so that there is some left
    to steer with both ways.
    """

    def ended(state: PlanarState) -> bool:
        return state.speed < final_speed and state.height < 60_000.0

    low, high = 0.05, 0.95
    for _ in range(12):
        middle = 0.5 * (low + high)
        if fly(start, shape, around, middle, ended)[-1].range < target_range:
            low = middle
        else:
            high = middle
    lift = 0.5 * (low + high)
    return EntryReference(
        _with_gains(fly(start, shape, around, lift, ended), shape, around, lift), lift
    )


def _with_gains(
    path: list[PlanarState], shape: EntryShape, around: Surroundings, vertical_lift: float
) -> list[ReferencePoint]:
    """The adjoint backwards along the path: each point with its sensitivities."""
    end = path[-1]
    end_rate = rates(end, shape, around, vertical_lift)
    by_range, by_speed, by_angle, by_height = 1.0, -end_rate[0] / end_rate[1], 0.0, 0.0
    by_lift = 0.0
    points = []
    for state in reversed(path):
        density, scale_height = density_and_scale_height(state.height)
        drag = 0.5 * density * state.speed**2 / shape.ballistic_coefficient
        points.append(
            ReferencePoint(
                state.speed,
                end.range - state.range,
                state.height,
                state.path_angle,
                drag,
                scale_height,
                by_angle,
                by_height,
                by_lift,
            )
        )
        # The rate of the adjoint is minus the transposed Jacobian; backwards in time it is plus.
        lift = shape.vertical_lift(state.speed, vertical_lift)
        columns = _jacobian(state, shape, around, lift)
        costate = (by_range, by_speed, by_angle, by_height)
        change = [
            math.fsum(c * r for c, r in zip(costate, column, strict=True)) for column in columns
        ]
        if state.speed >= shape.heading_speed:  # below, the lift is not for the range any more
            by_lift += STEP * by_angle * shape.lift_to_drag * drag / state.speed
        by_speed += STEP * change[0]
        by_angle += STEP * change[1]
        by_height += STEP * change[2]
    points.reverse()
    return points


def _jacobian(
    state: PlanarState, shape: EntryShape, around: Surroundings, vertical_lift: float
) -> list[list[float]]:
    """Derivatives of the rates by speed, path angle and height: one column each, by differences."""
    columns = []
    for name, width in (("speed", 1.0), ("path_angle", 1.0e-4), ("height", 10.0)):
        ends = []
        for side in (1.0, -1.0):
            values = {f: getattr(state, f) for f in ("range", "speed", "path_angle", "height")}
            values[name] += side * width
            ends.append(rates(PlanarState(**values), shape, around, vertical_lift))
        columns.append([(a - b) / (2.0 * width) for a, b in zip(*ends, strict=True)])
    return columns


@dataclass(frozen=True)
class ParachuteShape:
    """What the guidance knows of the parachute: drag coefficient times area at low speed, that of
    the aeroshell alone (m^2), mass under it (kg), and seconds from mortar to a full canopy."""

    drag_area: float
    shell_area: float
    mass: float
    opening: float


# Drag of a disk-gap-band canopy over that at low speed, by Mach number (Cruz and Lingard 2006,
# round figures): it is weakest at the speed of sound.
_CANOPY_PART = ((0.5, 1.0), (0.8, 0.9), (1.0, 0.78), (1.2, 0.86), (1.5, 0.98), (2.0, 0.9))


def _canopy_part(mach: float) -> float:
    for (start, low), (end, high) in pairwise(_CANOPY_PART):
        if mach < end:
            part = max(0.0, (mach - start) / (end - start))
            return low + part * (high - low)
    return _CANOPY_PART[-1][1]


def parachute_drift(
    start: PlanarState, parachute: ParachuteShape, around: Surroundings, floor: float
) -> tuple[float, tuple[float, float]]:
    """How far it goes under the parachute down to a height (m): forward through the air, and with
    the wind to east and north, m."""
    state, forward, drift = start, 0.0, [0.0, 0.0]
    step = 0.25
    for index in range(2400):
        if state.height <= floor:
            break
        part = _canopy_part(mach_number(state.speed, state.height))
        if index * step < parachute.opening:
            part = 0.0
        area = parachute.shell_area + part * (parachute.drag_area - parachute.shell_area)
        rate = rates(state, EntryShape(parachute.mass / area, 0.0), around, 0.0)
        state = _moved(state, rate, step)
        forward += step * rate[0]
        # The wind that blows through the whole way down has moved the air itself; the vehicle,
        # slow to begin with, goes with it.
        east, north = wind(state.height)
        drift[0] += step * east
        drift[1] += step * north
    return forward, (drift[0], drift[1])


def mach_number(speed: float, height: float) -> float:
    """Speed over the expected speed of sound."""
    return speed / speed_of_sound(height)
