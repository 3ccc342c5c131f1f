"""What is known of an approach to the container: true way, believed places, burns, hold points."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ground.pictures.flight_panels import Numbers
from ground.pictures.run_data import EventRecord, RunData, Span

MODES = {
    "rendezvous.far": "far, by camera", "rendezvous.close": "close, by LiDAR",
    "holding": "holding", "capturing": "capture",
}  # fmt: skip
"""Titles of the orbiter's states on the way."""


@dataclass(frozen=True)
class HoldPoint:
    """A stop on the way: distance (m), since when it waited for GO, the decision, and when (s)."""

    distance: float
    waiting: float
    decision: str
    decided: float


class Approach:
    """The last approach of a run: from where the far rendezvous began to the capture, or to the end
    of what is known. Times in s; places in m in the container's local axes: along the motion
    (V-bar) and towards Mars (R-bar). `begun_at`: the distance at which it began, m."""

    def __init__(self, run: RunData) -> None:
        self.run = run
        track = run.track("rendezvous")
        begun = run.events_named("orbiter", "far_range_entered")
        self.start = begun[-1].seconds
        self.begun_at = float(begun[-1].data.get("range", np.nan))
        self.captured = [
            event.seconds
            for event in run.events_named("orbiter", "captured")
            if event.seconds > self.start
        ]
        self.end = self.captured[0] if self.captured else float(track["time"][-1])
        chosen = (track["time"] >= self.start) & (track["time"] <= self.end)
        self.seconds: Numbers = track["time"][chosen]
        self.along: Numbers = track["along"][chosen]
        self.down: Numbers = -track["radial"][chosen]
        self.range: Numbers = track["range"][chosen]
        self.closing: Numbers = track["closing_speed"][chosen]

    def place(self, seconds: float) -> tuple[float, float]:
        """V-bar and R-bar at a time, m."""
        return (
            float(np.interp(seconds, self.seconds, self.along)),
            float(np.interp(seconds, self.seconds, self.down)),
        )

    def range_at(self, seconds: float) -> float:
        """Distance at a time, m."""
        return float(np.interp(seconds, self.seconds, self.range))

    def between(self, start: float, end: float) -> tuple[Numbers, Numbers]:
        """The way between two times: V-bar and R-bar, m."""
        chosen = (self.seconds >= start) & (self.seconds <= end)
        return self.along[chosen], self.down[chosen]

    def events(self, *names: str) -> list[EventRecord]:
        """Events of the orbiter in this approach."""
        return [
            event
            for event in self.run.events_named("orbiter", *names)
            if self.start <= event.seconds <= self.end
        ]

    @cached_property
    def close_begins(self) -> float:
        """When the LiDAR took over, s; the end when it never did."""
        found = self.events("close_range_entered")
        return found[-1].seconds if found else self.end

    @cached_property
    def modes(self) -> list[Span]:
        """The states on the way, by their titles."""
        return [
            Span(max(state.start, self.start), min(state.end, self.end), MODES[state.name])
            for state in self.run.states("orbiter")
            if state.name in MODES and state.end > self.start and state.start < self.end
        ]

    @cached_property
    def believed(self) -> tuple[Numbers, Numbers, Numbers]:
        """What its navigation told in telemetry: times, V-bar and R-bar, m."""
        along = dict(self.run.samples("orbiter", "relative_along"))
        radial = dict(self.run.samples("orbiter", "relative_radial"))
        rows = [
            (seconds, value, -radial[seconds])
            for seconds, value in sorted(along.items())
            if seconds in radial and self.start <= seconds <= self.end
        ]
        table = np.array(rows, dtype=float).reshape(-1, 3)
        return table[:, 0], table[:, 1], table[:, 2]

    @cached_property
    def hold_points(self) -> list[HoldPoint]:
        """Each stop, with what came of it."""
        return [
            HoldPoint(float(event.data.get("distance", 0.0)), event.seconds, *self._decision(event))
            for event in self.events("at_hold_point")
        ]

    def _decision(self, stop: EventRecord) -> tuple[str, float]:
        """GO, and whose; NO-GO; or that it still waits."""
        after = [
            event
            for event in self.events("manoeuvre", "retreating", "capture_attempt")
            if event.seconds >= stop.seconds
            and (event.name != "manoeuvre" or event.data.get("purpose", "").startswith("to "))
        ]
        if not after:
            return "waits", self.end
        first = after[0]
        if first.name == "retreating":
            return "NO-GO", first.seconds
        asked = [
            command
            for command in self.run.commands
            if command.vehicle == "orbiter"
            and command.name == ("capture" if first.name == "capture_attempt" else "go")
            and command.started is not None
            and stop.seconds <= command.started <= first.seconds + 1.0
        ]
        return ("GO of the ground" if asked else "GO, its own"), first.seconds
