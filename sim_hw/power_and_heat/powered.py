"""What a simulated device that draws power has besides: a load, and nothing to do without it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from flight.icd.devices.base import DeviceFault
from flight.runtime.pace import NANOSECONDS
from sim_hw.power_and_heat.electrical import Electrical
from sim_hw.serving.device import DeviceContext, SimulatedDevice
from sim_hw.serving.motor import Motor
from sim_hw.world.world import World


class PowerSupply(Protocol):
    """The part of a vehicle's electrical system that a consumer sees."""

    @property
    def brownout(self) -> bool:
        """Whether the bus voltage has fallen below what consumers need."""

    def set_load(self, consumer: str, watts: float) -> None:
        """Declares the present draw of a consumer in W."""

    def is_on(self, switch: str) -> bool:
        """Whether the switch of that name is closed; what has no switch is always on."""


PoweredContext = DeviceContext[World, PowerSupply]
"""Of a device in the world that draws power."""


class PoweredDevice(SimulatedDevice):
    """A simulated device in the world that draws power while it works."""

    def __init__(self, context: PoweredContext) -> None:
        super().__init__(context)
        self.world = context.truth
        self.electrical = context.electrical
        self._consumer = context.draws_as
        self.motor = Motor()

    def time_ns(self) -> int:
        """Mission time in nanoseconds."""
        return round(self.world.now() * NANOSECONDS)

    @property
    def power_switch(self) -> str:
        """The switch of its vehicle that it hangs on; "" where it has none."""
        supply = self.electrical
        return supply.switch_of(self._consumer) if isinstance(supply, Electrical) else ""

    def need_power(self) -> None:
        """Raises DeviceFault `no_power` when there is none."""
        if self.electrical.brownout or not self.electrical.is_on(self._consumer):
            raise DeviceFault("no_power", f"{self.service} has no power")

    @contextmanager
    def drawing(self, watts: float) -> Iterator[None]:
        """Draws power for as long as the block runs."""
        self.need_power()
        self.electrical.set_load(self._consumer, watts)
        try:
            yield
        finally:
            self.electrical.set_load(self._consumer, 0.0)

    async def work(self, seconds: float, watts: float) -> None:
        """Takes time and power."""
        with self.drawing(watts):
            await self.motor.run(seconds)
        self.need_power()
