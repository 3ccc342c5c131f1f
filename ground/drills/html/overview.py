"""The first pages of the report: how many of what, all drills in a table, coverage, detections."""

import math
from collections.abc import Sequence

from ground.drills.coverage import Cell, Coverage, by_phase
from ground.drills.html.text import COLOURS, badge, seconds, table, tag, text
from ground.drills.phases import PHASES
from ground.drills.record import Waited
from ground.drills.results import Shown, Summary

ORDER = ("PASS", "FAIL", "UNKNOWN", "ERROR")
WORST_FIRST = ("ERROR", "FAIL", "UNKNOWN", "PASS")
SLOWEST = 12
_FULL = 150.0  # px of the longest bar


def tiles(summary: Summary, coverage: Coverage) -> str:
    """The figures that a board asks for first."""
    parts = []
    for verdict in ORDER:
        count = summary.counts.get(verdict, 0)
        colour = COLOURS[verdict] if count else "#9aa7b4"
        parts.append(_tile(str(count), verdict, colour))
    share = summary.score_share
    if share is not None:
        parts.append(_tile(f"{share:.0%}", "protection score"))
    if coverage.share is not None:
        parts.append(_tile(f"{coverage.share:.0%}", "of possible cells hit"))
    parts.append(_tile(seconds(summary.seconds), "wall time"))
    return tag("div", *parts, class_="tiles")


def _tile(figure: str, what: str, colour: str = "#1d2733") -> str:
    number = tag("b", text(figure), style=f"color:{colour}")
    return tag("div", number, tag("span", text(what)), class_="tile")


def all_drills(shown: Sequence[Shown]) -> str:
    """A row a drill, the worst first."""
    rows = []
    has_requirements = any(each.told.requirement for each in shown)
    numbered = sorted(
        enumerate(shown), key=lambda entry: WORST_FIRST.index(entry[1].judged.verdict)
    )
    for number, each in numbered:
        record = each.judged.record
        because = each.judged.because[0].splitlines()[0] if each.judged.because else ""
        name = tag("a", text(record.drill), href=f"#drill-{number}")
        rows.append(
            [
                badge(each.judged.verdict),
                f"{name}<br>{tag('span', text(each.told.title), class_='dim')}",
                *([text(each.told.requirement)] if has_requirements else []),
                text(f"{record.scenario}, seed {record.seed}"),
                text(record.phase),
                _limits([*record.within, *([] if record.heal is None else [record.heal])]),
                text(because[:160]),
            ]
        )
    requirement = ["Requirement"] if has_requirements else []
    heads = ["Verdict", "Drill", *requirement, "Scenario", "Phase", "In time", "Because"]
    return table(heads, rows)


def _limits(within: Sequence[Waited]) -> str:
    parts = []
    for waited in within:
        good = waited.took is not None and waited.took <= waited.limit + 1e-9
        colour = "#2e7d32" if good else "#c62828"
        told = f"{waited.name} {seconds(waited.took)} / {seconds(waited.limit)}"
        parts.append(tag("span", text(told), style=f"color:{colour};white-space:nowrap"))
    return "<br>".join(parts)


def heat_map(coverage: Coverage, rows: str, title: str) -> str:
    """Kinds or targets by phase: the greener, the more of what was hit was survived."""
    found = by_phase(coverage, rows)
    if not found:
        return ""
    lines = []
    for name, row in found.items():
        cells = "".join(_heat(row.get(phase)) for phase in PHASES)
        lines.append(tag("tr", tag("td", text(name)), cells))
    head = tag("tr", *(tag("th", text(each)) for each in (title, *PHASES)))
    return tag("table", tag("thead", head), tag("tbody", *lines), class_="heat")


def _heat(cell: Cell | None) -> str:
    if cell is None:
        return tag("td", "·", style="color:#c3ccd5")
    if not cell.hit:
        return tag("td", text(f"0 of {cell.tried} hit"), style="background:#eef1f4;color:#5b6b7b")
    share = cell.survived / cell.hit
    colour = f"hsl({8 + 112 * share:.0f} 48% {84 - 6 * math.log10(1 + cell.hit):.0f}%)"
    told = f"{cell.hit} hit, {cell.detected} detected, {cell.survived} survived, "
    told += f"{cell.recovered} recovered"
    inside = f"{cell.survived}/{cell.hit}"
    return tag("td", text(inside), style=f"background:{colour}", title=told)


def slowest_detections(shown: Sequence[Shown]) -> str:
    """The detections that took the longest, beside what they were allowed."""
    found = [
        (waited.took, waited, each)
        for each in shown
        for waited in each.judged.record.within
        if waited.name.startswith("detect") and waited.took is not None
    ]
    found.sort(key=lambda entry: -entry[0] / entry[1].limit)
    rows = []
    for took, waited, each in found[:SLOWEST]:
        share = took / waited.limit
        bar = tag(
            "span", style=f"width:{max(2.0, min(1.0, share) * _FULL):.0f}px",
            class_="bar over" if share > 1.0 else "bar",
        )  # fmt: skip
        rows.append(
            [
                text(each.judged.record.drill),
                text(waited.what),
                text(f"{seconds(took)} of {seconds(waited.limit)}"),
                f"{bar}{share:.0%}",
            ]
        )
    return table(["Drill", "Detected by", "Time", "Of what was allowed"], rows) if rows else ""


def score(summary: Summary) -> str:
    """What the protections were shown to be for."""
    rows = [
        [
            badge("PASS" if row.counts else "FAIL"),
            text(row.drill),
            text(", ".join(row.protections)),
            badge(row.quiet),
            badge(row.broken),
            text(row.by),
            text("" if row.effect is None else seconds(row.effect)),
            text("nobody" if row.detected is None else seconds(row.detected)),
            "" if row.is_early is None else badge("PASS" if row.is_early else "FAIL"),
        ]
        for row in summary.score
    ]
    heads = ["Shown", "Drill", "Switched off", "Without fault", "With fault", "Failed by",
             "After", "Noticed after", "Within half"]  # fmt: skip
    return table(heads, rows) if rows else ""
