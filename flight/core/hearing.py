"""A vehicle that knows when it heard its peers last."""

from flight.core.context import NodeContext
from flight.core.fault_protection.quantities import quantity
from flight.core.keeping.clock import monotonic
from flight.core.node import Node
from flight.icd.devices.communications import LinkState


class HearsPeers(Node):
    """Takes note of who is heard, and since when not any more, by its links; from boot on."""

    def __init__(self, context: NodeContext) -> None:
        super().__init__(context)
        self._heard: dict[str, float] = {}
        self._up: set[str] = set()
        self._silent_since_boot = monotonic()

    @quantity(unit="s")
    def relay_silence(self) -> float:
        """Since the relay was heard last."""
        return self.silence_of("relay")

    def link_changed(self, link: LinkState) -> None:
        """A radio tells all its links each time that it is switched: one that was down before and
        is down now says nothing of who is heard."""
        if link.up or link.peer in self._up:
            self._heard[link.peer] = monotonic()
        if link.up:
            self._up.add(link.peer)
        else:
            self._up.discard(link.peer)

    def listens_anew(self) -> None:
        """Silence counts from now on: before, nobody listened."""
        self._silent_since_boot = monotonic()
        self._heard = dict.fromkeys(self._heard, self._silent_since_boot)

    def heard(self, peer: str) -> bool:
        """Whether a peer has been heard since boot."""
        return peer in self._heard

    def silence_of(self, peer: str) -> float:
        """Seconds since a peer was heard last, or since it listens."""
        if self.communications.link(peer).up:
            return 0.0
        return monotonic() - self._heard.get(peer, self._silent_since_boot)
