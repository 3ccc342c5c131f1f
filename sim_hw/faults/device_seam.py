"""The seam of one device: the faults that stand between it and its drivers."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import msgspec

from flight.icd.devices.base import Method
from sim_hw.faults.device_call import DeviceCall, DevicePart
from sim_hw.faults.device_kinds import DeviceKind
from sim_hw.faults.kind import Injection
from sim_hw.serving.interposing import Perform, Send

Takes = Callable[[], bool]


class DeviceSeam:
    """Faults of one device, the one that was armed last outermost. What is told while a fault is
    armed and has not begun is shown to it, so that it can be stuck at the last value."""

    has_arming = True
    """Whether what cannot be undone has an arming relay, besides the output that does it."""

    def __init__(self, part: DevicePart) -> None:
        self.part = part
        self._telling = 0
        self._armed: list[tuple[DeviceKind, Injection, Takes]] = []
        self._last: dict[str, Any] = {}

    def arm(self, kind: DeviceKind, injection: Injection, takes: Takes) -> Callable[[], None]:
        """Takes a fault up; `takes` is asked for each call or signal of it whether it is hit. What
        is returned takes the fault away."""
        entry = (kind, injection, takes)
        self._armed.append(entry)
        return partial(self._disarm, entry)

    def _disarm(self, entry: tuple[DeviceKind, Injection, Takes]) -> None:
        self._armed = [each for each in self._armed if each is not entry]

    @property
    def is_clear(self) -> bool:
        """Whether nothing is armed."""
        return not self._armed

    @property
    def is_armed(self) -> bool:
        """Whether a single output could do what cannot be undone: while the device is told to."""
        return not self.has_arming or self._telling > 0

    # -------------------------------------------------------- as an interposer

    async def call(self, method: Method, arguments: dict[str, Any], perform: Perform) -> Any:
        """See `Interposer`."""
        call = DeviceCall(self.part, method, self._last.get)
        at = [e for e in self._armed if e[0].is_at(method.name, self.part, e[1])]

        async def device(given: dict[str, Any]) -> Any:
            self._telling += method.irreversible
            try:
                return msgspec.to_builtins(await perform(**given), builtin_types=(bytes,))
            finally:
                self._telling -= method.irreversible

        proceed = device
        for kind, injection, takes in at:
            if not kind.wants(arguments, injection):
                continue
            if not injection.active:
                kind.seen(arguments, injection)
            if takes():
                proceed = partial(_around, kind, call, proceed, injection)
        plain = await proceed(arguments)
        self._last[method.name] = plain
        self._show(at, call.where, method.result, plain)
        return plain

    def emit(self, name: str, data: Any, send: Send) -> None:
        """See `Interposer`."""
        at = [e for e in self._armed if e[0].is_at(name, self.part, e[1])]
        where, told = f"{self.part.service}.{name}", self.part.interface.signals[name]

        def proceed(plain: Any) -> None:
            send(name, plain)

        for kind, injection, takes in at:
            if takes():
                proceed = partial(_around_signal, kind, where, told, proceed, injection)
        self._show(at, where, told, data)
        proceed(data)

    def _show(
        self,
        at: list[tuple[DeviceKind, Injection, Takes]],
        where: str,
        told: Any,
        plain: Any,
    ) -> None:
        for kind, injection, _ in at:
            if not injection.active:
                kind.watch(where, told, plain, injection)


async def _around(
    kind: DeviceKind,
    call: DeviceCall,
    proceed: Callable[[dict[str, Any]], Awaitable[Any]],
    injection: Injection,
    arguments: dict[str, Any],
) -> Any:
    return await kind.around(call, arguments, proceed, injection)


def _around_signal(
    kind: DeviceKind,
    where: str,
    told: Any,
    proceed: Callable[[Any], None],
    injection: Injection,
    plain: Any,
) -> None:
    kind.around_signal(where, told, plain, proceed, injection)
