"""Short flights with faults, and what was told in them."""

import json
from pathlib import Path
from typing import Any

from flight.icd.messages import EventReport, Message, Telemetry
from ground.testbed.evidence.run_record import RunRecord
from ground.testbed.fly import fly
from ground.testbed.host import HostKind
from ground.testbed.hosts.virtual import Virtual
from ground.testbed.run import Run, RunOptions
from sim_hw.faults.fault import At, Fault, Target, Trigger, Until
from sim_hw.faults.kind import FaultKind, TargetKind
from tests.ground.testbed.test_run import small_mission

IN_MEMORY = Virtual(in_memory=True)


class Flight:
    """A flight that is over: its record, its folder, and what was told in it and when."""

    def __init__(self, record: RunRecord, folder: Path, told: list[tuple[float, Message]]) -> None:
        self.record = record
        self.told = told
        lines = folder / "faults.jsonl"
        text = lines.read_text() if lines.exists() else ""
        self.faults: list[Any] = [json.loads(line) for line in text.splitlines()]

    def of(self, fault: str, what: str) -> list[Any]:
        """The lines of one fault."""
        return [line for line in self.faults if (line["fault"], line["what"]) == (fault, what)]

    def events(self, source: str, name: str = "") -> list[tuple[float, EventReport]]:
        """When each event was told, and it."""
        return [
            (time, message)
            for time, message in self.told
            if isinstance(message, EventReport)
            and message.source == source
            and name in ("", message.name)
        ]

    def telemetry(self, source: str) -> list[float]:
        """When a node told telemetry."""
        return [
            time
            for time, message in self.told
            if isinstance(message, Telemetry) and message.source == source
        ]


def fault(
    identifier: str,
    target: str,
    kind: FaultKind,
    when: Trigger | None = None,
    lasts: float | Until | None = None,
    **more: Any,
) -> Fault:
    """A fault at `<sort>:<name>`."""
    sort, _, name = target.partition(":")
    sort_of: TargetKind = sort  # type: ignore[assignment]
    return Fault(
        id=identifier, target=Target(sort_of, name), kind=kind, when=when, lasts=lasts, **more
    )


def at(seconds: float) -> At:
    return At(at=seconds)


def flown(
    folder: Path,
    *faults: Fault,
    sols: float = 0.05,
    name: str = "run",
    host: HostKind = IN_MEMORY,
    seed: int = 1,
) -> Flight:
    """A short flight of `surface` with faults."""
    told: list[tuple[float, Message]] = []

    def look(run: Run) -> None:
        if not run.observers:
            run.observers.append(lambda message: told.append((run.now(), message)))

    options = RunOptions(seed=seed, faults=faults)
    record = fly(small_mission(folder, sols), folder / name, options, host, look)
    return Flight(record, folder / name, told)
