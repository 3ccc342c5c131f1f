"""The seam of the line of one simulated device: it comes between the device and its server."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from flight.icd.devices.base import DeviceFault, Method
from flight.icd.devices.description import interface_of
from sim_hw.faults.kind import Injection
from sim_hw.faults.line_names import CUTS
from sim_hw.serving.interposing import Interposer, NoAnswer, Perform, Send

SILENCE = 1.0  # s without a word after which a device is lost, as the protocol of the bench has it
BACK = 0.5  # s from when a line is whole to when its device is there again


class LineSeam:
    """Outside of what stands at the device itself (`inner`)."""

    def __init__(self, service: str, device: Any, inner: Callable[[], Interposer | None]) -> None:
        self._service, self._inner = service, inner
        codes = interface_of(device).fault_codes
        self._code = "no_power" if "no_power" in codes else "lost"
        self._faults: dict[Injection, tuple[str, float]] = {}
        self._under_way: dict[asyncio.Task[Any], bool] = {}
        self._lost = ""
        self._last: dict[str, Any] = {}
        self._waits: asyncio.TimerHandle | None = None

    def begin(self, kind: str, figure: float, injection: Injection) -> Callable[[], None]:
        """A fault begins; what is returned heals it."""
        self._faults[injection] = (kind, figure)
        self._last.clear()
        if kind in CUTS:
            injection.hit(self._service, "a line", kind)
            self._look_again(SILENCE)

        def heal() -> None:
            self._faults.pop(injection, None)
            if kind in CUTS and not self._is_cut:
                self._look_again(BACK)

        return heal

    @property
    def _is_cut(self) -> bool:
        return any(kind in CUTS for kind, _ in self._faults.values())

    def _look_again(self, seconds: float) -> None:
        if self._waits is not None:
            self._waits.cancel()
        self._waits = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        """The line has been cut, or whole, for so long that both sides know."""
        self._waits = None
        self._lost = f"{self._service}: the line is broken" if self._is_cut else ""
        if not self._lost:
            return
        for task in self._under_way:
            self._under_way[task] = True
            task.cancel()

    # ------------------------------------------------------------ as an interposer

    async def call(self, method: Method, arguments: dict[str, Any], perform: Perform) -> Any:
        """See `Interposer`."""
        if self._lost:
            raise DeviceFault(self._code, self._lost)
        task = asyncio.current_task()
        assert task is not None
        self._under_way[task] = False
        try:
            if self._is_cut or self._loses("a call"):
                await self._in_vain(method)
            plain = await self._device(method, arguments, perform)
            return await self._answered(method, plain)
        except asyncio.CancelledError:
            if not self._under_way[task]:
                raise
            task.uncancel()
            raise DeviceFault(self._code, self._lost) from None
        finally:
            self._under_way.pop(task, None)

    async def _device(self, method: Method, arguments: dict[str, Any], perform: Perform) -> Any:
        inner = self._inner()
        if inner is None:
            return msgspec.to_builtins(await perform(**arguments), builtin_types=(bytes,))
        return await inner.call(method, arguments, perform)

    async def _in_vain(self, method: Method) -> None:
        """What was asked does not arrive: until the line is taken for lost, or nobody waits."""
        await asyncio.sleep(method.limit)
        raise NoAnswer

    async def _answered(self, method: Method, plain: Any) -> Any:
        if self._is_cut or self._loses("an answer"):
            await self._in_vain(method)
        for injection, (kind, figure) in tuple(self._faults.items()):
            if kind == "delay":
                injection.hit(f"{self._service}.{method.name}", "at once", f"{figure:g} s later")
                await asyncio.sleep(figure)
            elif kind == "stuck":
                last = self._last.setdefault(method.name, plain)
                if last != plain:
                    injection.hit(f"{self._service}.{method.name}", plain, last)
                plain = last
        return plain

    def _loses(self, what: str) -> bool:
        """Whether one of the faults takes what goes over the line."""
        for injection, (kind, share) in self._faults.items():
            if kind in ("drop", "corrupt") and injection.random.random() < share:
                injection.hit(self._service, what, "none" if kind == "drop" else "a damaged one")
                return True
        return False

    def emit(self, name: str, data: Any, send: Send) -> None:
        """See `Interposer`."""
        if self._is_cut or self._loses("a signal"):
            return
        inner = self._inner()
        if inner is None:
            send(name, data)
        else:
            inner.emit(name, data, send)
