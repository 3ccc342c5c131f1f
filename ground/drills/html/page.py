"""The whole report."""

import json
from collections.abc import Sequence
from pathlib import Path

from flight.configuration.whole_files import replace_file
from ground.drills.coverage import Coverage
from ground.drills.html import overview
from ground.drills.html.details import drill_section
from ground.drills.html.style import STYLE
from ground.drills.html.text import tag, text
from ground.drills.results import Shown, Summary

FULL = 400
"""Drills that are shown in full; of more, those that did not pass, and the first of the others."""


def write_html(path: Path, shown: Sequence[Shown], summary: Summary, coverage: Coverage) -> None:
    """Writes the report as one file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, page(shown, summary, coverage))


def page(shown: Sequence[Shown], summary: Summary, coverage: Coverage) -> str:
    """The report as HTML."""
    body = [
        tag("h1", "Fault drills"),
        tag("p", tag("code", text(summary.command))) if summary.command else "",
        overview.tiles(summary, coverage),
        *(tag("p", text(note)) for note in summary.notes),
        _part("All drills", overview.all_drills(shown)),
        _part(
            "Coverage: survived of hit, by kind of fault and phase",
            overview.heat_map(coverage, "kind", "Kind of fault"),
        ),
        _part(
            "Coverage: survived of hit, by target and phase",
            overview.heat_map(coverage, "target", "Target"),
        ),
        _part("What the protections are for", overview.score(summary)),
        _part("Slowest detections", overview.slowest_detections(shown)),
        tag("h2", "Drill by drill"),
        *(drill_section(number, each) for number, each in _in_full(shown)),
        _part("What this rests on", _evidence(summary)),
    ]
    head = tag(
        "head", '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        tag("title", "Fault drills"), tag("style", STYLE),
    )  # fmt: skip
    return f"<!DOCTYPE html>\n{tag('html', head, tag('body', *body), lang='en')}\n"


def _part(title: str, content: str) -> str:
    return tag("h2", text(title)) + content if content else ""


def _in_full(shown: Sequence[Shown]) -> list[tuple[int, Shown]]:
    numbered = list(enumerate(shown))
    if len(numbered) <= FULL:
        return numbered
    bad = [each for each in numbered if each[1].judged.verdict != "PASS"]
    good = [each for each in numbered if each[1].judged.verdict == "PASS"]
    return sorted((bad + good)[:FULL], key=lambda each: each[0])


def _evidence(summary: Summary) -> str:
    known = {"evidence": summary.evidence, "fingerprint": summary.fingerprint}
    told = json.dumps(known, indent=1, ensure_ascii=False)
    inside = tag("summary", "Commit, configuration, versions, platform")
    return tag("details", inside, tag("pre", text(told)))
