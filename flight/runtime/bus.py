"""The bus: ZeroMQ between everybody, with numbered streams and gap reports.

Plain sockets, drained without blocking by a reader of the event loop: four times as fast as
`zmq.asyncio`, and no message is lost when a waiting task is cancelled. Requests go from a `Client`
(DEALER) to a `Server` (ROUTER); telemetry and events from a `Publisher` (XPUB) to a `Subscriber`.

Every message travels as one frame `[sequence, time_ns, message]` in MessagePack with a checksum.
One that was changed on its way is dropped, counted and told, and nothing in it is believed. The
receiver counts each stream; a hole is a `Gap` handed to `on_gap`, never passed over in silence. A
sender that began anew is a new life: what it sent before it was heard is a gap as well. A message
that cannot be sent (queue full, peer gone) is counted and reported to `on_drop`, and `send` returns
False.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from flight.icd.envelope import LARGEST_LIFE, Envelope, read_envelope
from flight.icd.messages import Message
from flight.runtime.client import Client
from flight.runtime.endpoint import Endpoint
from flight.runtime.endpoints import Publisher, Server, Subscriber
from flight.runtime.fabric import Fabric as Fabric
from flight.runtime.fabric import Presence
from flight.runtime.gaps import Gap
from flight.runtime.message_log import MessageLog
from flight.runtime.sockets import Kind

E = TypeVar("E", bound=Endpoint)


@dataclass
class Counters:
    """What a bus has done so far; all monotonic. Of the malformed, the corrupt ones were changed on
    their way."""

    sent: int = 0
    received: int = 0
    dropped: int = 0
    missing: int = 0
    malformed: int = 0
    corrupt: int = 0
    stale: int = 0


class Bus:
    """One participant's access to the bus.

    `addresses` maps a service name to a ZeroMQ address (`inproc://`, `ipc://`, `tcp://`); a name
    that it lacks gets `inproc://<name>`. All buses of one process share one `fabric`. `read` opens
    what arrives.
    """

    def __init__(
        self,
        name: str,
        *,
        fabric: Presence,
        addresses: Mapping[str, str] | None = None,
        log: MessageLog | None = None,
        on_gap: Callable[[Gap], None] | None = None,
        on_drop: Callable[[str, str], None] | None = None,
        on_malformed: Callable[[str, str], None] | None = None,
        read: Callable[[bytes], Envelope] = read_envelope,
    ) -> None:
        self.name = name
        self.life = 0  # boots of a node, starts of a program: tells a sender that began anew
        self.fabric = fabric
        self.counters = Counters()
        self.log = log
        self.on_gap = on_gap
        self.on_drop = on_drop
        self.on_malformed = on_malformed
        self.on_second: Callable[[str, str], None] | None = None
        """Told of the service and the name under which a second program speaks to it."""
        self.read = read
        self._addresses: Mapping[str, str] = addresses if addresses is not None else {}
        self._ends: list[Endpoint] = []
        self._counts: dict[tuple[Kind, str, bytes], dict[bytes, int]] = {}

    def begin_life(self, life: int) -> None:
        """Counts anew what is sent from here: this is the `life`-th start of the participant.

        Raises ValueError for a life that cannot be told on the wire.
        """
        if not 0 <= life <= LARGEST_LIFE:
            raise ValueError(f"life {life} of {self.name}: allowed is 0 to {LARGEST_LIFE}")
        self.life = life
        for counts in self._counts.values():
            counts.clear()

    def counts(self, kind: Kind, service: str, identity: bytes) -> dict[bytes, int]:
        """How many messages each peer was sent in this life: an end that is opened again goes on
        counting."""
        return self._counts.setdefault((kind, service, identity), {})

    def address(self, service: str) -> str:
        """The ZeroMQ address of a service."""
        return self._addresses.get(service, f"inproc://{service}")

    def joins_late(self, service: str) -> bool:
        """Whether who follows a stream may miss what is said while it joins: between processes."""
        return not self.address(service).startswith("inproc://")

    def serve(self, service: str, on_message: Callable[[bytes, Message], None]) -> Server:
        """Binds a service; `on_message(peer, message)` gets what clients send."""
        return self._keep(Server(self, service, on_message))

    def connect(
        self, service: str, on_message: Callable[[Message], None], *, epoch: int = 0
    ) -> Client:
        """Connects to a service; `epoch` (a boot number) tells restarted clients apart.

        Raises ValueError when this bus has such a connection: the other side could not tell the
        two apart, and one would starve.
        """
        for end in self._ends:
            if isinstance(end, Client) and (end.service, end.epoch) == (service, epoch):
                raise ValueError(f"{self.name} is connected to {service} already: use that client")
        return self._keep(Client(self, service, on_message, epoch))

    def publish(self, stream: str, on_join: Callable[[], None] | None = None) -> Publisher:
        """Binds a stream; `on_join` is called when somebody subscribes, to send last values
        again."""
        return self._keep(Publisher(self, stream, on_join))

    def subscribe(self, stream: str, on_message: Callable[[Message], None]) -> Subscriber:
        """Follows a stream."""
        return self._keep(Subscriber(self, stream, on_message))

    def close(self) -> None:
        """Closes all sockets; what waits to be sent is discarded."""
        for end in reversed(self._ends.copy()):
            end.close()

    def _keep(self, end: E) -> E:
        self._ends.append(end)
        return end

    def forget(self, end: Endpoint) -> None:
        """Called by an end that was closed."""
        if end in self._ends:
            self._ends.remove(end)
