"""What the ground does with wheels that turn, and they with the vehicle: truth, without a motor.

The same for simulated wheels and for real ones: who turns them tells how far, and the plant moves
the body, by the slip, the sinkage and the obstacles of the way that it has planned.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import atan, copysign, cos, degrees, hypot, pi, sin
from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.mobility import FRONT_WHEELS
from sim_hw.serving.driven import DrivenAxis
from sim_hw.world.traction import dug_in, sample_slip, slip_when_dug_in
from sim_hw.world.world import Body, World

STEP = 0.5
"""Metres of wheel rotation between two looks at the ground,"""
FINE_STEP = 0.1
"""and where it changes from one metre to the next: a dune of 2.5 m is not stepped over."""


class WheelsParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Size and manners of the locomotion system."""

    speed: Annotated[float, Quantity("m/s", gt=0, le=0.5)]
    turn_rate: Annotated[float, Quantity("rad/s", gt=0, le=0.5)]
    drive_power: Annotated[float, Quantity("W", gt=0, le=500)]
    half_width: Annotated[float, Quantity("m", gt=0, le=2)]
    half_length: Annotated[float, Quantity("m", gt=0, le=2)]
    clearance: Annotated[float, Quantity("m", gt=0, le=1)]
    tilt_limit: Annotated[float, Quantity("deg", gt=0, le=45)]
    coldest: Annotated[float, Quantity("K", ge=100, le=300)]
    odometry_error: Annotated[float, Quantity("1", ge=0, le=0.1)]
    turn_error: Annotated[float, Quantity("1", ge=0, le=0.5)]
    side_slip: Annotated[float, Quantity("1", ge=0, le=1)]
    wheel_radius: Annotated[float, Quantity("m", gt=0, le=1)]


@dataclass(frozen=True)
class Moment:
    """A point of a motion: seconds and wheel metres since its start, the true pose, and how deep
    the wheels stand in the ground, m."""

    seconds: float
    turned: float
    east: float
    north: float
    heading: float
    depth: float


WHEELS = 4
PLOUGHING, TRAILING = 0.5, 0.15
"""Of the way that is left by slip, what a dead wheel takes that goes first, and one that is dragged
behind (assumption: Spirit drove backwards from March 2006 on, its dead wheel last)."""


def by_seconds(moment: Moment) -> float:
    """Where a motion is by its time."""
    return moment.seconds


def by_wheels(moment: Moment) -> float:
    """Where a drive is by the metres that its wheels have turned."""
    return moment.turned


class WheelsPlant:
    """Four driven wheels under a body. `dead_wheels` may be set to let motors fail."""

    def __init__(
        self, world: World, chance: random.Random, body: Body, parameters: WheelsParameters
    ) -> None:
        self.world = world
        self.random = chance
        self.body = body
        self.parameters = parameters
        self.dead_wheels: list[int] = []
        self.depth = 0.0
        """How deep the wheels have dug themselves in, m; as of the end of the last motion."""
        self.rolled = False
        """Whether wheels have turned at all."""
        self._leans = ((math.nan, math.nan), 0.0)  # where it was looked how it leans, degrees

    def lean(self) -> DrivenAxis:
        """How the vehicle leans where its wheels have brought it."""
        place = (self.body.east, self.body.north)
        if place != self._leans[0]:
            ground = self.world.terrain.ground(*place)
            self._leans = place, degrees(atan(hypot(ground.gradient_east, ground.gradient_north)))
        return DrivenAxis("lean", self._leans[1], 0.0, self.parameters.tilt_limit, "degrees")

    def temperature(self) -> float:
        """Of the motors, K."""
        return self.world.air_temperature()

    def consumption(self) -> float:
        """W that a motion from here draws."""
        ground = self.world.terrain.ground(self.body.east, self.body.north)
        climb = max(0.0, ground.slope_along(self.body.heading))
        # Rolling in loose ground and climbing cost about as much again as rolling on the flat.
        return self.parameters.drive_power * (1.0 + ground.looseness + 4.0 * climb)

    def _here(self) -> Moment:
        body = self.body
        return Moment(0.0, 0.0, body.east, body.north, body.heading, self.depth)

    def plan_drive(self, distance: float) -> tuple[list[Moment], DeviceFault | None]:
        """The way that this drive will take in truth, and the fault that it will end in."""
        if self.temperature() < self.parameters.coldest:
            return [self._here()], DeviceFault(
                "cold", f"the motors are at {self.temperature():.0f} K"
            )
        if len(self.dead_wheels) > 1:
            return [self._here()], DeviceFault("stall", f"wheels {self.dead_wheels} do not turn")
        path = [self._here()]
        sign = copysign(1.0, distance)
        left = abs(distance)
        while left > 1e-9:
            here = path[-1]
            patchy = self.world.terrain.has_patch_near(here.east, here.north, STEP)
            step = min(FINE_STEP if patchy else STEP, left)
            moment, fault = self._advance(path[-1], sign * step)
            if fault is not None:
                return path, fault
            path.append(moment)
            left -= step
        return path, None

    def plan_turn(self, angle: float) -> list[Moment]:
        """The turn on the spot that a turn of the wheels by an angle (rad) will be in truth."""
        error = self.parameters.turn_error * self.random.gauss(0.0, 1.0)
        seconds = abs(angle) / self.parameters.turn_rate
        start = self._here()
        true_heading = start.heading + angle * (1.0 + error)
        end = Moment(seconds, 0.0, start.east, start.north, true_heading, start.depth)
        return [start, end]

    def _advance(self, before: Moment, step: float) -> tuple[Moment, DeviceFault | None]:
        p = self.parameters
        ground = self.world.terrain.ground(before.east, before.north)
        direction = before.heading if step > 0 else before.heading + pi
        slip = sample_slip(ground, direction, self.random)
        slip = slip_when_dug_in(slip, before.depth, p.wheel_radius)
        if self.dead_wheels:
            first = any((wheel in FRONT_WHEELS) == (step > 0.0) for wheel in self.dead_wheels)
            slip = slip + (1.0 - slip) * (PLOUGHING if first else TRAILING)
        made = abs(step) * (1.0 - slip)
        aside = -p.side_slip * ground.slope_along(before.heading + pi / 2) * abs(step)
        east = before.east + made * sin(direction) + aside * cos(before.heading)
        north = before.north + made * cos(direction) - aside * sin(before.heading)
        fault = self._blocked(before, east, north)
        tilt = degrees(atan(hypot(ground.gradient_east, ground.gradient_north)))
        if tilt > p.tilt_limit:
            fault = DeviceFault("tilt", f"the vehicle leans by {tilt:.0f} degrees")
        moment = Moment(
            before.seconds + abs(step) / p.speed,
            before.turned + abs(step),
            east,
            north,
            before.heading + 0.003 * self.random.gauss(0.0, 1.0) * abs(step),
            dug_in(before.depth, abs(step), slip, p.wheel_radius),
        )
        return moment, fault

    def _blocked(self, before: Moment, east: float, north: float) -> DeviceFault | None:
        """Whether a rock stands in the way: nearer than the hull after the step, and nearing."""
        p = self.parameters
        for rock in self.world.rocks.within(east, north, p.half_width):
            if rock.height <= p.clearance:
                continue
            gap = hypot(rock.east - east, rock.north - north) - rock.radius
            earlier = hypot(rock.east - before.east, rock.north - before.north) - rock.radius
            if gap < p.half_width and gap < earlier:
                return DeviceFault("obstacle", f"a rock of {rock.height:.2f} m is in the way")
        return None

    def stand(
        self, path: list[Moment], at: float, measure: Callable[[Moment], float] = by_seconds
    ) -> Moment:
        """Puts the vehicle where it is at some point of a motion, by its time or its wheels."""
        last = path[-1]
        for before, after in pairwise(path):
            if measure(after) >= at and measure(after) > measure(before):
                part = (at - measure(before)) / (measure(after) - measure(before))
                last = _between(before, after, min(max(part, 0.0), 1.0))
                break
        self.body.east, self.body.north = last.east, last.north
        self.body.heading = last.heading % (2.0 * pi)
        self.depth = last.depth
        self.rolled = self.rolled or last.turned > 0.0
        self.world.moved(self.body.name)
        return last


def _between(before: Moment, after: Moment, part: float) -> Moment:
    return Moment(
        before.seconds + part * (after.seconds - before.seconds),
        before.turned + part * (after.turned - before.turned),
        before.east + part * (after.east - before.east),
        before.north + part * (after.north - before.north),
        before.heading + part * (after.heading - before.heading),
        before.depth + part * (after.depth - before.depth),
    )
