"""What a flown run's archive holds, in the order in which it reached the ground."""

import bisect
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ground.mission_control.archive.schema import RUNG_ORDER

SOL_NS = 88_775_244_147_000
LANDING = datetime(2028, 8, 5, 12, tzinfo=UTC)
Values = dict[str, Any]


@dataclass
class Recording:
    """Times are nanoseconds of mission time."""

    dictionary: Values
    sols_at_zero: float
    told: list[tuple[int, str, Any]] = field(default_factory=list)
    """(received, kind, what): `tm` a row; `ev`, `custody`, `cmd`, `log` the data of an entry."""
    commands: list[Values] = field(default_factory=list)
    passes: list[Values] = field(default_factory=list)
    light_times: list[tuple[int, float, bool]] = field(default_factory=list)
    """(from when, seconds, whether the Sun is between), in order of time."""
    samples: dict[tuple[str, str], list[tuple[int, int, Any]]] = field(default_factory=dict)

    @property
    def vehicles(self) -> list[str]:
        """Those that told anything, in the dictionary's order."""
        told = {vehicle for vehicle, _ in self.samples}
        return [name for name in self.dictionary["vehicles"] if name in told]

    def state(self, vehicle: str, channel: str, value: Any) -> str:
        """OK, YELLOW or RED, by the dictionary's limits; NONE where there are none."""
        entry = self.dictionary["vehicles"][vehicle]["channels"].get(channel, {})
        if isinstance(value, str | bool) or value is None:
            return "NONE"
        bands = [("RED", entry.get("red")), ("YELLOW", entry.get("yellow"))]
        state = "NONE"
        for name, (low, high) in [(name, band) for name, band in bands if band]:
            if (low is not None and value < low) or (high is not None and value > high):
                return name
            state = state if low is None and high is None else "OK"
        return state

    def light_ns(self, time_ns: int) -> int:
        """The light time that the stations had told by then; of earlier instants the first."""
        place = bisect.bisect_right(self.light_times, time_ns, key=lambda each: each[0])
        return round(self.light_times[max(0, place - 1)][1] * 1e9)

    def clock(self, time_ns: int) -> Values:
        """The clock of a poll."""
        sols = self.sols_at_zero + time_ns / SOL_NS
        seconds = int(sols % 1.0 * 86400)
        light_ns = self.light_ns(time_ns)
        coming = [each for each in self.passes if each["end_ns"] > time_ns]
        return {
            "utc": utc(time_ns),
            "lmst": f"Sol {int(sols)} {timedelta(seconds=seconds)!s:0>8}",
            "sol": int(sols),
            "light_time_s": light_ns / 1e9,
            "seen_at": utc(time_ns - light_ns),
            "answer_at": utc(time_ns + 2 * light_ns),
            "next_pass": coming[0] if coming else None,
        }


def utc(time_ns: int) -> str:
    """ISO text."""
    return (LANDING + timedelta(microseconds=time_ns // 1000)).isoformat(timespec="seconds")


def read_recording(folder: Path, dictionary: Values) -> Recording:
    """Reads the archive of a run folder."""
    database = sqlite3.connect(f"file:{folder / 'ground' / 'archive.sqlite'}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    (sols,) = database.execute("SELECT sols_at_zero FROM mission_clock").fetchone()
    found = Recording(dictionary, sols)
    found.passes = [
        {**dict(row), "bytes_expected": None, "bytes_come": None, "link": "relay"}
        for row in database.execute(
            "SELECT vehicle, start_ns, end_ns FROM passes ORDER BY start_ns"
        )
    ]
    found.light_times = [
        (row["time_ns"], row["seconds"], bool(row["moratorium"]))
        for row in database.execute("SELECT * FROM light_times ORDER BY time_ns")
    ]
    for down in database.execute("SELECT source, received_ns, bytes FROM downlinks"):
        for each in found.passes:
            within = each["start_ns"] <= down["received_ns"] <= each["end_ns"] + 3_600_000_000_000
            if each["vehicle"] == down["source"] and within:
                each["bytes_come"] = (each["bytes_come"] or 0) + down["bytes"]
    brought: dict[str, list[int]] = {}
    for each in found.passes:  # the middle of what the five before it brought
        before = brought.setdefault(each["vehicle"], [])
        each["bytes_expected"] = sorted(before[-5:])[len(before[-5:]) // 2] if before else None
        before.append(each["bytes_come"] or 0)
    found.commands = list(_commands(database))
    for query, make in ((_SAMPLES, _sample), (_EVENTS, _event), (_CUSTODY, _custody), (_LOG, _log)):
        found.told += [make(found, row) for row in database.execute(query)]
    found.told += [
        (max(rung["received_ns"], command["sent_ns"] or 0), "cmd", (command["identifier"], place))
        for command in found.commands
        for place, rung in enumerate(command["rungs"])
    ]
    found.told.sort(key=lambda each: each[0])
    database.close()
    return found


_PASSES = "SELECT vehicle, start_ns, end_ns FROM passes ORDER BY start_ns"
_SAMPLES = (
    "SELECT source, channel, occurred_ns, received_ns, value FROM samples JOIN streams "
    "USING (stream) ORDER BY received_ns, occurred_ns"
)
_EVENTS = "SELECT * FROM events ORDER BY received_ns, occurred_ns, number"
_CUSTODY = "SELECT * FROM custody ORDER BY received_ns, occurred_ns, sequence"
_LOG = "SELECT * FROM procedure_log ORDER BY number"


def _sample(found: Recording, row: sqlite3.Row) -> tuple[int, str, Any]:
    vehicle, channel, occurred, received, value = row
    entry = found.dictionary["vehicles"][vehicle]["channels"].get(channel, {})
    if entry.get("type") == "boolean" and value is not None:
        value = bool(value)
    found.samples.setdefault((vehicle, channel), []).append((occurred, received, value))
    state = found.state(vehicle, channel, value)
    return received, "tm", [vehicle, channel, value, occurred, received, state]


def _event(_: Recording, row: sqlite3.Row) -> tuple[int, str, Any]:
    data = {key: row[key] for key in ("name", "severity", "text", "occurred_ns", "received_ns")}
    data |= {"number": row["number"], "data": json.loads(row["data"])}
    return row["received_ns"], "ev", (row["source"], data)


def _custody(_: Recording, row: sqlite3.Row) -> tuple[int, str, Any]:
    record = json.loads(row["record"])
    evidence = record.get("evidence") or {}
    data = {
        key: row[key] for key in ("tube", "occurred_ns", "received_ns", "step", "status", "place")
    }
    data |= {"vehicle": row["source"], "destination": record.get("destination")}
    data |= {"counterpart": record.get("counterpart"), "reading": evidence.get("reading")}
    data["verified_by"] = evidence.get("verified_by")
    return row["received_ns"], "custody", (row["source"], data)


def _log(_: Recording, row: sqlite3.Row) -> tuple[int, str, Any]:
    return row["time_ns"], "log", {key: row[key] for key in ("time_ns", "step", "text")}


def _commands(database: sqlite3.Connection) -> Iterator[Values]:
    for row in database.execute("SELECT * FROM commands ORDER BY number").fetchall():
        rungs = database.execute(
            "SELECT rung, occurred_ns, received_ns, detail FROM rungs WHERE identifier = ? "
            f"ORDER BY received_ns, occurred_ns, {RUNG_ORDER}",
            (row["identifier"],),
        )
        yield {
            "identifier": row["identifier"], "vehicle": row["vehicle"], "command": row["name"],
            "arguments": json.loads(row["arguments"]), "user": "", "note": row["step"],
            "issued_ns": row["issued_ns"], "sent_ns": row["sent_ns"] or row["issued_ns"],
            "expected_ns": row["expected_ns"], "stage": row["stage"], "late": bool(row["late"]),
            "verdict": row["verdict"], "verdict_ns": row["verdict_ns"], "detail": row["detail"],
            "rungs": [dict(rung) for rung in rungs],
        }  # fmt: skip
