"""The truth about the entry capsule: in the orbiter, on its way, in the air, on the ground."""

import asyncio
import math
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from flight.astrodynamics.earth_arrival import EquatorOfDate, coast_step
from flight.astrodynamics.integrators import State, rk4_step
from flight.astrodynamics.search import crossing
from flight.astrodynamics.time_scales import utc_from_tt
from flight.astrodynamics.vectors import Vector, add, dot, norm, transform
from flight.icd.places import EARTH, ENTRY_CAPSULE
from sim_hw.dynamics.ascent import AirModel, air_velocity
from sim_hw.dynamics.earth_entry import (
    AIR_CEILING,
    EARTH_SURFACE,
    SLOW_SPEED,
    SLOW_STEP,
    STANDARD_GRAVITY,
    STEP,
    capsule_acceleration,
    geodetic,
)
from sim_hw.dynamics.entry_capsule import Capsule, convective_heating, radiative_heating
from sim_hw.world.space import FlyingBody
from sim_hw.world.world import World

NAME = "entry_capsule"
LEAST_COAST_HEIGHT = 300_000.0  # m; below it the steps are short
CARRIER_LOOK = 3_600.0  # s between looks at the conic that brings it
LONGEST_FALL = 1_800.0  # s; from the coast's last step to the ground it takes a quarter of that


@runtime_checkable
class Carrier(Protocol):
    """A body that comes to the entry interface of the Earth, stops there and calls `on_entry`; its
    state is then in ICRF axes from the Earth's centre."""

    state: State
    time: float
    on_entry: list[Callable[[], None]]

    def advance(self, until: float | None = None) -> State:
        """Brings the state up to now."""
        ...


class CapsuleFlight:
    """Where the capsule is and what it feels.

    `release` lets it go with a state of its own, `follow` with a spacecraft of space that brings it
    to the entry interface (one called "entry_capsule" is found there). Then it flies by itself,
    also when nobody looks, and carries its tubes to the ground. `crush` is how far the structure
    gives when it hits (m). `heated` (J/m^2) is what the stagnation point has taken up. `watchers`
    are told each step's acceleration (m/s^2) and that of the landing; `on_release` is called when
    it is let go.
    """

    def __init__(
        self,
        world: World,
        capsule: Capsule,
        atmosphere: AirModel,
        ground_height: float,
        crush: float,
    ) -> None:
        self.world = world
        self.capsule = capsule
        self.atmosphere = atmosphere
        self.ground_height = ground_height
        self.crush = crush
        self.released_at: float | None = None
        self.landed_at: float | None = None
        self.touchdown_speed = 0.0
        self.touchdown: tuple[float, float] | None = None  # geodetic latitude, longitude, rad
        self.peak_load = 0.0  # m/s^2, the landing included
        self.peak_heating = 0.0  # W/m^2
        self.heated = 0.0
        self.watchers: list[Callable[[float], None]] = []
        self.on_release: list[Callable[[], None]] = []
        self.body: FlyingBody | None = None
        self._carrier: Carrier | None = None
        self._axes: EquatorOfDate | None = None
        self._zero = 0.0  # mission time of second 0 of the axes
        self._before: tuple[float, State] | None = None

    def release(self, state: State, axes: EquatorOfDate) -> FlyingBody:
        """Lets the capsule go with a state in `axes`, whose second 0 is now.

        Raises ValueError when it has been let go already or the state does not approach the Earth.
        """
        if self.released_at is not None:
            raise ValueError("the capsule has been let go already")
        position, velocity = (state[0], state[1], state[2]), (state[3], state[4], state[5])
        if dot(position, velocity) >= 0.0:
            raise ValueError("the capsule would not approach the Earth")
        self.released_at = self.world.now()
        body = self._start(state, axes, self.released_at)
        for tell in self.on_release:
            tell()
        self._look_later()
        return body

    def follow(self, carrier: Carrier) -> None:
        """The capsule has been let go, and flies as `carrier` as far as the entry interface.

        Raises ValueError when it has been let go already.
        """
        if self.released_at is not None:
            raise ValueError("the capsule has been let go already")
        self.released_at = carrier.time
        self._carrier = carrier
        carrier.on_entry.append(lambda: self._take_over(carrier))
        for tell in self.on_release:
            tell()
        self._look_later()

    @property
    def released(self) -> bool:
        """Whether it has been let go."""
        if self.released_at is None:
            found = self.world.space.bodies.get(NAME)
            if found is not None and isinstance(found, Carrier):
                self.follow(found)
        return self.released_at is not None

    @property
    def landed(self) -> bool:
        """Whether it is on the ground."""
        self.advance()
        return self.landed_at is not None

    def advance(self) -> None:
        """Brings the flight up to now."""
        if self.released and self._carrier is not None:
            self._carrier.advance()
        if self.body is not None:
            self.body.advance()

    def peek(self) -> FlyingBody | None:
        """A shadow of the capsule, or of what brings it; None as long as it is not let go."""
        body = self.body or self.world.space.bodies.get(NAME)
        return None if body is None else body.peek()

    def felt(self) -> float:
        """What an accelerometer feels along the axis, m/s^2: drag, and weight on the ground."""
        self.advance()
        if self.body is None:
            return 0.0
        return STANDARD_GRAVITY if self.landed_at is not None else self._push(self.body.state)[2]

    def impact(self) -> float:
        """Mean deceleration of the landing, m/s^2: the speed is lost over the crush."""
        return self.touchdown_speed**2 / (2.0 * self.crush)

    def height(self) -> float:
        """Over the ellipsoid, m; infinite as long as that is not known here."""
        self.advance()
        return math.inf if self.body is None else EARTH_SURFACE.height(_position(self.body.state))

    # ---------------------------------------------------------------- mechanics

    def _start(self, state: State, axes: EquatorOfDate, time: float) -> FlyingBody:
        """A body of its own from a mission time on, which is second 0 of the axes."""
        self._axes, self._zero = axes, time
        body = _Falling(NAME, self.world.now, self._derivative, tuple(state), coast_step(state))
        body.flight = self
        body.time = time
        body.observers.append(self._stepped)
        self.body = body
        self._before = (time, body.state)
        self.world.space.add(body)
        return body

    def _take_over(self, carrier: Carrier) -> None:
        """At the entry interface: what was a conic to there flies through the air from here."""
        self._carrier = None
        time = carrier.time
        axes = EquatorOfDate.at(utc_from_tt(self.world.jd_tt(time)))
        position = transform(axes.from_icrf, _position(carrier.state))
        velocity = transform(axes.from_icrf, _velocity(carrier.state))
        self._start((*position, *velocity), axes, time)

    def _derivative(self, time: float, state: State) -> tuple[float, ...]:
        assert self._axes is not None
        position, velocity = _position(state), _velocity(state)
        if EARTH_SURFACE.height(position) > AIR_CEILING:
            return tuple(self._axes.coasting(time - self._zero, state))
        push, _, _ = capsule_acceleration(
            self.capsule, self.atmosphere, EARTH_SURFACE, position, velocity
        )
        return (*velocity, *add(EARTH_SURFACE.gravity(position), push))

    def _push(self, state: State) -> tuple[float, float, float]:
        """Density, speed through the air, deceleration by it; in a state."""
        push, density, speed = capsule_acceleration(
            self.capsule, self.atmosphere, EARTH_SURFACE, _position(state), _velocity(state)
        )
        return density, speed, norm(push)

    def _stepped(self, time: float, state: State) -> None:
        """After each step: the next step's length, extremes, and the ground."""
        assert self.body is not None and self._before is not None
        before, self._before = self._before, (time, state)
        height = EARTH_SURFACE.height(_position(state))
        if height <= self.ground_height:
            self._land(before, (time, state))
            return
        density, speed, push = self._push(state)
        self._feel(push)
        if density > 0.0:
            nose = self.capsule.nose_radius
            heating = convective_heating(density, speed, nose)
            heating += radiative_heating(density, speed, nose)
            self.peak_heating = max(self.peak_heating, heating)
            self.heated += heating * (time - before[0])
        self.body.maximum_step = _step_length(state, speed)

    def shadow_stepped(self, shadow: FlyingBody) -> None:
        """What `_stepped` does, for a shadow that nobody hears of: steps, and an end."""
        shadow.maximum_step = _step_length(shadow.state, self._push(shadow.state)[1])
        shadow.frozen = EARTH_SURFACE.height(_position(shadow.state)) <= self.ground_height

    def _land(self, before: tuple[float, State], after: tuple[float, State]) -> None:
        """Finds the touchdown on the last step, and stays there."""
        assert self.body is not None and self._axes is not None

        def height(part: float) -> float:
            state = rk4_step(self._derivative, before[0], before[1], part)
            return EARTH_SURFACE.height(_position(state)) - self.ground_height

        part = crossing(height, 0.0, after[0] - before[0], 1.0e-6)
        state = rk4_step(self._derivative, before[0], before[1], part)
        position, velocity = _position(state), _velocity(state)
        air = self.atmosphere.at(self.ground_height)
        self.touchdown_speed = norm(air_velocity(EARTH_SURFACE, position, velocity, air))
        self.landed_at = before[0] + part
        elapsed = self.landed_at - self._zero
        self.touchdown = geodetic(position, elapsed, self._axes.prime_meridian)
        self._feel(self.impact())
        self.body.state = state
        self.body.frozen = True
        if self.world.tubes.at(ENTRY_CAPSULE):
            self.world.tubes.carry(ENTRY_CAPSULE, EARTH)

    def _feel(self, acceleration: float) -> None:
        self.peak_load = max(self.peak_load, acceleration)
        for tell in self.watchers:
            tell(acceleration)

    def _look_later(self) -> None:
        """Nobody may look at the capsule when it lands; it lands all the same."""
        if self.landed:
            return
        delay = LONGEST_FALL
        if self.body is not None:
            position, velocity = _position(self.body.state), _velocity(self.body.state)
            if EARTH_SURFACE.height(position) > LEAST_COAST_HEIGHT:
                distance = norm(position) - EARTH_SURFACE.ellipsoid.polar_radius
                delay += 0.5 * distance / norm(velocity)
            elif dot(position, velocity) > 0.0:
                return  # it has skipped out and is lost
        else:
            delay = CARRIER_LOOK
        try:
            asyncio.get_running_loop().call_later(delay, self._look_later)
        except RuntimeError:  # no loop runs: a script that looks by itself
            return


class _Falling(FlyingBody):
    """The capsule by itself; a shadow of it stays on the ground that it reaches."""

    flight: CapsuleFlight

    def _fall_silent(self) -> None:
        super()._fall_silent()
        self.observers = [lambda time, state: self.flight.shadow_stepped(self)]


def _step_length(state: State, speed: float) -> float:
    if EARTH_SURFACE.height(_position(state)) > LEAST_COAST_HEIGHT:
        return coast_step(state)
    return STEP if speed > SLOW_SPEED else SLOW_STEP


def _position(state: State) -> Vector:
    return (state[0], state[1], state[2])


def _velocity(state: State) -> Vector:
    return (state[3], state[4], state[5])
