"""The newest value of every channel, as the run told it last."""

from collections.abc import Sequence
from typing import Any

Row = list[Any]  # vehicle, channel, value, occurred_ns, received_ns, state


class TelemetryTable:
    """All channels; `version` is the run's number of the last change that is in it."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Another life of the run begins."""
        self.version = 0
        self._rows: dict[str, dict[str, Row]] = {}
        self._told: dict[str, int] = {}

    def take(self, rows: Sequence[Row], version: int) -> dict[str, tuple[int, list[Row]]]:
        """Takes what has changed; returns it by vehicle, with the version told of that before."""
        start = self.version
        changed: dict[str, tuple[int, list[Row]]] = {}
        for row in rows:
            vehicle = str(row[0])
            self._rows.setdefault(vehicle, {})[str(row[1])] = row
            before = self._told.setdefault(vehicle, start)
            changed.setdefault(vehicle, (before, []))[1].append(row)
        for vehicle in changed:
            self._told[vehicle] = version
        self.version = version
        return changed

    def values(self, vehicle: str | None = None) -> list[Row]:
        """All rows, or those of one vehicle."""
        tables = self._rows.values() if vehicle is None else [self._rows.get(vehicle, {})]
        return [row for table in tables for row in table.values()]
