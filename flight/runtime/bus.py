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

from collections.abc import Callable
from typing import TypeVar

from flight.icd.messages import Message
from flight.runtime.bus_side import BusSide
from flight.runtime.bus_side import Counters as Counters
from flight.runtime.client import Client
from flight.runtime.endpoint import Endpoint
from flight.runtime.endpoints import Publisher, Server, Subscriber
from flight.runtime.fabric import Fabric as Fabric

E = TypeVar("E", bound=Endpoint)


class Bus(BusSide):
    """One participant's access to the bus: opens the ends that it speaks and hears by."""

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
