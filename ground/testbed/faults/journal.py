"""What the faults of a run have done: kept, and written down as it happens."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from sim_hw.faults.fault import Fault, Hit
from sim_hw.faults.reading import plain_fault

FAULTS_FILE = "faults.jsonl"
KEPT = 100
"""Hits of one fault that are kept, one by one; of the later ones each whose number is a power of 2:
a sensor that is stuck for weeks is hit a million times."""
_LONGEST = 200  # characters of a text, items of a list


class FaultJournal:
    """Writes `faults.jsonl` of a run folder: each fault as it is armed, begins, hits and is healed.

    The file is made when the first fault is armed, and opened for each line: a run that is forked
    shares no open file with its children.
    """

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._folder = folder
        self.hits: list[Hit] = []
        self.counts: dict[str, int] = {}

    def armed(self, time: float, fault: Fault) -> None:
        """A fault waits for its trigger."""
        self.counts.setdefault(fault.id, 0)
        self._write({"time": time, "fault": fault.id, "what": "armed", "is": plain_fault(fault)})

    def turned(self, time: float, fault: str, what: Literal["began", "healed"], why: str) -> None:
        """A fault has begun, or is healed."""
        self._write({"time": time, "fault": fault, "what": what, "why": why})

    def hit(self, time: float, fault: str, where: str, before: Any, after: Any) -> None:
        """A fault has changed something."""
        number = self.counts[fault] = self.counts.get(fault, 0) + 1
        if number > KEPT and number & (number - 1):
            return
        hit = Hit(
            time=time, fault=fault, where=where, before=shown(before), after=shown(after),
            number=number,
        )  # fmt: skip
        self.hits.append(hit)
        self._write(
            {
                "time": time, "fault": fault, "what": "hit", "where": where,
                "before": hit.before, "after": hit.after, "number": number,
            }
        )  # fmt: skip

    def _write(self, record: dict[str, Any]) -> None:
        with (self._folder() / FAULTS_FILE).open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")


def shown(value: Any) -> Any:
    """A value as JSON can hold it, and no longer than somebody would read."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else value[: _LONGEST - 3] + "..."
    if isinstance(value, dict):
        return {str(name): shown(each) for name, each in list(value.items())[:_LONGEST]}
    if isinstance(value, list | tuple):
        return [shown(each) for each in value[:_LONGEST]]
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)[:_LONGEST]
