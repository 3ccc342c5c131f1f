"""The protection score: each protection is shown to be for something, by switching it off.

A drill that names what `protects` is flown twice more without that: once without its faults, and
then it must pass, and once with them, and then it must fail: by what had to hold, not only by a
detection that nobody could make any more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ground.drills.campaign import Campaign, Task, tasks_of
from ground.drills.coverage import first_sign
from ground.drills.drill import Drill
from ground.drills.record import Judged, Record, Waited
from ground.drills.results import ScoreRow

DETECT = "detect"
DETECTIONS = (DETECT, "isolate")
"""Waits of these names are for signs of a protection, which are missing when it is off."""


@dataclass(frozen=True)
class Shows:
    """What is flown to show what the protections of a drill are for."""

    drill: Drill
    quiet: Task
    broken: Task


@dataclass(frozen=True)
class Scored:
    """What protections are shown to be for. `unprotected`: by the name of its drill, the flight
    with its faults and without them."""

    rows: list[ScoreRow]
    unprotected: dict[str, Judged]


def score(campaign: Campaign, drills: Sequence[Drill], protected: Iterable[Judged] = ()) -> Scored:
    """What the protections of drills are shown to be for. `protected`: the flights with them."""
    shows = shows_of(drills, 0)
    tasks = [task for each in shows for task in (each.quiet, each.broken)]
    judged = campaign.fly(tasks)
    by_number = {task.job.number: each for task, each in zip(tasks, judged, strict=True)}
    kept = {each.record.drill: each.record for each in protected}
    unprotected = {each.drill.name: by_number[each.broken.job.number] for each in shows}
    return Scored(score_rows(shows, by_number, kept), unprotected)


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


def score_rows(
    shows: Sequence[Shows], judged: dict[int, Judged], kept: Mapping[str, Record]
) -> list[ScoreRow]:
    """What each has come to. `kept`: the record of each drill with its protections."""
    return [
        ScoreRow(
            drill=each.drill.name,
            protections=each.drill.protects,
            quiet=judged[each.quiet.job.number].verdict,
            broken=_verdict(judged[each.broken.job.number]),
            by=failed_by(judged[each.broken.job.number]),
            effect=effect_after(judged[each.broken.job.number]),
            detected=noticed_after(kept.get(each.drill.name)),
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
    found = _failure(judged)
    return "" if found is None else found[1]


def effect_after(judged: Judged) -> float | None:
    """How long after the first hit that was, s: when it did not hold, or ought to have happened;
    None where nothing failed, or nothing hit."""
    found, hit = _failure(judged), _first_hit(judged.record)
    return None if found is None or hit is None else max(0.0, found[0] - hit)


def noticed_after(record: Record | None) -> float | None:
    """How long after its first hit a fault was noticed, s: by what the drill says detects it, else
    by the first warning of who is hit. None: nobody noticed."""
    hit = None if record is None else _first_hit(record)
    if record is None or hit is None:
        return None
    waits = [each for each in record.within if each.name.startswith(DETECT)]
    if waits:
        times = [each.met for each in waits if each.met is not None]
    else:
        signs = (first_sign(record, span) for span in record.faults)
        times = [sign.time for sign in signs if sign is not None]
    return max(0.0, min(times) - hit) if times else None


def _first_hit(record: Record) -> float | None:
    return min((span.first for span in record.faults if span.first is not None), default=None)


def _failure(judged: Judged) -> tuple[float, str] | None:
    """When what failed first, in the words of a record."""
    if judged.verdict != "FAIL":
        return None
    record = judged.record
    if record.broken:
        first = min(record.broken, key=lambda broken: broken.time)
        return first.time, first.what
    for waited in [*record.within, *([record.heal] if record.heal is not None else [])]:
        if waited.since is not None and _is_late(waited) and waited.name not in DETECTIONS:
            return waited.since + waited.limit, f"{waited.name}: {waited.what}"
    return None


def _is_late(waited: Waited) -> bool:
    return waited.met is None or (waited.took or 0.0) > waited.limit
