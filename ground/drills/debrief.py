"""What is told of a drill with people when it is over: as plain data, and as a page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from flight.configuration.whole_files import replace_file
from ground.drills.html.details import drill_section
from ground.drills.html.style import STYLE
from ground.drills.html.text import tag, text
from ground.drills.record import Record, Waited, ns_of
from ground.drills.results import Shown
from ground.testbed.operating.drilling import PAGE

OPERATOR = "operator"


def debrief(shown: Shown, number: int) -> dict[str, Any]:
    """Of one drill, the `number`-th of its run: verdict, timeline, faults, what was awaited."""
    told, judged, record = shown.told, shown.judged, shown.judged.record
    return {
        "number": number, "name": told.name, "title": told.title, "doc": told.doc,
        "verdict": judged.verdict, "because": judged.because, "end": record.end,
        "began_ns": ns_of(record.began), "ends_ns": ns_of(record.ended),
        "faults": [
            {
                "id": each.id, "words": f"{each.kind} of {each.target}", "hits": each.hits,
                "began_ns": ns_of(each.began), "first_ns": ns_of(each.first),
                "last_ns": ns_of(each.last), "ended_ns": ns_of(each.ended), "what": each.what,
            }
            for each in record.faults
        ],
        "within": [_waited(each) for each in _scripted(record)],
        "broken": [
            {"what": each.what, "t_ns": ns_of(each.time), "detail": each.detail}
            for each in record.broken
        ],
        "marks": [
            {"t_ns": ns_of(each.time), "lane": each.lane, "kind": each.kind, "text": each.text}
            for each in record.marks
        ],
        "tubes": msgspec.to_builtins(record.tubes),
    }  # fmt: skip


def _scripted(record: Record) -> list[Waited]:
    """What was awaited of the vehicles."""
    rest = [each for each in record.within if not each.name.startswith(OPERATOR)]
    return [*rest, *([] if record.heal is None else [record.heal])]


def _waited(each: Waited) -> dict[str, Any]:
    took = each.took
    return {
        "name": each.name, "what": each.what, "limit_s": each.limit, "since_ns": ns_of(each.since),
        "met_ns": ns_of(each.met), "took_s": took,
        "held": None if each.since is None else took is not None and took <= each.limit,
    }  # fmt: skip


def write_debrief(folder: Path, all_shown: Sequence[Shown]) -> None:
    """The page of all drills of a run, as one file."""
    body = [
        tag("h1", "Drills with people"),
        tag("p", text("What was asked of the operators stands among what was awaited.")),
        *(drill_section(number, each) for number, each in enumerate(all_shown)),
    ]
    head = tag(
        "head", '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        tag("title", "Drills with people"), tag("style", STYLE),
    )  # fmt: skip
    page = f"<!DOCTYPE html>\n{tag('html', head, tag('body', *body), lang='en')}\n"
    replace_file(folder / PAGE, page)
