"""Keeps for Earth what carried nodes say, which have no radio of their own."""

from collections.abc import Callable
from typing import Any

from flight.icd.codec import encode
from flight.icd.messages import (
    CommandReport,
    CustodyReport,
    EventReport,
    Message,
    Packet,
    Severity,
    Telemetry,
)

PRIORITY_VITAL = 0
PRIORITY_WARNING = 1
PRIORITY_EVENT = 3
PRIORITY_TELEMETRY = 5
PRIORITY_DIAGNOSTIC = 8

_EVENT_PRIORITIES = {
    Severity.FATAL: PRIORITY_VITAL,
    Severity.WARNING_HI: PRIORITY_WARNING,
    Severity.WARNING_LO: PRIORITY_WARNING,
    Severity.DIAGNOSTIC: PRIORITY_DIAGNOSTIC,
}


def priority_of(message: Message) -> int:
    """How urgent a message is for Earth; 0 is the most urgent."""
    if isinstance(message, CommandReport | CustodyReport):
        return PRIORITY_VITAL
    if isinstance(message, EventReport):
        return _EVENT_PRIORITIES.get(message.severity, PRIORITY_EVENT)
    return PRIORITY_TELEMETRY


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
