"""Whether a twin is where the run is, by what the vehicles have told on the ground alone."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.runtime.loop import NANOSECONDS
from ground.preview.bands import TwinFile

MODE = "mode"
STALE = "STALE"
TWIN_IS_SILENT = "its twin is silent"
"""A difference that matters only when it lasts: passes come at other times by another seed, and
what the twin would do can be told all the same."""
Row = list[Any]
"""[vehicle, channel, value, occurred_ns, received_ns, state], as mission control tells values."""


class Agreement:
    """Of one twin, from its start on. What differs for longer than the patience has parted it for
    good: it does not come back by chance."""

    def __init__(self, file: TwinFile, shown: Callable[[int], str]) -> None:
        """`shown`: an instant (ns) in words."""
        self._at = shown
        self._bands = file.bands
        self._patience_ns = round(file.patience * SOL_SECONDS * NANOSECONDS)
        self._since: dict[str, tuple[int, str]] = {}
        self.parted = ""
        """A sentence; empty as long as it has not."""

    def compare(
        self,
        now_ns: int,
        rows: Iterable[Row],
        twins: Iterable[Row],
        tubes: Mapping[str, Any],
        twins_tubes: Mapping[str, Any],
    ) -> None:
        """Compares what is known of both at an instant: values, and the places of the tubes."""
        differs = {
            **self._values({_key(row): row for row in rows}, {_key(row): row for row in twins}),
            **{
                f"{tube}": f"{tube} is at {place or 'no known place'}, and the twin's at "
                f"{twins_tubes.get(tube) or 'no known place'}"
                for tube, place in tubes.items()
                if place != twins_tubes.get(tube)
            },
        }
        self._since = {
            name: (self._since.get(name, (now_ns, ""))[0], words) for name, words in differs.items()
        }
        for since_ns, words in self._since.values():
            if not self.parted and now_ns - since_ns > self._patience_ns:
                self.parted = f"the twin parted at {self._at(since_ns)}: {words}"

    def why_not(self) -> str:
        """Why nothing that the twin does is to be believed; empty: it agrees."""
        if self.parted:
            return self.parted
        for name, (since_ns, words) in self._since.items():
            if not name.endswith(TWIN_IS_SILENT):
                return f"the twin differs since {self._at(since_ns)}: {words}"
        return ""

    def _values(self, ours: Mapping[str, Row], twins: Mapping[str, Row]) -> dict[str, str]:
        found = {}
        for name, row in ours.items():
            twin = twins.get(name)
            if row[1] == MODE and twin is not None and (row[5] == STALE) != (twin[5] == STALE):
                if row[5] == STALE:
                    found[f"{row[0]} silent"] = f"{row[0]} is silent, its twin is heard"
                else:
                    words = f"{row[0]} is heard, its twin is silent"
                    found[f"{row[0]} {TWIN_IS_SILENT}"] = words
            if self._differ(row, twin):
                told = "has not told it" if twin is None else f"says {_shown(twin[2])}"
                found[name] = f"{name} is {_shown(row[2])}, and the twin {told}"
        for name, twin in twins.items():
            if name not in ours and twin[1] == MODE:
                found[name] = f"{name} was told by the twin alone: {_shown(twin[2])}"
        return found

    def _differ(self, row: Row, twin: Row | None) -> bool:
        if row[1] == MODE:
            return twin is None or row[2] != twin[2]
        band = self._bands.of(row[1])
        if band is None or twin is None:
            return False
        numbers = isinstance(row[2], int | float) and isinstance(twin[2], int | float)
        # Also what is no number differs from one.
        return not numbers or not abs(row[2] - twin[2]) <= band


def _key(row: Row) -> str:
    return f"{row[0]}.{row[1]}"


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
