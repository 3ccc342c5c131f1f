"""One ascent as the MAV flies it, without bus and ground: its own phases, in virtual time.

The phases are those of `flight.mav`, in the order of its statechart, from the alignment in the tube
to the end of the trim; see `study_mav` for what is left out.
"""

import asyncio
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
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.mav.ascent import coast, eject, first_burn, hold_in_air, second_burn, trim
from flight.mav.ascent_computer import BURN_CYCLE, AscentComputer, AscentPlan, plan_ascent
from flight.mav.ascent_settings import AscentSettings
from flight.mav.countdown import LAST_CHECK, alignment
from flight.mav.navigation import Navigation, from_pad
from flight.runtime.loop import NANOSECONDS, VirtualLoop, run
from flight.runtime.streams import stream
from ground.studies.study_mav import StudyMav, called_directly
from sim_hw.assembly.mav import AscentDevices, MavHardware, build_ascent
from sim_hw.dynamics.hybrid_vehicle import Hybrid
from sim_hw.dynamics.mav_flight import MavBody
from sim_hw.world.space import Space
from sim_hw.world.world import SITE_EAST_LONGITUDE_DEGREES, SITE_LATITUDE_DEGREES

SITE_HEIGHT = -2545.3
LOWEST_KM = 100.0
"""km of the periapsis over the mean radius: below it no revolution is completed."""
PHASES = (eject, first_burn, hold_in_air, coast, second_burn, trim)
"""In the order of the vehicle's statechart."""


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
    """One MAV on a clock of its own, thrown from the site at `launch` (s).

    `closed` False: flown as planned on the ground. `burn_cycle`: of the control loop while a motor
    burns or the air presses, s.
    """

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
        self.seed = seed
        self.closed = closed
        self.launch = launch
        self.burn_cycle = burn_cycle
        self.parameters = parameters
        self.settings = AscentSettings.of(parameters)
        self.before_trim = (math.nan, math.nan)
        begin = launch - parameters["alignment_time"] - 2.0 * LAST_CHECK
        self._loop = VirtualLoop(start_ns=round(begin * NANOSECONDS))
        latitude = math.radians(SITE_LATITUDE_DEGREES)
        longitude = math.radians(SITE_EAST_LONGITUDE_DEGREES)
        self.devices: AscentDevices = build_ascent(
            hardware, self._loop.time, Space(), lambda: (latitude, longitude, SITE_HEIGHT),
            lambda name: self._stream(name), AlwaysOn(), None, hybrid,
        )  # fmt: skip
        self.computer: AscentComputer
        self.mav: StudyMav

    def _stream(self, name: str) -> random.Random:
        return stream(self.seed, f"ascent.{name}")

    @property
    def time(self) -> float:
        """Mission time, s."""
        return self._loop.time()

    @property
    def body(self) -> MavBody:
        """The vehicle in flight."""
        body = self.devices.truth.body
        assert body is not None
        return body

    def fly(self) -> AscentResult:
        """From the pad to the trimmed orbit, or to the ground; once."""
        return self._judge(run(self._ascend(), self._loop))

    # ---------------------------------------------------------------- phases

    async def _ascend(self) -> str:
        """Flies all phases; returns why one gave up, empty when none did."""
        named = called_directly(self.devices, self._shut_off, self.before_second_burn)
        self.mav = StudyMav(named, self.parameters)
        self.mav.burn_cycle = self.burn_cycle
        try:
            await self._count_down()
            for phase in PHASES:
                if phase is trim:
                    self.after_second_burn()
                await phase(self.mav, Signal(phase.__name__))
                if phase is eject:
                    self.airborne()
        except ActivityFailed as failure:
            return str(failure).removeprefix("the vehicle is lost: ")
        finally:
            self.mav.close()
        return "fell to the ground" if self.body.crashed else ""

    async def _count_down(self) -> None:
        """What the final count does for the flight computer, and waits for the instant."""
        aligned = await alignment(self.mav, self.settings)
        await asyncio.sleep(self.launch - self.time)
        navigation = from_pad(self.settings.pad, aligned, self.time)
        self.computer = self.mav.computer = self.make_computer(navigation)

    def make_computer(self, navigation: Navigation) -> AscentComputer:
        """The flight computer, with the plan for this launch."""
        plan = _planned(self.settings, self.launch)
        return AscentComputer(self.settings, plan, navigation, closed=self.closed)

    def airborne(self) -> None:
        """Called once it has left its tube and its first motor is felt."""

    def before_second_burn(self) -> None:
        """Called as the second motor is about to be lit."""

    def after_second_burn(self) -> None:
        """Called when the second motor is felt no more, before the trim."""
        self.before_trim = turning_heights(self.body)

    def _shut_off(self) -> float | None:
        return self.computer.order.shut_off

    # --------------------------------------------------------------- verdict

    def _judge(self, failure: str) -> AscentResult:
        if self.devices.truth.body is None:
            return _not_flown(self.seed, self.closed, failure)
        body, computer = self.body, self.computer
        state = body.advance(self.time)
        position, velocity = _vectors(state)
        low, high = turning_heights(body)
        inclination = elements_from_state(
            position, velocity, MARS.gravitational_parameter
        ).inclination
        navigation = computer.navigation
        return AscentResult(
            seed=self.seed,
            closed=self.closed,
            in_orbit=not failure and low > LOWEST_KM,
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


def _not_flown(seed: int, closed: bool, failure: str) -> AscentResult:
    """Of one that has not left its tube."""
    nothing, both = math.nan, (math.nan, math.nan)
    return AscentResult(
        seed, closed, in_orbit=False, periapsis_km=nothing, apoapsis_km=nothing,
        inclination=nothing, plane_error=nothing, trim=0.0, gas_left=nothing, before_trim_km=both,
        navigation_error=both, dynamic_pressure=0.0, angle_of_attack=0.0, acceleration=0.0,
        bending=0.0, is_reduced=False, ignition=nothing, failure=failure,
    )  # fmt: skip


@lru_cache(maxsize=8)
def _planned(settings: AscentSettings, launch: float) -> AscentPlan:
    """The plan on the ground: the same for all flights of one design and one launch time."""
    return plan_ascent(settings, launch)


def _vectors(state: tuple[float, ...]) -> tuple[Vector, Vector]:
    return (state[0], state[1], state[2]), (state[3], state[4], state[5])


def turning_heights(body: MavBody) -> tuple[float, float]:
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
