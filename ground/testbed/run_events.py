"""The events of a run, as they are published, one JSON object a line."""

import json
from pathlib import Path

import msgspec

from flight.icd.messages import EventReport

EVENTS_FILE = "events.jsonl"


class EventJournal:
    """Writes `events.jsonl` of a run folder."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / EVENTS_FILE).open("w", encoding="utf-8")

    def write(self, event: EventReport) -> None:
        """Adds an event."""
        fields = EventReport.__struct_fields__
        record = msgspec.to_builtins({name: getattr(event, name) for name in fields})
        self._file.write(json.dumps(record, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """No more come."""
        self._file.close()
