"""What a preview has shown: each command's rungs, energy, modes, way and warnings."""

from collections.abc import Callable, Sequence
from typing import Any

from ground.api import reads
from ground.api.fields import Read

PREVIEW = "preview"
"""Who has asked for the commands, on the twin."""
PIXELS = 240
MOST_WARNINGS = 20
CHARGE, EAST, NORTH, MODE = "state_of_charge", "east", "north", "mode"
ENDS = ("COMPLETED", "REJECTED", "FAILED", "TIMED_OUT", "ABORTED", "UNANSWERED", "CANCELLED")
Ask = Callable[[Read], dict[str, Any] | None]
"""Asks the twin's mission control; None: it refuses."""


def commands_since(ask: Ask, known: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
    """The commands of the preview that are not known yet, in the order in which they were
    issued; the procedure goes on beside them."""
    told = ask(reads.History(user=PREVIEW, limit=100)) or {"commands": []}
    return [each for each in reversed(told["commands"]) if each["identifier"] not in known]


def all_over(commands: Sequence[dict[str, Any]]) -> bool:
    """Whether each has its verdict on the ground."""
    return all(each["status"] in ENDS for each in commands)


def told_of(
    ask: Ask, items: Sequence[dict[str, Any]], became: Sequence[tuple[Sequence[str], str]],
    commands: Sequence[dict[str, Any]], begin_ns: int, end_ns: int,
) -> dict[str, Any]:  # fmt: skip
    """The result for who asked: `items` with what became of each, `vehicles` with what was told of
    those that they went to. `became`: of each item the identifiers of its commands, and why it is
    not all of them."""
    known = {each["identifier"]: each for each in commands}
    shown = []
    for item, (names, why_not) in zip(items, became, strict=True):
        mine = [known[name] for name in names if name in known]
        shown.append({**item, **_became(mine, why_not)})
    vehicles = dict.fromkeys(item["vehicle"] for item in items)
    return {
        "begin_ns": begin_ns, "end_ns": end_ns, "items": shown,
        "vehicles": {name: _vehicle(ask, name, begin_ns, end_ns) for name in vehicles},
    }  # fmt: skip


def _became(mine: Sequence[dict[str, Any]], why_not: str) -> dict[str, Any]:
    if not mine:
        return {"status": "NOT_ISSUED", "detail": why_not, "rungs": [], "sent_ns": None}
    # After a bad ARM there is no FIRE that could be better.
    bad = next((each for each in mine if each["status"] in ENDS[1:]), mine[-1])
    status, detail = bad["status"], bad["detail"]
    if why_not:  # ARM alone has no effect
        status, detail = "NOT_ISSUED" if status == "COMPLETED" else status, why_not
    return {
        "status": status, "detail": detail, "sent_ns": mine[-1]["sent_ns"],
        "rungs": [
            {name: rung.get(name) for name in ("rung", "occurred_ns", "received_ns", "detail")}
            for each in mine for rung in each["rungs"]
        ],
    }  # fmt: skip


def _vehicle(ask: Ask, name: str, begin_ns: int, end_ns: int) -> dict[str, Any]:
    def rows(channel: str) -> list[list[Any]]:
        span = reads.Series(name, channel, begin_ns, max(end_ns, begin_ns + 1), PIXELS)
        told = ask(span)
        if told is None:
            return []
        before = [[begin_ns, *[told["before"][1]] * 3]] if told["before"] else []
        return [*before, *told["rows"]]

    charge, modes = rows(CHARGE), rows(MODE)
    known = [row for row in charge if row[1] is not None]
    lowest = min(known, key=lambda row: row[1], default=None)
    warnings = ask(
        reads.Events(source=name, severity="WARNING_LO", since_ns=begin_ns, limit=MOST_WARNINGS)
    )
    return {
        "mode": modes[-1][3] if modes else None,
        "charge": {
            "begin": charge[0][3] if charge else None, "end": charge[-1][3] if charge else None,
            "lowest": lowest[1] if lowest else None, "lowest_ns": lowest[0] if lowest else None,
        },
        "track": _track(rows(EAST), rows(NORTH)),
        "warnings": [
            {key: each[key] for key in ("name", "severity", "text", "occurred_ns")}
            for each in (warnings or {"events": []})["events"][::-1]
        ],
    }  # fmt: skip


def _track(easts: list[list[Any]], norths: list[list[Any]]) -> list[list[float]]:
    """[t_ns, east, north] wherever either was told; the other stays as it was told last."""
    both = ((0, easts), (1, norths))
    changes = sorted((row[0], axis, row[3]) for axis, rows in both for row in rows)
    place: list[Any] = [None, None]
    track: list[list[float]] = []
    for time_ns, axis, value in changes:
        place[axis] = value
        if None not in place:
            if track and track[-1][0] == time_ns:
                track.pop()
            track.append([time_ns, *place])
    return track
