"""The events of every node: what the kernel tells of itself."""

from typing import Any

from flight.core.telling.events import event
from flight.icd.messages import Severity

LIMIT = "limit"
"""The family of a channel's limits."""
CROSSING = "{channel} = {value} is {state}, was {previous}"


class ReportingEvents:
    """Events about channels, messages, and reports themselves."""

    @event(Severity.WARNING_LO, CROSSING, family=LIMIT)
    def limit_crossed(
        self, *, channel: str, value: float | None, state: str, previous: str
    ) -> None: ...

    @event(Severity.WARNING_HI, CROSSING, family=LIMIT)
    def limit_red(
        self, *, channel: str, value: float | None, state: str, previous: str
    ) -> None: ...

    @event(Severity.ACTIVITY_LO, CROSSING, family=LIMIT)
    def limit_cleared(
        self, *, channel: str, value: float | None, state: str, previous: str
    ) -> None: ...

    @event(Severity.WARNING_LO, "{event} ({severity}) is throttled: {suppressed}")
    def events_throttled(self, *, event: str, severity: Severity, suppressed: int) -> None: ...

    @event(Severity.WARNING_LO, "{missing} messages missing on {stream}")
    def bus_gap(self, *, missing: int, stream: str) -> None: ...

    @event(Severity.WARNING_LO, "Message to {destination} dropped: {reason}")
    def message_dropped(self, *, destination: str, reason: str) -> None: ...

    @event(Severity.WARNING_LO, "Nothing has been sent to {peer}, though the link was up: {reason}")
    def radio_mute(self, *, peer: str, reason: str) -> None: ...

    @event(Severity.WARNING_LO, "Malformed message on {stream}: {reason}")
    def message_malformed(self, *, stream: str, reason: str) -> None: ...

    @event(Severity.WARNING_HI, "Stored record damaged: {reason}")
    def record_damaged(self, *, reason: str) -> None: ...

    @event(Severity.WARNING_LO, "Recorder full: dropped {data}")
    def recorder_overflow(self, *, data: dict[str, int]) -> None: ...

    @event(Severity.WARNING_HI, "{producer} says more than its share: it is kept and sent last")
    def producer_demoted(self, *, producer: str) -> None: ...

    @event(Severity.ACTIVITY_LO, "{report}: {data}")
    def service_report(self, *, report: str, data: dict[str, Any] | str) -> None: ...

    @event(Severity.WARNING_LO, "{report}: {data}")
    def service_warning(self, *, report: str, data: dict[str, Any] | str) -> None: ...


class NodeEvents:
    """Events about boots, states, activities and commands."""

    @event(Severity.ACTIVITY_HI, "Boot {number} ({cause}) in {mode}")
    def booted(self, *, number: int, cause: str, mode: str) -> None: ...

    @event(Severity.WARNING_HI, "Boot {number} is reduced: {reason}")
    def boot_reduced(self, *, number: int, reason: str) -> None: ...

    @event(
        Severity.WARNING_HI, "Boots did not last: {deleted} reports to be sent are deleted unread"
    )
    def boot_crippled(self, *, deleted: int) -> None: ...

    @event(Severity.WARNING_HI, "The store was damaged: {reason}")
    def store_damaged(self, *, reason: str) -> None: ...

    @event(Severity.WARNING_HI, "The store fails, the node flies on from memory: {reason}")
    def storage_failed(self, *, reason: str) -> None: ...

    @event(Severity.ACTIVITY_HI, "The store takes what it is given again, after {seconds} s")
    def storage_restored(self, *, seconds: float) -> None: ...

    @event(Severity.WARNING_LO, "Written to the store again: {records}")
    def storage_mended(self, *, records: str) -> None: ...

    @event(
        Severity.ACTIVITY_HI, "Clock stepped by {step} s; {correction} s are taken off in all"
    )
    def clock_corrected(self, *, step: float, correction: float) -> None: ...

    @event(Severity.WARNING_HI, "{actuation} was acknowledged, and {witness} does not confirm it")
    def result_unconfirmed(self, *, actuation: str, witness: str) -> None: ...

    @event(Severity.WARNING_HI, "{sensor} is wrong about {tube}, by {by}: {reading}")
    def witness_outvoted(self, *, tube: str, sensor: str, by: str, reading: str) -> None: ...

    @event(Severity.ACTIVITY_LO, "{before} -> {after} on {signal}")
    def mode_changed(self, *, before: str, after: str, signal: str) -> None: ...

    @event(Severity.WARNING_HI, "Safe state entered: {reason}")
    def entered_safe(self, *, reason: str) -> None: ...

    @event(Severity.WARNING_LO, "Signal {signal} is not handled in {mode}")
    def signal_unhandled(self, *, signal: str, mode: str) -> None: ...

    @event(Severity.WARNING_HI, "Mailbox full: signal {signal} was dropped")
    def signal_dropped(self, *, signal: str) -> None: ...

    @event(Severity.WARNING_HI, "{state} failed: {reason}")
    def activity_failed(self, *, state: str, reason: str) -> None: ...

    @event(Severity.WARNING_HI, "{state} ended by an error of the software: {reason}")
    def activity_fault(self, *, state: str, reason: str) -> None: ...

    @event(Severity.WARNING_HI, "Error in a transition on {signal}: {reason}")
    def statechart_fault(self, *, signal: str, reason: str) -> None: ...

    @event(Severity.WARNING_LO, "The devices could not be sampled: {reason}")
    def sample_failed(self, *, reason: str) -> None: ...

    @event(Severity.WARNING_HI, "Housekeeping ended by an error of the software: {reason}")
    def sample_fault(self, *, reason: str) -> None: ...

    @event(Severity.COMMAND, "Command {command} refused: {reason}")
    def command_refused(self, *, command: str, reason: str) -> None: ...

    @event(Severity.WARNING_HI, "Command {command} ended by an error of the software: {reason}")
    def command_fault(self, *, command: str, reason: str) -> None: ...
