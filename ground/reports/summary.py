"""The summary of a run: verdict, phases, tubes, and figures of the run itself."""

from dataclasses import asdict
from typing import Any

import msgspec

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.astrodynamics.time_scales import format_iso, utc_from_tt
from flight.icd.places import CONTAINER, EARTH, ENTRY_CAPSULE, MAV, ORBIT, ORBITER
from ground.missions.run_folder import RunFolder
from ground.reports.attention import missed_margins, open_alarms
from ground.reports.flight_facts import light_times, orbit_as_plain
from ground.reports.touchdown_facts import touchdown_facts
from ground.testbed.evidence.fingerprint import fingerprint
from ground.testbed.evidence.run_record import RunRecord

SUMMARY_FILE = "summary.json"
ABOARD = (CONTAINER, MAV, ORBIT, ORBITER, ENTRY_CAPSULE, EARTH)


def write_summary(folder: RunFolder, record: RunRecord) -> dict[str, Any]:
    """Writes `summary.json`; returns it."""
    summary = summarise(folder, record)
    folder.write_json(SUMMARY_FILE, summary)
    return summary


def summarise(folder: RunFolder, record: RunRecord) -> dict[str, Any]:
    """The summary as plain data."""
    mission = record.mission
    deterministic = {key: record.evidence[key] for key in ("deterministic", "because")}
    return {
        "mission": mission.name,
        "mission_file": str(mission.file.resolve()),
        "title": mission.mission.title,
        "verdict": record.verdict,
        "reason": record.outcome.reason,
        "seed": record.seed,
        "host": record.evidence["host"],
        "shuffle": record.evidence["options"].get("shuffle"),
        **deterministic,
        "landing": mission.mission.landing,
        "epoch_utc": format_iso(utc_from_tt(mission.epoch_jd_tt)),
        "phases": msgspec.to_builtins(record.outcome.phases),
        "tubes": _tubes(record),
        "tubes_accounted_for": len(record.accounted),
        "left_behind": [t for t in mission.wanted if record.truth[t] not in ABOARD],
        "orbit": orbit_as_plain(record.released),
        "touchdown": touchdown_facts(record.touchdown, folder.path),
        "light_times": light_times(
            mission.epoch_jd_tt, record.mission_seconds, record.outcome.phases
        ),
        "kills": [asdict(kill) for kill in record.kills],
        "breakages": [asdict(breakage) for breakage in record.breakages],
        "alarms": open_alarms(folder.path),
        "margins_missed": missed_margins(folder.path),
        "recoveries": msgspec.to_builtins(record.outcome.recoveries),
        "power_cuts": [{"time": at, "vehicle": vehicle} for at, vehicle in record.power_cuts],
        "boots": dict(record.boots),
        "custody_audits": record.audits,
        "custody_violations": [asdict(violation) for violation in record.violations],
        "vehicles_lost": {vehicle: at / SOL_SECONDS for vehicle, at in record.lost.items()},
        "log_sha256": record.log_sha256,
        "fingerprint": fingerprint(),
        "messages": record.messages,
        "mission_seconds": record.mission_seconds,
        "mission_sols": record.mission_seconds / SOL_SECONDS,
        "wall_seconds": round(record.wall_seconds, 3),
        "peak_rss_mb": round(record.figures.peak_rss_mb, 1),
        "evidence": {
            key: record.evidence[key]
            for key in ("program", "configuration", "versions", "platform", "options")
        },
    }


def _tubes(record: RunRecord) -> list[dict[str, Any]]:
    held = (*record.mission.depot.tubes, *record.mission.held)
    names = {tube.id: tube.name for tube in held}
    return [
        {
            "id": tube,
            "name": names.get(tube, tube),
            "place": place,
            "custody": record.statements[tube].statement,
            "stated_place": record.statements[tube].place,
            "accounted_for": tube in record.accounted,
        }
        for tube, place in record.truth.items()
    ]
