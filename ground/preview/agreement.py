"""Whether a twin is where the run is, by what the vehicles have told on the ground alone."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.runtime.loop import NANOSECONDS
from ground.preview.bands import TwinFile

MODE = "mode"
STALE = "STALE"
DEPTH = 2
"""Levels of a mode that are to be the same: `surface.fetching`; whether it plans or drives there is
another matter at each look."""
Row = list[Any]
"""[vehicle, channel, value, occurred_ns, received_ns, state], as mission control tells values."""


@dataclass(frozen=True)
class Difference:
    """`about`: vehicles and tubes whose commands it matters to. `grave`: what a twin does that
    differs so says nothing of the run."""

    about: frozenset[str]
    words: str
    grave: bool = True
    lasting: bool = False
    """Grave once it has lasted: passes come at other times by another seed."""


class Agreement:
    """Of one twin, from its start on."""

    def __init__(self, file: TwinFile, shown: Callable[[int], str]) -> None:
        """`shown`: an instant (ns) in words."""
        self._at = shown
        self._bands = file.bands
        self._patience_ns = round(file.patience * SOL_SECONDS * NANOSECONDS)
        self._now_ns = 0
        self._since: dict[str, tuple[int, Difference]] = {}

    def compare(
        self,
        now_ns: int,
        rows: Iterable[Row],
        twins: Iterable[Row],
        tubes: Mapping[str, Any],
        twins_tubes: Mapping[str, Any],
    ) -> None:
        """Compares what is known of both at an instant: values, and the places of the tubes."""
        ours, theirs = {_key(row): row for row in rows}, {_key(row): row for row in twins}
        found = dict([*self._values(ours, theirs), *_tubes(tubes, twins_tubes)])
        self._now_ns = now_ns
        self._since = {
            name: (self._since[name][0] if name in self._since else now_ns, each)
            for name, each in found.items()
        }

    def why_not(self, concerned: Collection[str] | None = None) -> str:
        """Why nothing that the twin does with these vehicles and tubes (None: with any) is to be
        believed; empty: it agrees."""
        for since_ns, each in self._since.values():
            lasts = self._now_ns - since_ns > self._patience_ns
            if _concerns(each, concerned) and (each.grave or (each.lasting and lasts)):
                how = "parted at" if lasts else "differs since"
                return f"the twin {how} {self._at(since_ns)}: {each.words}"
        return ""

    def cautions(self, concerned: Collection[str]) -> list[str]:
        """All else that differs, in words."""
        return [
            each.words for _, each in self._since.values()
            if not (each.grave and _concerns(each, concerned))
        ]  # fmt: skip

    def _values(
        self, ours: Mapping[str, Row], twins: Mapping[str, Row]
    ) -> Iterator[tuple[str, Difference]]:
        for name, row in ours.items():
            twin, about = twins.get(name), frozenset((str(row[0]),))
            if row[1] == MODE and twin is not None and (row[5] == STALE) != (twin[5] == STALE):
                silent = f"{row[0]} is silent, its twin is heard"
                heard = f"{row[0]} is heard, its twin is silent"
                if row[5] == STALE:
                    yield f"{row[0]} silent", Difference(about, silent)
                else:
                    yield f"{row[0]} heard", Difference(about, heard, grave=False, lasting=True)
            if self._differ(row, twin):
                told = "has not told it" if twin is None else f"says {_shown(twin[2])}"
                words = f"{name} is {_shown(row[2])}, and the twin {told}"
                yield name, Difference(about, words, grave=not _alike(row, twin))
        for name, twin in twins.items():
            if name not in ours and twin[1] == MODE:
                words = f"{name} was told by the twin alone: {_shown(twin[2])}"
                yield name, Difference(frozenset((str(twin[0]),)), words)

    def _differ(self, row: Row, twin: Row | None) -> bool:
        if row[1] == MODE:
            return twin is None or row[2] != twin[2]
        band = self._bands.of(row[1])
        if band is None or twin is None:
            return False
        numbers = isinstance(row[2], int | float) and isinstance(twin[2], int | float)
        # Also what is no number differs from one.
        return not numbers or not abs(row[2] - twin[2]) <= band


def _tubes(
    tubes: Mapping[str, Any], twins: Mapping[str, Any]
) -> Iterator[tuple[str, Difference]]:
    for tube, place in tubes.items():
        other = twins.get(tube)
        if place != other:
            holders = (str(each).partition("_")[0] for each in (place, other) if each)
            told = f"and the twin's at {other or 'no known place'}"
            words = f"{tube} is at {place or 'no known place'}, {told}"
            yield tube, Difference(frozenset((tube, *holders)), words)


def _concerns(each: Difference, concerned: Collection[str] | None) -> bool:
    return concerned is None or not each.about.isdisjoint(concerned)


def _alike(row: Row, twin: Row | None) -> bool:
    """Whether two modes differ in their details alone."""
    if row[1] != MODE or twin is None:
        return False
    one, other = (str(each[2]).split(".")[:DEPTH] for each in (row, twin))
    return len(one) == DEPTH and one == other


def _key(row: Row) -> str:
    return f"{row[0]}.{row[1]}"


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
