"""What changed since an instant: rungs, modes, limits, alarms, tubes, values, and a log entry."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from flight.icd.messages import Severity
from ground.mission_control.archive.archive import Archive
from ground.mission_control.dictionary.condition_checks import MODE
from ground.mission_control.dictionary.dictionary import LIMIT_EVENTS
from ground.mission_control.views.history import values_at

MOST = 500
"""Rows of each kind in an answer; `left` says how many more there are."""
_WARNINGS = (str(Severity.WARNING_HI), str(Severity.FATAL))
_ALARMS = """
SELECT number, source, name, severity, state, text FROM alarms WHERE number IN (
    SELECT json_extract(data, '$.number') FROM journal
    WHERE topic = 'alarm' AND what IN ('raised', 'worse') AND time_ns > ? AND time_ns <= ?
) OR NOT EXISTS (SELECT 1 FROM journal WHERE topic = 'alarm') AND COALESCE((
    SELECT MIN(received_ns) FROM events
    WHERE events.source = alarms.source AND events.occurred_ns = alarms.raised_ns
), raised_ns) BETWEEN ? + 1 AND ? ORDER BY number"""
"""Alarms that were raised or became worse, by when the ground heard of it: by the journal, and
where nobody keeps one by the event that raised it. What was raised before a pass comes in it."""


def since_pass(archive: Archive, now_ns: int, back: int) -> int:
    """When the pass began that is `back` passes over (1: the last); mission time in ns.

    Passes over several vehicles that overlap count as one. 0: there were not so many.
    """
    rows = archive.seen(
        "SELECT start_ns, end_ns FROM passes WHERE end_ns <= ? ORDER BY start_ns DESC LIMIT ?",
        (now_ns, 40 * back),
    )
    begins: list[int] = []
    for start, end in rows:
        if begins and end > begins[-1]:
            begins[-1] = min(start, begins[-1])
        elif len(begins) == back:
            break
        else:
            begins.append(start)
    return begins[back - 1] if len(begins) >= back else 0


def changes(
    archive: Archive, since_ns: int, now_ns: int, hidden: Collection[tuple[str, str]] = ()
) -> dict[str, Any]:
    """All that came down after `since_ns`, by kind; each row in the order of its receipt.

    `hidden`: channels (vehicle, name) whose values nobody looks at.
    """
    span = (since_ns, now_ns)
    with archive.seeing() as look:
        rungs = look(
            "SELECT identifier, COALESCE(vehicle, source), COALESCE(name, ''), rung, rungs.detail, "
            "rungs.occurred_ns, received_ns FROM rungs LEFT JOIN commands USING (identifier) "
            "WHERE received_ns > ? AND received_ns <= ? AND repeated = 0 "
            "ORDER BY received_ns, rungs.occurred_ns",
            span,
        )
        told = look(
            "SELECT source, name, severity, text, json_extract(data, '$.channel'), "
            "json_extract(data, '$.state'), occurred_ns, received_ns FROM events "
            "WHERE received_ns > ? AND received_ns <= ? ORDER BY received_ns, boot, number",
            span,
        )
        steps = look(
            "SELECT source, tube, step, status, place, occurred_ns, received_ns FROM custody "
            "WHERE received_ns > ? AND received_ns <= ? ORDER BY received_ns, occurred_ns",
            span,
        )
        alarms = look(_ALARMS, (*span, *span))
    then = {(each.vehicle, each.channel): each for each in values_at(archive, since_ns)}
    values: list[dict[str, Any]] = []
    modes: list[dict[str, Any]] = []
    for each in values_at(archive, now_ns):
        before = then.get((each.vehicle, each.channel))
        was = None if before is None else before.value
        same = before is not None and (
            before.received_ns == each.received_ns or was == each.value
        )
        if same or (each.vehicle, each.channel) in hidden:
            continue
        row = {
            "vehicle": each.vehicle, "channel": each.channel, "before": was, "value": each.value,
            "occurred_ns": each.occurred_ns, "received_ns": each.received_ns,
        }  # fmt: skip
        (modes if each.channel == MODE else values).append(row)
    limits = [
        {"vehicle": row[0], "channel": row[4], "state": row[5], "text": row[3],
         "occurred_ns": row[6], "received_ns": row[7]}
        for row in told if row[1] in LIMIT_EVENTS
    ]  # fmt: skip
    kinds: dict[str, list[dict[str, Any]]] = {
        "rungs": _maps(
            ("identifier", "vehicle", "name", "rung", "detail", "occurred_ns", "received_ns"), rungs
        ),
        "modes": modes,
        "limits": limits,
        "alarms": _maps(("number", "vehicle", "name", "severity", "state", "text"), alarms),
        "tubes": _maps(
            ("vehicle", "tube", "step", "status", "place", "occurred_ns", "received_ns"), steps
        ),
        "values": values,
        "warnings": _maps(
            ("vehicle", "name", "severity", "text"), [r for r in told if r[2] in _WARNINGS]
        ),
    }
    severities = Counter(row[2] for row in told)
    return {
        "since_ns": since_ns,
        "now_ns": now_ns,
        **{kind: rows[-MOST:] for kind, rows in kinds.items()},
        "left": {kind: len(rows) - MOST for kind, rows in kinds.items() if len(rows) > MOST},
        "events": {name: severities[name] for name in sorted(severities)},
        "log": _log(kinds, severities),
    }


def _maps(names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=False)) for row in rows]


def _log(kinds: dict[str, list[dict[str, Any]]], severities: Counter[str]) -> str:
    """What a shift log may begin with."""
    lines = [
        " ".join(
            (row["vehicle"], f"{row['name'] or row['identifier']}:", row["rung"], row["detail"])
        ).rstrip()
        for row in kinds["rungs"]
        if row["rung"] not in ("RECEIVED", "ACCEPTED", "STARTED", "PROGRESS")
    ]
    lines += [
        f"{row['vehicle']}: {row['before'] or 'not known'} -> {row['value']}"
        for row in kinds["modes"]
    ]
    lines += [f"{row['tube']}: {row['step']} at {row['place']}" for row in kinds["tubes"]]
    lines += [f"alarm {row['number']}: {row['vehicle']} {row['text']}" for row in kinds["alarms"]]
    count = sum(severities.values())
    lines.append(f"{count} events" if count != 1 else "1 event")
    return "\n".join(lines[:60])
