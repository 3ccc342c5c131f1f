"""Drills of a swarm as they were truly flown: the candidate that had an effect, and what hit.

A fault that never hits changes nothing, so that a drill without it is the same flight.
"""

from pathlib import Path

import msgspec
import yaml

from ground.drills.campaign import Task
from ground.drills.generated import write_drill
from ground.drills.judging import judge
from ground.drills.record import Judged


def flown_task(task: Task, judged: Judged) -> tuple[Task, Judged]:
    """The drill that the record is of, as a file that flies it again, and the verdict on it."""
    record, job = judged.record, task.job
    if not job.wants_effect:
        return task, judged
    chosen = next((each for each in job.candidates() if each.drill == record.drill), job)
    hit = [span for span in record.faults if span.hits]
    plain = yaml.safe_load(chosen.text)
    if hit:
        wanted = {span.id for span in hit}
        plain["faults"] = [fault for fault in plain["faults"] if fault["id"] in wanted]
    folder = Path(job.file).parent
    drill = write_drill(folder, chosen.drill, plain)
    if chosen is not job:
        Path(job.file).unlink(missing_ok=True)
    text = drill.file.read_text(encoding="utf-8")
    job = msgspec.structs.replace(
        job, drill=drill.name, file=str(drill.file), text=text, wants_effect=False, instead=()
    )
    shown = msgspec.structs.replace(record, file=str(drill.file), faults=hit or record.faults)
    return Task(drill, job), judge(drill, shown)
