"""The seam of the bus: what comes between a socket and the end that receives from it.

Each bus of a run opens its sockets through a view of the fabric; while nothing is armed its sockets
are the fabric's own, method by method.
"""

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

from flight.runtime.fabric import Presence
from flight.runtime.sockets import Kind, Socket
from sim_hw.faults.bus_kinds import BusKind, Traffic
from sim_hw.faults.kind import Injection

Takes = Callable[[], bool]
_Armed = tuple[BusKind, Injection, Takes, str]
_OFTEN = ("send", "send_to", "receive", "has_input", "look_at_peer")
HARDWARE = "hardware"


class Buses:
    """All buses of one process, by the names of their participants.

    `names` says how a bus is called as a target where that is not its own name; `service_at`
    tells the service at an address.
    """

    def __init__(
        self,
        names: Mapping[str, str] | None = None,
        service_at: Callable[[str], str] = lambda address: address.rpartition("/")[2],
    ) -> None:
        self.service_at = service_at
        self._names = names or {}
        self._armed: list[_Armed] = []
        self._sockets: list[SeamedSocket] = []

    def view(self, name: str, fabric: Presence) -> Presence:
        """The fabric as the bus of that name sees it."""
        return cast(Presence, _View(self, self._names.get(name, name), name, fabric))

    def opened(self, socket: "SeamedSocket") -> None:
        """A bus has opened a socket."""
        self._sockets = [each for each in self._sockets if not each.is_closed]
        self._sockets.append(socket)
        if self._armed:
            socket.interpose()

    # ------------------------------------------------------------------ as a seam

    def arm(self, kind: BusKind, injection: Injection, takes: Takes) -> Callable[[], None]:
        """Takes a fault up; `takes` is asked for each of its messages whether it is hit. What is
        returned takes it away."""
        entry = (kind, injection, takes, injection.target)
        self._armed.append(entry)
        for each in self._sockets:
            each.interpose()
        return partial(self._disarm, entry)

    def _disarm(self, entry: _Armed) -> None:
        self._armed = [each for each in self._armed if each is not entry]

    def ways(self, name: str) -> list[Traffic]:
        """The ways on which somebody receives what others send."""
        return [each.way(b"babble#0") for each in self._open() if each.here == name]

    def deliver(self, traffic: Traffic, data: bytes) -> None:
        """Has a message arrive that nobody has sent now."""
        for each in self._open():
            if each.is_of(traffic):
                each.arrive(traffic, data)
                return

    def _open(self) -> list["SeamedSocket"]:
        return [each for each in self._sockets if each.receives]

    def passed(self, traffic: Traffic, data: bytes) -> list[tuple[float, bytes]]:
        """What arrives of a message: after how many s, and its bytes."""
        messages = [(0.0, data)]
        for kind, injection, takes, name in self._armed:
            if not kind.concerns(traffic, name, injection.method):
                continue
            after: list[tuple[float, bytes]] = []
            for delay, message in messages:
                if takes():
                    passed = kind.passes(traffic, message, injection)
                    after += [(delay + more, one) for more, one in passed]
                else:
                    if not injection.active:
                        kind.watch(traffic, message, injection)
                    after.append((delay, message))
            messages = after
        return messages


class _View:
    """A fabric whose sockets have a seam."""

    def __init__(self, buses: Buses, name: str, own: str, fabric: Presence) -> None:
        self._buses, self._name, self._own, self._fabric = buses, name, own, fabric
        for method in ("is_down", "lacks"):  # asked for each message
            setattr(self, method, getattr(fabric, method))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._fabric, name)

    @property
    def changes(self) -> int:
        """See `Presence`."""
        return self._fabric.changes

    def open_socket(self, kind: Kind, identity: bytes = b"") -> Socket:
        """A socket of the fabric, with a seam."""
        inner = self._fabric.open_socket(kind, identity)
        socket = SeamedSocket(
            self._buses, self._name, kind, inner, Account(self._fabric, self._own)
        )
        self._buses.opened(socket)
        return cast(Socket, socket)


class SeamedSocket:
    """A socket as its end sees it: itself, until something is armed."""

    def __init__(
        self, buses: Buses, here: str, kind: Kind, inner: Socket, account: "Account"
    ) -> None:
        self._account = account
        self.here = here
        self.is_closed = False
        self._buses, self._kind, self._inner = buses, kind, inner
        self._service = ""
        self._due: deque[list[bytes]] = deque()
        self._wake: Callable[[], None] | None = None
        self._context: contextvars.Context | None = None
        for method in _OFTEN:
            setattr(self, method, getattr(inner, method))
        for method in ("bind", "connect", "watch", "unwatch", "close"):
            setattr(self, method, getattr(self, f"_{method}"))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def interpose(self) -> None:
        """From now on what is received comes through the seam."""
        if self._kind is not Kind.PUBLISHER and not self.is_closed:
            self.receive = self._receive
            self.has_input = self._has_input

    @property
    def receives(self) -> bool:
        """Whether messages can arrive here."""
        return self._kind is not Kind.PUBLISHER and self._wake is not None and not self.is_closed

    # ---------------------------------------------------------------- whose it is

    def way(self, sender: bytes) -> Traffic:
        """The way of what arrives here; `sender`: who a server says it is from."""
        if self._kind is Kind.SERVER:
            return Traffic(self.here, self._service, peer_of(sender), sender)
        return Traffic(self.here, self._service, server_of(self._service))

    def is_of(self, traffic: Traffic) -> bool:
        """Whether messages of that way arrive here."""
        if (self.here, self._service) != (traffic.here, traffic.service):
            return False
        return self._kind is Kind.SERVER or server_of(self._service) == traffic.peer

    # --------------------------------------------------------------- the socket's

    def _bind(self, address: str) -> None:
        self._service = self._buses.service_at(address)
        self._inner.bind(address)

    def _connect(self, address: str) -> None:
        self._service = self._buses.service_at(address)
        self._inner.connect(address)

    def _watch(self, loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
        self._wake, self._context = callback, contextvars.copy_context()
        self._inner.watch(loop, callback)

    def _unwatch(self, loop: asyncio.AbstractEventLoop) -> None:
        self._wake = None
        self._inner.unwatch(loop)

    def _close(self) -> None:
        self.is_closed = True
        self._due.clear()
        self._inner.close()

    def _receive(self) -> list[bytes] | None:
        while not self._due:
            frames = self._inner.receive()
            if frames is None:
                return None
            sender = frames[0] if self._kind is Kind.SERVER and len(frames) > 1 else b""
            way = self.way(sender)
            passed = self._buses.passed(way, frames[-1])
            at_once = [data for delay, data in passed if delay <= 0.0]
            self._account.instead(len(at_once), self._kind, way)
            for delay, data in passed:
                self._later(delay, [*frames[:-1], data], way)
        return self._due.popleft()

    def _has_input(self) -> bool:
        return bool(self._due) or self._inner.has_input()

    def _later(self, delay: float, frames: list[bytes], way: Traffic) -> None:
        if delay <= 0.0:
            self._due.append(frames)
            return
        loop = asyncio.get_running_loop()
        loop.call_later(delay, self._arrives, frames, way, context=self._context)

    def arrive(self, traffic: Traffic, data: bytes) -> None:
        """Something arrives that nobody has sent now."""
        sender = [traffic.sender] if self._kind is Kind.SERVER else []
        loop = asyncio.get_running_loop()
        loop.call_soon(self._arrives, [*sender, data], traffic, context=self._context)

    def _arrives(self, frames: list[bytes], way: Traffic) -> None:
        if not self.is_closed and self._wake is not None:
            self._account.more(self._kind, way)
            self._due.append(frames)
            self._wake()


class Account:
    """Between processes mission time waits for what is under way: what a fault takes away is said
    to have been taken, and what it adds, to have been sent."""

    def __init__(self, fabric: Presence, own: str) -> None:
        self._clock = fabric.clock
        self._own = None if self._clock is None else self._clock.place(own)

    def _counts(self, kind: Kind, way: Traffic) -> bool:
        """Whether the end that receives will count it."""
        if self._clock is None or self._own is None:
            return False
        if kind is not Kind.SERVER:
            return True
        return self._clock.place(way.sender.partition(b"#")[0].decode(errors="replace")) is not None

    def instead(self, count: int, kind: Kind, way: Traffic) -> None:
        """So many arrive instead of one."""
        if self._counts(kind, way) and self._clock is not None:
            if count == 0:
                self._clock.taken()
            for _ in range(count - 1):
                self.more(kind, way)

    def more(self, kind: Kind, way: Traffic) -> None:
        """One arrives that nobody has sent now."""
        if self._counts(kind, way) and self._clock is not None and self._own is not None:
            self._clock.sent_to(self._own)


def peer_of(identity: bytes) -> str:
    """The participant that a client says it is."""
    return identity.partition(b"#")[0].decode(errors="replace")


def server_of(service: str) -> str:
    """Who serves a service: a node its own mailbox and telemetry, the hardware everything else."""
    who, _, what = service.partition(".")
    return who if what in ("node", "telemetry") else HARDWARE
