"""The trade as a table, as sentences, and as files."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from rich import box
from rich.console import Console
from rich.table import Table

from flight.configuration.whole_files import replace_file
from ground.studies.trade.flight import TradeResult
from ground.studies.trade.statistics import Spread
from ground.studies.trade.trade_file import Trade
from ground.studies.trade.verdict import Decision, Verdict

HEADINGS = (
    "variant", "lift-off\nkg", "payload\nkg", "reaches the orbit\n(95 % interval)",
    "periapsis\nkm", "apoapsis\nkm", "margin\nm/s", "sure\nm/s", "asked\nm/s", "q\nkPa",
    "acc.\nm/s²",
)  # fmt: skip
WIDE = 110
"""Columns that the whole table needs."""
NARROW = ((1, 2, 3, 6, 7, 8), (4, 5, 9, 10))
"""Columns of the two tables that stand for it on a narrower terminal."""
_PREFERRED = {
    "lift_off_mass": "the lightest at lift-off",
    "payload": "the one with the heaviest payload",
    "margin": "the one with the largest sure margin",
}


def cells(verdict: Verdict) -> tuple[str, ...]:
    """The row of one design."""
    low, high = (100.0 * bound for bound in verdict.share_interval)
    return (
        verdict.design,
        f"{verdict.lift_off_mass:.1f}",
        f"{verdict.payload:.1f}",
        f"{100 * verdict.share:.0f} % ({low:.0f} to {high:.0f})",
        _spread(verdict.periapsis_km),
        _spread(verdict.apoapsis_km),
        _spread(verdict.margin, sign=True),
        _number(verdict.sure_margin, "+.0f"),
        f"{verdict.least_margin:.0f}",
        _number(verdict.dynamic_pressure / 1e3, ".2f"),
        _number(verdict.acceleration, ".0f"),
    )


def print_table(trade: Trade, decision: Decision, console: Console) -> None:
    """The table of all designs, and the decision."""
    rows = {verdict.design: cells(verdict) for verdict in decision.verdicts}
    styles = {
        verdict.design: "bold green"
        if verdict.design == decision.recommended
        else ("dim" if verdict.against else "")
        for verdict in decision.verdicts
    }
    whole = tuple(range(1, len(HEADINGS)))
    for part in (whole,) if console.width >= WIDE else NARROW:
        title = trade.title if part[0] == 1 else None
        table = Table(
            title=title, title_justify="left", title_style="bold", header_style="dim",
            box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False,
        )  # fmt: skip
        for index in (0, *part):
            justify: Literal["left", "right"] = "left" if index == 0 else "right"
            table.add_column(HEADINGS[index], justify=justify, no_wrap=index > 0)
        for name, row in rows.items():
            table.add_row(*(row[index] for index in (0, *part)), style=styles[name])
        console.print(table)
        console.print()
    for sentence in sentences(trade, decision):
        console.print(sentence, highlight=False, markup=False)


def sentences(trade: Trade, decision: Decision) -> list[str]:
    """Which designs meet the criterion and which do not, and the one that is recommended."""
    criterion = trade.criterion
    told = [
        f"Asked for: the orbit of {trade.orbit.lowest:g} to {trade.orbit.highest:g} km, "
        f"{trade.orbit.largest_plane_error:g} deg off its plane at most, in "
        f"{100 * criterion.least_share:g} % of the flights; in "
        f"{100 * (1.0 - criterion.margin_risk):g} % of them at least "
        f"{_margins(trade)} m/s left; at most {criterion.heaviest_lift_off:g} kg at "
        f"lift-off, at least {criterion.least_payload:g} kg of payload."
    ]
    fit = [verdict for verdict in decision.verdicts if not verdict.against]
    if fit:
        names = ", ".join(f"{v.design} ({v.sure_margin:+.0f} m/s sure)" for v in fit)
        told.append(f"Meet it: {names}.")
    unfit = [verdict for verdict in decision.verdicts if verdict.against]
    if unfit:
        told.append("Do not meet it:")
        told += [f"  {verdict.design}: {'; '.join(verdict.against)}." for verdict in unfit]
    if not decision.recommended:
        return [*told, "Recommended: none of these; no design meets what was asked for."]
    best = next(v for v in decision.verdicts if v.design == decision.recommended)
    told.append(
        f"Recommended: {best.design} ({best.title}), {_PREFERRED[criterion.prefer]} of "
        f"{'the one' if len(fit) == 1 else f'the {len(fit)}'} that meet it: "
        f"{best.lift_off_mass:.0f} kg, {best.payload:g} kg of payload, "
        f"{best.sure_margin:.0f} m/s sure."
    )
    if best.share_interval[0] < criterion.least_share:
        told.append(
            f"With {best.runs} flight{'s' if best.runs > 1 else ''} its true share may be as low "
            f"as {100 * best.share_interval[0]:.0f} %: fly more (--runs) to be surer."
        )
    return told


def _margins(trade: Trade) -> str:
    """What margins are asked for: the criterion's, and those of designs that need another."""
    usual = trade.criterion.least_margin
    others: dict[float, list[str]] = {}
    for name, margin in trade.least_margins.items():
        if margin != usual:
            others.setdefault(margin, []).append(name)
    return f"{usual:g}" + "".join(f" ({', '.join(n)}: {m:g})" for m, n in others.items())


def markdown(trade: Trade, decision: Decision, pictures: Sequence[Path] = ()) -> str:
    """The report as a page; `pictures` are shown by their file names."""
    heads = [heading.replace("\n(", " (").replace("\n", ", ") for heading in HEADINGS]
    rows = [f"| {' | '.join(heads)} |", "|---" + "|---:" * (len(heads) - 1) + "|"]
    rows += [f"| {' | '.join(cells(verdict))} |" for verdict in decision.verdicts]
    told = sentences(trade, decision)
    listed = "\n".join(f"- {line.strip()}" if line[0] == " " else f"\n{line}" for line in told)
    titles = "\n".join(f"- `{v.design}`: {v.title}" for v in decision.verdicts)
    shown = "\n\n".join(f"![{path.stem}]({path.name})" for path in pictures)
    parts = [f"# {trade.title}", "\n".join(rows), listed.strip(), "## Variants", titles, shown]
    return "\n\n".join(part for part in parts if part) + "\n"


def write(
    folder: Path, trade: Trade, results: dict[str, list[TradeResult]], decision: Decision,
    pictures: Sequence[Path] = (),
) -> None:  # fmt: skip
    """Writes `trade.json` (verdicts and every flight) and `trade.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    data = {
        "title": trade.title,
        "recommended": decision.recommended,
        "verdicts": [_plain(asdict(verdict)) for verdict in decision.verdicts],
        "flights": [result.as_row() for rows in results.values() for result in rows],
    }
    replace_file(folder / "trade.json", json.dumps(data, indent=1, allow_nan=False) + "\n")
    replace_file(folder / "trade.md", markdown(trade, decision, pictures))


def _plain(value: Any) -> Any:
    """The same data with null for what is not a number."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _spread(spread: Spread, *, sign: bool = False) -> str:
    if not math.isfinite(spread.mean):
        return "-"
    return f"{spread.mean:{'+' if sign else ''}.0f} ± {spread.deviation:.0f}"


def _number(value: float, form: str) -> str:
    return format(value, form) if math.isfinite(value) else "-"
