"""Keeps for Earth what carried nodes say, which have no radio of their own."""

from collections.abc import Callable
from typing import Any

from flight.core.telling.priorities import priority_of
from flight.icd.codec import encode
from flight.icd.messages import Message, Packet, Telemetry


def keeper(
    node: Any, source: str, modes: dict[str, str] | None = None
) -> Callable[[Message], None]:
    """A listener that puts each message of `source` into the node's recorder, and into `modes`, if
    given, in which state it says it is."""

    def keep(message: Message) -> None:
        if modes is not None and isinstance(message, Telemetry) and "mode" in message.values:
            modes[source] = str(message.values["mode"])
        priority = priority_of(message)
        packet = Packet(source, "ground", priority, encode(message))
        node.recorder.record(priority, encode(packet), type(message).__name__)
        node.communications.pump()

    return keep
