"""The table of `msr verify`, on a terminal and in a pipe, and its JSON."""

import json
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ground.verification.rows import Row, Verdict, misses_required

Judged = Sequence[tuple[str, list[Row]]]
"""Rows by the name of their target."""

RULE = (
    "A required row holds a figure whose source settles model and inputs. An informative row, its "
    "verdict in brackets, does not: its source leaves something open, or the model is a rival kept "
    "for comparison. Both say MISS when they miss; the exit code is 1 only when a required row "
    "misses, else 0."
)
MORE = "`msr verify --all` prints every row, `--target NAME` those of one target."
_STYLES = {Verdict.OK: "green", Verdict.MISS: "bold red", Verdict.NO_FIGURE: "dim"}
_TEXT_WIDTH = 100


def print_rows(target: str, title: str, rows: Sequence[Row], console: Console) -> None:
    """Print the rows of one target as a table."""
    table = Table(
        title=f"{target}: {title}",
        title_justify="left",
        title_style="bold",
        header_style="dim",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_edge=False,
    )
    table.add_column("target", style="cyan", no_wrap=True)
    table.add_column("quantity", min_width=20)
    table.add_column("source", style="dim")
    for name in ("published", "computed", "tolerance"):
        table.add_column(name, justify="right")
    table.add_column("verdict", no_wrap=True)
    for row in rows:
        table.add_row(
            target,
            row.quantity,
            row.source,
            row.published_text(),
            row.computed_text(),
            row.tolerance_text(),
            _verdict_text(row),
        )
    console.print(table)
    console.print()


def print_families(judged: Sequence[tuple[str, str, Sequence[Row]]], console: Console) -> None:
    """Print a line for each family (name, title, rows), and the rows that miss."""
    table = Table(header_style="dim", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("target", style="cyan", no_wrap=True)
    table.add_column("what is compared")
    for name in ("agree", "miss", "no figure"):
        table.add_column(name, justify="right", no_wrap=True)
    for target, title, rows in judged:
        counts = [sum(row.verdict is verdict for row in rows) for verdict in Verdict]
        missed = Text(str(counts[1]), _STYLES[Verdict.MISS] if misses_required(rows) else "")
        table.add_row(target, title, str(counts[0]), missed, str(counts[2]))
    console.print(table)
    console.print()
    for target, title, rows in judged:
        misses = [row for row in rows if row.verdict is Verdict.MISS]
        if misses:
            print_rows(target, f"{title}: what misses", misses, console)


def print_summary(judged: Judged, console: Console) -> None:
    """Print the counts and the rule."""
    width = min(_TEXT_WIDTH, console.width)
    console.print(Text(summary(judged), style="bold"), width=width)
    console.print(Text(RULE, style="dim"), width=width)
    console.print(Text(MORE, style="dim"), width=width)


def summary(judged: Judged) -> str:
    """One sentence of counts."""
    rows = [row for _, rows in judged for row in rows]
    held = [row for row in rows if row.verdict is not Verdict.NO_FIGURE]
    required = [row for row in held if row.required]
    missed = len(misses_required(rows))
    informative = len(held) - len(required)
    also = sum(row.verdict is Verdict.MISS for row in held) - missed
    return (
        f"{len(required) - missed} of {len(required)} required rows agree; "
        f"{informative - also} of {informative} informative ones; "
        f"{len(rows) - len(held)} have no published figure."
    )


def as_json(judged: Judged) -> str:
    """The rows, the rule and the counts as JSON text."""
    rows = [row for _, rows in judged for row in rows]
    plain: dict[str, Any] = {
        "rule": RULE,
        "summary": summary(judged),
        "required_misses": len(misses_required(rows)),
        "rows": [row.as_plain(target) for target, rows in judged for row in rows],
    }
    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"


def _verdict_text(row: Row) -> Text:
    word = row.verdict.value
    informative = not row.required and row.verdict is not Verdict.NO_FIGURE
    return Text(f"({word})" if informative else word, style=_STYLES[row.verdict])
