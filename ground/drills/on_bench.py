"""Drills on a bench: each flown alone, from the beginning of its scenario, with real devices.

Nothing real can be copied: there are no branches, and no two drills at once, and the start of a
drill is flown to. What breaks, what must hold and how it is judged are those of simulation.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from flight.configuration.files import ConfigurationError
from ground.drills.bareness import bare
from ground.drills.bench_drill import FlownDrill, keep
from ground.drills.campaign import Task
from ground.drills.flying import Flight
from ground.drills.jobs import Job
from ground.drills.judging import judge
from ground.drills.record import Judged, Record
from ground.drills.scenario import load_scenario
from ground.testbed.bench.host import Bench
from ground.testbed.bench.lines import check_faults_on

FOLDER = "bench"


def check_on_bench(tasks: Sequence[Task], kind: Bench) -> None:
    """Refuses what a bench cannot do, before anything moves; raises ConfigurationError."""
    for task in tasks:
        check_faults_on(kind.file, kind.bench, task.drill.faults)
        kind.check(load_scenario(task.job.scenario).mission)


def fly_on_bench(
    tasks: Sequence[Task], kind: Callable[[], Bench], out: Path
) -> Iterator[tuple[Judged, Path]]:
    """Flies all, one after the other; gives each verdict, and its run folder with the recording, as
    soon as it is known.

    `kind`: the bench, anew for each. Raises ConfigurationError when a device is not there, or not
    any more.
    """
    for number, task in enumerate(tasks, 1):
        folder = out / FOLDER / f"{number:03d}-{task.drill.name.replace('/', '-')}"
        drill = bare(task.drill) if task.job.bare else task.drill
        records: list[Record] = []

        def take(job: Job, record: Record, kept: list[Record] = records) -> None:
            record.protections_off, record.bare = job.off, job.bare
            kept.append(record)

        job = msgspec.structs.replace(task.job, alone=True)
        Flight([(job, drill)], take, kind=kind(), folder=folder).fly()
        if not records:
            raise ConfigurationError(str(folder), None, "", "the flight left no record")
        judged = judge(task.drill, records[0])
        keep(folder, FlownDrill(task.job, records[0].sha256, judged.verdict))
        yield judged, folder
