"""The last value of each channel, with its age and whether it is stale."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flight.icd.messages import EventReport, Telemetry
from flight.runtime.pace import NANOSECONDS
from ground.mission_control.archive.archive import Archive, order_of
from ground.mission_control.archive.schema import REPORTS_OF_A_BOOT
from ground.mission_control.timing.spacecraft_clocks import CORRECTED, SpacecraftClocks
from ground.mission_control.timing.windows import MARGIN, Window

HOUSEKEEPING = 3600.0
"""Seconds within which a vehicle that is awake repeats what has changed (assumption)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A value, when it was measured by the spacecraft's stamp, and when it was here.

    `place` is its `order_of`; `occurred_ns` is by its clock as that was set then.
    """

    value: Any
    occurred_ns: int
    received_ns: int
    place: int


class LatestTelemetry:
    """The newest sample of every channel; what comes late never replaces what is newer.

    Newer is what the vehicle said later, by boot and number: its clock can be set, and what it
    stored comes down in any order.
    """

    def __init__(self) -> None:
        self.clocks = SpacecraftClocks()
        self._samples: dict[tuple[str, str], Sample] = {}
        self._said: dict[str, tuple[int, int, int]] = {}  # newest: place, stamp, receipt
        self._stamped: dict[str, int] = {}  # newest stamp of what has no number
        self._received: dict[str, int] = {}  # when something of it last came down
        self._changed: dict[tuple[str, str], int] = {}  # in the order of `version`
        self.version = 0
        """Grows with each sample that is news."""

    def load(self, archive: Archive) -> None:
        """Takes up what an earlier life of the ground had received."""
        self.clocks.load(archive)
        for source, channel, occurred, received, value, place in archive.last_values():
            self._samples[(source, channel)] = Sample(value, occurred, received, place)
            self._note_change((source, channel))
            self._note(source, place, occurred, received)
        for source, place, occurred, received in archive.last_events():
            self._note(source, place, occurred, received)
        for source, occurred, received in archive.last_rungs():
            self.heard(source, occurred, received)

    def take(self, report: Telemetry, received_ns: int) -> dict[str, Sample]:
        """Takes a report; returns the samples in it that are news, by channel."""
        news: dict[str, Sample] = {}
        place = order_of(report)
        for channel, value in report.values.items():
            key = (report.source, channel)
            known = self._samples.get(key)
            if known is None or place > known.place:
                sample = Sample(value, report.time_ns, received_ns, place)
                news[channel] = self._samples[key] = sample
                self._note_change(key)
        self._note(report.source, place, report.time_ns, received_ns)
        return news

    def _note_change(self, key: tuple[str, str]) -> None:
        self.version += 1
        self._changed.pop(key, None)
        self._changed[key] = self.version

    def take_event(self, event: EventReport, received_ns: int) -> None:
        """An event has come: a sign of life, and perhaps a step of the vehicle's clock."""
        self.clocks.take(event)
        if event.name == CORRECTED:
            self._stamped.pop(event.source, None)  # stamped by the clock as it was
        self._note(event.source, order_of(event), event.time_ns, received_ns)

    def heard(self, source: str, occurred_ns: int, received_ns: int) -> None:
        """Something that has no number has come from a vehicle."""
        self._receive(source, received_ns)
        happened = min(occurred_ns, received_ns)
        self._stamped[source] = max(happened, self._stamped.get(source, happened))

    def _note(self, source: str, place: int, occurred_ns: int, received_ns: int) -> None:
        self._receive(source, received_ns)
        if place > self._said.get(source, (-1, 0, 0))[0]:
            self._said[source] = (place, occurred_ns, received_ns)

    def _receive(self, source: str, received_ns: int) -> None:
        self._received[source] = max(received_ns, self._received.get(source, received_ns))

    def sample(self, source: str, channel: str) -> Sample | None:
        """The newest sample; None when there has been none."""
        return self._samples.get((source, channel))

    def value(self, source: str, channel: str) -> Any:
        """The newest value; None when there is none or it was not valid."""
        sample = self._samples.get((source, channel))
        return None if sample is None else sample.value

    def occurred(self, source: str, channel: str) -> int | None:
        """When the newest value was measured, in ns by the vehicle's clock as it is set now."""
        sample = self._samples.get((source, channel))
        if sample is None:
            return None
        return self.clocks.present(source, sample.place, sample.occurred_ns)

    def age(self, source: str, channel: str, now_ns: int) -> float:
        """Seconds since the newest value was measured, at least 0; infinite: there is none."""
        occurred = self.occurred(source, channel)
        return float("inf") if occurred is None else max(0.0, (now_ns - occurred) / NANOSECONDS)

    def silence(self, source: str, now_ns: int) -> float:
        """Seconds since the newest thing heard of a vehicle happened; infinite: nothing yet.

        Never negative: nothing can have happened after it was here, whatever its stamp says.
        """
        stamps = []
        if source in self._said:
            place, occurred_ns, received_ns = self._said[source]
            stamps.append(min(self.clocks.present(source, place, occurred_ns), received_ns))
        if source in self._stamped:
            stamps.append(self._stamped[source])
        if not stamps:
            return float("inf")
        return max(0.0, (now_ns - max(stamps)) / NANOSECONDS)

    def boot(self, source: str) -> int | None:
        """Which start of a vehicle the newest numbered thing comes from; None: nothing yet."""
        said = self._said.get(source)
        return None if said is None else said[0] // REPORTS_OF_A_BOOT

    def changed_after(self, version: int) -> Iterator[tuple[str, str, Sample]]:
        """What has changed since a version of the telemetry, the newest first."""
        for (source, channel), changed in reversed(self._changed.items()):
            if changed <= version:
                return
            yield source, channel, self._samples[(source, channel)]

    def was_heard(self, source: str) -> bool:
        """Whether anything has ever come from a vehicle."""
        return source in self._received

    def last_receipt(self, source: str) -> float:
        """Mission time in seconds at which something of a vehicle last came down; 0: never."""
        return self._received.get(source, 0) / NANOSECONDS

    def is_stale(self, source: str, now_ns: int, window: Window) -> bool:
        """Whether a vehicle has been silent for longer than light time and passes explain.

        A channel is sent when it changes: so it is the vehicle that goes stale, not a value that
        stays the same.
        """
        return self.silence(source, now_ns) > window.answer + HOUSEKEEPING + MARGIN
