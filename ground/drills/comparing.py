"""What is other than in an earlier campaign: verdicts, detection times, coverage."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ground.drills.coverage import coverage_of
from ground.drills.record import Record
from ground.drills.results import Shown

NOTABLE = 0.1
"""Of a time, from which on it is told that it has changed; and at least 0.05 s."""
LEAST = 0.05  # s
Key = tuple[str, int, tuple[str, ...]]


@dataclass
class Comparison:
    """What has changed since a baseline, in sentences. `worse`: those that nobody wants."""

    worse: list[str] = field(default_factory=list)
    better: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """All of them."""
        told = [f"worse:  {text}" for text in self.worse]
        told += [f"better: {text}" for text in self.better]
        told += [f"other:  {text}" for text in self.other]
        return told or ["nothing has changed since the baseline"]


def compare(baseline: Sequence[Shown], now: Sequence[Shown]) -> Comparison:
    """Compares two campaigns, drill by drill."""
    found = Comparison()
    before, after = _by_key(baseline), _by_key(now)
    for key, shown in after.items():
        if key in before:
            _compare_one(before[key], shown, found)
        else:
            found.other.append(f"{_name(key)} is new: {shown.judged.verdict}")
    left = [key for key in before if key not in after]
    if left:
        found.other.append(
            f"{len(left)} of the {len(before)} of the baseline were not flown this time: nothing "
            f"is said of them ({_name(left[0])}{', ...' if left[1:] else ''})"
        )
    _compare_coverage(before, after, found)
    return found


def _by_key(shown: Iterable[Shown]) -> dict[Key, Shown]:
    return {
        (s.judged.record.drill, s.judged.record.seed, s.judged.record.protections_off): s
        for s in shown
    }


def _name(key: Key) -> str:
    off = f" without {', '.join(key[2])}" if key[2] else ""
    return f"{key[0]}, seed {key[1]}{off}"


def _compare_one(before: Shown, now: Shown, found: Comparison) -> None:
    record = now.judged.record
    name = _name((record.drill, record.seed, record.protections_off))
    if before.judged.verdict != now.judged.verdict:
        text = f"{name}: {before.judged.verdict} → {now.judged.verdict}"
        if now.judged.verdict == "PASS":
            found.better.append(text)
        elif before.judged.verdict == "PASS":
            found.worse.append(f"{text}: {now.judged.because[0].splitlines()[0]}")
        else:
            found.other.append(text)
    times = _times(before.judged.record)
    for what, took in _times(record).items():
        earlier = times.get(what)
        if earlier is None or took is None:
            continue
        change = took - earlier
        if abs(change) > max(LEAST, NOTABLE * earlier):
            kind = found.worse if change > 0.0 else found.better
            kind.append(f"{name}: {what} took {took:.3f} s, {earlier:.3f} s before")


def _times(record: Record) -> dict[str, float | None]:
    waits = [*record.within, *([record.heal] if record.heal is not None else [])]
    return {waited.name: waited.took for waited in waits}


def _compare_coverage(
    baseline: Mapping[Key, Shown], now: Mapping[Key, Shown], found: Comparison
) -> None:
    flown = [shown for key, shown in baseline.items() if key in now]
    before, again, after = map(_hit, (baseline.values(), flown, now.values()))
    for kind, target, phase in sorted(again - after):
        found.worse.append(f"{kind} at {target} in {phase} is no longer hit")
    for kind, target, phase in sorted(after - before):
        found.better.append(f"{kind} at {target} in {phase} is hit now")


def _hit(side: Iterable[Shown]) -> set[tuple[str, str, str]]:
    """The cells of the coverage in which a fault did something."""
    return {key for key, cell in coverage_of(s.judged for s in side).cells.items() if cell.hit}
