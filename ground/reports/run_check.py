"""What must hold of every run that has ended, whatever happened in it; told from its folder."""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flight.core.commanding.ladder import Entry, Ladder
from flight.core.keeping.storage import Storage
from flight.icd.messages import TERMINAL_RUNGS
from ground.mission_control import ARCHIVE_FILE
from ground.reports.summary import SUMMARY_FILE


def complaints(folder: Path) -> list[str]:
    """What does not hold of the run in `folder`, as sentences; nothing when all is well.

    Custody held at each instant, every tube is accounted for, and every command has ended once: by
    the ground's archive and by the history of each vehicle that was not lost for good.
    """
    summary: dict[str, Any] = json.loads((folder / SUMMARY_FILE).read_text(encoding="utf-8"))
    found = [f"custody: {violation}" for violation in summary["custody_violations"]]
    for tube in summary["tubes"]:
        if not tube["custody"]:
            found.append(f"{tube['id']} is not accounted for")
    found += _complaints_of_ground(folder / "ground" / ARCHIVE_FILE)
    lost = summary["vehicles_lost"]
    for file in sorted(folder.glob("nodes/*.sqlite")):
        if file.stem not in lost:
            found += _complaints_of_vehicle(file)
    return found


def _complaints_of_ground(archive: Path) -> Iterable[str]:
    database = sqlite3.connect(f"file:{archive}?mode=ro", uri=True)
    try:
        for identifier, vehicle, name, verdict in database.execute(
            "SELECT identifier, vehicle, name, verdict FROM commands ORDER BY number"
        ):
            if verdict is None:
                yield f"ground: {vehicle} {name} ({identifier}) has no verdict"
        terminal = ",".join(f"'{rung}'" for rung in sorted(map(str, TERMINAL_RUNGS)))
        for identifier, source, ends in database.execute(
            "SELECT identifier, source, COUNT(*) FROM rungs WHERE repeated = 0 "
            f"AND rung IN ({terminal}) GROUP BY identifier, source HAVING COUNT(*) > 1"
        ):
            yield f"ground: {source} reported {ends} ends of {identifier}"
    finally:
        database.close()


def _complaints_of_vehicle(file: Path) -> Iterable[str]:
    for entry in command_history(file):
        if not entry.ended:
            yield f"{file.stem}: {entry.command.name} ({entry.command.identifier}) has not ended"


def command_history(file: Path) -> list[Entry]:
    """The command history in the storage of a node that is not running."""
    storage = Storage(file)
    try:
        return Ladder(file.stem, storage, lambda: 0, lambda report: None, lambda: 0).entries()
    finally:
        storage.close()


def run_complaints(path: Path) -> list[str]:
    """Like `complaints`, and the verdict itself."""
    summary = json.loads((path / SUMMARY_FILE).read_text(encoding="utf-8"))
    failed = [] if summary["verdict"] == "success" else [f"failure: {summary['reason']}"]
    return failed + complaints(path)
