"""Simulated wheels: they turn as commanded, and the rover gets as far as the ground lets it."""

import asyncio
from math import copysign
from typing import Annotated

import msgspec

from flight.icd.devices.base import DeviceFault
from flight.icd.devices.mobility import Driven, Wheels, WheelsState
from sim_hw.devices.wheels_plant import Moment, WheelsParameters, WheelsPlant
from sim_hw.power_and_heat.powered import PoweredContext, PoweredDevice
from sim_hw.serving.driven import DrivenAxis
from sim_hw.serving.failure_modes import Failing, add, failure
from sim_hw.world.world import Body

__all__ = ["SimWheels", "WheelsParameters"]

WHEELS = 4


class SimWheels(PoweredDevice, Wheels):
    """Motors, gauges and the time that a motion takes, over the `plant`."""

    def __init__(self, context: PoweredContext, body: Body, parameters: WheelsParameters) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.plant = WheelsPlant(self.world, context.random, body, parameters)
        self._scale = 1.0 + parameters.odometry_error * context.random.gauss(0.0, 1.0)
        self._odometer = 0.0
        self._turned = 0.0
        self._current = 0.0
        self._moving = False

    @property
    def body(self) -> Body:
        """What they carry."""
        return self.plant.body

    @property
    def depth(self) -> float:
        """How deep the wheels have dug themselves in, m; as of the end of the last motion."""
        return self.plant.depth

    @property
    def dead_wheels(self) -> list[int]:
        """Numbers of wheels that do not turn; may be set."""
        return self.plant.dead_wheels

    @dead_wheels.setter
    def dead_wheels(self, numbers: list[int]) -> None:
        self.plant.dead_wheels = numbers

    @failure
    def fail_dead_wheel(self, wheel: Annotated[int, msgspec.Meta(ge=0, lt=WHEELS)] = 0) -> Failing:
        """Motor number `wheel` turns no more."""
        new = wheel not in self.dead_wheels
        yield from add(self.dead_wheels, *([wheel] if new else []))

    def driven(self) -> list[DrivenAxis]:
        """How the vehicle leans where its wheels have brought it; nothing where it was put."""
        return [self.plant.lean()] if self.plant.rolled else []

    async def state(self) -> WheelsState:
        self.need_power()
        return WheelsState(
            time_ns=self.time_ns(),
            odometer=self._odometer,
            turned=self._turned,
            motor_temperature=self.plant.temperature() + self.random.gauss(0.0, 0.5),
            motor_current=self._current,
            dead_wheels=list(self.dead_wheels),
        )

    async def drive(self, distance: float) -> Driven:
        path, fault = self.plant.plan_drive(distance)
        await self._follow(path, self.plant.consumption())
        if fault is not None:
            raise fault
        return Driven(
            time_ns=self.time_ns(),
            distance=copysign(path[-1].turned, distance) * self._scale,
            turned=0.0,
            seconds=path[-1].seconds,
        )

    async def turn(self, angle: float) -> Driven:
        path = self.plant.plan_turn(angle)
        seconds = path[-1].seconds
        await self._follow(path, self.plant.consumption())
        self._turned += angle
        return Driven(time_ns=self.time_ns(), distance=0.0, turned=angle, seconds=seconds)

    async def _follow(self, path: list[Moment], watts: float) -> None:
        if self._moving:
            raise DeviceFault("stall", f"{self.service} moves already")
        self._moving = True
        begun = self.world.now()
        try:
            with self.drawing(watts):
                await asyncio.sleep(path[-1].seconds)
            self._stand(path, path[-1].seconds)
        except asyncio.CancelledError:
            self._stand(path, self.world.now() - begun)
            raise
        finally:
            self._moving = False
        self._current = watts / 28.0
        self.need_power()

    def _stand(self, path: list[Moment], elapsed: float) -> None:
        """Puts the vehicle where it is after some seconds of a motion."""
        self._odometer += self.plant.stand(path, elapsed).turned * self._scale
