"""What a person reads on the terminal of drills that were flown."""

from collections import Counter
from collections.abc import Sequence

from ground.drills.drill import Drill
from ground.drills.jobs import shown_path
from ground.drills.record import FaultSpan, Judged, Waited
from ground.terminal.exit_codes import BROKE, NO, UNKNOWN, YES

ORDER = ("ERROR", "FAIL", "UNKNOWN", "PASS")
CODES = {"ERROR": BROKE, "FAIL": NO, "UNKNOWN": UNKNOWN, "PASS": YES}


def exit_code(judged: Sequence[Judged]) -> int:
    """That of the worst verdict."""
    worst = min((ORDER.index(each.verdict) for each in judged), default=len(ORDER) - 1)
    return CODES[ORDER[worst]]


def head(drill: Drill, judged: Judged) -> str:
    """One line: verdict, name, scenario, seed."""
    record = judged.record
    off = f", without {', '.join(record.protections_off)}" if record.protections_off else ""
    return f"{judged.verdict:7} {record.drill}  ({record.scenario}, seed {record.seed}{off})"


def lines(drill: Drill, judged: Judged) -> list[str]:
    """All that is to be said of one drill."""
    record = judged.record
    told = [head(drill, judged), f"        {drill.title}"]
    if drill.requirement:
        told.append(f"        requirement {drill.requirement}")
    told += [f"        fault {_fault(span)}" for span in record.faults]
    told += [f"        {_waited(each)}" for each in record.within]
    if record.heal is not None:
        told.append(f"        healed, {_waited(record.heal)}")
    for reason in judged.because:
        first, *rest = reason.splitlines()
        told.append(f"        because {first}")
        told += [f"          {line}" for line in rest]
    astray = [tube for tube in record.tubes if not tube.agrees]
    told += [f"        tube {t.tube}: truly at {t.truth}, said to be {t.said}" for t in astray]
    if record.sha256:
        told.append(
            f"        {record.began:.3f} to {record.ended:.3f} s, ended by {record.end}; "
            f"{record.messages} messages, sha256 {record.sha256[:16]}"
        )
    told.append(f"        again: {replay_command(drill, judged)}")
    return told


def replay_command(drill: Drill, judged: Judged) -> str:
    """The command that flies just this again."""
    record = judged.record
    off = "".join(f" --without {name}" for name in record.protections_off)
    only = f" --only '{record.drill}'" if drill.swept else ""
    return f"msr drill {shown_path(record.file)}{only} --seeds {record.seed}{off}"


def summary(judged: Sequence[Judged]) -> str:
    """How many of each verdict."""
    counts = Counter[str](each.verdict for each in judged)
    parts = [f"{counts[name]} {name}" for name in ORDER[::-1] if counts[name]]
    return f"{len(judged)} drills: {', '.join(parts)}"


def _fault(span: FaultSpan) -> str:
    if span.first is None or span.last is None:
        return f"{span.id}: {span.kind} at {span.target}: no hit"
    ended = "" if span.ended is None else f", over at {span.ended:.3f} s"
    return (
        f"{span.id}: {span.kind} at {span.target}: {span.hits} hits, "
        f"{span.first:.3f} to {span.last:.3f} s{ended}"
    )


def _waited(each: Waited) -> str:
    took = each.took
    if took is None:
        return f"{each.name}: {each.what}: not seen (within {each.limit:g} s)"
    return f"{each.name}: {each.what} after {took:.3f} s of {each.limit:g} s"
