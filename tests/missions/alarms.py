"""What the vehicles of a run have warned of, by its folder."""

import json
from pathlib import Path
from typing import Any

from flight.astrodynamics.mars_time import SOL_SECONDS

ACTED = (
    "response_started", "response_tripped", "response_passive", "safing_withheld",
    "safing_deferred", "load_shed", "command_lost", "communication_reverted",
    "protection_defaulted", "sensor_set_aside",
)  # fmt: skip
"""What fault protection tells when it does something, or would have."""


def events_of(folder: Path) -> list[dict[str, Any]]:
    """All events of a run, as they happened."""
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


def protection_acted(folder: Path) -> list[str]:
    """Each time that fault protection did something, as `vehicle: text`."""
    return [f"{e['source']}: {e['text']}" for e in events_of(folder) if e["name"] in ACTED]


def too_many_warnings(folder: Path) -> list[str]:
    """All warnings of a run, when they are more than one a sol in the mean; else none."""
    events = events_of(folder)
    sols = max(e["time_ns"] for e in events) / 1e9 / SOL_SECONDS
    warnings = [f"{e['source']}: {e['text']}" for e in events if _warns(e["severity"])]
    return warnings if len(warnings) > sols else []


def _warns(severity: str) -> bool:
    return severity.startswith("WARNING") or severity == "FATAL"
