"""Takes frames from Mars apart: each message goes to the archive and to those whom it concerns."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from flight.icd.checksum import Corrupt
from flight.icd.codec import CodecError, convert
from flight.icd.custody_record import CustodyRecord
from flight.icd.devices.communications import ReceivedFrame
from flight.icd.frames import ReadFrame, read_frame
from flight.icd.messages import (
    CommandReport,
    CustodyReport,
    EventReport,
    Packet,
    Telemetry,
    decode_message,
)
from ground.mission_control.alarms.alarms import Alarms
from ground.mission_control.archive.archive import Archive, Unstorable
from ground.mission_control.commanding.tracker import CommandTracker, Taken
from ground.mission_control.telemetry.custody import CustodyView
from ground.mission_control.telemetry.telemetry import LatestTelemetry, Sample
from ground.mission_control.telemetry.watches import HEARD, Watches

REMEMBERED = 5000  # events whose copies are known as such
TOLD = 100  # of the frames and messages that were dropped, each with its reason


class Downlink:
    """Everything that comes down passes here once.

    A frame may come twice (its acknowledgement was lost) and after a later one: copies are dropped
    by what they are, not by how they came.
    """

    def __init__(
        self,
        archive: Archive,
        tracker: CommandTracker,
        telemetry: LatestTelemetry,
        custody: CustodyView,
        alarms: Alarms,
        watches: Watches,
        now_ns: Callable[[], int],
    ) -> None:
        self._archive = archive
        self._tracker = tracker
        self._telemetry = telemetry
        self._custody = custody
        self._alarms = alarms
        self._watches = watches
        self._now_ns = now_ns
        self.read: ReadFrame = read_frame
        newest = archive.rows(
            "SELECT source, occurred_ns, boot, number FROM events "
            "ORDER BY received_ns DESC LIMIT ?",
            (REMEMBERED,),
        )
        self._seen: dict[tuple[Any, ...], None] = dict.fromkeys(reversed(newest))
        self.on_event: Callable[[EventReport], None] = lambda event: None
        self.together: Callable[[], AbstractContextManager[None]] = nullcontext
        """What is kept of one frame is kept within it."""
        self.on_news: Callable[[str], None] = lambda vehicle: None
        self.on_report: Callable[[CommandReport, Taken], None] = lambda report, taken: None
        self.on_sample: Callable[[str, str, Sample], None] = lambda source, channel, sample: None
        """Told of each value that is news: nothing that was said later was here before."""
        self.peer = ""  # from where the last frame has come
        self.frames = 0
        self.messages = 0
        self.unreadable = 0
        self.corrupt = 0  # of these: changed on their way
        self.of_another_life = ""  # a command that is answered and was never issued here

    def take(self, received: ReceivedFrame) -> bool:
        """Takes one frame; True when it holds what must not be lost.

        What cannot be read or kept is counted, told in the log, and dropped.
        """
        now = self._now_ns()
        self.frames += 1
        self.peer = received.peer
        try:
            frame = self.read(received.data)
            size, count = len(received.data), len(frame.packets)
            self._archive.add_downlink(received.peer, frame.source, frame.number, now, size, count)
        except (CodecError, UnicodeError, Unstorable) as error:
            self._drop(f"frame from {received.peer}", error, now)
            return False
        vital = False
        with self.together():
            for data in frame.packets:
                vital = self._take_packet(data, now) or vital
        return vital

    def _take_packet(self, data: bytes, now: int) -> bool:
        """Takes one packet; True when it is one that must not be lost."""
        try:
            packet = decode_message(data)
            if not isinstance(packet, Packet):
                raise CodecError("not a packet")
            message = decode_message(packet.body)
            self.messages += 1
            if isinstance(message, Telemetry):
                self._take_telemetry(message, now)
            elif isinstance(message, EventReport):
                self._take_event(message, now)
            elif isinstance(message, CommandReport):
                self._archive.add_rung(message, now)
                taken = self._tracker.judge(message)
                if self._tracker.is_of_another_life(message.identifier):
                    self.of_another_life = message.identifier
                self._tracker.report(message)
                self.on_report(message, taken)
                self._telemetry.heard(message.source, message.time_ns, now)
                self._watches.happened(HEARD, message.source)
                return True
            elif isinstance(message, CustodyReport):
                self._take_custody(message, now)
                return True
        except (CodecError, UnicodeError, Unstorable) as error:
            self._drop("message", error, now)
        return False

    def _drop(self, what: str, error: Exception, now: int) -> None:
        self.unreadable += 1
        self.corrupt += isinstance(error, Corrupt)
        if self.unreadable <= TOLD:  # all are counted
            self._archive.add_log(now, "reception", f"a {what} was dropped: {error}"[:500])

    def _take_telemetry(self, report: Telemetry, now: int) -> None:
        self._archive.add_samples(report, now)
        news = self._telemetry.take(report, now)
        if news:
            self.on_news(report.source)
        for channel, sample in news.items():
            self.on_sample(report.source, channel, sample)
            self._watches.happened("sample", report.source, channel)
        self._watches.happened(HEARD, report.source)

    def _take_event(self, event: EventReport, now: int) -> None:
        key = (event.source, event.time_ns, event.boot, event.number)
        if key in self._seen:
            return
        self._seen[key] = None
        if len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]
        self._archive.add_event(event, now)
        self._telemetry.take_event(event, now)
        self._alarms.take(event)
        self.on_event(event)
        self._watches.happened("event", event.source, event.name)
        self._watches.happened(HEARD, event.source)

    def _take_custody(self, report: CustodyReport, now: int) -> None:
        record = convert(report.record, CustodyRecord)
        self._archive.add_custody(report.source, record, now)
        if self._custody.take(record, now):
            self._watches.happened("custody", record.tube)
