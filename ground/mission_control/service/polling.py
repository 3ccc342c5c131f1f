"""What the edge asks for many times a second: the clock, the journal's news, telemetry's news."""

import math
from typing import Any

from flight.astrodynamics.time_scales import format_iso, utc_from_tt
from flight.runtime.loop import NANOSECONDS
from ground.mission_control.dictionary import Band, ChannelEntry
from ground.mission_control.service.desk import Desk
from ground.mission_control.service.reading_requests import bounded
from ground.mission_control.service.windows import outlook
from ground.mission_control.telemetry import Sample

LONGEST_VALUE = 64  # characters, items of a list: what is longer is told in words
BOOT = 1 << 40
"""Versions of telemetry that one start of mission control has at most: they go on over a start."""


def clock(desk: Desk) -> dict[str, Any]:
    """What time it is, here and there, and when an answer can come."""
    control = desk.control
    now, stations = control.clock.now(), control.stations
    light = stations.light_time
    answers = [
        seen.estimate.earliest_answer_ns
        for vehicle in desk.vehicles
        if (seen := outlook(stations, vehicle, now)).estimate.earliest_answer_ns is not None
    ]
    coming = stations.passes()
    lmst = control.clock.text(now)
    return {
        "utc": _utc(desk, now),
        "lmst": lmst,
        "sol": control.clock.sol(now),
        "light_time_s": light,
        "seen_at": _utc(desk, now - light),
        "answer_at": _utc(desk, min(answers) / NANOSECONDS) if answers else None,
        "next_pass": {
            "vehicle": coming[0].vehicle,
            "start_ns": round(coming[0].start * NANOSECONDS),
            "end_ns": round(coming[0].end * NANOSECONDS),
        } if coming else None,
    }  # fmt: skip


def _utc(desk: Desk, seconds: float) -> str:
    return format_iso(utc_from_tt(desk.control.clock.jd_tt(seconds)), decimals=0)


def news(desk: Desk, journal: int, telemetry: int, limit: int) -> dict[str, Any]:
    """The clock, and what is new since a number of the journal and a version of the telemetry."""
    latest = desk.control.telemetry
    begun = desk.control.boot * BOOT
    stale = {vehicle: desk.control.stale(vehicle) for vehicle in desk.vehicles}
    changed = [
        _row(desk, vehicle, channel, sample, stale.get(vehicle, False))
        for vehicle, channel, sample in latest.changed_after(telemetry - begun)
    ]
    return {
        "clock": clock(desk),
        "journal": bounded(desk.journal.after(journal, limit=limit)),
        "journal_last": desk.journal.last,
        "telemetry": changed,
        "telemetry_version": begun + latest.version,
        "stale": [vehicle for vehicle, is_so in stale.items() if is_so],
    }


def _row(
    desk: Desk, vehicle: str, channel: str, sample: Sample, stale: bool
) -> list[Any]:
    value = shown(sample.value)
    entry = desk.channel(vehicle, channel)
    state = "STALE" if stale else limit_state(sample.value, entry)
    return [vehicle, channel, value, sample.occurred_ns, sample.received_ns, state]


def shown(value: Any) -> Any:
    """A value as it goes into a table: long ones in words."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str) and len(value) > LONGEST_VALUE * 4:
        return f"{value[: LONGEST_VALUE * 4]}…"
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, list | dict):
        text = repr(value)
        return value if len(text) <= LONGEST_VALUE * 4 else f"{len(value)} items"
    return value


def limit_state(value: Any, entry: ChannelEntry | None) -> str:
    """A value beside its limits: OK, YELLOW, RED; NONE where there is no value."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "NONE"
    if entry is None or isinstance(value, bool) or not isinstance(value, int | float):
        return "OK"
    if _outside(value, entry.red):
        return "RED"
    return "YELLOW" if _outside(value, entry.yellow) else "OK"


def _outside(value: float, band: Band) -> bool:
    low, high = band
    return (low is not None and value < low) or (high is not None and value > high)
