"""A campaign: many drills flown, each with its verdict, in the order that was asked for."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ground.drills.drill import Drill
from ground.drills.flying import LATE, PATIENCE
from ground.drills.jobs import Job, batches_of, job_of
from ground.drills.judging import judge
from ground.drills.record import Judged, Record
from ground.drills.workers import Workers

Progress = Callable[[int, int, Judged], None]
"""Told how many are done, of how many, and the last."""


@dataclass(frozen=True)
class Task:
    """A drill to be flown, and the job of it."""

    drill: Drill
    job: Job


def tasks_of(drills: Iterable[Drill], seeds: Sequence[int] = (), **more: object) -> list[Task]:
    """A task for each drill and seed (its own seed where none are given)."""
    texts: dict[Path, str] = {}
    tasks: list[Task] = []
    for drill in drills:
        if drill.file not in texts:
            texts[drill.file] = drill.file.read_text(encoding="utf-8")
        for seed in seeds or (drill.seed,):
            job = job_of(len(tasks), drill, texts[drill.file], seed, **more)
            tasks.append(Task(drill, job))
    return tasks


def fly_tasks(
    tasks: Sequence[Task],
    workers: Workers,
    count: int,
    progress: Progress = lambda done, total, last: None,
    patience: float = PATIENCE,
) -> list[Judged]:
    """Flies all; the verdicts in the order of the tasks.

    What the backstop of wall time has ended is flown once more, when nothing else is.
    """
    found: dict[int, Judged] = {}
    by_number = {task.job.number: task for task in tasks}
    jobs = [task.job for task in tasks]
    late: list[Job] = []

    def take(number: int, record: Record) -> None:
        task = by_number[number]
        found[number] = judge(task.drill, record)
        progress(len(found), len(tasks), found[number])

    for number, record in workers.fly(batches_of(jobs, count, patience)):
        if record.end == LATE:
            late.append(by_number[number].job)
        else:
            take(number, record)
    for job in late:
        for number, record in workers.fly(batches_of([job], 1, patience)):
            take(number, record)
    return [found[task.job.number] for task in tasks]


class Stopwatch:
    """Wall time: how long it has taken, and how long the rest will."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = clock()

    def words(self, done: int, total: int) -> str:
        """Rate and time that is left."""
        spent = self._clock() - self._begun
        if not done or spent <= 0.0:
            return ""
        left = spent / done * (total - done)
        return f"{done / spent * 60.0:.1f} a minute, {_span(left)} left"


def _span(seconds: float) -> str:
    minutes, second = divmod(round(seconds), 60)
    return f"{minute_words(minutes)} {second:02d} s" if minutes else f"{second} s"


def minute_words(minutes: int) -> str:
    """Such as `2 h 05 min`."""
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"


def write_records(path: Path, judged: Iterable[Judged]) -> None:
    """All of them, one JSON object a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for each in judged:
            file.write(msgspec.json.encode(each) + b"\n")
