"""Cage, steriliser, sealing and gantry, simulated."""

import asyncio
import math
from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.capture import Containment, ContainmentState
from flight.icd.places import ENTRY_CAPSULE, ORBITER
from sim_hw.devices.orbiter_device import OrbiterContext, OrbiterDevice
from sim_hw.serving.failure_modes import Failing, Fraction, Tries, failure

_MOTOR_POWER = 20.0  # W, assumption


class ContainmentParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times, temperatures and leak rates.

    The heater brings the outside to `heated` with `outer_time`; `coupling` is the part of that rise
    that reaches the samples. `sterilising` is the temperature from which time counts.
    """

    orient_seconds: Annotated[float, Quantity("s", gt=0, le=7000)]
    seal_seconds: Annotated[float, Quantity("s", gt=0, le=7000)]
    gantry_seconds: Annotated[float, Quantity("s", gt=0, le=7000)]
    resting: Annotated[float, Quantity("K", gt=0, le=400)]
    heated: Annotated[float, Quantity("K", gt=0, le=1200)]
    sterilising: Annotated[float, Quantity("K", gt=0, le=1200)]
    outer_time: Annotated[float, Quantity("s", gt=0, le=1e5)]
    coupling: Annotated[float, Quantity("1", ge=0, le=1)]
    heater_power: Annotated[float, Quantity("W", ge=0, le=2000)]
    tight_leak_rate: Annotated[float, Quantity("Pa m3/s", gt=0, le=1)]
    open_leak_rate: Annotated[float, Quantity("Pa m3/s", gt=0, le=1)]


class SimContainment(OrbiterDevice, Containment):
    """Works on what was captured.

    Failures: `jam` (tries), `leak` (the next seals leak, tries), `weak_heater` (fraction).
    """

    def __init__(self, context: OrbiterContext, parameters: ContainmentParameters) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.jams = 0
        self.leaks = 0
        self.heater = 1.0
        self.oriented = self.sealed = self.tight = self.in_capsule = False
        self.hot_seconds = 0.0
        self._outer = parameters.resting
        self._heating_since: float | None = None
        self._updated = self.world.now()

    @failure
    def fail_jam(self, tries: Tries = 1) -> Failing:
        """Its mechanisms jam, so many `tries`."""
        self.jams = tries
        yield
        self.jams = 0

    @failure
    def fail_leak(self, tries: Tries = 1) -> Failing:
        """The seal leaks, so many `tries`."""
        self.leaks = tries
        yield
        self.leaks = 0

    @failure
    def fail_weak_heater(self, fraction: Fraction = 0.7) -> Failing:
        """The heater warms by that `fraction` of its rise."""
        before, self.heater = self.heater, fraction
        yield
        self.heater = before

    async def state(self) -> ContainmentState:
        self.need_power()
        return self._state()

    def _state(self) -> ContainmentState:
        self._warm()
        p, gauss = self.parameters, self.random.gauss
        leak = p.tight_leak_rate if self.tight else p.open_leak_rate
        return ContainmentState(
            time_ns=self.time_ns(),
            present=self.vehicle.captured and not self.in_capsule,
            outer_temperature=self._outer + gauss(0.0, 0.5),
            sample_temperature=p.resting + p.coupling * (self._outer - p.resting) + gauss(0.0, 0.3),
            hot_seconds=self.hot_seconds,
            leak_rate=leak * math.exp(gauss(0.0, 0.1)),
            sealed=self.sealed,
            in_capsule=self.in_capsule,
            capsule_closed=self.in_capsule,
        )

    def _warm(self) -> None:
        """Brings the outside's temperature up to now; it follows the heater exponentially."""
        p, now = self.parameters, self.world.now()
        heating = self._heating_since is not None
        goal = p.resting + self.heater * (p.heated - p.resting) if heating else p.resting
        seconds, self._updated = now - self._updated, now
        before = self._outer
        self._outer = goal + (before - goal) * math.exp(-seconds / p.outer_time)
        high, low = max(before, self._outer), min(before, self._outer)
        if high <= p.sterilising:
            return
        if low >= p.sterilising:
            self.hot_seconds += seconds
            return
        crossing = p.outer_time * math.log((before - goal) / (p.sterilising - goal))
        self.hot_seconds += seconds - crossing if self._outer > before else crossing

    async def orient(self) -> ContainmentState:
        await self._drive(self.parameters.orient_seconds)
        self.oriented = True
        return self._state()

    async def sterilise(self, seconds: float) -> ContainmentState:
        self._need_container()
        p = self.parameters
        self._warm()
        self._heating_since = self.world.now()
        rise = p.outer_time * math.log(
            max(1.001, (p.heated - self._outer) / max(1e-6, p.heated - p.sterilising))
        )
        try:
            with self.drawing(p.heater_power):
                await asyncio.sleep(rise + seconds)
        finally:
            self._warm()
            self._heating_since = None
        return self._state()

    async def seal(self) -> ContainmentState:
        if not self.oriented:
            raise DeviceFault("jammed", f"{self.service}: the container is not oriented")
        await self._drive(self.parameters.seal_seconds)
        self.sealed, self.tight = True, self.leaks == 0
        self.leaks = max(0, self.leaks - 1)
        return self._state()

    async def insert_into_capsule(self) -> ContainmentState:
        if not (self.sealed and self.tight):
            raise DeviceFault("not_sealed", f"{self.service}: the vessel is not sealed")
        if self.in_capsule:
            return self._state()
        await self._drive(self.parameters.gantry_seconds)
        self.in_capsule = True
        if self.world.tubes.at(ORBITER):
            self.world.tubes.carry(ORBITER, ENTRY_CAPSULE)
        return self._state()

    def _need_container(self) -> None:
        if not self.vehicle.captured:
            raise DeviceFault("empty", f"{self.service}: there is no container in the cage")

    async def _drive(self, seconds: float) -> None:
        self._need_container()
        if self.jams > 0:
            self.jams -= 1
            await self.work(0.3 * seconds, _MOTOR_POWER)
            raise DeviceFault("jammed", f"{self.service}: the drive stopped before its end")
        await self.work(seconds, _MOTOR_POWER)
