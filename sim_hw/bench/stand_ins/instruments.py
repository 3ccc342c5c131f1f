"""Stand-ins for any interface, made from it: readings are the real device's, and so is the time
that an actuation takes; what that does to the world is the plant's, which is the simulated device.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from flight.icd.devices.base import DeviceFault, DeviceInterface, Method, Reading
from sim_hw.bench.effect_bounds import BoundedMotion, ImpossibleEffect
from sim_hw.bench.port import BenchPort, DeviceLost, PortAnswer
from sim_hw.bench.stand_ins.stand_in import StandIn
from sim_hw.bench.wire.payloads import STIMULUS
from sim_hw.serving.motor import Motor

Stimulus = Callable[[Any], dict[str, float]]
"""What the world does to a device, from the simulated one: by name, in SI units."""


class RealMotor(Motor):
    """The motor of a plant whose motions a real device makes: `part` of each, 0 to 1, is what it
    says that it has done. A call of several legs is one motion of the device, shown on the first.
    """

    def __init__(self, stand_in: "RealDevice", rate: float) -> None:
        self._stand_in = stand_in
        self._rate = rate  # 1/s: faster than that nothing is believed
        self._asked: tuple[Method, dict[str, Any]] | None = None
        self._bounds: BoundedMotion | None = None
        self.answer: PortAnswer | None = None

    def prepare(self, method: Method, arguments: dict[str, Any]) -> None:
        """This is what the device is asked for when the plant begins to move."""
        self._asked, self._bounds, self.answer = (method, arguments), None, None

    async def run(self, seconds: float) -> None:
        if self._asked is None:
            return  # a further leg: the device has made it
        (method, arguments), self._asked = self._asked, None
        stand_in = self._stand_in
        self._bounds = BoundedMotion(0, 1.0, self._rate, "of a motion", stand_in.now())
        try:
            number, future = stand_in.port.begin(
                stand_in.service, method.name, arguments, method.limit
            )
            self._bounds.number = number
            self.answer = await stand_in.port.finish(stand_in.service, number, future)
        except DeviceLost as error:
            raise stand_in.lost(error) from error
        try:
            self._bounds.take(number, 1.0, stand_in.now(), self.answer.round_trip)
        except ImpossibleEffect as error:
            raise stand_in.condemn(f"{method.name} was answered: {error}") from error

    def part(self, passed: float, seconds: float) -> float:
        return 0.0 if self._bounds is None else self._bounds.done

    def effect(self, number: int, data: dict[str, Any], way: float) -> None:
        """What the device says that it has done; a motion that is over, or of others, is none."""
        bounds = self._bounds
        if bounds is None or number != bounds.number:
            return
        done = data.get("part")
        if done is None:
            return  # it does not tell how far it is
        try:
            if type(done) not in (int, float):
                raise ImpossibleEffect(f"effect.part = {done!r}")
            bounds.take(number, float(done), self._stand_in.now(), way)
        except ImpossibleEffect as error:
            self._stand_in.condemn(str(error))


class RealDevice(StandIn):
    """Any interface, answered by a device on a wire. Its classes are made by `real_class`."""

    methods: dict[str, Method]

    def __init__(
        self,
        sim: Any,
        port: BenchPort,
        on_loss: str,
        *,
        rate: float = 1.0,
        stimulus: Stimulus | None = None,
    ) -> None:
        """`rate`: of the fastest motion, in parts of it a second."""
        super().__init__(sim, port, on_loss)
        self._stimulus = stimulus
        self.motor = RealMotor(self, rate)
        if hasattr(sim, "motor"):
            sim.motor = self.motor
        self.line.on_effect = self.motor.effect

    def now(self) -> float:
        """Mission time, s."""
        return asyncio.get_running_loop().time()

    def condemn(self, why: str) -> DeviceFault:
        """It has said what cannot be: it is lost; the fault that flight software sees."""
        self.port.condemn(self.service, f"it says what cannot be: {why}")
        return DeviceFault(self.on_loss, f"{self.service}: {why}")

    async def real_reading(self, method: Method, arguments: dict[str, Any]) -> Any:
        """What the device measures, of what the world does to it."""
        self.need_power()
        await self._feel()
        if issubclass(method.result, Reading) and not arguments:  # its age and way are counted
            return await self.read(method.name, method.result, method.limit)
        answer = await self.ask(method.name, arguments, method.limit, actuates=False)
        return self.result(method, answer)

    async def real_actuation(self, method: Method, arguments: dict[str, Any]) -> Any:
        """The device moves, and the plant with it; what takes no time is the device's first."""
        self.need_power()
        await self._feel()
        plain: dict[str, Any] = msgspec.to_builtins(arguments, builtin_types=(bytes,))
        plant: Callable[..., Awaitable[Any]] = getattr(self.sim, method.name)
        if hasattr(self.sim, "motor"):
            self.motor.prepare(method, plain)
            told = await plant(**arguments)
            answer = self.motor.answer
            return told if answer is None else self.result(method, answer)
        answer = await self.ask(method.name, plain, method.limit)
        result = self.result(method, answer)
        await plant(**arguments)
        return result

    def need_power(self) -> None:
        """Raises DeviceFault where the simulated supply is off."""
        need = getattr(self.sim, "need_power", None)
        if need is not None:
            need()

    def result(self, method: Method, answer: PortAnswer) -> Any:
        """The answer of a device, as the ICD has it."""
        return self.reading(method.result, answer.result, self.time_ns())

    async def _feel(self) -> None:
        features = self.line.identity.get("features")
        if self._stimulus is None or not isinstance(features, list) or STIMULUS not in features:
            return
        await self.ask(STIMULUS, self._stimulus(self.sim), STIMULUS_WITHIN, actuates=False)


STIMULUS_WITHIN = 1.0  # s


def real_class(interface: type[DeviceInterface]) -> type[RealDevice]:
    """The stand-in of an interface: each of its methods goes to the device."""
    made = {
        name: _method(method, interface) for name, method in interface.methods.items()
    }  # fmt: skip
    kind: type[RealDevice] = type(f"Real{interface.__name__}", (RealDevice, interface), made)
    return kind


def _method(method: Method, interface: type[DeviceInterface]) -> Any:
    reads = method.kind == "reading"

    async def perform(self: RealDevice, *positional: Any, **named: Any) -> Any:
        arguments = dict(zip(method.names, positional, strict=False)) | named
        if reads:
            return await self.real_reading(method, arguments)
        return await self.real_actuation(method, arguments)

    perform.__name__ = method.name
    perform.__doc__ = method.doc
    return perform
