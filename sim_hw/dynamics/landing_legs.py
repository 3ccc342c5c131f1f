"""Touchdown on four crushable legs, and what came of it."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from flight.astrodynamics.integrators import State
from flight.astrodynamics.quaternions import rotate, rotate_back
from flight.astrodynamics.site_frame import SiteFrame, local_axes
from flight.astrodynamics.vectors import Vector, add, cross, dot, norm, scale, subtract
from sim_hw.dynamics.entry_parameters import LegParameters

FRICTION_SPEED = 0.1
"""Sliding speed (m/s) at which friction has its full size; slower it is like a viscous force."""


@dataclass(frozen=True)
class Plane:
    """The ground around a place: height (m) there, and its slope to east and north (m/m)."""

    east: float
    north: float
    height: float
    slope_east: float = 0.0
    slope_north: float = 0.0

    def at(self, east: float, north: float) -> float:
        """Height of the ground at a place nearby, m."""
        return (
            self.height
            + self.slope_east * (east - self.east)
            + self.slope_north * (north - self.north)
        )


@dataclass(frozen=True)
class Touchdown:
    """What came of a flight. Speeds in m/s and tilt in rad at first contact; place and heading
    where the vehicle came to rest. `verdict`: landed, damaged or crashed; `reason`: why not landed.
    """

    time: float
    east: float
    north: float
    heading: float
    vertical_speed: float
    horizontal_speed: float
    tilt: float
    resting_tilt: float
    verdict: str
    reason: str = ""


@dataclass(frozen=True)
class _Pad:
    """One pad: m over the ground, arm (m) and force (N) in inertial axes, the push alone (N)."""

    clearance: float
    arm: Vector
    push: float = 0.0
    force: Vector = (0.0, 0.0, 0.0)


class Legs:
    """Four legs as springs with dampers that only push, with friction at their pads."""

    def __init__(self, parameters: LegParameters, frame: SiteFrame) -> None:
        self.parameters = parameters
        self.frame = frame
        self.deepest = 0.0
        self.loads = [0.0, 0.0, 0.0, 0.0]
        """Force on each pad after the last step, N."""
        self.feet: list[Vector] = [
            (
                parameters.radius * math.cos(math.pi * (0.25 + 0.5 * index)),
                parameters.radius * math.sin(math.pi * (0.25 + 0.5 * index)),
                -parameters.centre_height,
            )
            for index in range(4)
        ]

    def lowest_clearance(self, time: float, y: State, ground: Plane) -> float:
        """How far the lowest pad is from the ground, m."""
        return min(c for c, _ in self._clearances(time, y, ground))

    def force_and_moment(self, time: float, y: State, ground: Plane) -> tuple[Vector, Vector]:
        """Force in inertial axes (N) and moment in body axes (N m)."""
        total: Vector = (0.0, 0.0, 0.0)
        moment: Vector = (0.0, 0.0, 0.0)
        for pad in self._pads(time, y, ground):
            if pad.clearance < 0.0:
                total = add(total, pad.force)
                moment = add(moment, cross(pad.arm, pad.force))
        return total, rotate_back((y[10], y[11], y[12], y[13]), moment)

    def note(self, time: float, y: State, ground: Plane) -> None:
        """Takes down what each pad bears after a step, and how deep the deepest has gone in."""
        pads = self._pads(time, y, ground)
        self.loads = [pad.push for pad in pads]
        self.deepest = max(self.deepest, *(-pad.clearance for pad in pads))

    def _pads(self, time: float, y: State, ground: Plane) -> list[_Pad]:
        attitude = (y[10], y[11], y[12], y[13])
        position, velocity = (y[0], y[1], y[2]), (y[3], y[4], y[5])
        moving = subtract(velocity, self.frame.ground_velocity(position))
        _, _, up = local_axes(position)
        p = self.parameters
        pads = []
        for foot, (clearance, arm) in zip(
            self.feet, self._clearances(time, y, ground), strict=True
        ):
            if clearance >= 0.0:
                pads.append(_Pad(clearance, arm))
                continue
            speed = add(moving, rotate(attitude, cross((y[14], y[15], y[16]), foot)))
            sinking = -dot(speed, up)
            push = max(0.0, -p.stiffness * clearance + p.damping * sinking)
            sliding = subtract(speed, scale(dot(speed, up), up))
            drag = -p.friction * push / max(norm(sliding), FRICTION_SPEED)
            pads.append(_Pad(clearance, arm, push, add(scale(push, up), scale(drag, sliding))))
        return pads

    def _clearances(self, time: float, y: State, ground: Plane) -> list[tuple[float, Vector]]:
        attitude = (y[10], y[11], y[12], y[13])
        position = (y[0], y[1], y[2])
        east, north, up = local_axes(position)
        place = self.frame.local(time, position)
        found = []
        for foot in self.feet:
            arm = rotate(attitude, foot)
            below = ground.at(place[0] + dot(arm, east), place[1] + dot(arm, north))
            found.append((place[2] + dot(arm, up) - below, arm))
        return found


GroundAt = Callable[[float, float], Plane]
"""The ground around a place (m east and north)."""
