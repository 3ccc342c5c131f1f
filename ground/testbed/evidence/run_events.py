"""What happens in a run, written down as it happens, one JSON object a line."""

import json
from collections.abc import Callable
from typing import Any

import msgspec

from flight.icd.messages import EventReport
from ground.missions.run_folder import RunFolder
from sim_hw.world.tubes import TubeMove, TubeRegistry

EVENTS_FILE = "events.jsonl"
TRUTH_FILE = "truth.jsonl"


class EventJournal:
    """Writes `events.jsonl` of a run folder."""

    def __init__(self, folder: RunFolder) -> None:
        self._file = folder.open_lines(EVENTS_FILE)  # orders of a bench are followed there

    def write(self, event: EventReport) -> None:
        """Adds an event."""
        fields = EventReport.__struct_fields__
        record = msgspec.to_builtins({name: getattr(event, name) for name in fields})
        self._file.write(json.dumps(record, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """No more come."""
        self._file.close()


class TruthJournal:
    """Writes `truth.jsonl` of a run folder: where each tube truly is at first, and its moves."""

    def __init__(
        self, folder: RunFolder, tubes: TubeRegistry, clock: Callable[[], float]
    ) -> None:
        self._file = folder.open_lines(TRUTH_FILE)
        self._clock = clock
        for tube in tubes.tube_ids:
            self._write({"time": 0.0, "tube": tube, "to": tubes.state(tube).place})
        tubes.observe(self._moved)

    def _moved(self, move: TubeMove) -> None:
        before, after = move.before.place, move.after.place
        self._write({"time": self._clock(), "tube": move.tube_id, "from": before, "to": after})

    def _write(self, record: dict[str, Any]) -> None:
        self._file.write(json.dumps(record) + "\n")

    def close(self) -> None:
        """No more come."""
        self._file.close()
