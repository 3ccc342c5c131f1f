"""Flies drills of an earlier campaign again, and says whether they are the same, bit by bit."""

from collections.abc import Sequence
from pathlib import Path

from flight.configuration.files import ConfigurationError
from ground.drills.campaign import Task, tasks_of
from ground.drills.drill import Drill
from ground.drills.finding import drills_in
from ground.drills.record import Judged, Mark, Record
from ground.drills.results import Shown
from ground.drills.trail import first_difference


def tasks_from(recorded: Sequence[Shown], records: Path) -> list[Task]:
    """The flights of a campaign, of the drill files as they were then: `records` is its folder, or
    the file in it. Where that has none they are those of today.

    Raises ConfigurationError where a drill is no longer there.
    """
    home = records if records.is_dir() else records.parent
    files: dict[str, dict[str, Drill]] = {}
    tasks: list[Task] = []
    for each in recorded:
        record = each.judged.record
        kept = home / each.told.kept
        file = str(kept) if kept.is_file() else record.file
        if file not in files:
            files[file] = {drill.name: drill for drill in drills_in([Path(file)])}
        name = record.drill.rpartition("/")[2]
        drill = files[file].get(name)
        if drill is None:
            raise ConfigurationError(file, None, "", f"there is no drill {name!r} in it any more")
        tasks += tasks_of(
            [drill], [record.seed], len(tasks), off=record.protections_off, bare=record.bare
        )
    return tasks


def differences(recorded: Sequence[Shown], judged: Sequence[Judged]) -> list[str]:
    """What is other than it was, in sentences; a drill whose bits are the same has none."""
    told = []
    for before, now in zip(recorded, judged, strict=True):
        old, new = before.judged.record, now.record
        if old.sha256 == new.sha256 and before.judged.verdict == now.verdict:
            continue
        told.append(f"{old.drill}, seed {old.seed}: {_difference(before.judged, now)}")
    return told


def _difference(before: Judged, now: Judged) -> str:
    old, new = before.record, now.record
    verdicts = ""
    if before.verdict != now.verdict:
        verdicts = f"{before.verdict} → {now.verdict}; "
    if old.sha256 == new.sha256:
        return f"{verdicts}the messages are the same"
    last, step = first_difference(old.trail, new.trail)
    if step is None:
        return f"{verdicts}the runs differ behind the last step of their trails"
    since = "from the start of the drill on" if last is None else f"after {last[0]:.3f} s"
    return (
        f"{verdicts}the runs part {since}, by {step[0]:.3f} s at the latest{_first_mark(old, new)}"
    )


def _first_mark(old: Record, new: Record) -> str:
    """The first thing on the two timelines that is not the same."""
    for one, other in zip(old.marks, new.marks, strict=False):
        if one != other:
            return f": {_words(one)}; now {_words(other)}"
    return ""


def _words(mark: Mark) -> str:
    return f"{mark.time:.3f} s {mark.lane} {mark.text}"
