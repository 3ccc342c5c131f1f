"""The orbiter's main engines, simulated: a finite burn near Mars, an impulse far from planets."""

import asyncio
import math
from typing import Annotated

import msgspec

from flight.astrodynamics.constants import STANDARD_GRAVITY
from flight.astrodynamics.gravity import MARS, acceleration
from flight.astrodynamics.integrators import Derivative, State
from flight.astrodynamics.vectors import Vector, add, cross, norm, scale, unit
from flight.configuration.files import Quantity
from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.icd.devices.orbiter_navigation import Triple
from flight.icd.devices.orbiter_propulsion import BurnReport, MainEngine, PropellantState
from sim_hw.devices.orbiter_device import OrbiterContext, OrbiterDevice
from sim_hw.serving.failure_modes import Failing, Fraction, Tries, failure
from sim_hw.world.spacecraft import FREE_FALL

_GAUGE_NOISE = 2.0  # kg, assumption


class MainEngineParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Thrust of all engines, specific impulse, error of the cut-off and of the direction."""

    thrust: Annotated[float, Quantity("N", gt=0, le=1e5)]
    specific_impulse: Annotated[float, Quantity("s", gt=0, le=5000)]
    cutoff_error: Annotated[float, Quantity("1", ge=0, le=0.1)]
    direction_error: Annotated[float, Quantity("rad", ge=0, le=0.1)]


class SimOrbiterMainEngine(OrbiterDevice, MainEngine):
    """Burns. Failures: `no_ignition` (tries), `early_cutoff` (fraction of the next burn)."""

    def __init__(self, context: OrbiterContext, parameters: MainEngineParameters) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.dead_ignitions = 0
        self.cutoff = 1.0

    @failure
    def fail_no_ignition(self, tries: Tries = 1) -> Failing:
        """It does not light, so many `tries`."""
        self.dead_ignitions = tries
        yield
        self.dead_ignitions = 0

    @failure
    def fail_early_cutoff(self, fraction: Fraction = 0.9) -> Failing:
        """The next burn ends after that `fraction` of it."""
        self.cutoff = fraction
        yield
        self.cutoff = 1.0

    async def propellant(self) -> PropellantState:
        self.need_power()
        return PropellantState(
            time_ns=self.time_ns(),
            propellant=max(0.0, self.vehicle.propellant + self.random.gauss(0.0, _GAUGE_NOISE)),
            mass=self.vehicle.mass,
        )

    async def burn(
        self, direction: Triple, delta_v: float, turn_axis: Triple, turn_rate: float = 0.0
    ) -> BurnReport:
        self.need_power()
        vehicle, p = self.vehicle, self.parameters
        ahead = (direction[0], direction[1], direction[2])
        axis = (turn_axis[0], turn_axis[1], turn_axis[2])
        if norm(ahead) == 0.0 or (turn_rate != 0.0 and norm(axis) == 0.0):
            raise DeviceRejected("burn: direction and turn_axis need a length")
        exhaust = p.specific_impulse * STANDARD_GRAVITY
        available = vehicle.largest_change(p.specific_impulse)
        if available <= 0.0:
            raise DeviceFault("empty", "the tanks are empty")
        if not vehicle.tanks.feeds:
            raise DeviceFault("no_ignition", f"{self.service} is not fed: both lines are closed")
        if self.dead_ignitions > 0:
            self.dead_ignitions -= 1
            raise DeviceFault("no_ignition", f"{self.service} did not ignite")
        fraction, self.cutoff = self.cutoff, 1.0
        wanted = delta_v * fraction * (1.0 + self.random.gauss(0.0, p.cutoff_error))
        change = min(wanted, available)
        flow = p.thrust / exhaust
        seconds = vehicle.mass * (1.0 - math.exp(-change / exhaust)) / flow
        gauss, sigma = self.random.gauss, p.direction_error
        ahead = unit(add(unit(ahead), (gauss(0, sigma), gauss(0, sigma), gauss(0, sigma))))
        await self._thrust(ahead, unit(axis) if turn_rate else ahead, turn_rate, seconds, change)
        return BurnReport(
            time_ns=self.time_ns(), seconds=seconds, completed=change >= 0.999 * delta_v
        )

    async def _thrust(
        self, ahead: Vector, axis: Vector, rate: float, seconds: float, change: float
    ) -> None:
        vehicle, p = self.vehicle, self.parameters
        body = vehicle.body
        body.advance()
        began, mass = body.time, vehicle.mass
        exhaust = p.specific_impulse * STANDARD_GRAVITY
        if body.centre == "mars":
            body.thrusting = True
            body.derivative = _powered(ahead, axis, rate, began, p.thrust, mass, exhaust)

        def so_far() -> Vector:
            spent = min(body._clock(), began + seconds) - began
            if body.centre == "mars":
                return _integral(ahead, axis, rate, spent, p.thrust, mass, exhaust)
            return scale(change * (spent / seconds if seconds else 1.0), ahead)

        vehicle.under_way = so_far
        try:
            await asyncio.sleep(seconds)
        finally:
            vehicle.under_way = None
            spent = min(body._clock(), began + seconds) - began
            gained = so_far()
            if body.centre == "mars":
                body.advance()
                body.derivative, body.thrusting = FREE_FALL, False
            else:
                body.kick(gained)
            total = -exhaust * math.log(1.0 - p.thrust / exhaust * spent / mass)
            vehicle.use(total, p.specific_impulse)
            vehicle.feel(gained)


def _direction(ahead: Vector, axis: Vector, angle: float) -> Vector:
    """`ahead` turned about a unit axis (Rodrigues)."""
    if angle == 0.0:
        return ahead
    c, s = math.cos(angle), math.sin(angle)
    along = ahead[0] * axis[0] + ahead[1] * axis[1] + ahead[2] * axis[2]
    return add(add(scale(c, ahead), scale(s, cross(axis, ahead))), scale((1.0 - c) * along, axis))


def _powered(
    ahead: Vector, axis: Vector, rate: float, began: float, thrust: float, mass: float,
    exhaust: float,
) -> Derivative:  # fmt: skip
    flow = thrust / exhaust

    def derivative(time: float, state: State) -> tuple[float, ...]:
        pull = acceleration((state[0], state[1], state[2]), MARS)
        size = thrust / (mass - flow * (time - began))
        x, y, z = _direction(ahead, axis, rate * (time - began))
        return (
            *state[3:6], pull[0] + size * x, pull[1] + size * y, pull[2] + size * z,
        )  # fmt: skip

    return derivative


def _integral(
    ahead: Vector, axis: Vector, rate: float, seconds: float, thrust: float, mass: float,
    exhaust: float,
) -> Vector:  # fmt: skip
    """The velocity that such a burn gives, by Simpson's rule in 100 steps."""
    flow, count = thrust / exhaust, 100
    total: Vector = (0.0, 0.0, 0.0)
    if seconds <= 0.0:
        return total
    for index in range(count + 1):
        time = seconds * index / count
        weight = 1.0 if index in (0, count) else (4.0 if index % 2 else 2.0)
        size = weight * seconds / (3.0 * count) * thrust / (mass - flow * time)
        total = add(total, scale(size, _direction(ahead, axis, rate * time)))
    return total
