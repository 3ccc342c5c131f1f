"""Flies a mission and writes what it leaves to read: the one call to fly from Python."""

from collections.abc import Callable
from pathlib import Path

from ground.missions.mission import LoadedMission
from ground.missions.run_folder import RunFolder
from ground.reports.ascent_product import write_ascent_report
from ground.reports.summary import write_summary
from ground.testbed.evidence.run_record import RunRecord
from ground.testbed.fly import fly
from ground.testbed.host import HostKind
from ground.testbed.run import Run, RunOptions


def fly_mission(
    mission: LoadedMission,
    out: Path,
    options: RunOptions | None = None,
    host: HostKind | None = None,
    show: Callable[[Run], None] | None = None,
) -> RunRecord:
    """Flies a mission into the folder `out`, with summary and report of the ascent.

    `host`: where its participants live; in virtual time unless given. `show` looks at the run now
    and then. Raises ConfigurationError before anything is started or written.
    """
    return fly(mission, out, options, host, show, write_reports)


def write_reports(folder: RunFolder, record: RunRecord) -> None:
    """All that is written of a run when it has ended, but for pictures."""
    write_ascent_report(folder.path)  # the summary tells of margins that it finds missed
    write_summary(folder, record)
