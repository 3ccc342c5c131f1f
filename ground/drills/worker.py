"""Does one order in a process of its own: `python -m ground.drills.worker`.

The order comes as JSON on standard input; each record of a batch leaves as a line of JSON on
standard output as soon as it is known, and so does a survey. A process for each: a fork wants one
thread and no context of ZeroMQ, and what a flight breaks is broken in it alone.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec

from flight.configuration.scratch_folder import ScratchFolder
from flight.configuration.whole_files import replace_file
from ground.drills.bareness import bare
from ground.drills.drill import Drill
from ground.drills.flying import Flight
from ground.drills.jobs import Batch, Flown, Job, Order, SurveyOrder
from ground.drills.record import Record
from ground.drills.scenario import load_scenario
from ground.drills.surveying import survey_of
from ground.drills.variants import load_variant
from ground.terminal.signals import end_with_parent


def main() -> None:
    """Reads the order, flies, writes what is to be told."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # nobody else writes among the records
    end_with_parent()
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    if isinstance(order, SurveyOrder):
        survey = survey_of(load_scenario(order.scenario), order.seed)
        answers.write(msgspec.json.encode(survey) + b"\n")
        return

    def emit(job: Job, record: Record) -> None:
        record.protections_off, record.bare = job.off, job.bare
        flown = Flown(job.number, msgspec.Raw(msgspec.json.encode(record)))
        answers.write(msgspec.json.encode(flown) + b"\n")

    fly_batch(order, emit)


def fly_batch(batch: Batch, emit: Callable[[Job, Record], None]) -> None:
    """Flies all jobs of a batch; `emit` takes each job with its record."""
    with ScratchFolder("drills-") as home:
        pairs = [(job, drill_of(job, home)) for job in batch.jobs]
        read = partial(drill_of, home=home)
        Flight(pairs, emit, patience=batch.patience, read=read).fly()


def drill_of(job: Job, home: Path) -> Drill:
    """The drill of a job, from the text that it brings; raises ConfigurationError."""
    file = home / f"{job.number}.yaml"
    replace_file(file, job.text)
    drill = load_variant(file, job.changes)
    named = replace(drill, name=job.drill, file=Path(job.file), seed=job.seed)
    return bare(named) if job.bare else named


if __name__ == "__main__":
    main()
