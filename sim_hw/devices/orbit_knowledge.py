"""What is known on board of the orbiter's own orbit, simulated: truth plus the error of tracking.

The error of a solution moves as errors of an orbit do: by the Clohessy-Wiltshire equations near
Mars, on a straight line elsewhere. Each solution is drawn anew.
"""

from typing import Annotated

import msgspec

from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.orbits import mean_motion
from flight.astrodynamics.relative_motion import cw_propagate, lvlh_axes
from flight.astrodynamics.vectors import Vector, add, dot, norm, scale, transform, transpose
from flight.configuration.files import Quantity
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.orbiter_navigation import KnownOrbit, OrbitKnowledge
from sim_hw.devices.orbiter_device import OrbiterContext, OrbiterDevice
from sim_hw.serving.failure_modes import Failing, failure

State = tuple[Vector, Vector]
_CLOSE_TO_EARTH = 1.5e10  # m, a month before arrival: tracked by several stations from here on


class OrbitKnowledgeParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One standard deviation of each component of a solution, and how often there is a new one."""

    position_sigma: Annotated[float, Quantity("m", ge=0, le=1e5)]
    velocity_sigma: Annotated[float, Quantity("m/s", ge=0, le=10)]
    cruise_position_sigma: Annotated[float, Quantity("m", ge=0, le=1e6)]
    cruise_velocity_sigma: Annotated[float, Quantity("m/s", ge=0, le=10)]
    approach_position_sigma: Annotated[float, Quantity("m", ge=0, le=1e5)]
    approach_velocity_sigma: Annotated[float, Quantity("m/s", ge=0, le=10)]
    interval: Annotated[float, Quantity("s", gt=0, le=1e7)]


class SimOrbitKnowledge(OrbiterDevice, OrbitKnowledge):
    """Truth plus error. Failures: `no_solution`, `biased` (metres along the track)."""

    def __init__(self, context: OrbiterContext, parameters: OrbitKnowledgeParameters) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.solution = 0
        self.lost = False
        self.bias = 0.0
        self._solved_at = self._error_at = 0.0
        self._solved_for = ""
        self._error: State = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))

    @failure
    def fail_no_solution(self, lasting: bool = True) -> Failing:
        """Nobody knows where anything is; `lasting: false` ends that."""
        self.lost = lasting
        yield
        self.lost = False

    @failure
    def fail_biased(self, metres: Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]) -> Failing:
        """The place is wrong by `metres` along the track."""
        before, self.bias = self.bias, metres
        yield
        self.bias = before

    async def state(self) -> KnownOrbit:
        if self.lost:
            raise DeviceFault("no_solution", f"{self.service} has no tracking solution")
        body = self.vehicle.body
        x, y, z, vx, vy, vz = body.advance()[:6]
        truth: State = ((x, y, z), (vx, vy, vz))
        sigmas = self._sigmas(norm(truth[0]))
        now = self.world.now()
        stale = now - self._solved_at > self.parameters.interval
        if stale or self._solved_for != body.centre or self.solution == 0:
            self._solve(sigmas, truth, now)
        error = self._error_now(truth, now)
        return KnownOrbit(
            time_ns=self.time_ns(),
            centre=body.centre,
            position=list(add(truth[0], error[0])),
            velocity=list(add(truth[1], error[1])),
            position_sigma=sigmas[0],
            velocity_sigma=sigmas[1],
            solution=self.solution,
        )

    def _sigmas(self, distance: float) -> tuple[float, float]:
        p, body = self.parameters, self.vehicle.body
        if body.centre == "mars" and distance < 5.0e7:
            return p.position_sigma, p.velocity_sigma
        if body.centre == "earth" or body.near_earth(_CLOSE_TO_EARTH):
            return p.approach_position_sigma, p.approach_velocity_sigma
        return p.cruise_position_sigma, p.cruise_velocity_sigma

    def _solve(self, sigmas: tuple[float, float], truth: State, now: float) -> None:
        gauss = self.random.gauss
        position = (gauss(0, sigmas[0]), gauss(0, sigmas[0]) + self.bias, gauss(0, sigmas[0]))
        velocity = (gauss(0, sigmas[1]), gauss(0, sigmas[1]), gauss(0, sigmas[1]))
        if self._low(truth):
            # The period is known far better than that: no drift along the track.
            velocity = (velocity[0], -2.0 * self._motion(truth) * position[0], velocity[2])
        self._error = (position, velocity)
        self._solved_at = self._error_at = now
        self._solved_for = self.vehicle.body.centre
        self.vehicle.knowledge_kick = (0.0, 0.0, 0.0)
        self.solution += 1

    def _error_now(self, truth: State, now: float) -> State:
        """The error in inertial axes; near Mars it is kept in the local axes, which turn."""
        seconds, self._error_at = now - self._error_at, now
        kick, self.vehicle.knowledge_kick = self.vehicle.knowledge_kick, (0.0, 0.0, 0.0)
        position, velocity = self._error
        if not self._low(truth):
            self._error = (add(position, scale(seconds, velocity)), add(velocity, kick))
            return self._error
        axes, motion = lvlh_axes(*truth), self._motion(truth)
        position, velocity = cw_propagate((position, velocity), motion, seconds)
        velocity = add(velocity, transform(axes, kick))
        self._error = (position, velocity)
        to_inertial = transpose(axes)
        turned = (-motion * position[1], motion * position[0], 0.0)
        return transform(to_inertial, position), transform(to_inertial, add(velocity, turned))

    def _low(self, truth: State) -> bool:
        if self.vehicle.body.centre != "mars":
            return False
        energy = 0.5 * dot(truth[1], truth[1]) - MARS.gravitational_parameter / norm(truth[0])
        return energy < 0.0

    def _motion(self, truth: State) -> float:
        mu = MARS.gravitational_parameter
        axis = 1.0 / (2.0 / norm(truth[0]) - dot(truth[1], truth[1]) / mu)
        return mean_motion(axis, mu)
