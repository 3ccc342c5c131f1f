"""What the orbiter's devices share: its body, attitude, mass, and the container near it."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from flight.astrodynamics.constants import MARS_MEAN_RADIUS, STANDARD_GRAVITY
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.integrators import State
from flight.astrodynamics.orbits import OrbitalElements, state_from_elements
from flight.astrodynamics.quaternions import (
    IDENTITY,
    Quaternion,
    between,
    from_axis_angle,
    normalised,
    product,
    rotate,
)
from flight.astrodynamics.vectors import (
    Vector,
    add,
    angle_between,
    cross,
    dot,
    norm,
    scale,
    subtract,
    unit,
)
from flight.configuration.files import Quantity
from sim_hw.devices.orbiter_tanks import Tanks
from sim_hw.world.space import FlyingBody
from sim_hw.world.spacecraft import Spacecraft
from sim_hw.world.world import World

CONTAINER = "container"
ORBITER = "orbiter"

_WATCHED = 100_000.0  # m: nearer than this the distance to the container is watched


class OrbiterParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the orbiter is at mission time zero, and what it weighs."""

    altitude: Annotated[float, Quantity("m", ge=2e5, le=2e6)]
    inclination: Annotated[float, Quantity("deg", ge=0, le=180)]
    ascending_node: Annotated[float, Quantity("deg", ge=-360, le=360)]
    argument_of_latitude: Annotated[float, Quantity("deg", ge=-360, le=360)]
    dry_mass: Annotated[float, Quantity("kg", gt=0, le=1e4)]
    propellant: Annotated[float, Quantity("kg", ge=0, le=1e4)]
    light_pressure: Annotated[float, Quantity("1", ge=0, le=1e-3)]
    pointing_error: Annotated[float, Quantity("rad", ge=0, le=0.1)]
    slew_rate: Annotated[float, Quantity("rad/s", gt=0, le=0.1)]
    settling: Annotated[float, Quantity("s", ge=0, le=300)]


@dataclass
class Felt:
    """What the accelerometers have summed up, and how wrong that is (m/s)."""

    delta_v: Vector = (0.0, 0.0, 0.0)
    saturated: bool = False


@dataclass
class OrbiterVehicle:
    """The truth about the orbiter. `accelerometer` gives scale error and noise (m/s) of a burn."""

    world: World
    parameters: OrbiterParameters
    stream: random.Random
    accelerometer: tuple[float, float] = (0.0, 0.0)
    attitude: Quaternion = IDENTITY
    turning_until: float = 0.0
    felt: Felt = field(default_factory=Felt)
    under_way: Callable[[], Vector] | None = None
    """What the burn that is going on has given so far (m/s) and is not in `felt` yet."""
    knowledge_kick: Vector = (0.0, 0.0, 0.0)
    captured: bool = False
    closest: float = math.inf  # m, to the free container so far
    capsule_on_board: bool = True
    taken: float = 0.0  # kg that came on board, less what went

    def __post_init__(self) -> None:
        p = self.parameters
        elements = OrbitalElements(
            MARS_MEAN_RADIUS + p.altitude, 0.0, math.radians(p.inclination),
            math.radians(p.ascending_node) % math.tau, 0.0,
            math.radians(p.argument_of_latitude) % math.tau,
        )  # fmt: skip
        position, velocity = state_from_elements(elements, MARS.gravitational_parameter)
        self.body = Spacecraft(
            ORBITER, self.world.now, self.world.epoch_jd_tt, (*position, *velocity),
            light_pressure=p.light_pressure,
        )  # fmt: skip
        self.body.observers.append(self._watch)
        self.body.looked_at = self._looks_out
        self.world.space.add(self.body)
        self.tanks = Tanks(p.propellant, self.world.now)
        self.burnt: list[float] = []  # kg, by each burn
        self.came_on_board: list[float] = []
        self.went: list[float] = []
        self._last_relative: Vector | None = None

    @property
    def propellant(self) -> float:
        """What is in the tanks now, kg."""
        return self.tanks.left

    @propellant.setter
    def propellant(self, kilograms: float) -> None:
        self.tanks.fill(kilograms)

    @property
    def mass(self) -> float:
        """Mass in kg: the dry vehicle with its empty capsule, propellant, what was taken on board
        and not let go."""
        return self.parameters.dry_mass + self.propellant + self.taken

    @property
    def container(self) -> FlyingBody | None:
        """The container while it flies freely."""
        body = self.world.space.bodies.get(CONTAINER)
        return None if body is None or self.captured or body.frozen else body

    def relative_position(self) -> Vector | None:
        """Vector to the free container in m, inertial axes."""
        body = self.container
        if body is None or self.body.centre != "mars":
            return None
        here = self.body.position()  # first: it watches the container on its way
        return subtract(body.position(), here)

    def relative_velocity(self) -> Vector:
        """Velocity of the container relative to the orbiter in m/s, inertial axes."""
        body = self.container
        if body is None:
            return (0.0, 0.0, 0.0)
        here = self.body.velocity()
        return subtract(body.velocity(), here)

    # --------------------------------------------------------------- attitude

    def boresight(self) -> Vector:
        """Direction of the x axis."""
        return rotate(self.attitude, (1.0, 0.0, 0.0))

    def turn_time(self, direction: Vector) -> float:
        """Seconds that turning to a direction takes."""
        angle = angle_between(self.boresight(), direction)
        return angle / self.parameters.slew_rate + self.parameters.settling

    def turn(self, direction: Vector, fraction: float = 1.0) -> None:
        """Turns the x axis to a direction, or a part of the way."""
        here = self.boresight()
        angle = angle_between(here, direction)
        axis = cross(here, direction)
        if norm(axis) > 0.0 and fraction < 1.0:
            step = from_axis_angle(unit(axis), fraction * angle)
        else:
            step = between(here, direction)
        error = self._small_rotation(self.parameters.pointing_error)
        self.attitude = normalised(product(error, product(step, self.attitude)))

    def measured_attitude(self, noise: float) -> Quaternion:
        """The attitude with a star tracker's noise (rad about each axis)."""
        return normalised(product(self._small_rotation(noise), self.attitude))

    def _small_rotation(self, sigma: float) -> Quaternion:
        gauss = self.stream.gauss
        half = 0.5 * sigma
        return normalised((1.0, gauss(0, half), gauss(0, half), gauss(0, half)))

    # ------------------------------------------------------------------ thrust

    def use(self, delta_v: float, specific_impulse: float) -> None:
        """Takes the propellant of a velocity change out of the tanks."""
        spent = self.mass * (1.0 - math.exp(-delta_v / (specific_impulse * STANDARD_GRAVITY)))
        self.burnt.append(self.tanks.take(spent))

    def largest_change(self, specific_impulse: float) -> float:
        """The velocity change (m/s) for which the propellant that is left suffices."""
        exhaust = specific_impulse * STANDARD_GRAVITY
        return exhaust * math.log(self.mass / (self.mass - self.propellant))

    def take(self, body: FlyingBody) -> None:
        """Joins with a body that has come on board: both go on with their common momentum."""
        closing = subtract(body.velocity(), self.body.velocity())
        jolt = scale(body.fixed_mass / (self.mass + body.fixed_mass), closing)
        self.taken += body.fixed_mass
        self.came_on_board.append(body.fixed_mass)
        self.body.kick(jolt)
        self.feel(jolt)

    def let_go(self, mass: float, push: Vector) -> State:
        """Pushes a part of some kg off; returns its state: it has gained `push` (m/s)."""
        state = self.body.advance()
        self.taken -= mass
        self.went.append(mass)
        recoil = scale(-mass / self.mass, push)
        self.body.kick(recoil)
        self.feel(recoil)
        return (*state[:3], *add((state[3], state[4], state[5]), push))

    def feel(self, delta_v: Vector) -> None:
        """Adds a true velocity change to what the accelerometers show, with their error."""
        size = norm(delta_v)
        if size == 0.0:
            return
        scale_error, noise = self.accelerometer
        gauss = self.stream.gauss
        error = scale(gauss(0.0, scale_error), delta_v)
        error = add(error, (gauss(0, noise), gauss(0, noise), gauss(0, noise)))
        self.felt.delta_v = add(self.felt.delta_v, add(delta_v, error))
        # What the ground's propagation takes from telemetry is off by the same.
        self.knowledge_kick = add(self.knowledge_kick, error)

    def felt_now(self) -> Vector:
        """The sum that the accelerometers have come to, in the middle of a burn as well, m/s."""
        felt = self.felt.delta_v
        return felt if self.under_way is None else add(felt, self.under_way())

    # ----------------------------------------------------------------- distance

    def _looks_out(self) -> bool:
        """Whether there is a container to watch."""
        if self.container is None:
            self._last_relative = None
            return False
        return True

    def _watch(self, time: float, state: tuple[float, ...]) -> None:
        container = self.container
        if container is None or container.time > time + 1e-6:
            self._last_relative = None  # somebody else has moved it ahead: nothing to compare
            return
        there = container.advance(time)
        relative = (there[0] - state[0], there[1] - state[1], there[2] - state[2])
        before, self._last_relative = self._last_relative, relative
        if norm(relative) > _WATCHED:
            self._last_relative = None
            return
        self.closest = min(self.closest, _least_distance(before or relative, relative))


def _least_distance(start: Vector, end: Vector) -> float:
    """Least distance from the origin of the line between two points."""
    way = subtract(end, start)
    length = dot(way, way)
    part = 0.0 if length == 0.0 else min(1.0, max(0.0, -dot(start, way) / length))
    return norm(add(start, scale(part, way)))
