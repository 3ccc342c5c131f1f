"""A campaign: many drills flown, each with its verdict, in the order that was asked for."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from ground.drills.coverage import Coverage, coverage_of
from ground.drills.drill import Drill
from ground.drills.flying import LATE, PATIENCE
from ground.drills.jobs import Job, batches_of, job_of
from ground.drills.judging import judge
from ground.drills.possible import Possible, possible_cells
from ground.drills.record import Judged
from ground.drills.scenario import load_scenario
from ground.drills.survey import Survey, start_in
from ground.drills.surveys import FOLDER, SEED, surveys
from ground.drills.workers import Workers

TIMES_THE_TRUNK = 20
LEAST_WORK = 1_000_000
"""Callbacks that every branch may do: some ten seconds of a busy phase. A burn that nobody ends is
watched ten times a second for as long as a burn may last, in a phase where nothing else happens."""
MANY = 8
"""Drills for which it pays to survey their scenarios first."""
Progress = Callable[[int, int, str], None]
"""Told how many are done, of how many, the rate and the time that is left."""


@dataclass(frozen=True)
class Task:
    """A drill to be flown, and the job of it."""

    drill: Drill
    job: Job


def tasks_of(
    drills: Iterable[Drill], seeds: Sequence[int] = (), first: int = 0, **more: Any
) -> list[Task]:
    """A task for each drill and seed (its own seed where none are given), numbered from `first`.

    `more`: what else is so of the jobs.
    """
    texts: dict[Path, str] = {}
    tasks: list[Task] = []
    for drill in drills:
        if drill.file not in texts:
            texts[drill.file] = drill.file.read_text(encoding="utf-8")
        for seed in seeds or (drill.seed,):
            job = job_of(first + len(tasks), drill, texts[drill.file], seed, **more)
            tasks.append(Task(drill, job))
    return tasks


class Campaign:
    """Flies with some workers; surveys are kept in the folder `out`.

    What the backstop of wall time has ended is flown once more, when nothing else is. The work that
    a branch may do is taken from a survey of its scenario: at once where there are many drills, for
    a few only when one takes too long.
    """

    def __init__(
        self,
        workers: Workers,
        count: int,
        out: Path,
        progress: Progress = lambda done, total, words: None,
        patience: float = PATIENCE,
    ) -> None:
        self._workers = workers
        self._count = count
        self._kept = out / FOLDER
        self._progress = progress
        self._patience = patience
        self.on_judged: Callable[[Task, Judged], None] = lambda task, judged: None
        """Told of each as soon as its verdict is known."""
        self._surveys: dict[str, Survey] = {}
        self._begun = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long it has taken, s of the wall."""
        return time.monotonic() - self._begun

    # ------------------------------------------------------------------ flying

    def fly(self, tasks: Sequence[Task]) -> list[Judged]:
        """Flies all; the verdicts in the order of the tasks."""
        if len(tasks) >= MANY:
            self.surveys(task.job.scenario for task in tasks)
        found: dict[int, Judged] = {}
        late: list[Task] = []
        watch = Stopwatch()
        self._fly(tasks, found, late, watch, len(tasks))
        for task in late:
            self.surveys([task.job.scenario])
            self._fly([task], found, None, watch, len(tasks))
        return [found[task.job.number] for task in tasks]

    def _fly(
        self,
        tasks: Sequence[Task],
        found: dict[int, Judged],
        late: list[Task] | None,
        watch: "Stopwatch",
        total: int,
    ) -> None:
        by_number = {task.job.number: task for task in tasks}
        jobs = [_bounded(task, self._surveys) for task in tasks]
        for number, record in self._workers.fly(batches_of(jobs, self._count, self._patience)):
            task = by_number[number]
            if record.end == LATE and late is not None:
                late.append(task)
                continue
            found[number] = judge(task.drill, record)
            self.on_judged(task, found[number])
            self._progress(len(found), total, watch.words(len(found), total))

    def fly_one(self, drill: Drill) -> Judged:
        """Flies one drill."""
        (judged,) = self.fly(tasks_of([drill]))
        return judged

    def calls(self, drill: Drill) -> dict[str, int]:
        """How often each method of a device is called from a drill's start to its horizon."""
        (judged,) = self.fly(tasks_of([drill], bare=True, count_calls=True))
        return judged.record.calls

    def surveys(self, scenarios: Iterable[str]) -> Mapping[str, Survey]:
        """The surveys of scenarios."""
        missing = [name for name in dict.fromkeys(scenarios) if name not in self._surveys]
        found = surveys([(name, SEED) for name in missing], self._workers, self._kept)
        self._surveys.update({name: survey for (name, _), survey in found.items()})
        return self._surveys

    def trunks(self, scenario: str, seeds: Sequence[int]) -> list[Survey]:
        """The surveys of one scenario with several seeds, in their order."""
        found = surveys([(scenario, seed) for seed in seeds], self._workers, self._kept)
        self._surveys.setdefault(scenario, found[scenario, seeds[0]])
        return [found[scenario, seed] for seed in seeds]

    # ----------------------------------------------------------------- judging

    def coverage(self, judged: Sequence[Judged]) -> Coverage:
        """What has been hit, of what is possible where scenarios have been surveyed."""
        possible: Possible = {}
        for name, survey in self._surveys.items():
            for cell, phases in possible_cells(load_scenario(name), survey).items():
                possible[cell] = tuple(dict.fromkeys([*possible.get(cell, ()), *phases]))
        return coverage_of(judged, possible)


def _bounded(task: Task, known: Mapping[str, Survey]) -> Job:
    """The job, with a bound on its work: so many times that of the trunk for the same horizon."""
    job, drill = task.job, task.drill
    survey = known.get(job.scenario)
    begin = None if survey is None else start_in(survey, drill)
    if survey is None or begin is None:
        return job
    work = survey.work_between(begin, begin + drill.horizon)
    return msgspec.structs.replace(job, most=max(LEAST_WORK, TIMES_THE_TRUNK * work))


class Stopwatch:
    """Wall time: how fast it goes, and how long the rest will take."""

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
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes} min {second:02d} s" if minutes else f"{second} s"
