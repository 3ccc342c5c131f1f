"""What the edge asks for many times a second: the clock, the journal's news, telemetry's news."""

from typing import Any

from flight.astrodynamics.time_scales import format_iso, utc_from_tt
from flight.runtime.loop import NANOSECONDS
from ground.api.bounding import bounded
from ground.mission_control.service.desk import ControlDesk
from ground.mission_control.service.windows import outlook

BOOT = 1 << 40
"""Versions of telemetry that one start of mission control has at most: they go on over a start."""

MOST = 256 << 10
"""Bytes of entries in one answer; the rest comes with the next."""


def clock(desk: ControlDesk) -> dict[str, Any]:
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


def _utc(desk: ControlDesk, seconds: float) -> str:
    return format_iso(utc_from_tt(desk.control.clock.jd_tt(seconds)), decimals=0)


def news(desk: ControlDesk, journal: int, telemetry: int, limit: int) -> dict[str, Any]:
    """The clock, and what is new since a number of the journal and a version of the telemetry."""
    latest = desk.control.telemetry
    begun = desk.control.boot * BOOT
    stale = {vehicle: desk.control.stale(vehicle) for vehicle in desk.vehicles}
    watch, keys = desk.watch, set()
    rows = []
    for vehicle, channel, sample in latest.changed_after(telemetry - begun):
        keys.add((vehicle, channel))
        if (vehicle, channel) not in watch.products:
            old = stale.get(vehicle, False)
            stamps = (sample.occurred_ns, sample.received_ns)
            rows.append(watch.row(vehicle, channel, sample.value, *stamps, old))
    changed = [*rows, *watch.derived_rows(keys, stale)]
    return {
        "clock": clock(desk),
        "journal": bounded(desk.journal.after(journal, limit=limit), MOST),
        "journal_last": desk.journal.last,
        "telemetry": changed,
        "telemetry_version": begun + latest.version,
        "stale": [vehicle for vehicle, is_so in stale.items() if is_so],
    }
