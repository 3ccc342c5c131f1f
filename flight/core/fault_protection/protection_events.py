"""What the fault protection of every node tells of itself."""

from typing import Any

from flight.core.telling.events import event
from flight.icd.messages import Severity

MONITOR, RESPONDING, LOAD, SENSOR = "monitor", "response", "load", "sensor"
"""Families: the newest event of one about a subject is the present state."""


class ProtectionEvents:
    """Events about readings, monitors, responses, loads, safing and timers."""

    @event(Severity.WARNING_LO, "{device}.{method} is not valid: {reason}")
    def reading_invalid(self, *, device: str, method: str, reason: str) -> None: ...

    @event(Severity.ACTIVITY_LO, "{device}.{method} is valid again, after {count} that were not")
    def reading_valid(self, *, device: str, method: str, count: int) -> None: ...

    @event(Severity.WARNING_LO, "{device} does not answer: {reason}", lasts=True)
    def device_silent(self, *, device: str, reason: str) -> None: ...

    @event(Severity.WARNING_LO, "{device} answers with a fault: {reason}", lasts=True)
    def device_faulty(self, *, device: str, reason: str) -> None: ...

    @event(Severity.WARNING_LO, "{device} has switched {what} by itself")
    def switched_by_itself(self, *, device: str, what: str) -> None: ...

    @event(Severity.WARNING_LO, "{device} does not obey: {what}", lasts=True)
    def not_obeyed(self, *, device: str, what: str) -> None: ...

    @event(Severity.WARNING_LO, "{device} is not set right: {reason}", lasts=True)
    def not_set_right(self, *, device: str, reason: str) -> None: ...

    @event(Severity.WARNING_HI, "The look at {device} failed: {reason}", lasts=True)
    def look_failed(self, *, device: str, reason: str) -> None: ...

    @event(Severity.WARNING_LO, "Monitor {monitor} is {verdict}: {detail}", family=MONITOR)
    def monitor_violated(self, *, monitor: str, verdict: str, detail: str) -> None: ...

    @event(Severity.ACTIVITY_LO, "Monitor {monitor} is clear", family=MONITOR)
    def monitor_cleared(self, *, monitor: str) -> None: ...

    @event(Severity.WARNING_HI, "Response {response} to {monitor}", family=RESPONDING)
    def response_started(self, *, response: str, monitor: str) -> None: ...

    @event(Severity.ACTIVITY_HI, "Response {response} has ended: {result}", family=RESPONDING)
    def response_ended(self, *, response: str, result: str) -> None: ...

    @event(Severity.WARNING_HI, "What response {response} did is not all undone: {reason}")
    def response_not_undone(self, *, response: str, reason: str) -> None: ...

    @event(Severity.WARNING_HI, "Response {response} has used up its budget", family=RESPONDING)
    def response_tripped(self, *, response: str) -> None: ...

    @event(Severity.ACTIVITY_LO, "Response {response} to {monitor} is passive: nothing is done")
    def response_passive(self, *, response: str, monitor: str) -> None: ...

    @event(Severity.WARNING_HI, "{sensor} is not believed", family=SENSOR)
    def sensor_set_aside(self, *, sensor: str) -> None: ...

    @event(Severity.ACTIVITY_HI, "{sensor} is believed again", family=SENSOR)
    def sensor_used_again(self, *, sensor: str) -> None: ...

    @event(Severity.WARNING_HI, "In {state} nothing is safer than going on: {reason}")
    def safing_withheld(self, *, state: str, reason: str) -> None: ...

    @event(Severity.WARNING_LO, "Safe at the end of {state}: {reason}")
    def safing_deferred(self, *, state: str, reason: str) -> None: ...

    @event(Severity.ACTIVITY_HI, "Stays in the safe state: {reason}")
    def safe_is_kept(self, *, reason: str) -> None: ...

    @event(Severity.WARNING_LO, "{load} is shed for {reason}", family=LOAD)
    def load_shed(self, *, load: str, reason: str) -> None: ...

    @event(Severity.ACTIVITY_LO, "{load} is back", family=LOAD)
    def load_back(self, *, load: str) -> None: ...

    @event(Severity.WARNING_HI, "No valid command for {age} s")
    def command_lost(self, *, age: int) -> None: ...

    @event(
        Severity.ACTIVITY_HI,
        "New settings of the radio wait to be confirmed: they go back after {passes} passes",
    )
    def communication_to_confirm(self, *, passes: int) -> None: ...

    @event(Severity.WARNING_HI, "Not confirmed in time, as before again: {settings}")
    def communication_reverted(self, *, settings: dict[str, Any]) -> None: ...

    @event(Severity.WARNING_HI, "The stored table of the fault protection is not used: {reason}")
    def protection_defaulted(self, *, reason: str) -> None: ...

    @event(Severity.ACTIVITY_HI, "Fault protection, {what}: {before} -> {after}, by {command}")
    def protection_changed(self, *, what: str, before: str, after: str, command: str) -> None: ...
