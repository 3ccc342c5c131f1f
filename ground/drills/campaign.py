"""A campaign: many drills flown, each with its verdict, in the order that was asked for."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ground.drills.drill import Drill
from ground.drills.flying import LATE, PATIENCE
from ground.drills.jobs import Job, batches_of, job_of
from ground.drills.judging import judge
from ground.drills.record import Judged
from ground.drills.survey import Survey, start_in
from ground.drills.workers import Workers

TIMES_THE_TRUNK = 20
LEAST_WORK = 200_000
"""Callbacks that every branch may do: a few seconds of a busy phase."""
MANY = 8
"""Drills for which it pays to survey their scenarios first."""
Surveys = Callable[[Sequence[str]], Mapping[str, Survey]]
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
    *,
    patience: float = PATIENCE,
    surveys: Surveys = lambda scenarios: {},
) -> list[Judged]:
    """Flies all; the verdicts in the order of the tasks.

    `surveys` gives those of some scenarios, from which the work that a branch may do is taken; for
    a few drills it is asked only when one takes too long. What the backstop of wall time has ended
    is flown once more, when nothing else is.
    """
    found: dict[int, Judged] = {}
    by_number = {task.job.number: task for task in tasks}
    late: list[Task] = []

    def fly(mine: Sequence[Task], known: Mapping[str, Survey], at_once: int) -> None:
        jobs = [_bounded(task, known) for task in mine]
        for number, record in workers.fly(batches_of(jobs, at_once, patience)):
            task = by_number[number]
            if record.end == LATE and mine is tasks:
                late.append(task)
                continue
            found[number] = judge(task.drill, record)
            progress(len(found), len(tasks), found[number])

    fly(tasks, surveys(_scenarios(tasks)) if len(tasks) >= MANY else {}, count)
    for task in late:
        fly([task], surveys(_scenarios([task])), 1)
    return [found[task.job.number] for task in tasks]


def _scenarios(tasks: Iterable[Task]) -> list[str]:
    return list(dict.fromkeys(task.job.scenario for task in tasks))


def _bounded(task: Task, surveys: Mapping[str, Survey]) -> Job:
    """The job, with a bound on its work: so many times that of the trunk for the same horizon."""
    job, drill = task.job, task.drill
    survey = surveys.get(job.scenario)
    begin = None if survey is None else start_in(survey, drill)
    if survey is None or begin is None:
        return job
    work = survey.work_between(begin, begin + drill.horizon)
    return msgspec.structs.replace(job, most=max(LEAST_WORK, TIMES_THE_TRUNK * work))


class Stopwatch:
    """Wall time: how long it has taken, and how long the rest will."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = clock()

    @property
    def seconds(self) -> float:
        """How long it has taken, s of the wall."""
        return self._clock() - self._begun

    def words(self, done: int, total: int) -> str:
        """Rate and time that is left."""
        spent = self.seconds
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
