"""The simulated device flies, and the real one is asked the same beside it; nothing that the real
one says comes to flight software, and nothing that it does moves the world.

What both tell is compared, and recorded. Without a real one what the simulated one tells is
recorded alone, so that it can be compared with another flight.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from flight.icd.devices.base import DeviceError, DeviceFault, DeviceInterface, Method
from sim_hw.bench.comparison import Comparison, leaves_of
from sim_hw.bench.stand_ins.instruments import STIMULUS_WITHIN, Stimulus
from sim_hw.bench.stand_ins.stand_in import StandIn

Start = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]


@dataclass
class Beside:
    """What stands beside a simulated device. `real`: who asks the real one (None: there is none);
    `follows`: it is asked to move, too; `record` takes what the simulated one has answered; `start`
    starts a task; `told` hears of a field, whether it has `diverged` or `agrees`, and both values.
    """

    record: Callable[[dict[str, Any]], None]
    start: Start
    told: Callable[[str, str, Any, Any], None] = lambda field, what, simulated, real: None
    real: StandIn | None = None
    follows: bool = False
    comparison: Comparison = field(default_factory=lambda: Comparison({}))
    stimulus: Stimulus | None = None


@dataclass
class _Pair:
    """One call, of both."""

    method: str
    simulated: Any = None
    real: Any = None
    ended: int = 0


class SimulatedBeside:
    """Any interface, answered by the simulated device; `beside_class` makes its classes."""

    methods: Mapping[str, Method]

    def __init__(self, sim: Any, beside: Beside) -> None:
        self.service: str = sim.service
        self.simulated = sim
        self.beside = beside
        self._number = 0
        self._moves: asyncio.Task[None] | None = None

    @property
    def emit(self) -> Any:
        """Who takes signals: those of the simulated device."""
        return self.simulated.emit

    @emit.setter
    def emit(self, emit: Any) -> None:
        self.simulated.emit = emit

    async def perform(self, method: Method, arguments: dict[str, Any]) -> Any:
        """The answer of the simulated device."""
        plain: dict[str, Any] = msgspec.to_builtins(arguments, builtin_types=(bytes,))
        pair = _Pair(method.name)
        self._number += 1
        call = {"number": self._number, "method": method.name, "arguments": plain}
        begun = asyncio.get_running_loop().time()
        asked = self._ask(method, plain, pair)
        try:
            told = await getattr(self.simulated, method.name)(**arguments)
        except DeviceError as error:
            code = error.code if isinstance(error, DeviceFault) else ""
            self._answered(call, begun, None, type(error).__name__, code)
            self._ended(pair, error, "simulated")
            raise
        except asyncio.CancelledError:
            if asked is not None:
                asked.cancel()  # the real one stops as well
            raise
        result = msgspec.to_builtins(told, builtin_types=(bytes,))
        self._answered(call, begun, result, "", "")
        self._ended(pair, result, "simulated")
        return told

    def _answered(
        self, call: dict[str, Any], begun: float, result: Any, error: str, code: str
    ) -> None:
        took = asyncio.get_running_loop().time() - begun
        answer = {"result": result, "error": error, "code": code, "seconds": took, "asked_s": begun}
        self.beside.record({**call, **answer})

    # -------------------------------------------------------------- the real one

    def _ask(
        self, method: Method, plain: dict[str, Any], pair: _Pair
    ) -> "asyncio.Task[None] | None":
        beside, moves = self.beside, method.kind == "actuation"
        if beside.real is None or (moves and not beside.follows):
            return None
        if moves and self._moves is not None and not self._moves.done():
            beside.comparison.not_asked += 1
            return None
        task = beside.start(self._real(beside.real, method, plain, pair))
        if moves:
            self._moves = task
        return task

    async def _real(
        self, real: StandIn, method: Method, plain: dict[str, Any], pair: _Pair
    ) -> None:
        moves = method.kind == "actuation"
        try:
            await self._feel(real)
            answer = await real.ask(method.name, plain, method.limit, actuates=moves)
            told = answer.result
            if isinstance(told, dict) and real.calibration is not None:
                told = real.calibration.applied(told)
        except DeviceError as error:
            told = error
        self._ended(pair, told, "real")

    async def _feel(self, real: StandIn) -> None:
        features = real.line.identity.get("features")
        stimulus = self.beside.stimulus
        if stimulus is None or not isinstance(features, list) or "stimulus" not in features:
            return
        await real.ask("stimulus", stimulus(self.simulated), STIMULUS_WITHIN, actuates=False)

    def _ended(self, pair: _Pair, told: Any, side: str) -> None:
        setattr(pair, side, told)
        pair.ended += 1
        if pair.ended < 2:
            return
        comparison = self.beside.comparison
        if isinstance(pair.simulated, DeviceError) or isinstance(pair.real, DeviceError):
            self._failed(pair, comparison)
            return
        now = asyncio.get_running_loop().time()
        changes = comparison.add(pair.method, pair.simulated, pair.real, now)
        if changes:
            ours, theirs = leaves_of(pair.simulated), leaves_of(pair.real)
            for name, what in changes:
                leaf = name.partition(".")[2]
                self.beside.told(name, what, ours.get(leaf), theirs.get(leaf))

    def _failed(self, pair: _Pair, comparison: Comparison) -> None:
        ours, theirs = pair.simulated, pair.real
        if isinstance(ours, DeviceFault) and isinstance(theirs, DeviceFault):
            comparison.unlike += ours.code != theirs.code
        elif isinstance(theirs, DeviceError) and not isinstance(ours, DeviceError):
            comparison.unanswered += 1
        else:
            comparison.unlike += 1


def beside_class(interface: type[DeviceInterface]) -> type[SimulatedBeside]:
    """The stand-in of an interface: each of its methods goes to the simulated device, too."""
    made = {name: _method(method) for name, method in interface.methods.items()}
    kind: type[SimulatedBeside] = type(
        f"Beside{interface.__name__}", (SimulatedBeside, interface), made
    )
    return kind


def _method(method: Method) -> Any:
    async def perform(self: SimulatedBeside, *positional: Any, **named: Any) -> Any:
        arguments = dict(zip(method.names, positional, strict=False)) | named
        return await self.perform(method, arguments)

    perform.__name__ = method.name
    perform.__doc__ = method.doc
    return perform
