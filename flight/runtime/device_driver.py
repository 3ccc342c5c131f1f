"""The caller's side of a device: a driver that implements the interface by messages."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar, cast

import msgspec

from flight.icd.devices.base import (
    DeviceFault,
    DeviceInterface,
    DeviceRejected,
    DeviceTimeout,
    Method,
    Reading,
)
from flight.icd.devices.description import interface_hash
from flight.icd.messages import (
    Call,
    Cancel,
    DeviceIdentity,
    DeviceSignal,
    Hello,
    Message,
    Reply,
)
from flight.runtime.bus import Bus
from flight.runtime.loop import NANOSECONDS, clock_of, transport_grace
from flight.runtime.paced_loop import PacedLoop
from flight.runtime.reading_fields import struct_problem
from flight.runtime.reading_gate import ReadingGate

I = TypeVar("I", bound=DeviceInterface)  # noqa: E741


class _Late(Exception):
    """The time for an answer is over."""


def _give_up(waiter: asyncio.Future[Reply]) -> None:
    # A timer of its own, not `asyncio.timeout`: a run makes a hundred thousand calls.
    if not waiter.done():
        waiter.set_exception(_Late())


class Connection:
    """The calls of one driver that wait for an answer, and the signals of its device.

    A device that says that it has another interface is not spoken to. One that is lost, or has
    restarted, answers nothing that it was asked before: its calls end at once.
    """

    def __init__(
        self,
        bus: Bus,
        service: str,
        interface: type[DeviceInterface],
        boot: int,
        gate: ReadingGate | None = None,
    ) -> None:
        self.service = service
        self.gate = gate or ReadingGate()
        self._interface = interface
        self._number = 0
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        self._loop = asyncio.get_running_loop()
        self._time_ns = clock_of(self._loop)
        self._paced = isinstance(self._loop, PacedLoop)
        self._listeners: dict[str, Callable[[Any], None]] = {}
        self.on_unexpected: Callable[[str], None] | None = None
        self.identity: DeviceIdentity | None = None
        """What the device says that it is; None before it has."""
        self._strange = ""
        self._client = bus.connect(service, self._receive, epoch=boot)
        self._client.on_reconnect = self._say_hello
        self._client.on_lost = self._lost
        self._boot = boot
        self._say_hello()

    def _say_hello(self) -> None:
        self._client.send(Hello(self._client.bus.name, self._boot))

    def _lost(self, how: str) -> None:
        self.identity = None  # whoever serves next has to say who it is
        self._strange = ""
        self._end_waiting(how)

    def _identified(self, told: DeviceIdentity) -> None:
        before, self.identity = self.identity, told
        self._strange = ""
        if told.interface_hash != interface_hash(self._interface):
            self._strange = (
                f"{self.service} has the interface {told.interface} {told.interface_hash[:12]}; "
                f"{self._interface.__name__} {interface_hash(self._interface)[:12]} is needed"
            )
            self._complain(self._strange)
            self._end_waiting(self._strange)
        elif before is not None and before.boot != told.boot:
            self._end_waiting(f"{self.service} has restarted (boot {told.boot})")

    def _end_waiting(self, how: str) -> None:
        for number, waiter in self._waiting.items():
            if not waiter.done():
                waiter.set_exception(DeviceTimeout(f"{how}, with call {number} unanswered"))

    def listen(self, name: str, callback: Callable[[Any], None]) -> None:
        """Calls `callback` with each signal `name` of the device."""
        if name not in self._interface.signals:
            raise ValueError(f"{self.service} has no signal {name!r}")
        self._listeners[name] = callback

    async def call(self, method: Method, arguments: dict[str, Any]) -> Any:
        """Asks, waits, checks the answer; a reading passes the gate.

        Raises DeviceTimeout (at once when the device is lost), DeviceRejected or DeviceFault. When
        the waiting task is cancelled the device is told to stop.
        """
        if self._strange:
            raise self._failed(method, DeviceFault("interface", self._strange))
        self._number += 1
        number = self._number
        loop, clock = self._loop, self._time_ns
        waiter: asyncio.Future[Reply] = loop.create_future()
        self._waiting[number] = waiter
        asked_ns = clock()
        timer: asyncio.TimerHandle | None = None
        try:
            if not self._client.send(Call(number, method.name, arguments)):
                raise DeviceTimeout(f"{self.service}.{method.name}: the device cannot be reached")
            grace = transport_grace() if self._paced else 0.0
            timer = loop.call_at(loop.time() + method.limit + grace, _give_up, waiter)
            reply = await waiter
            result = self._result(method, reply)
        except _Late:
            self._client.send(Cancel(number))
            late = f"{self.service}.{method.name} gave no answer within {method.limit:g} s"
            raise self._failed(method, DeviceTimeout(late)) from None
        except asyncio.CancelledError:
            self._client.send(Cancel(number))
            raise
        except (DeviceTimeout, DeviceFault) as error:
            self._failed(method, error)
            raise
        finally:
            self._waiting.pop(number, None)
            if timer is not None:
                timer.cancel()
        slack_ns = round(transport_grace() * NANOSECONDS) if self._paced else 0
        return self.gate.admit(method, result, asked_ns, clock(), slack_ns)

    def _failed(self, method: Method, error: DeviceTimeout | DeviceFault) -> Exception:
        self.gate.failed(method, str(error))
        return error

    def _result(self, method: Method, reply: Reply) -> Any:
        if reply.error == "rejected":
            raise DeviceRejected(f"{self.service}: {reply.reason}")
        if reply.error:
            raise DeviceFault(reply.code, f"{self.service}.{method.name}: {reply.reason}")
        try:
            result = msgspec.convert(reply.result, method.result, builtin_types=(bytes,))
        except msgspec.ValidationError as error:
            raise DeviceFault(
                "garbage", f"{self.service}.{method.name} answered nonsense: {error}"
            ) from error
        if isinstance(result, msgspec.Struct) and not isinstance(result, Reading):
            wrong = struct_problem(result)
            if wrong:
                raise DeviceFault("garbage", f"{self.service}.{method.name} answered: {wrong}")
        return result

    def _receive(self, message: Message) -> None:
        if isinstance(message, Reply):
            waiter = self._waiting.get(message.number)
            if waiter is not None and not waiter.done():
                waiter.set_result(message)
        elif isinstance(message, DeviceSignal):
            self._signal(message)
        elif isinstance(message, DeviceIdentity):
            self._identified(message)
        else:
            self._complain(f"a {type(message).__name__} is nothing that a device says")

    def _signal(self, message: DeviceSignal) -> None:
        kind = self._interface.signals.get(message.name)
        listener = self._listeners.get(message.name)
        if kind is None:
            self._complain(f"signal {message.name!r} is not part of its interface")
        elif listener is not None:
            try:
                value = msgspec.convert(message.data, kind, builtin_types=(bytes,))
            except msgspec.ValidationError as error:
                self._complain(f"signal {message.name}: {error}")
                return
            wrong = struct_problem(value) if isinstance(value, msgspec.Struct) else ""
            if wrong:
                self._complain(f"signal {message.name}: {wrong}")
                return
            listener(value)

    def _complain(self, text: str) -> None:
        if self.on_unexpected is not None:
            self.on_unexpected(f"{self.service}: {text}")


def connect(
    bus: Bus,
    interface: type[I],
    service: str,
    *,
    boot: int = 0,
    gate: ReadingGate | None = None,
) -> I:
    """A driver for the device `service`: an object with the methods of `interface`.

    `gate`: what its readings pass; without it one that nobody listens to.
    """
    connection = Connection(bus, service, interface, boot, gate)
    members: dict[str, Any] = {
        name: _proxy(connection, method) for name, method in interface.methods.items()
    }
    members["connection"] = connection
    return cast(I, type(f"{interface.__name__}Driver", (interface,), members)())


def listen(driver: DeviceInterface, signal: str, callback: Callable[[Any], None]) -> None:
    """Calls `callback` with each `signal` that the driver's device sends."""
    connection: Connection = driver.connection  # type: ignore[attr-defined]
    connection.listen(signal, callback)


def _proxy(connection: Connection, method: Method) -> Callable[..., Any]:
    async def ask(_self: Any, *positional: Any, **named: Any) -> Any:
        return await connection.call(method, method.pack(positional, named))

    ask.__name__ = method.name
    ask.__doc__ = method.doc
    return ask
