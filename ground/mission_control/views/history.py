"""What the archive says of an instant and of a stretch of time: values, series, events, passes.

Only looked at: nothing is written by it, and what waits to be written is found as well.
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from ground.mission_control.alarms.alarm import RANK
from ground.mission_control.archive.archive import Archive

EVER = 2**63 - 1  # ns
_LIKE = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})


@dataclass(frozen=True)
class Value:
    """A channel's value as it was known at an instant; times in ns of mission time."""

    vehicle: str
    channel: str
    value: Any
    occurred_ns: int
    received_ns: int


class UnknownChannel(ValueError):
    """A channel of which nothing ever came."""


def values_at(archive: Archive, at_ns: int = EVER, vehicle: str = "") -> list[Value]:
    """The newest value of each channel of those that were here at an instant."""
    sampled = archive.sampled
    found = sampled.newest() if at_ns == EVER else sampled.newest_at(at_ns)
    return [
        Value(stream.source, stream.channel, row[3], row[0], row[2])
        for stream, row in found
        if vehicle in ("", stream.source)
    ]


def series(
    archive: Archive, vehicle: str, channel: str, t0_ns: int, t1_ns: int, pixels: int
) -> dict[str, Any]:
    """A channel from `t0_ns` up to, without, `t1_ns`, by the stamps of its vehicle.

    `rows`: for each of `pixels` equal stretches in which something was measured [t_ns of the last,
    min, max, last]; min and max are of numbers alone. `before`: [t_ns, value] of the last sample
    before `t0_ns`, or None: a channel is sent when it changes. Raises ValueError.
    """
    _check_span(t0_ns, t1_ns)
    stream = archive.sampled.stream(vehicle, channel)
    if stream is None:
        raise UnknownChannel(f"{vehicle} {channel}: no value of it has come yet")
    rows = samples(archive, vehicle, channel, t0_ns, t1_ns)
    told = {"vehicle": vehicle, "channel": channel, "unit": stream.unit}
    return {**told, **in_buckets(rows, t0_ns, t1_ns, pixels)}


def samples(
    archive: Archive, vehicle: str, channel: str, t0_ns: int, t1_ns: int
) -> list[tuple[int, Any]]:
    """The samples (t_ns, value) of a channel in a stretch of time, and the last one before it."""
    sampled = archive.sampled
    stream = sampled.stream(vehicle, channel)
    if stream is None:
        return []
    before = sampled.before(stream, t0_ns)
    within = sampled.within(stream, t0_ns, t1_ns)
    return [(row[0], row[3]) for row in ([before] if before is not None else []) + within]


def _check_span(t0_ns: int, t1_ns: int) -> None:
    if t1_ns <= t0_ns:
        raise ValueError(f"t1_ns = {t1_ns}: allowed is a time after t0_ns = {t0_ns}")


def in_buckets(
    rows: list[tuple[int, Any]], t0_ns: int, t1_ns: int, pixels: int
) -> dict[str, Any]:
    """Samples in order of time as `series` tells them. Raises ValueError."""
    _check_span(t0_ns, t1_ns)
    width = -(-(t1_ns - t0_ns) // pixels)
    before: list[Any] | None = None
    buckets: dict[int, list[Any]] = {}
    count = 0
    for time, value in rows:
        if time < t0_ns:
            before = [time, value]
            continue
        count += 1
        row = buckets.setdefault((time - t0_ns) // width, [time, None, None, None])
        row[0], row[3] = time, value
        if isinstance(value, int | float) and value == value:
            row[1] = value if row[1] is None else min(row[1], value)
            row[2] = value if row[2] is None else max(row[2], value)
    return {"rows": list(buckets.values()), "before": before, "samples": count}


def events(
    archive: Archive,
    *,
    source: str = "",
    name: str = "",
    severity: str = "",
    since_ns: int = -EVER,
    until_ns: int = EVER,
    text: str = "",
    limit: int = 200,
) -> list[dict[str, Any]]:
    """Events that were here after `since_ns` and at `until_ns`, the newest receipt first.

    `severity`: as bad or worse; `text`: a part of it, in any case of letters. Raises ValueError.
    """
    clauses, values = ["received_ns > ?", "received_ns <= ?"], [since_ns, until_ns]
    wanted: list[Any] = [*values]
    for column, given in (("source", source), ("name", name)):
        if given:
            clauses.append(f"{column} = ?")
            wanted.append(given)
    if severity:
        if severity not in RANK:
            raise ValueError(f"severity = {severity!r}: allowed is one of {', '.join(RANK)}")
        worse = [each for each, rank in RANK.items() if rank >= RANK[severity]]
        clauses.append(f"severity IN ({','.join('?' * len(worse))})")
        wanted += worse
    if text:
        clauses.append("text LIKE ? ESCAPE '\\'")
        wanted.append(f"%{text.translate(_LIKE)}%")
    found = archive.seen(
        "SELECT source, name, severity, occurred_ns, received_ns, text, data, boot, number "
        f"FROM events INDEXED BY events_by_reception WHERE {' AND '.join(clauses)} "
        "ORDER BY received_ns DESC, source, boot DESC, number DESC LIMIT ?",
        (*wanted, limit),
    )
    return [
        {
            "vehicle": vehicle, "name": event, "severity": level, "occurred_ns": occurred,
            "received_ns": received, "text": words, "data": msgspec.json.decode(data),
            "boot": boot, "number": number,
        }
        for vehicle, event, level, occurred, received, words, data, boot, number in found
    ]  # fmt: skip
