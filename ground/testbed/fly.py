"""Flies one run from its check to its record: refused before anything is started or written."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from flight.runtime.loop import run as run_loop
from ground.mission_control import Outcome
from ground.missions.mission import LoadedMission
from ground.missions.run_folder import RunFolder
from ground.missions.vehicle_files import VehicleFile
from ground.testbed.checks.mission import check_faults, check_mission
from ground.testbed.computers.protections import check_protections
from ground.testbed.evidence.evidence import evidence_of
from ground.testbed.evidence.fingerprint import fingerprint
from ground.testbed.evidence.run_record import RunRecord
from ground.testbed.host import HostKind, Setting
from ground.testbed.hosts.virtual import Virtual
from ground.testbed.kills import check_kills
from ground.testbed.run import Run, RunOptions


def fly(
    mission: LoadedMission,
    out: Path,
    options: RunOptions | None = None,
    host: HostKind | None = None,
    show: Callable[[Run], None] | None = None,
    report: Callable[[RunFolder, RunRecord], None] | None = None,
    folder: RunFolder | None = None,
) -> RunRecord:
    """Flies a mission into a folder (`folder`: which is open already); `report` writes what is to
    be read of it. Raises ConfigurationError before anything is started or written.
    """
    options, kind = options or RunOptions(), host or Virtual()
    files = check_run(mission, options, kind)
    folder = folder or RunFolder(out, {"fingerprint": fingerprint()})
    with folder.in_use():
        record = _flown(folder, mission, files, options, kind, show)
        if report is not None:
            report(folder, record)
        folder.mark("ended", verdict=record.verdict)
        return record


def check_run(
    mission: LoadedMission, options: RunOptions, kind: HostKind
) -> dict[str, VehicleFile]:
    """Refuses what cannot be flown so; raises ConfigurationError. Returns the vehicle files."""
    files = check_mission(mission)
    check_kills(options.kills, mission)
    check_protections(options.protections_off, mission.vehicles)
    kind.check(mission)
    check_faults(options.faults, kind)
    return files


def _flown(
    folder: RunFolder,
    mission: LoadedMission,
    files: dict[str, VehicleFile],
    options: RunOptions,
    kind: HostKind,
    show: Callable[[Run], None] | None,
) -> RunRecord:
    evidence = evidence_of(mission, options.seed, kind, options.protections_off)
    started = time.perf_counter()
    off, faults = options.protections_off, options.faults
    setting = Setting(mission, files, folder, options.seed, off, faults)
    run = Run(setting, options, kind)
    outcome, seconds = run_loop(_timed(run, show), run.host.loop())
    run.tracks.write(folder.path)
    hardware = run.hardware
    return RunRecord(
        mission=mission,
        seed=options.seed,
        outcome=outcome,
        truth=hardware.truth(),
        statements=run.statements,
        accounted=run.accounted,
        violations=run.auditor.violations,
        audits=run.auditor.audits,
        figures=run.host.figures(),
        mission_seconds=seconds,
        wall_seconds=time.perf_counter() - started,
        evidence=evidence,
        lost=dict(hardware.lost),
        kills=tuple(run.killed),
        breakages=run.breakages.all(run.faults.began, run.faults.hits),
        power_cuts=tuple(run.power_cuts.cuts),
        boots=dict(run.boots),
        released=hardware.released,
        touchdown=hardware.touchdown(),
    )


async def _timed(run: Run, show: Callable[[Run], None] | None) -> tuple[Outcome, float]:
    outcome = await run.fly(show)
    return outcome, asyncio.get_running_loop().time()
