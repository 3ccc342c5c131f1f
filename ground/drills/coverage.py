"""Coverage: which faults have been tried where and when, and what came of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from ground.drills.phases import PHASES
from ground.drills.record import FaultSpan, Judged, Mark, Record

ANYBODY = ("bus", "link", "ground")
"""Targets that are of no vehicle: whoever says something has noticed."""


class Cell(msgspec.Struct):
    """One kind of fault, at one target, in one phase: how often tried, hit, detected, survived,
    recovered from; the drills that did."""

    kind: str
    target: str
    phase: str
    tried: int = 0
    hit: int = 0
    detected: int = 0
    survived: int = 0
    recovered: int = 0
    drills: list[str] = []


@dataclass
class Coverage:
    """All cells that were tried. `possible`: of each kind and target, the phases in which the
    target is used at all; empty where that is not known."""

    cells: dict[tuple[str, str, str], Cell] = field(default_factory=dict)
    possible: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    @property
    def share(self) -> float | None:
        """Of all that is possible, what has been hit; None where that is not known."""
        every = sum(len(phases) for phases in self.possible.values())
        if not every:
            return None
        hit = sum(1 for key, cell in self.cells.items() if cell.hit and self._is_possible(key))
        return hit / every

    def _is_possible(self, key: tuple[str, str, str]) -> bool:
        kind, target, phase = key
        return phase in self.possible.get((kind, target), ())


def coverage_of(
    judged: Iterable[Judged], possible: Mapping[tuple[str, str], tuple[str, ...]] | None = None
) -> Coverage:
    """The coverage of drills that were flown with their protections on."""
    found = Coverage(possible=possible or {})
    for each in judged:
        if each.record.protections_off:
            continue
        for span in each.record.faults:
            _count(found, each, span)
    return found


def _count(coverage: Coverage, judged: Judged, span: FaultSpan) -> None:
    record = judged.record
    target = plain_target(span.target)
    phase = span.phase or record.phase
    key = (span.kind, target, phase)
    cell = coverage.cells.get(key)
    if cell is None:
        cell = coverage.cells[key] = Cell(*key, drills=[])
    cell.tried += 1
    cell.drills.append(record.drill)
    if not span.hits:
        return
    cell.hit += 1
    cell.detected += detected(record)
    cell.survived += not record.broken
    cell.recovered += judged.verdict == "PASS" and recovered(record)


def plain_target(words: str) -> str:
    """Sort and name of a target, without method and fields."""
    sort, _, name = words.partition(" ")
    name = name.partition(" ")[0]
    if sort == "device":
        name = ".".join(name.split(".")[:2])
    return f"{sort} {name}"


def detected(record: Record) -> bool:
    """Whether a vehicle has noticed: what the drill waited for as its detection, or any sign."""
    if any(w.name.startswith("detect") and w.met is not None for w in record.within):
        return True
    return any(first_sign(record, span) is not None for span in record.faults)


def first_sign(record: Record, span: FaultSpan) -> Mark | None:
    """The first warning, after a fault has hit, of the vehicle whose target it is."""
    sort, _, name = plain_target(span.target).partition(" ")
    vehicle = name.partition(".")[0]
    if sort in ANYBODY or vehicle in ("ground", "site"):
        vehicle = ""  # whoever says something
    return next(
        (
            mark
            for mark in record.marks
            if span.first is not None
            and mark.time >= span.first
            and mark.kind == "warning"
            and vehicle in ("", mark.lane)
        ),
        None,
    )


def recovered(record: Record) -> bool:
    """Whether what had to go on afterwards did."""
    waits = [w for w in record.within if w.name.startswith("recover")]
    if record.heal is not None:
        waits.append(record.heal)
    return bool(waits) and all(w.met is not None for w in waits)


def coverage_text(coverage: Coverage) -> str:
    """The table for a terminal: survived of hit, by kind of fault and phase."""
    rows = by_phase(coverage, "kind")
    width = max([len("kind of fault"), *map(len, rows)])
    lines = [f"{'kind of fault':{width}}  " + "  ".join(f"{phase:>10}" for phase in PHASES)]
    for name, row in rows.items():
        cells = [_short(row.get(phase)) for phase in PHASES]
        lines.append(f"{name:{width}}  " + "  ".join(f"{cell:>10}" for cell in cells))
    lines.append("survived / hit; 0 of n: tried, and never hit")
    if coverage.share is not None:
        every = sum(len(phases) for phases in coverage.possible.values())
        hit = f"{coverage.share:.1%} of {every} cells of kind, target and phase have been hit"
        lines.append(hit)
    return "\n".join(lines)


def _short(cell: Cell | None) -> str:
    if cell is None:
        return "."
    return f"{cell.survived}/{cell.hit}" if cell.hit else f"0 of {cell.tried}"


def by_phase(coverage: Coverage, rows: str) -> dict[str, dict[str, Cell]]:
    """The cells summed up, for a table: a row a kind (`kind`) or a target (`target`), by phase."""
    found: dict[str, dict[str, Cell]] = {}
    for cell in coverage.cells.values():
        row = found.setdefault(getattr(cell, rows), {})
        total = row.setdefault(cell.phase, Cell(cell.kind, cell.target, cell.phase, drills=[]))
        for name in ("tried", "hit", "detected", "survived", "recovered"):
            setattr(total, name, getattr(total, name) + getattr(cell, name))
    return {name: {p: row[p] for p in PHASES if p in row} for name, row in sorted(found.items())}
