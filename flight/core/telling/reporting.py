"""What a node says: its events, its channels, its telemetry, and what it keeps for Earth."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, ParamSpec

import msgspec

from flight.core.context import NodeContext
from flight.core.keeping.storage import StorageDamage
from flight.core.telling.channels import ChannelTable, declared_channels
from flight.core.telling.events import Event, declared_events
from flight.core.telling.kernel_events import ReportingEvents
from flight.core.telling.limits import LimitState, LimitTransition
from flight.core.telling.priorities import (
    PRIORITY_DIAGNOSTIC,
    PRIORITY_TELEMETRY,
    PRIORITY_VITAL,
    PRIORITY_WARNING,
    event_priority,
)
from flight.core.telling.quotas import PRODUCER_QUOTA, ProducerQuotas
from flight.core.telling.recorder import Recorder
from flight.core.telling.repeats import Repeats
from flight.core.telling.throttling import EventThrottle, ThrottleNotice
from flight.icd.codec import encode
from flight.icd.custody_record import CustodyRecord
from flight.icd.messages import (
    CommandReport,
    CustodyReport,
    EventReport,
    Message,
    Packet,
    Telemetry,
)

P = ParamSpec("P")

EVENT_BURST = 40  # events of one kind at once, then
EVENT_REFILL = 0.05  # events of that kind per second
RECORDER_BYTES = 64_000_000
UNTOLD = 256  # subjects whose last report waits for the end of its flood
RECENT = 64  # vital messages and warnings that are said again to who joins late
TEXT_LENGTH = 2000  # what the ICD allows for a text


class ReportingNode(ReportingEvents):
    """The part of a node that reports; `Node` adds what it reports about."""

    name: ClassVar[str]
    has_recorder: ClassVar[bool] = False

    def __init__(self, context: NodeContext) -> None:
        self.context = context
        self.bus = context.bus
        self.storage = context.storage
        self.clock = context.clock
        clock = asyncio.get_running_loop().time
        self._throttle = EventThrottle(EVENT_BURST, EVENT_REFILL, clock)
        self._repeats = Repeats(clock)
        self.boot_count = 0  # the number of this boot, once it is known
        self._report_number = 0  # events and telemetry share one count: each is before or after
        self._flood_look = False  # it has been asked for
        self._untold: dict[tuple[str, str], EventReport] = {}  # the last that was suppressed
        self._reporting = False  # an event about reporting is being reported
        self._pump: Callable[[], None] = lambda: None
        self.recorder = (
            Recorder(self.storage, RECORDER_BYTES, on_drop=self._recorder_dropped)
            if self.has_recorder
            else None
        )
        self._quotas = ProducerQuotas(clock, self._producer_over)
        self._has_quotas = context.structure.keeps(PRODUCER_QUOTA)
        self.channels = ChannelTable(declared_channels(type(self)), clock, self._limit_crossed)
        self.events = declared_events(type(self))
        self._recent: deque[Message] = deque(maxlen=RECENT)
        self.publisher = self.bus.publish(f"{self.name}.telemetry", self._subscriber_joined)
        self.storage.on_damage = self._stored_damage
        self.bus.on_gap = lambda gap: self.bus_gap(missing=gap.missing, stream=gap.stream)
        self.bus.on_drop = self._dropped
        self.bus.on_malformed = lambda where, why: self.message_malformed(stream=where, reason=why)

    def report_event(self, event: Event[Any], text: str, data: Mapping[str, Any]) -> None:
        """Publishes an event unless its kind floods; the last of a flood is told in any case.

        What lasts, and is said in the same words again, is told more and more seldom.
        """
        if event.lasts:
            kept_back = self._repeats.untold(event.name, text)
            if kept_back is None:
                return
            text += f" (and {kept_back} times since it was told last)" if kept_back else ""
        subject = event.subject(data)
        admission = self._throttle.admit(event.name, event.severity, subject)
        if admission.notice is not None:
            self._report_throttling(admission.notice)
        report = EventReport(
            self.name,
            event.name,
            event.severity,
            self.clock.now_ns(),
            text[:TEXT_LENGTH],
            msgspec.to_builtins(dict(data)),
            0,
            self.boot_count,
        )
        about = (event.family or event.name, subject)
        if admission.admitted:
            self._untold.pop(about, None)  # this is newer
            self._publish_event(report)
            return
        self._untold[about] = report
        while len(self._untold) > UNTOLD:
            self._untold.pop(next(iter(self._untold)))
        self._look_at_floods_later(1.0 / EVENT_REFILL)

    def _publish_event(self, report: EventReport) -> None:
        self._report_number += 1
        numbered = msgspec.structs.replace(report, number=self._report_number)
        self.publish(numbered, event_priority(report.severity))

    def tell_untold(self) -> None:
        """Tells the last report of each flood, as soon as there is room for it."""
        for (family, subject), report in list(self._untold.items()):
            if self._throttle.may(report.name, report.severity, subject):
                admission = self._throttle.admit(report.name, report.severity, subject, late=True)
                del self._untold[family, subject]
                if admission.notice is not None:
                    self._report_throttling(admission.notice)
                self._publish_event(report)
        if self._untold:
            self._look_at_floods_later(1.0 / EVENT_REFILL)

    def _look_at_floods_later(self, seconds: float) -> None:
        """Has `tell_untold` called after a while."""

    def publish(self, message: Message, priority: int) -> None:
        """Sends a message to whoever follows this node, and to Earth through its recorder."""
        self.publisher.send(message)
        if priority <= PRIORITY_WARNING:
            self._recent.append(message)
        self.record(message, priority)

    def record(self, message: Message, priority: int) -> None:
        """Keeps a message for Earth, if this node has a recorder."""
        if self.recorder is None:
            return
        told = encode(message)
        producer = _producer(message)
        if producer and self._has_quotas and not self._quotas.admits(producer, len(told)):
            priority = PRIORITY_DIAGNOSTIC
        packet = Packet(self.name, "ground", priority, told)
        self.recorder.record(priority, encode(packet), type(message).__name__)
        self._pump()

    def publish_telemetry(self, values: Mapping[str, Any] | None = None) -> None:
        """Publishes the channels that changed, or the given values."""
        taken = self.channels.take_changed() if values is None else dict(values)
        if taken:
            self.publish(self._telemetry(taken), PRIORITY_TELEMETRY)

    def _telemetry(self, values: dict[str, Any]) -> Telemetry:
        self._report_number += 1
        number = self._report_number
        return Telemetry(self.name, self.clock.now_ns(), values, number, self.boot_count)

    def _subscriber_joined(self) -> None:
        values = self.channels.snapshot()
        if values:
            self.publisher.send(self._telemetry(values))
        if self.recorder is None and self.bus.joins_late(f"{self.name}.telemetry"):
            # What mattered and may have been said to nobody is said once more.
            for message in list(self._recent):
                self.publisher.send(_once_more(message))

    def _custody_changed(self, record: CustodyRecord) -> None:
        report = CustodyReport(self.name, self.clock.now_ns(), msgspec.to_builtins(record))
        self.publish(report, PRIORITY_VITAL)

    def _limit_crossed(self, crossing: LimitTransition) -> None:
        emit = self.limit_crossed
        if crossing.state is LimitState.RED:
            emit = self.limit_red
        elif crossing.state is LimitState.OK:
            emit = self.limit_cleared
        emit(
            channel=crossing.channel,
            value=crossing.value,
            state=str(crossing.state),
            previous=str(crossing.previous),
        )

    def _service_reports(self, report: str, data: dict[str, Any]) -> None:
        warning = any(word in report for word in _WARNING_WORDS)
        (self.service_warning if warning else self.service_report)(report=report, data=data)

    def _stored_damage(self, damage: StorageDamage) -> None:
        self.record_damaged(reason=str(damage))

    # ------------------------------- reports about reporting: never one within another

    def _dropped(self, destination: str, reason: str) -> None:
        self._report_on_reporting(self.message_dropped, destination=destination, reason=reason)

    def _recorder_dropped(self, dropped: Mapping[int, int]) -> None:
        counts = {str(priority): count for priority, count in dropped.items()}
        self._report_on_reporting(self.recorder_overflow, data=counts)

    def look_at_telling(self) -> None:
        """Tells which floods have ended, and finds the channels that have become too old."""
        for notice in self._throttle.collect():
            self._report_throttling(notice)
        self.channels.look_for_stale()

    def _producer_over(self, producer: str) -> None:
        self._report_on_reporting(self.producer_demoted, producer=producer)

    def _report_throttling(self, notice: ThrottleNotice) -> None:
        about = notice.event or "events beyond the table of throttling"
        self._report_on_reporting(
            self.events_throttled,
            event=f"{about} of {notice.subject}" if notice.subject else about,
            severity=notice.severity,
            suppressed=notice.suppressed,
        )

    def _report_on_reporting(
        self, emit: Callable[P, None], *given: P.args, **data: P.kwargs
    ) -> None:
        if self._reporting:
            return
        self._reporting = True
        try:
            emit(*given, **data)
        finally:
            self._reporting = False


_WARNING_WORDS = ("late", "lost", "default", "fail", "abort", "skip")


def _producer(message: Message) -> str:
    """Whose share of the recorder a message takes; telemetry is less important than all else."""
    if isinstance(message, EventReport):
        return f"event {message.name}"
    return "" if isinstance(message, Telemetry) else type(message).__name__


def _once_more(message: Message) -> Message:
    if isinstance(message, CommandReport):
        return msgspec.structs.replace(message, repeated=True)
    return message
