"""One flight of a design by the vehicle's own phases, and what margin was left."""

import math
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.finite_burn import fly_ahead
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.vectors import Vector, dot, norm
from flight.mav.ascent_computer import AscentComputer, AscentPlan, plan_ascent
from flight.mav.ascent_guidance import (
    apoapsis_and_period,
    gravity,
    plane_through,
    trim_needed,
)
from flight.mav.ascent_settings import AscentSettings
from flight.mav.cut_off_computer import CutOffComputer, plan_cut_off_ascent
from flight.mav.navigation import Navigation
from ground.studies.ascent_run import Flight
from ground.studies.trade.design import Design, settings_of
from sim_hw.dynamics.hybrid_flight import HybridBody

EMPTY = 0.01
"""kg of usable propellant, below which a motor has run dry."""
SAMPLE = 1.0
"""s between the points of a recorded flight."""


@dataclass(frozen=True)
class TradeResult:
    """One flight of one design; heights in km over 3389.5 km, the rest SI. A flight that ended on
    the ground has no heights.

    `margin`: velocity (m/s) that the motors could have given beyond what the flight needed; below
    zero what they fell short. Not a number when the vehicle did not come to its second burn.
    """

    design: str
    seed: int
    in_orbit: bool
    failure: str
    periapsis_km: float
    apoapsis_km: float
    plane_error: float
    margin: float
    propellant_left: float
    trim: float
    gas_left: float
    dynamic_pressure: float
    angle_of_attack: float
    acceleration: float
    second_ignition: float

    def as_row(self) -> dict[str, Any]:
        """As plain data; what is not a number becomes null."""
        row = asdict(self)
        return {
            key: None if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in row.items()
        }


@dataclass(frozen=True)
class Trace:
    """A flight for pictures: seconds since the launch, heights (km), speeds (m/s), when a motor
    pushed."""

    times: list[float]
    heights: list[float]
    speeds: list[float]
    is_pushed: list[bool]


class DesignFlight(Flight):
    """The ascent of one design on one day. Its plan may fall short of the orbit: it is flown."""

    def __init__(self, design: Design, seed: int, cycle: float, *, traced: bool = False) -> None:
        super().__init__(
            design.hardware, design.flight, seed, burn_cycle=cycle, hybrid=design.hybrid
        )
        self.design = design
        self.settings = settings_of(design)
        self.trace = Trace([], [], [], [])
        self._traced = traced
        self._margin = math.nan

    def result(self) -> TradeResult:
        """Flies, and tells how it went."""
        found = self.fly()
        body = self.devices.truth.body
        left = body.propellant_left if isinstance(body, HybridBody) else 0.0
        heights = found.periapsis_km, found.apoapsis_km
        if body is not None and body.crashed:
            heights = math.nan, math.nan
        return TradeResult(
            design=self.design.name, seed=self.seed, in_orbit=found.in_orbit,
            failure=found.failure, periapsis_km=heights[0],
            apoapsis_km=heights[1], plane_error=found.plane_error, margin=self._margin,
            propellant_left=left, trim=found.trim, gas_left=found.gas_left,
            dynamic_pressure=found.dynamic_pressure, angle_of_attack=found.angle_of_attack,
            acceleration=found.acceleration, second_ignition=found.ignition,
        )  # fmt: skip

    def make_computer(self, navigation: Navigation) -> AscentComputer:
        cut_off = self.design.cut_off
        plan = _planned(self.settings, self.launch, cut_off is not None)
        if cut_off is None:
            return AscentComputer(self.settings, plan, navigation)
        return CutOffComputer(self.settings, plan, navigation, cut_off)

    def before_second_burn(self) -> None:
        body, needed = self.body, self._needed()
        given = 0.0  # by one that can be shut off: what it gives is seen when it has burnt
        if not isinstance(body, HybridBody):
            given = body.sample.second_motor.velocity_gain(body.mass())
        self._margin = given - needed

    def after_second_burn(self) -> None:
        super().after_second_burn()
        body = self.body
        if not isinstance(body, HybridBody):
            return
        if body.propellant_left < EMPTY:
            self._margin = -self._missing()
        else:
            mass, left = body.mass(), body.propellant_left
            self._margin = body.motor.exhaust_speed * math.log(mass / (mass - left))

    def _state(self) -> tuple[Vector, Vector]:
        x, y, z, vx, vy, vz = self.body.advance(self.time)[:6]
        return (x, y, z), (vx, vy, vz)

    def _missing(self) -> float:
        """Velocity (m/s) from here to a circular orbit of this height, in the plane."""
        position, velocity = self._state()
        plane = plane_through(position, self.computer.plan.normal)
        return norm(trim_needed(position, velocity, plane))

    def _needed(self) -> float:
        """Velocity (m/s) that the coast still needs to the orbit, by impulses at its apoapsis; a
        coast that stays below the orbit needs that of its raising too."""
        position, velocity = self._state()
        highest, seconds = apoapsis_and_period(position, velocity)
        if dot(position, velocity) < 0.0:
            seconds = 0.0
        place, speed = fly_ahead(position, velocity, seconds, gravity, step=10.0)
        plane = plane_through(place, self.computer.plan.normal)
        missing = trim_needed(place, speed, plane)
        goal = self.settings.target_radius
        if highest > goal - 20e3:
            return norm(missing)
        # Raised to the orbit, and made round there.
        mu = MARS.gravitational_parameter
        low = norm(place)
        axis = 0.5 * (low + goal)
        start = math.sqrt(mu * (2.0 / low - 1.0 / axis))
        more = start - math.sqrt(mu / low)
        round_there = math.sqrt(mu / goal) - math.sqrt(mu * (2.0 / goal - 1.0 / axis))
        return norm(missing) + more + round_there

    def airborne(self) -> None:
        super().airborne()
        if self._traced:
            self.body.observers.append(self._trace)

    def _trace(self, time: float, state: tuple[float, ...]) -> None:
        times = self.trace.times
        now = time - self.launch
        if times and now - times[-1] < SAMPLE:
            return
        times.append(now)
        self.trace.heights.append((norm((state[0], state[1], state[2])) - MARS_MEAN_RADIUS) / 1e3)
        self.trace.speeds.append(norm((state[3], state[4], state[5])))
        self.trace.is_pushed.append(self.body.burning(time) is not None)


@lru_cache(maxsize=8)
def _planned(settings: AscentSettings, launch: float, can_be_cut_off: bool) -> AscentPlan:
    """The plan on the ground: the same for all flights of one design."""
    plan = plan_cut_off_ascent if can_be_cut_off else plan_ascent
    return plan(settings, launch, strict=False)
