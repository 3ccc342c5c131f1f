"""What is known of a run: its summary, the ground's archive, and the world that it was flown in.

Times are seconds of mission time. What is missing reads as empty: a run that went wrong is the one
that somebody wants to look at.
"""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from flight.astrodynamics.mars_time import SOL_SECONDS
from ground.mission_control import IN_TOUCH, MissionClock
from ground.missions.mission import LoadedMission, load_mission
from ground.missions.run_folder import read_archive
from ground.pictures.command_spans import CommandSpan, command_span
from ground.reports.ascent_product import AscentProduct, read_ascent_product
from ground.testbed.hardware.hardware import make_world
from sim_hw.world.world import World

Times = NDArray[np.float64]


class Series(NamedTuple):
    """Samples of a number: times in s, values (not a number where a sample was not valid)."""

    seconds: Times
    values: NDArray[np.float64]


class Span(NamedTuple):
    """Something that lasts, in s."""

    start: float
    end: float
    name: str


@dataclass(frozen=True)
class EventRecord:
    """An event of a vehicle."""

    source: str
    name: str
    severity: str
    seconds: float
    text: str
    data: dict[str, Any]


class RunData:
    """Reads one run. Use it as a context manager: it holds the archive open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        summary = folder / "summary.json"
        if not summary.exists():
            raise FileNotFoundError(f"{folder} holds no summary.json: no run has ended there.")
        self.summary: dict[str, Any] = json.loads(summary.read_text(encoding="utf-8"))
        self._archive = read_archive(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._archive is not None:
            self._archive.close()

    # ------------------------------------------------------------- the mission

    @cached_property
    def mission(self) -> LoadedMission:
        """The mission that was flown."""
        return load_mission(self.summary.get("mission_file", self.summary["mission"]))

    @cached_property
    def world(self) -> World:
        """The world as it was at landing: the same seed makes the same ground."""
        return make_world(self.mission, self.summary["seed"])

    @cached_property
    def clock(self) -> MissionClock:
        """Turns mission time into sols."""
        return MissionClock(self.mission.epoch_jd_tt)

    @property
    def duration(self) -> float:
        """Length of the run in s."""
        return max(float(self.summary["mission_seconds"]), 1.0)

    @cached_property
    def tube_names(self) -> dict[str, str]:
        """Names of the tubes by id, in the order of the summary."""
        return {tube["id"]: tube["name"] for tube in self.summary["tubes"]}

    @cached_property
    def lost(self) -> dict[str, float]:
        """Vehicles that were lost, and when (s)."""
        lost: dict[str, float] = self.summary.get("vehicles_lost", {})
        return {vehicle: sols * SOL_SECONDS for vehicle, sols in lost.items()}

    @cached_property
    def decommissioned(self) -> dict[str, float]:
        """Vehicles whose work was over, and when they took the order to end it (s)."""
        return {
            command.vehicle: command.ended
            for command in self.commands
            if command.name == "decommission" and command.stage != "arm"
            if command.ended is not None and command.verdict == "COMPLETED"
        }

    def end_of(self, vehicle: str) -> float:
        """When a vehicle was lost, decommissioned, or the run ended, in s."""
        ends = (self.lost.get(vehicle), self.decommissioned.get(vehicle), self.duration)
        return min(each for each in ends if each is not None)

    @cached_property
    def manifest(self) -> list[dict[str, Any]]:
        """The sample manifest, tube by tube; empty when there is none."""
        file = self.folder / "ground" / "manifest.json"
        if not file.exists():
            return []
        tubes: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["tubes"]
        return tubes

    @cached_property
    def phases(self) -> list[Span]:
        """Phases of the procedure; one that did not end lasts to the end of the run."""
        return [
            Span(
                phase["began"],
                self.duration if phase.get("ended") is None else phase["ended"],
                phase["name"],
            )
            for phase in self.summary["phases"]
            if phase.get("began") is not None
        ]

    # ------------------------------------------------------------- the archive

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return [] if self._archive is None else self._archive.execute(query, values).fetchall()

    def samples(self, source: str, channel: str) -> list[tuple[float, Any]]:
        """Samples of any channel, in the order of their times."""
        return self._rows(
            "SELECT occurred_s, value FROM telemetry WHERE source = ? AND channel = ? "
            "ORDER BY occurred_s",
            (source, channel),
        )

    def series(self, source: str, channel: str) -> Series:
        """Samples of a channel of numbers."""
        rows = self.samples(source, channel)
        values = [float(v) if isinstance(v, int | float) else float("nan") for _, v in rows]
        return Series(np.array([s for s, _ in rows], dtype=float), np.array(values, dtype=float))

    def vectors(self, source: str, channel: str) -> list[tuple[float, list[float]]]:
        """Samples of a channel of lists."""
        return [
            (seconds, json.loads(value))
            for seconds, value in self.samples(source, channel)
            if isinstance(value, str) and value.startswith("[")
        ]

    @cached_property
    def events(self) -> list[EventRecord]:
        """Events that came down, in the order in which they occurred."""
        rows = self._rows(
            "SELECT source, name, severity, occurred_ns / 1e9, text, data FROM events "
            "ORDER BY occurred_ns, source, number"
        )
        return [
            EventRecord(source, name, severity, seconds, text, json.loads(data or "{}"))
            for source, name, severity, seconds, text, data in rows
        ]

    def events_named(self, source: str, *names: str) -> list[EventRecord]:
        """Events of one vehicle."""
        return [event for event in self.events if event.source == source and event.name in names]

    @cached_property
    def commands(self) -> list[CommandSpan]:
        """Commands that left Earth, in the order of their numbers; not those that nobody planned
        and that only keep in touch."""
        rungs: dict[str, list[tuple[str, float]]] = {}
        for identifier, rung, occurred in self._rows(
            "SELECT identifier, rung, occurred_s FROM ladder WHERE NOT repeated"
        ):
            rungs.setdefault(identifier, []).append((rung, occurred))
        return [
            command_span(row[1:], rungs.get(row[0], []))
            for row in self._rows(
                "SELECT identifier, vehicle, name, stage, sent_s, verdict, verdict_s "
                "FROM command_history WHERE sent_s IS NOT NULL "
                "AND number NOT IN (SELECT number FROM commands WHERE step = ?)",
                (IN_TOUCH,),
            )
        ]

    def track(self, name: str) -> dict[str, Any]:
        """A recorded true track: its columns as arrays (of numbers, or of texts where they are no
        numbers); empty when the run has none."""
        file = self.folder / "tracks" / f"{name}.csv"
        if not file.exists():
            return {}
        with file.open(encoding="utf-8", newline="") as lines:
            head, *rows = csv.reader(lines)
        return {column: _column([row[index] for row in rows]) for index, column in enumerate(head)}

    @cached_property
    def ascent_product(self) -> AscentProduct:
        """What came down of the ascent record; no chunks when nothing did."""
        return read_ascent_product(self.folder)

    def states(self, vehicle: str) -> list[Span]:
        """The states of a vehicle: by the channel `mode`, and exactly by its changes that came
        down as events. The last lasts until the vehicle was lost or decommissioned, or the run
        ended."""
        changes = [(seconds, str(mode)) for seconds, mode in self.samples(vehicle, "mode") if mode]
        changes += [
            (event.seconds, event.data["after"])
            for event in self.events_named(vehicle, "mode_changed")
            if "after" in event.data
        ]
        end = self.end_of(vehicle)
        return list(_spans(sorted(each for each in changes if each[0] < end), end))


def _column(texts: list[str]) -> Any:
    try:
        return np.array([float(text) for text in texts])
    except ValueError:
        return np.array(texts)


def _spans(changes: list[tuple[float, str]], end: float) -> Iterator[Span]:
    """Runs of the same name, each until the next begins."""
    start, name = 0.0, ""
    for seconds, following in changes:
        if following == name:
            continue
        if name and seconds > start:
            yield Span(start, min(seconds, end), name)
        start, name = seconds, following
    if name and end > start:
        yield Span(start, end, name)
