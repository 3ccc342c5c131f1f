"""A participant of the bus that writes down all that happens to it."""

from typing import Any

from flight.icd.messages import Cancel, Message
from flight.runtime.bus import Bus
from flight.runtime.fabric import Presence
from flight.runtime.gaps import Gap


class Party:
    """A bus that writes down all that happens to it."""

    def __init__(self, name: str, fabric: Presence, **options: Any) -> None:
        self.heard: list[Any] = []
        self.peers: list[bytes] = []
        self.gaps: list[Gap] = []
        self.drops: list[tuple[str, str]] = []
        self.malformed: list[tuple[str, str]] = []
        self.bus = Bus(
            name,
            fabric=fabric,
            on_gap=self.gaps.append,
            on_drop=lambda service, reason: self.drops.append((service, reason)),
            on_malformed=lambda service, reason: self.malformed.append((service, reason)),
            **options,
        )

    def hear(self, message: Message) -> None:
        self.heard.append(message.number if isinstance(message, Cancel) else message)

    def hear_peer(self, peer: bytes, message: Message) -> None:
        self.peers.append(peer)
        self.hear(message)
