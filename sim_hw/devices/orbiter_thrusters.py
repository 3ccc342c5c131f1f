"""The orbiter's small thrusters, simulated: an impulse in the middle of the time they burn."""

import asyncio
from typing import Annotated

import msgspec

from flight.astrodynamics.vectors import Vector, add, norm, scale
from flight.configuration.files import Quantity
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.orbiter_navigation import Triple
from flight.icd.devices.orbiter_propulsion import BurnReport, Thrusters
from sim_hw.devices.orbiter_device import OrbiterContext, OrbiterDevice
from sim_hw.serving.failure_modes import Failing, Fraction, Tries, failure


class ThrusterParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Thrust (sum in one direction), specific impulse, smallest and largest velocity change,
    error of size and of direction."""

    thrust: Annotated[float, Quantity("N", gt=0, le=1000)]
    specific_impulse: Annotated[float, Quantity("s", gt=0, le=500)]
    minimum_impulse: Annotated[float, Quantity("N s", ge=0, le=100)]
    largest_change: Annotated[float, Quantity("m/s", gt=0, le=100)]
    execution_error: Annotated[float, Quantity("1", ge=0, le=0.5)]
    direction_error: Annotated[float, Quantity("rad", ge=0, le=0.5)]


class SimOrbiterThrusters(OrbiterDevice, Thrusters):
    """Fires. Failures: `valve` (the next firings do not happen), `weak` (part of the change)."""

    def __init__(self, context: OrbiterContext, parameters: ThrusterParameters) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.stuck = 0
        self.weakness = 1.0

    @failure
    def fail_valve(self, tries: Tries = 1) -> Failing:
        """The next `tries` firings fail."""
        self.stuck = tries
        yield
        self.stuck = 0

    @failure
    def fail_weak(self, fraction: Fraction) -> Failing:
        """Each firing gives that `fraction`."""
        before, self.weakness = self.weakness, fraction
        yield
        self.weakness = before

    async def fire(self, delta_v: Triple) -> BurnReport:
        self.need_power()
        vehicle, p = self.vehicle, self.parameters
        x, y, z = delta_v
        size = norm((x, y, z))
        smallest = p.minimum_impulse / vehicle.mass
        if size < smallest:
            raise DeviceFault("too_small", f"{size:.2g} m/s; the smallest is {smallest:.2g} m/s")
        if size > p.largest_change:
            raise DeviceFault("too_large", f"{size:.3g} m/s; allowed: {p.largest_change} m/s")
        if vehicle.propellant <= 0.0:
            raise DeviceFault("empty", "the tanks are empty")
        if not vehicle.tanks.feeds:
            raise DeviceFault("valve", f"{self.service} is not fed: both lines are closed")
        if self.stuck > 0:
            self.stuck -= 1
            raise DeviceFault("valve", f"{self.service}: a valve did not open")
        seconds = size * vehicle.mass / p.thrust
        applied = False
        began = self.world.now()

        def so_far() -> Vector:
            part = 0.0 if applied or seconds <= 0.0 else (self.world.now() - began) / seconds
            return scale(part * self.weakness, (x, y, z))

        vehicle.under_way = so_far
        try:
            await asyncio.sleep(0.5 * seconds)
            self._push((x, y, z), 1.0)
            applied = True
            await asyncio.sleep(0.5 * seconds)
        except asyncio.CancelledError:
            if not applied and seconds > 0.0:
                self._push((x, y, z), (self.world.now() - began) / seconds)
            raise
        finally:
            vehicle.under_way = None
        return BurnReport(time_ns=self.time_ns(), seconds=seconds, completed=True)

    def _push(self, delta_v: Vector, part: float) -> None:
        p, gauss = self.parameters, self.random.gauss
        size = norm(delta_v) * part
        true = scale(part * self.weakness * (1.0 + gauss(0.0, p.execution_error)), delta_v)
        sigma = p.direction_error * size
        true = add(true, (gauss(0, sigma), gauss(0, sigma), gauss(0, sigma)))
        possible = self.vehicle.largest_change(p.specific_impulse)
        if norm(true) > possible:
            true = scale(possible / norm(true), true)
        self.vehicle.body.kick(true)
        self.vehicle.use(norm(true), p.specific_impulse)
        self.vehicle.feel(true)
