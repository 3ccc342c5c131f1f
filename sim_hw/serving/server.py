"""The hardware side of the device bus: serves one simulated device on one socket."""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from flight.icd.devices.base import DeviceFault, DeviceInterface, DeviceRejected
from flight.icd.devices.description import interface_hash, interface_of
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
from flight.runtime.nursery import Nursery
from flight.runtime.paced_loop import PacedLoop
from sim_hw.serving.interposing import Interposer, NoAnswer

REASON_LENGTH = 2000  # what the ICD allows for a text
MOST_CALLS_OF_ONE = 64  # calls in work of one caller; a driver makes a few
MOST_CALLS = 256
MOST_BYTES_OF_ONE = 4 << 20  # four of the largest messages
MOST_BYTES = 16 << 20
MOST_DRIVERS = 64  # who hear signals; a device has one driver, or a few


class _Work(NamedTuple):
    """A call that is being answered, of so many bytes."""

    task: asyncio.Task[None]
    size: int


class DeviceServer:
    """Answers the calls of drivers with the methods of a device.

    A driver that says hello with a new boot number ends the calls of its earlier boots: what moved
    on their behalf stops, as it does when a call is cancelled. `on_call` hears of each call, by its
    method, before it is answered. A call older than its limit is refused: its caller has given it
    up. Calls in work and drivers are bounded; what is beyond is refused, counted and told. Each
    driver that says hello is told what the device is; all are, when it has `restarted`.
    `interposer`, where one is set, comes between the device and all of this.
    """

    def __init__(self, bus: Bus, service: str, device: DeviceInterface, nursery: Nursery) -> None:
        self.service = service
        self.device = device
        self.on_call: Callable[[str], None] = lambda method: None
        self.interposer: Interposer | None = None
        self._nursery = nursery
        self._running: dict[tuple[bytes, int], _Work] = {}
        self._boots: dict[str, tuple[int, bytes]] = {}
        self._identity: DeviceIdentity | None = None
        self._grace = 0.0  # s; the greatest so far
        loop = asyncio.get_running_loop()
        self._time_ns = clock_of(loop)
        self._paced = isinstance(loop, PacedLoop)
        self._server = bus.serve(service, self._receive)

    def emit(self, name: str, data: Any) -> None:
        """Sends a signal to every driver that has said hello."""
        plain = msgspec.to_builtins(data, builtin_types=(bytes,))
        if self.interposer is None:
            self._tell(name, plain)
        else:
            self.interposer.emit(name, plain, self._tell)

    def _tell(self, name: str, plain: Any) -> None:
        message = DeviceSignal(name, plain)
        for _, peer in list(self._boots.values()):
            self._server.send(peer, message)

    @property
    def identity(self) -> DeviceIdentity:
        """What the device is, as drivers are told."""
        if self._identity is None:
            interface = interface_of(self.device)
            self._identity = DeviceIdentity(interface.__name__, interface_hash(interface))
        return self._identity

    def restarted(self, identity: DeviceIdentity) -> None:
        """The device has been switched on anew, or it is another one: what was asked of it before
        ends, and every driver is told."""
        self._identity = identity
        for work in list(self._running.values()):
            work.task.cancel()
        for _, peer in list(self._boots.values()):
            self._server.send(peer, identity)

    def let_go(self, source: str) -> None:
        """Ends the calls of a driver whose program is gone: what moved on its behalf stops."""
        for (owner, _), work in list(self._running.items()):
            if owner.decode(errors="replace").partition("#")[0] == source:
                work.task.cancel()

    def _receive(self, peer: bytes, message: Message) -> None:
        if isinstance(message, Call):
            self.on_call(message.method)
            self._call(peer, message)
        elif isinstance(message, Cancel):
            work = self._running.get((peer, message.number))
            if work is not None:
                work.task.cancel()
        elif isinstance(message, Hello):
            self._hello(peer, message)

    def _call(self, peer: bytes, call: Call) -> None:
        key = (peer, call.number)
        size = self._server.size
        refusal = self._no_room(key, size) if self._running else ""
        if refusal:
            self._server.refuse(f"{self.service}.{call.method}: {refusal}")
            self._server.send(peer, Reply(call.number, error="rejected", reason=refusal))
            return
        task = self._nursery.start(
            self._answer(peer, call, self._age()),
            name=f"{self.service}.{call.method}",
            then=lambda: self._running.pop(key, None),
        )
        self._running[key] = _Work(task, size)

    def _no_room(self, key: tuple[bytes, int], size: int) -> str:
        """Why a call cannot be taken on; "" when it can."""
        if key in self._running:
            return f"call {key[1]} is in work"
        theirs = [work.size for (peer, _), work in self._running.items() if peer == key[0]]
        every = [work.size for work in self._running.values()]
        for sizes, most, most_bytes in (
            (theirs, MOST_CALLS_OF_ONE, MOST_BYTES_OF_ONE),
            (every, MOST_CALLS, MOST_BYTES),
        ):
            if len(sizes) >= most:
                return f"{len(sizes)} calls are in work; allowed are {most}"
            in_work = _bytes_of(sizes)
            if sizes and in_work + size > most_bytes:
                return f"calls of {in_work} bytes are in work; allowed are {most_bytes}"
        return ""

    def _hello(self, peer: bytes, message: Hello) -> None:
        before = self._boots.get(message.source)
        if before is not None and message.boot < before[0]:
            return  # from before the last boot, and late
        if before is None and len(self._boots) >= MOST_DRIVERS:
            self._server.refuse(f"{self.service}: {MOST_DRIVERS} drivers have said hello already")
            return
        self._boots[message.source] = (message.boot, peer)
        if before is not None and before[1] != peer:
            for (owner, _), work in list(self._running.items()):
                if owner == before[1]:
                    work.task.cancel()
        self._server.send(peer, self.identity)

    async def _answer(self, peer: bytes, call: Call, age: float) -> None:
        # Cancelled on behalf of the caller, or as the hardware goes down: nobody waits for it.
        try:  # no `with`: a run answers a hundred thousand calls
            self._server.send(peer, await self._perform(call, age))
        except (asyncio.CancelledError, NoAnswer):
            return

    def _age(self) -> float:
        """How long before it is heard a call was made (s), apart from what machines delay.

        What a message takes was longer in mission time if that ran faster a moment ago.
        """
        if self._paced:
            self._grace = max(self._grace, transport_grace())
        return (self._time_ns() - self._server.sent_ns) / NANOSECONDS - self._grace

    async def _perform(self, call: Call, age: float) -> Reply:
        method = self.device.methods.get(call.method)
        if method is None:
            return Reply(call.number, error="rejected", reason=f"no method {call.method!r}")
        if age > method.limit:
            reason = f"made {age:.1f} s ago; its limit of {method.limit:g} s is over"
            return Reply(call.number, error="rejected", reason=reason)
        try:
            arguments = method.unpack(call.arguments)
            perform = getattr(self.device, call.method)
            if self.interposer is None:
                result = await perform(**arguments)
            else:
                result = await self.interposer.call(method, arguments, perform)
        except DeviceRejected as refusal:
            return Reply(call.number, error="rejected", reason=str(refusal)[:REASON_LENGTH])
        except DeviceFault as fault:
            reason = str(fault)[:REASON_LENGTH]
            return Reply(call.number, error="fault", reason=reason, code=fault.code)
        return Reply(call.number, result=result)  # as it is: the wire makes plain data of it


def _bytes_of(sizes: list[int]) -> int:
    return sum(sizes)
