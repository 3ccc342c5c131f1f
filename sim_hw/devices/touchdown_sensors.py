"""Simulated touchdown sensors: a switch in each leg, with a latch behind it."""

from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.descent import LEGS, TouchdownSensors, TouchdownState
from sim_hw.dynamics.entry_vehicle import EntryVehicle
from sim_hw.power_and_heat.powered import PoweredContext, PoweredDevice
from sim_hw.serving.failure_modes import Failing, add, failure

Leg = Annotated[int, msgspec.Meta(ge=0, lt=LEGS)]


class TouchdownSensorParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`threshold`: force on a leg that closes its switch. `transient`: chance that the jolt of
    deployment closes it for a moment, as on Mars Polar Lander."""

    threshold: Annotated[float, Quantity("N", gt=0, le=10_000)]
    transient: Annotated[float, Quantity("1", ge=0, le=1)]


class SimTouchdownSensors(PoweredDevice, TouchdownSensors):
    """Sees the load of each leg of the true vehicle."""

    def __init__(
        self, context: PoweredContext, vehicle: EntryVehicle, parameters: TouchdownSensorParameters
    ) -> None:
        super().__init__(context)
        self.vehicle = vehicle
        self.parameters = parameters
        self._latched = [False] * LEGS
        self.stuck: list[int] = []
        self.silent: list[int] = []
        vehicle.body.observers.append(self._watch)

    @failure
    def fail_stuck(self, leg: Leg = 0) -> Failing:
        """The switch of a leg says contact always."""
        yield from add(self.stuck, leg)

    @failure
    def fail_silent(self, leg: Leg = 0) -> Failing:
        """The switch of a leg never says contact."""
        yield from add(self.silent, leg)

    @failure
    def fail_transient(self) -> Failing:
        """Each leg is latched once now."""
        before, self._latched = self._latched, [True] * LEGS
        yield
        self._latched = before

    def jolt(self) -> None:
        """The legs snap out."""
        for leg in range(LEGS):
            if self.random.random() < self.parameters.transient:
                self._latched[leg] = True

    def _watch(self, time: float, state: tuple[float, ...]) -> None:
        for leg, loaded in enumerate(self._loaded()):
            self._latched[leg] = self._latched[leg] or loaded

    def _loaded(self) -> list[bool]:
        loads = self.vehicle.legs.loads
        return [
            leg not in self.silent and (leg in self.stuck or load > self.parameters.threshold)
            for leg, load in enumerate(loads)
        ]

    def _state(self) -> TouchdownState:
        return TouchdownState(
            time_ns=self.time_ns(), loaded=tuple(self._loaded()), latched=tuple(self._latched)
        )

    async def state(self) -> TouchdownState:
        self.need_power()
        self.vehicle.body.advance()
        return self._state()

    async def clear(self) -> TouchdownState:
        self.need_power()
        self.vehicle.body.advance()
        self._latched = [leg in self.stuck for leg in range(LEGS)]
        return self._state()
