"""What every stand-in has: readings stamped in mission time, and a loss that is a fault at once."""

import asyncio
from typing import Any, TypeVar

import msgspec

from flight.icd.devices.base import DeviceFault, Reading
from flight.runtime.pace import NANOSECONDS
from sim_hw.bench.calibration import Calibration
from sim_hw.bench.port import BenchPort, DeviceLost, Line, PortAnswer

R = TypeVar("R", bound=Reading)


class StandIn:
    """Asks a real device for what the simulated one, `sim`, would have answered; that is its plant.

    `on_loss`: the fault code that flight software sees when the real device is lost.
    """

    def __init__(self, sim: Any, port: BenchPort, on_loss: str) -> None:
        self.service = sim.service
        self.sim = sim
        self.port = port
        self.line: Line = port.lines[sim.service]
        self.on_loss = on_loss
        self.emit = lambda name, data: None
        self.calibration: Calibration | None = None

    async def ask(
        self, method: str, arguments: dict[str, Any], limit: float, *, actuates: bool = True
    ) -> PortAnswer:
        """The answer of the device; raises DeviceFault when it is lost, or may not be moved."""
        try:
            number, future = self.port.begin(
                self.service, method, arguments, limit, actuates=actuates
            )
            return await self.port.finish(self.service, number, future)
        except DeviceLost as error:
            raise self.lost(error) from error

    def time_ns(self) -> int:
        """Mission time in nanoseconds, as the simulated device has it."""
        own = getattr(self.sim, "time_ns", None)
        return round(asyncio.get_running_loop().time() * NANOSECONDS) if own is None else int(own())

    def lost(self, error: DeviceLost) -> DeviceFault:
        """As flight software is told of it."""
        return DeviceFault(self.on_loss, str(error))

    async def read(self, method: str, kind: type[R], limit: float) -> R:
        """A reading of the device, stamped when it was taken as far as can be told.

        That is the arrival of the answer less half its way and the age of the sample; no earlier
        than it was asked for, but by that age.
        """
        asked = self.time_ns()
        answer = await self.ask(method, {}, limit, actuates=False)
        now = self.time_ns()
        taken = max(asked, now - round(0.5 * answer.round_trip * NANOSECONDS))
        return self.reading(kind, answer.result, taken - round(answer.age * NANOSECONDS))

    def reading(self, kind: type[R], plain: Any, time_ns: int) -> R:
        """What the device has answered, as a reading; raises DeviceFault for nonsense."""
        if not isinstance(plain, dict):
            raise DeviceFault("garbage", f"{self.service} answered {plain!r}")
        right = plain if self.calibration is None else self.calibration.applied(plain)
        told = right | {"time_ns": time_ns, "boot": self.line.boot}
        try:
            return msgspec.convert(told, kind, builtin_types=(bytes,))
        except msgspec.ValidationError as error:
            raise DeviceFault("garbage", f"{self.service} answered nonsense: {error}") from error
