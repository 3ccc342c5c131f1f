"""What a person reads on the terminal of drills that were flown."""

from collections import Counter
from collections.abc import Iterable, Sequence

from ground.drills.record import FaultSpan, Judged, Waited
from ground.drills.results import Shown
from ground.terminal.exit_codes import BROKE, NO, UNKNOWN, YES

ORDER = ("ERROR", "FAIL", "UNKNOWN", "PASS")
CODES = {"ERROR": BROKE, "FAIL": NO, "UNKNOWN": UNKNOWN, "PASS": YES}


def exit_code(judged: Iterable[Judged]) -> int:
    """That of the worst verdict."""
    worst = min((ORDER.index(each.verdict) for each in judged), default=len(ORDER) - 1)
    return CODES[ORDER[worst]]


def lines(shown: Shown) -> list[str]:
    """All that is to be said of one drill."""
    told, judged, record = shown.told, shown.judged, shown.judged.record
    off = f", without {', '.join(record.protections_off)}" if record.protections_off else ""
    found = [f"{judged.verdict:7} {record.drill}  ({record.scenario}, seed {record.seed}{off})"]
    found.append(f"        {told.title}")
    if told.requirement:
        found.append(f"        requirement {told.requirement}")
    found += [f"        fault {_fault(span)}" for span in record.faults]
    found += [f"        {_waited(each)}" for each in record.within]
    if record.heal is not None:
        found.append(f"        healed, {_waited(record.heal)}")
    for reason in judged.because:
        first, *rest = reason.splitlines()
        found.append(f"        because {first}")
        found += [f"          {line}" for line in rest]
    astray = [tube for tube in record.tubes if not tube.agrees]
    found += [f"        tube {t.tube}: truly at {t.truth}, said to be {t.said}" for t in astray]
    if record.sha256:
        found.append(
            f"        {record.began:.3f} to {record.ended:.3f} s, ended by {record.end}; "
            f"{record.messages} messages, sha256 {record.sha256[:16]}"
        )
    found.append(f"        again: {told.again}")
    return found


def summary_line(judged: Sequence[Judged]) -> str:
    """How many of each verdict."""
    counts = Counter[str](each.verdict for each in judged)
    parts = [f"{counts[name]} {name}" for name in ORDER[::-1] if counts[name]]
    noun = "drill" if len(judged) == 1 else "drills"
    return f"{len(judged)} {noun}: {', '.join(parts)}"


def _fault(span: FaultSpan) -> str:
    if span.first is None or span.last is None:
        return f"{span.id}: {span.kind} at {span.target}: no hit"
    ended = "" if span.ended is None else f", over at {span.ended:.3f} s"
    hits = "1 hit" if span.hits == 1 else f"{span.hits} hits"
    return (
        f"{span.id}: {span.kind} at {span.target}: {hits}, "
        f"{span.first:.3f} to {span.last:.3f} s{ended}"
    )


def _waited(each: Waited) -> str:
    took = each.took
    if took is None:
        return f"{each.name}: {each.what}: not seen (within {each.limit:g} s)"
    return f"{each.name}: {each.what} after {took:.3f} s of {each.limit:g} s"
