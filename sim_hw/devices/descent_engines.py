"""The simulated descent engines."""

from typing import Annotated

import msgspec

from flight.configuration.files import NotAllowed, Quantity
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.descent import ENGINES, DescentEngines, EngineState
from sim_hw.dynamics.entry_vehicle import EntryVehicle
from sim_hw.power_and_heat.powered import PoweredContext, PoweredDevice
from sim_hw.serving.failure_modes import Failing, add, failure_at_once, put

SILENCE = 1.0
"""Seconds without a command after which the engines close: assumption."""

Engine = Annotated[int, msgspec.Meta(ge=0, lt=ENGINES)]


class DescentEngineParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Scatter of thrust and its measurement (standard deviations)."""

    thrust_error: Annotated[float, Quantity("1", ge=0, le=0.2)]
    pressure_error: Annotated[float, Quantity("1", ge=0, le=0.2)]


class SimDescentEngines(PoweredDevice, DescentEngines):
    """Sets the thrust of the true vehicle, engine by engine."""

    def __init__(
        self, context: PoweredContext, vehicle: EntryVehicle, parameters: DescentEngineParameters
    ) -> None:
        super().__init__(context)
        self.vehicle = vehicle
        self.parameters = parameters
        count = vehicle.parameters.engines.count
        self._factors = [
            1.0 + context.random.gauss(0.0, parameters.thrust_error) for _ in range(count)
        ]
        self._thrusts = [0.0] * count
        self._primed = False
        self._closed = False
        self._heard = 0.0
        self.dead: list[int] = []
        self.stuck: dict[int, float] = {}
        vehicle.body.observers.append(self._watch)

    @failure_at_once
    def fail_dead(self, engine: Engine = 0) -> Failing:
        """The engine does not light, or goes out."""
        self._check(engine)
        yield from add(self.dead, engine)

    @failure_at_once
    def fail_stuck(
        self, engine: Engine = 0, thrust: Annotated[float, msgspec.Meta(ge=0.0)] = 1500.0
    ) -> Failing:
        """Its thrust stays at `thrust` N once it is lit."""
        self._check(engine)
        greatest = self.vehicle.parameters.engines.greatest_thrust
        if thrust > greatest:
            raise NotAllowed("thrust", f"a number from 0 to {greatest:g} (N)")
        yield from put(self.stuck, engine, thrust)

    def _check(self, engine: int) -> None:
        if engine >= len(self._thrusts):
            raise NotAllowed("engine", f"an integer from 0 to {len(self._thrusts) - 1}")

    def _watch(self, time: float, state: tuple[float, ...]) -> None:
        if any(self._thrusts) and time - self._heard > SILENCE:
            self._apply([0.0] * len(self._thrusts))

    def _apply(self, wanted: list[float]) -> None:
        p = self.vehicle.parameters.engines
        thrusts = []
        for index, thrust in enumerate(wanted):
            given = 0.0
            if thrust > 0.0:
                given = min(max(thrust, p.least_thrust), p.greatest_thrust) * self._factors[index]
                given = self.stuck.get(index, given)
            thrusts.append(0.0 if index in self.dead else given)
        self._thrusts = thrusts
        self.vehicle.set_thrusts(thrusts)

    def _state(self) -> EngineState:
        error = self.parameters.pressure_error
        self.vehicle.body.settle_leaks()
        left = self.vehicle.body.advance()[6]
        empty = left <= 0.0
        return EngineState(
            time_ns=self.time_ns(),
            thrusts=tuple(
                0.0 if empty else thrust * (1.0 + self.random.gauss(0.0, error))
                for thrust in self._thrusts
            ),
            propellant=max(left, 0.0),
        )

    async def prime(self) -> EngineState:
        self.need_power()
        self._primed = True
        return self._state()

    async def throttle(self, thrusts: list[float]) -> EngineState:
        self.need_power()
        if not self._primed or self._closed:
            raise DeviceFault("not_primed", f"{self.service}: the valves are closed")
        self._heard = self.world.now()
        self._apply(thrusts)
        return self._state()

    async def shut_down(self) -> EngineState:
        self._closed = True
        self._apply([0.0] * len(self._thrusts))
        return self._state()
