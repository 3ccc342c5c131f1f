"""One ascent without bus and tasks: flight computer and hardware called in turn.

The methods of the flight computer and of the devices are those of the flight; only the messages
between them are left out.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.integrators import rk4_step
from flight.astrodynamics.orbits import elements_from_state
from flight.astrodynamics.vectors import Vector, angle_between, cross, norm, subtract
from flight.mav.ascent_computer import (
    BURN_CYCLE,
    COAST_CYCLE,
    LONGEST_HOLD,
    THIN_AIR,
    AscentComputer,
    AscentPlan,
    plan_ascent,
)
from flight.mav.ascent_settings import AscentSettings
from flight.mav.attitude_control import Order
from flight.mav.navigation import Navigation, align, from_pad
from flight.runtime.streams import stream
from sim_hw.assembly.mav import AscentDevices, MavHardware, build_ascent
from sim_hw.dynamics.hybrid_vehicle import Hybrid
from sim_hw.dynamics.mav_flight import MavBody
from sim_hw.world.space import Space
from sim_hw.world.world import SITE_EAST_LONGITUDE_DEGREES, SITE_LATITUDE_DEGREES

SITE_HEIGHT = -2545.3
STAR_PERIOD = 10.0
LAST_REPLAN = 30.0  # s before ignition
LONGEST_COAST = 7200.0  # s: the orbit aimed at takes as long as that


class AlwaysOn:
    """A power supply that never fails."""

    brownout = False

    def set_load(self, consumer: str, watts: float) -> None:
        """Draws nothing."""

    def is_on(self, switch: str) -> bool:
        """All is on."""
        return True


@dataclass(frozen=True)
class AscentResult:
    """What an ascent came to. Heights in km over 3389.5 km, angles in degrees, the rest SI."""

    seed: int
    closed: bool
    in_orbit: bool
    periapsis_km: float
    apoapsis_km: float
    inclination: float
    plane_error: float
    trim: float
    """Speed that cold gas trimmed, m/s."""
    gas_left: float
    before_trim_km: tuple[float, float]
    """Periapsis and apoapsis before the trim."""
    navigation_error: tuple[float, float]
    """Of position (m) and velocity (m/s) in the end."""
    dynamic_pressure: float
    angle_of_attack: float
    acceleration: float
    bending: float
    is_reduced: bool
    ignition: float
    """Of the second motor, s after the launch."""
    failure: str = ""


class Flight:
    """One MAV and its flight computer, on a clock of their own."""

    def __init__(
        self,
        hardware: MavHardware,
        parameters: Mapping[str, Any],
        seed: int,
        *,
        closed: bool = True,
        launch: float = 1000.0,
        burn_cycle: float = BURN_CYCLE,
        hybrid: Hybrid | None = None,
    ) -> None:
        self.time = launch - parameters["alignment_time"]
        self.seed = seed
        self.closed = closed
        self.launch = launch
        self.burn_cycle = burn_cycle
        self.settings = AscentSettings.of(parameters)
        latitude = math.radians(SITE_LATITUDE_DEGREES)
        longitude = math.radians(SITE_EAST_LONGITUDE_DEGREES)
        self.devices: AscentDevices = build_ascent(
            hardware, lambda: self.time, Space(), lambda: (latitude, longitude, SITE_HEIGHT),
            lambda name: self._stream(name), AlwaysOn(), None, hybrid,
        )  # fmt: skip
        self.computer: AscentComputer

    def _stream(self, name: str) -> random.Random:
        return stream(self.seed, f"ascent.{name}")

    @property
    def body(self) -> MavBody:
        """The vehicle in flight."""
        body = self.devices.truth.body
        assert body is not None
        return body

    def fly(self) -> AscentResult:
        """From the pad to the trimmed orbit, or to the ground."""
        failure = self._ascend()
        return self._judge(failure)

    # ---------------------------------------------------------------- phases

    def _ascend(self) -> str:
        self._leave_the_tube()
        self._first_burn()
        if self.body.crashed:
            return "fell to the ground"
        self._coast()
        self._second_burn()
        self.before_trim = _turning_heights(self.body)
        if self.closed:
            self._trim()
        return "fell to the ground" if self.body.crashed else ""

    def _leave_the_tube(self) -> None:
        devices, settings = self.devices, self.settings
        devices.inertial_unit.sense()
        self.time = self.launch
        seen = devices.inertial_unit.sense()
        aligned = align(
            settings.pad, self.time, settings.tube_elevation, settings.tube_azimuth, seen
        )
        # The lander's tube lies above its pad; what the ejector does is felt as it happens.
        self.computer = self._make_computer(from_pad(settings.pad, aligned, self.time))
        devices.ejector.throw()
        self.body.burn_step = self.burn_cycle
        until = self.launch + settings.ignition_delay
        while self.time < until - 1e-9:
            self._cycle(self.computer.fall, self.burn_cycle)
        devices.first_igniter.light()

    def _make_computer(self, navigation: Navigation) -> AscentComputer:
        """The flight computer, with the plan for this launch."""
        plan = _planned(self.settings, self.launch)
        return AscentComputer(self.settings, plan, navigation, closed=self.closed)

    def _first_burn(self) -> None:
        computer = self.computer
        while not computer.is_lit and not self.body.crashed:
            self._cycle(computer.fall, self.burn_cycle)
        while computer.is_lit and not self.body.crashed:
            self._cycle(computer.first_burn, self.burn_cycle)

    def _coast(self) -> None:
        computer, devices = self.computer, self.devices
        end = self.time + LONGEST_HOLD
        while self.time < end and computer.dynamic_pressure > THIN_AIR:
            self._cycle(lambda seen: computer.coast(seen, whole=True), self.burn_cycle)
        devices.separation.part("first_stage")
        devices.separation.part("fairing")
        computer.start_coast()
        last_look, replanned = self.time, False
        end = self.time + LONGEST_COAST
        while not self.body.crashed:
            left = computer.second.ignition - computer.navigation.time
            if left <= self.burn_cycle or self.time > end:
                break
            if not replanned and left <= LAST_REPLAN and self.closed:
                computer.replan()
                replanned = True
            if self.time - last_look >= STAR_PERIOD:
                computer.see_stars(devices.star_tracker.look())
                last_look = self.time
            self._cycle(computer.coast, min(COAST_CYCLE, left))
        devices.second_igniter.light()

    def _second_burn(self) -> None:
        computer, begun = self.computer, self.time
        while not computer.is_lit and self.time < begun + 2.0:
            self._cycle(lambda seen: computer.coast(seen, lighting=True), self.burn_cycle)
        # One that lies on the ground feels its weight for ever.
        while computer.is_lit and not self.body.crashed:
            self._cycle(computer.second_burn, self.burn_cycle)

    def _trim(self) -> None:
        computer = self.computer
        begun = self.time
        while self.time < begun + 400.0:
            self._advance(COAST_CYCLE)
            order = computer.trim(self.devices.inertial_unit.sense(), self.devices.effectors.gas)
            if order is None:
                break
            self._apply(order)

    def _cycle(self, step: Any, seconds: float) -> None:
        self._advance(seconds)
        self._apply(step(self.devices.inertial_unit.sense()))

    def _advance(self, seconds: float) -> None:
        self.time += seconds

    def _apply(self, order: Order) -> None:
        self.devices.effectors.apply(order.pitch, order.yaw, order.pulses, order.forward)

    # --------------------------------------------------------------- verdict

    def _judge(self, failure: str) -> AscentResult:
        body, computer = self.body, self.computer
        state = body.advance(self.time)
        position, velocity = _vectors(state)
        low, high = _turning_heights(body)
        inclination = elements_from_state(
            position, velocity, MARS.gravitational_parameter
        ).inclination
        navigation = computer.navigation
        return AscentResult(
            seed=self.seed,
            closed=self.closed,
            in_orbit=not failure and low > 100.0,
            periapsis_km=low,
            apoapsis_km=high,
            inclination=math.degrees(inclination),
            plane_error=math.degrees(
                angle_between(cross(position, velocity), computer.plan.normal)
            ),
            trim=computer.trimmed,
            gas_left=body.gas,
            before_trim_km=self.before_trim if not failure else (low, high),
            navigation_error=(
                norm(subtract(position, navigation.position)),
                norm(subtract(velocity, navigation.velocity)),
            ),
            dynamic_pressure=body.loads.dynamic_pressure,
            angle_of_attack=math.degrees(body.loads.angle_of_attack),
            acceleration=body.loads.acceleration,
            bending=body.loads.bending,
            is_reduced=computer.second.is_reduced,
            ignition=computer.second.ignition - self.launch,
            failure=failure,
        )


@lru_cache(maxsize=8)
def _planned(settings: AscentSettings, launch: float) -> AscentPlan:
    """The plan on the ground: the same for all flights of one design and one launch time."""
    return plan_ascent(settings, launch)


def _vectors(state: tuple[float, ...]) -> tuple[Vector, Vector]:
    return (state[0], state[1], state[2]), (state[3], state[4], state[5])


def _turning_heights(body: MavBody) -> tuple[float, float]:
    """Lowest and highest point of the next revolution, with J2: km over the mean radius."""
    gravity = body.planet.gravity

    def derivative(time: float, y: tuple[float, ...]) -> tuple[float, ...]:
        return (y[3], y[4], y[5], *gravity((y[0], y[1], y[2])))

    state = tuple(body.state[:6])
    speed_squared = math.fsum(v * v for v in state[3:])
    energy = 0.5 * speed_squared - MARS.gravitational_parameter / norm(state[:3])  # type: ignore[arg-type]
    if energy >= 0.0:
        return norm(state[:3]) / 1e3 - MARS_MEAN_RADIUS / 1e3, math.inf  # type: ignore[arg-type]
    axis = -0.5 * MARS.gravitational_parameter / energy
    period = math.tau * math.sqrt(axis**3 / MARS.gravitational_parameter)
    radii = []
    steps = 120
    for _ in range(steps + 1):
        radii.append(norm((state[0], state[1], state[2])))
        state = rk4_step(derivative, 0.0, state, period / steps)
    return (min(radii) - MARS_MEAN_RADIUS) / 1e3, (max(radii) - MARS_MEAN_RADIUS) / 1e3
