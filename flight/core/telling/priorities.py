"""How urgent it is that Earth hears of a message: 0 is the most urgent."""

from flight.icd.messages import CommandReport, CustodyReport, EventReport, Message, Severity

PRIORITY_VITAL = 0  # command reports, custody, fatal events
PRIORITY_WARNING = 1
PRIORITY_EVENT = 3
PRIORITY_TELEMETRY = 5
PRIORITY_DIAGNOSTIC = 8

_OF_EVENTS = {
    Severity.FATAL: PRIORITY_VITAL,
    Severity.WARNING_HI: PRIORITY_WARNING,
    Severity.WARNING_LO: PRIORITY_WARNING,
    Severity.DIAGNOSTIC: PRIORITY_DIAGNOSTIC,
}


def event_priority(severity: Severity) -> int:
    """That of an event."""
    return _OF_EVENTS.get(severity, PRIORITY_EVENT)


def priority_of(message: Message) -> int:
    """That of what a node says, by what it is."""
    if isinstance(message, CommandReport | CustodyReport):
        return PRIORITY_VITAL
    if isinstance(message, EventReport):
        return event_priority(message.severity)
    return PRIORITY_TELEMETRY
