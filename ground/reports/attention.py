"""What is left at the end of a run for somebody to look at: open alarms, missed margins."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.icd.messages import Severity
from flight.runtime.pace import NANOSECONDS
from ground.mission_control import ALARMS_OVER
from ground.missions.run_folder import read_archive
from ground.reports.ascent_report import REPORT_FIGURES

_OPEN = """
    SELECT source, name, severity, state, raised_ns, count, text FROM alarms
    WHERE state != 'CLOSED' ORDER BY number
"""
_RANKS = {str(severity): rank for rank, severity in enumerate(Severity)}


def open_alarms(run_folder: Path) -> list[dict[str, Any]]:
    """The alarms that were not over when the run ended: those that hold first, the worst first.

    `since` is in sols of mission time; RETURNED ones wait for somebody to have seen them, LATCHED
    ones for somebody to reset them.
    """
    archive = read_archive(run_folder)
    if archive is None:
        return []
    with closing(archive):
        rows = archive.execute(_OPEN).fetchall()
    alarms = [
        {
            "vehicle": source,
            "name": name,
            "severity": severity,
            "state": state,
            "since": round(raised_ns / NANOSECONDS / SOL_SECONDS, 3),
            "count": count,
            "text": text,
        }
        for source, name, severity, state, raised_ns, count, text in rows
    ]
    return sorted(
        alarms, key=lambda each: (each["state"] in ALARMS_OVER, -_RANKS.get(each["severity"], 0))
    )


def missed_margins(run_folder: Path) -> list[dict[str, Any]]:
    """The margins of the ascent's report that were not kept; `left`: of the limit, below zero."""
    file = run_folder / REPORT_FIGURES
    if not file.is_file():
        return []
    margins = json.loads(file.read_text(encoding="utf-8"))["margins"]
    return [{"name": name, "left": left} for name, left in margins.items() if left < 0.0]
