"""Where the MAV truly is: in its tube on the lander, in flight, or let go its container."""

import math
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

import msgspec

from flight.astrodynamics.integrators import State
from flight.astrodynamics.launch_geometry import attitude_on_rail
from flight.astrodynamics.quaternions import Quaternion, rotate, rotate_back
from flight.astrodynamics.vectors import Vector, add, cross, scale, subtract, unit
from flight.configuration.files import Quantity
from sim_hw.dynamics.ascent import AirModel
from sim_hw.dynamics.mav_flight import MavBody
from sim_hw.dynamics.mav_vehicle import MavSample, MavVehicle
from sim_hw.dynamics.planet import JEZERO, Planet
from sim_hw.dynamics.solid_motor import SolidMotor
from sim_hw.world.space import LONGEST_COAST_STEP, FlyingBody, Space

BODY_NAME = "mav"
CONTAINER_NAME = "container"
CONTAINER_SPRING = 0.3
"""Speed (m/s) at which the container leaves; assumption."""


class LaunchTube(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the tube points, how it throws, and how that strays (standard deviations)."""

    azimuth: Annotated[float, Quantity("deg", ge=0, le=360)]
    elevation: Annotated[float, Quantity("deg", ge=-10, le=90)]
    pointing_error: Annotated[float, Quantity("deg", ge=0, le=5)]
    height: Annotated[float, Quantity("m", ge=0, le=5)]
    speed: Annotated[float, Quantity("m/s", gt=0, le=30)]
    speed_error: Annotated[float, Quantity("m/s", ge=0, le=5)]
    tip_rate: Annotated[float, Quantity("deg/s", ge=0, le=180)]
    tip_rate_error: Annotated[float, Quantity("deg/s", ge=0, le=60)]


class MavTruth:
    """The MAV and what it stands on. `place` gives the latitude at the centre, the longitude (rad)
    and the height (m) of the lander; `body` is there from the ejection on."""

    def __init__(
        self,
        clock: Callable[[], float],
        space: Space,
        vehicle: MavVehicle,
        sample: MavSample,
        atmosphere: AirModel,
        tube: LaunchTube,
        place: Callable[[], tuple[float, float, float]],
        stream: random.Random,
        planet: Planet = JEZERO,
        body_kind: type[MavBody] = MavBody,
    ) -> None:
        self.clock = clock
        self.space = space
        self.vehicle = vehicle
        self.sample = sample
        self.atmosphere = atmosphere
        self.tube = tube
        self.place = place
        self.planet = planet
        self.body: MavBody | None = None
        self._body_kind = body_kind
        gauss = stream.gauss
        error = math.radians(tube.pointing_error)
        self._elevation = math.radians(tube.elevation) + error * gauss(0, 1)
        self._azimuth = math.radians(tube.azimuth) + error * gauss(0, 1)
        self._speed = tube.speed + tube.speed_error * gauss(0, 1)
        self._tip_rates = (
            math.radians(tube.tip_rate + tube.tip_rate_error * gauss(0, 1)),
            math.radians(tube.tip_rate_error) * gauss(0, 1),
        )

    def at_rest(self, time: float) -> tuple[Vector, Vector, Quaternion, Vector]:
        """Position, velocity, attitude and body rate of the MAV in its tube at a time."""
        latitude, longitude, height = self.place()
        planet = self.planet
        longitude += planet.body.rotation_rate * time
        position = planet.place(latitude, longitude, height + self.tube.height)
        attitude = attitude_on_rail(position, self._elevation, self._azimuth)
        turning = rotate_back(attitude, (0.0, 0.0, planet.body.rotation_rate))
        return position, planet.ground_velocity(position), attitude, turning

    def now(self) -> tuple[Vector, Vector, Quaternion, Vector]:
        """Position, velocity, attitude and body rate now."""
        if self.body is None:
            return self.at_rest(self.clock())
        x, y, z, vx, vy, vz, qw, qx, qy, qz, p, q, r = self.body.advance()
        return (x, y, z), (vx, vy, vz), (qw, qx, qy, qz), (p, q, r)

    def resting_force(self, time: float) -> Vector:
        """Specific force (m/s^2, body axes) that the tube's rail exerts."""
        position, velocity, attitude, _ = self.at_rest(time)
        axis = (0.0, 0.0, self.planet.body.rotation_rate)
        support = subtract(cross(axis, velocity), self.planet.gravity(position))
        return rotate_back(attitude, support)

    def eject(self) -> MavBody:
        """Throws the MAV up."""
        position, velocity, attitude, rate = self.at_rest(self.clock())
        thrown = add(velocity, scale(self._speed, unit(position)))
        tip, aside = self._tip_rates
        turning = (rate[0], rate[1] - tip, rate[2] + aside)  # about -y the nose comes up
        state: State = (*position, *thrown, *attitude, *turning)
        body = self._body_kind(
            BODY_NAME, self.clock, self.planet, self.atmosphere, self.vehicle, self.sample, state
        )
        body.ground_height = self.place()[2]
        self.body = body
        self.space.add(body)
        return body

    def weaken(self, motor: int, share: float) -> Callable[[], None]:
        """Takes a part of the impulse of motor 0 or 1, which burns as long as before; what is
        returned gives it back."""
        name = "first_motor" if motor == 0 else "second_motor"
        before = getattr(self.sample, name)
        self._use(name, replace(before, specific_impulse=before.specific_impulse * share))
        return lambda: self._use(name, before)

    def _use(self, name: str, motor: SolidMotor) -> None:
        other: Any = {name: motor}
        self.sample = replace(self.sample, **other)
        if self.body is not None:
            self.body.sample = self.sample

    def release_container(self) -> FlyingBody:
        """Lets the container go along the nose; it then flies as a body of its own."""
        assert self.body is not None
        position, velocity, attitude, _ = self.now()
        pushed = add(velocity, rotate(attitude, (CONTAINER_SPRING, 0.0, 0.0)))
        self.body.drop_container()
        return self.space.add(
            FlyingBody(
                CONTAINER_NAME, self.clock, self.planet.free_fall(), (*position, *pushed),
                LONGEST_COAST_STEP, fixed_mass=self.vehicle.parameters.container_mass,
            )
        )
