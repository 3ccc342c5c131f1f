"""The capture cone, simulated: what comes in well is kept, what comes badly bounces off."""

import asyncio
from collections.abc import Callable
from typing import Annotated

import msgspec

from flight.astrodynamics.vectors import Vector, add, dot, norm, scale, subtract
from flight.configuration.files import Quantity
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.capture import CaptureCone, ConeState
from flight.icd.places import ORBIT
from flight.icd.places import ORBITER as ON_ORBITER
from sim_hw.devices.orbiter_device import OrbiterContext, OrbiterDevice
from sim_hw.devices.orbiter_vehicle import CONTAINER
from sim_hw.serving.failure_modes import Failing, Tries, failure

_LID_POWER = 30.0  # W, assumption
_LOOK = 0.2  # s


class ConeParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the mouth is before the vehicle's centre, how wide it is, and what speeds it takes."""

    mouth_distance: Annotated[float, Quantity("m", gt=0, le=10)]
    corridor: Annotated[float, Quantity("m", gt=0, le=2)]
    rim: Annotated[float, Quantity("m", gt=0, le=3)]
    slowest: Annotated[float, Quantity("m/s", ge=0, le=1)]
    fastest: Annotated[float, Quantity("m/s", gt=0, le=1)]
    bounce: Annotated[float, Quantity("1", ge=0, le=1)]
    lid_seconds: Annotated[float, Quantity("s", gt=0, le=60)]


class SimCaptureCone(OrbiterDevice, CaptureCone):
    """Barrier and lid. Failures: `bounce` (what comes in is thrown out again, tries), `jam`."""

    def __init__(self, context: OrbiterContext, parameters: ConeParameters) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.lid_closed = False
        self.bounces = 0
        self.jams = 0
        self.contact_speed: float | None = None
        self.collisions: list[str] = []
        self.on_capture: Callable[[], None] = lambda: None

    @failure
    def fail_bounce(self, tries: Tries = 1) -> Failing:
        """The container bounces off, so many `tries`."""
        self.bounces = tries
        yield
        self.bounces = 0

    @failure
    def fail_jam(self, tries: Tries = 1) -> Failing:
        """The lid jams, so many `tries`."""
        self.jams = tries
        yield
        self.jams = 0

    async def state(self) -> ConeState:
        self.need_power()
        return self._state(self.vehicle.captured)

    def _state(self, triggered: bool) -> ConeState:
        return ConeState(time_ns=self.time_ns(), triggered=triggered, lid_closed=self.lid_closed)

    async def open(self) -> ConeState:
        self.need_power()
        if self.vehicle.captured:
            raise DeviceFault("jammed", f"{self.service}: the cage is not empty")
        await self.work(self.parameters.lid_seconds, _LID_POWER)
        self.lid_closed = False
        return self._state(False)

    async def close_on_trigger(self, timeout: float) -> ConeState:
        self.need_power()
        if self.lid_closed:
            raise DeviceFault("jammed", f"{self.service}: the lid is closed")
        began = self.world.now()
        while self.world.now() - began < timeout:
            depth, aside, speed = self._approach()
            if depth is None or depth > 1000.0:
                await asyncio.sleep(timeout - (self.world.now() - began))
                break
            if depth <= 0.0:
                return await self._contact(aside, speed)
            wait = max(_LOOK, 0.5 * depth / max(speed, 0.005))
            await asyncio.sleep(min(wait, timeout - (self.world.now() - began) + 1e-6))
        return self._state(False)

    def _approach(self) -> tuple[float | None, float, float]:
        """Distance to the mouth, distance from the axis (m), closing speed (m/s)."""
        line = self.vehicle.relative_position()
        if line is None:
            return None, 0.0, 0.0
        ahead = self.vehicle.boresight()
        along = dot(line, ahead)
        aside = norm(subtract(line, scale(along, ahead)))
        speed = -dot(self.vehicle.relative_velocity(), ahead)
        return along - self.parameters.mouth_distance, aside, speed

    async def _contact(self, aside: float, speed: float) -> ConeState:
        p = self.parameters
        self.contact_speed = speed
        good = aside <= p.corridor and p.slowest <= speed <= p.fastest
        if not good:
            self.collisions.append(
                f"contact {aside:.3f} m off the axis at {speed:.3f} m/s at {self.world.now():.0f} s"
            )
        if self.bounces > 0 or not good:
            self.bounces = max(0, self.bounces - 1)
            self._throw_back(aside <= p.rim)
            return self._state(aside <= p.corridor)
        if self.jams > 0:
            self.jams -= 1
            self._throw_back(True)
            raise DeviceFault("jammed", f"{self.service}: the lid did not close")
        self._keep()
        await self.work(p.lid_seconds, _LID_POWER)
        self.lid_closed = True
        return self._state(True)

    def _throw_back(self, touched: bool) -> None:
        container = self.vehicle.container
        if container is None or not touched:
            return
        ahead = self.vehicle.boresight()
        closing = -dot(self.vehicle.relative_velocity(), ahead)
        kick: Vector = scale((1.0 + self.parameters.bounce) * closing, ahead)
        state = container.advance()
        flown: Vector = (state[3], state[4], state[5])
        container.state = (*state[:3], *add(flown, kick))
        container.pushed += dot(flown, kick) + 0.5 * dot(kick, kick)

    def _keep(self) -> None:
        self.vehicle.captured = True
        container = self.world.space.bodies.pop(CONTAINER)
        self.vehicle.take(container)
        container.frozen = True
        if self.world.tubes.at(ORBIT):
            self.world.tubes.carry(ORBIT, ON_ORBITER)
        self.on_capture()
