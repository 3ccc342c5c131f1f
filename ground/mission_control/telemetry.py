"""The last value of each channel, with its age and whether it is stale."""

from dataclasses import dataclass
from typing import Any

from flight.icd.messages import Telemetry
from flight.runtime.pace import NANOSECONDS
from ground.mission_control.archive import Archive
from ground.mission_control.windows import MARGIN, Window

HOUSEKEEPING = 3600.0
"""Seconds within which a vehicle that is awake repeats what has changed (assumption)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A value, when it was measured by the spacecraft's stamp, and when it was here."""

    value: Any
    occurred_ns: int
    received_ns: int

    def age(self, now_ns: int) -> float:
        """Seconds since it was measured."""
        return (now_ns - self.occurred_ns) / NANOSECONDS


class LatestTelemetry:
    """The newest sample of every channel; what comes late never replaces what is newer."""

    def __init__(self) -> None:
        self._samples: dict[tuple[str, str], Sample] = {}
        self._heard: dict[str, int] = {}  # newest stamp of each vehicle
        self._received: dict[str, int] = {}  # when something of it last came down

    def load(self, archive: Archive) -> None:
        """Takes up what an earlier life of the ground had received."""
        for source, channel, occurred, received, value in archive.last_values():
            self._samples[(source, channel)] = Sample(value, occurred, received)
            self._heard[source] = max(self._heard.get(source, 0), occurred)
            self._received[source] = max(self._received.get(source, 0), received)

    def take(self, report: Telemetry, received_ns: int) -> dict[str, Sample]:
        """Takes a report; returns the samples in it that are news, by channel."""
        news: dict[str, Sample] = {}
        for channel, value in report.values.items():
            key = (report.source, channel)
            known = self._samples.get(key)
            if known is None or report.time_ns > known.occurred_ns:
                news[channel] = self._samples[key] = Sample(value, report.time_ns, received_ns)
        self.heard(report.source, report.time_ns, received_ns)
        return news

    def heard(self, source: str, occurred_ns: int, received_ns: int) -> None:
        """Anything at all has come from a vehicle."""
        self._received[source] = received_ns
        if occurred_ns > self._heard.get(source, -1):
            self._heard[source] = occurred_ns

    def sample(self, source: str, channel: str) -> Sample | None:
        """The newest sample; None when there has been none."""
        return self._samples.get((source, channel))

    def value(self, source: str, channel: str) -> Any:
        """The newest value; None when there is none or it was not valid."""
        sample = self._samples.get((source, channel))
        return None if sample is None else sample.value

    def silence(self, source: str, now_ns: int) -> float:
        """Seconds since the newest thing heard of a vehicle happened; infinite: nothing yet."""
        stamp = self._heard.get(source)
        return float("inf") if stamp is None else (now_ns - stamp) / NANOSECONDS

    def last_receipt(self, source: str) -> float:
        """Mission time in seconds at which something of a vehicle last came down; 0: never."""
        return self._received.get(source, 0) / NANOSECONDS

    def is_stale(self, source: str, now_ns: int, window: Window) -> bool:
        """Whether a vehicle has been silent for longer than light time and passes explain.

        A channel is sent when it changes: so it is the vehicle that goes stale, not a value that
        stays the same.
        """
        return self.silence(source, now_ns) > window.answer + HOUSEKEEPING + MARGIN
