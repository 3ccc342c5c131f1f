"""A table of failure modes, effects and criticality, from drills that were flown.

The columns are those of a FMECA worksheet after ECSS-Q-ST-30-02C. That assesses severity without
regard to what compensates: it is that of the flight without the protections, where one was flown
(`--score`, or `--without` in the same campaign); else the words say that it is as flown. What is
left of it with what compensates stands beside it.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from flight.configuration.whole_files import replace_file
from ground.drills.coverage import first_sign, plain_target, recovered
from ground.drills.record import FaultSpan, Judged
from ground.drills.results import Shown
from ground.drills.scenario import load_scenario

COLUMNS = (
    "item", "function", "failure mode", "phase", "local effect", "end effect",
    "detection", "compensation", "severity", "with compensation", "drill", "verdict",
)  # fmt: skip
AS_FLOWN = "as flown, with what compensates"
SEVERITIES = {
    1: "1 catastrophic: a vehicle or a tube is lost",
    2: "2 critical: the mission does not go on",
    3: "3 major: degraded, or only with help",
    4: "4 minor or negligible",
}


def fmeca_rows(
    shown: Sequence[Shown], unprotected: Mapping[str, Judged] | None = None
) -> list[list[str]]:
    """A row for each fault that has hit, the most severe first. `unprotected`: by the name of its
    drill, the flight without its protections."""
    worst = _worst(shown, unprotected or {})
    rows: list[tuple[int, list[str]]] = []
    for each in shown:
        if each.judged.record.protections_off:
            continue
        for span in each.judged.record.faults:
            if span.hits:
                bare = worst.get(each.judged.record.drill)
                level = _severity(each.judged) if bare is None else bare
                as_flown = f", {AS_FLOWN}" if bare is None and each.told.protects else ""
                row = [
                    plain_target(span.target).partition(" ")[2], _function(each, span),
                    span.kind, span.phase, span.what, _end_effect(each.judged),
                    _detection(each, span), _compensation(each), f"{SEVERITIES[level]}{as_flown}",
                    SEVERITIES[_severity(each.judged)], each.told.name, each.judged.verdict,
                ]  # fmt: skip
                rows.append((level, row))
    return [row for _, row in sorted(rows, key=lambda entry: (entry[0], entry[1]))]


def _worst(shown: Iterable[Shown], unprotected: Mapping[str, Judged]) -> dict[str, int]:
    """By the name of its drill, the severity of what was flown without protections."""
    found = {name: _severity(judged) for name, judged in unprotected.items()}
    for each in shown:
        if each.judged.record.protections_off:
            name, level = each.judged.record.drill, _severity(each.judged)
            found[name] = min(level, found.get(name, level))
    return found


def write_fmeca(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Writes the table: Markdown for `.md`, else CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, fmeca_markdown(rows) if path.suffix == ".md" else _fmeca_csv(rows))


def _fmeca_csv(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([COLUMNS, *rows])
    return text.getvalue()


def fmeca_markdown(rows: Sequence[Sequence[str]]) -> str:
    """The table as Markdown."""
    lines = [f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
    for row in rows:
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
    return "\n".join(lines) + "\n"


def _severity(judged: Judged) -> int:
    record = judged.record
    lost = ("no_vehicle_lost", "no_tube_unknown", "tubes_accounted", "ledgers_agree")
    if any(broken.what in lost for broken in record.broken):
        return 1
    goes_on = [each for each in record.within if each.name.startswith("recover")]
    goes_on += [] if record.heal is None else [record.heal]
    if judged.verdict == "FAIL" and any(each.met is None for each in goes_on):
        return 2
    return 3 if judged.verdict != "PASS" else 4


def _end_effect(judged: Judged) -> str:
    broken = judged.record.broken
    if broken:
        return "; ".join(f"{each.what}: {each.detail}" for each in broken[:2])
    return "none that matters" if judged.verdict == "PASS" else judged.because[0].splitlines()[0]


def _function(shown: Shown, span: FaultSpan) -> str:
    """What is broken is for: a method of a device by its first sentence, all else by its name."""
    service, _, method = span.where.rpartition(".")
    parts = load_scenario(shown.judged.record.scenario).targets.parts["device"]
    interface = getattr(parts.get(service), "interface", None)
    if interface is None or method not in interface.methods:
        return span.where or span.target
    words = " ".join(interface.methods[method].doc.split()).partition(". ")[0].rstrip(".")
    return f"{method}: {words}" if words else span.where


def _detection(shown: Shown, span: FaultSpan) -> str:
    for waited in shown.judged.record.within:
        if waited.name.startswith("detect") and waited.took is not None:
            return f"{waited.what}, after {waited.took:.3g} s"
    sign = first_sign(shown.judged.record, span)
    if sign is None or span.first is None:
        return "not detected"
    return f"{sign.text.partition(':')[0]} of {sign.lane}, after {sign.time - span.first:.3g} s"


def _compensation(shown: Shown) -> str:
    if shown.told.protects:
        return ", ".join(shown.told.protects)
    return "went on by itself" if recovered(shown.judged.record) else ""
