"""The protection score: each protection is shown to be for something, by switching it off.

A drill that names what `protects` is flown twice more without that: once without its faults, and
then it must pass, and once with them, and then it must fail: by what had to hold, not only by a
detection that nobody could make any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ground.drills.campaign import Campaign, Task, tasks_of
from ground.drills.drill import Drill
from ground.drills.record import Judged
from ground.drills.results import ScoreRow

DETECTIONS = ("detect", "isolate")
"""Waits of these names are for signs of a protection, which are missing when it is off."""


@dataclass(frozen=True)
class Shows:
    """What is flown to show what the protections of a drill are for."""

    drill: Drill
    quiet: Task
    broken: Task


def score(campaign: Campaign, drills: Sequence[Drill]) -> list[ScoreRow]:
    """What the protections of drills are shown to be for."""
    shows = shows_of(drills, 0)
    tasks = [task for each in shows for task in (each.quiet, each.broken)]
    judged = campaign.fly(tasks)
    by_number = {task.job.number: each for task, each in zip(tasks, judged, strict=True)}
    return score_rows(shows, by_number)


def shows_of(drills: Sequence[Drill], first: int) -> list[Shows]:
    """The flights for all drills that name protections; numbered from `first`."""
    found: list[Shows] = []
    for drill in drills:
        if not drill.protects:
            continue
        number = first + 2 * len(found)
        (quiet,) = tasks_of([drill], (), number, off=drill.protects, bare=True)
        (broken,) = tasks_of([drill], (), number + 1, off=drill.protects)
        found.append(Shows(drill, quiet, broken))
    return found


def score_rows(shows: Sequence[Shows], judged: dict[int, Judged]) -> list[ScoreRow]:
    """What each has come to."""
    return [
        ScoreRow(
            drill=each.drill.name,
            protections=each.drill.protects,
            quiet=judged[each.quiet.job.number].verdict,
            broken=_verdict(judged[each.broken.job.number]),
            by=failed_by(judged[each.broken.job.number]),
        )
        for each in shows
    ]


def _verdict(judged: Judged) -> str:
    """A failure by missing detections alone is none here."""
    if judged.verdict == "FAIL" and not failed_by(judged):
        return "UNKNOWN"
    return judged.verdict


def failed_by(judged: Judged) -> str:
    """The first thing that did not hold or did not happen, but for detections; "" when none."""
    if judged.verdict != "FAIL":
        return ""
    record = judged.record
    if record.broken:
        first = min(record.broken, key=lambda broken: broken.time)
        return first.what
    for waited in [*record.within, *([record.heal] if record.heal is not None else [])]:
        late = waited.met is None or (waited.took or 0.0) > waited.limit
        if late and waited.since is not None and waited.name not in DETECTIONS:
            return f"{waited.name}: {waited.what}"
    return ""
