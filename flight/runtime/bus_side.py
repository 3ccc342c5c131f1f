"""What the ends of a bus need of it: who they belong to, and where they count and tell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from flight.icd.envelope import LARGEST_LIFE, Envelope, numbered, read_envelope
from flight.runtime.fabric import Presence
from flight.runtime.gaps import Gap
from flight.runtime.message_log import MessageLog
from flight.runtime.sockets import Kind


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


class OpenEnd(Protocol):
    """An end of a bus that can be closed."""

    def close(self) -> None:
        """Closes its socket."""


class BusSide:
    """One participant: its name and life, its transport, its counters, whom it tells.

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
        self.first = numbered(0, 0)
        """What is added to the count of a message in a stream of this life."""
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
        self._ends: list[OpenEnd] = []
        self._counts: dict[tuple[Kind, str, bytes], dict[bytes, int]] = {}

    def begin_life(self, life: int) -> None:
        """Counts anew what is sent from here: this is the `life`-th start of the participant.

        Raises ValueError for a life that cannot be told on the wire.
        """
        if not 0 <= life <= LARGEST_LIFE:
            raise ValueError(f"life {life} of {self.name}: allowed is 0 to {LARGEST_LIFE}")
        self.life = life
        self.first = numbered(life, 0)
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

    def forget(self, end: OpenEnd) -> None:
        """Called by an end that was closed."""
        if end in self._ends:
            self._ends.remove(end)
