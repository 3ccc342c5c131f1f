"""The same drill flown twice: a share of a campaign is, to see that its bits do not depend on how.

Every 20th drill is flown a second time as a branch, every 100th from the beginning and over ZeroMQ.
All of one drill must have one hash.
"""

from collections.abc import Sequence

import msgspec

from ground.drills.campaign import Task
from ground.drills.record import Judged
from ground.drills.trail import first_difference

TWICE, ALONE = 20, 100


def twins_of(tasks: Sequence[Task]) -> list[Task]:
    """The second flights of some tasks, numbered behind all of them."""
    first = 1 + max((task.job.number for task in tasks), default=0)
    found: list[Task] = []
    for index, task in enumerate(tasks):
        if task.job.alone:
            continue
        for every, alone in ((TWICE, False), (ALONE, True)):
            if index % every == every - 1:
                number = first + len(found)
                job = msgspec.structs.replace(task.job, number=number, alone=alone)
                found.append(Task(task.drill, job))
    return found


def twin_trouble(
    tasks: Sequence[Task], judged: Sequence[Judged], twins: Sequence[Task], again: Sequence[Judged]
) -> list[str]:
    """What differs between the flights of one drill, in sentences; nothing when all are alike."""
    first = {
        (task.drill.name, task.job.seed): each.record
        for task, each in zip(tasks, judged, strict=True)
    }
    told = []
    for twin, each in zip(twins, again, strict=True):
        one, other = first[twin.drill.name, twin.job.seed], each.record
        if one.sha256 == other.sha256:
            continue
        _, step = first_difference(one.trail, other.trail)
        where = "" if step is None else f": they part by {step[0]:.3f} s"
        told.append(f"{one.drill}: flown again ({other.how}) it is not the same{where}")
    return told


def twin_words(twins: Sequence[Task], trouble: Sequence[str]) -> str:
    """How many were flown again, and whether they were the same."""
    alone = sum(twin.job.alone for twin in twins)
    told = f"{len(twins) - alone} flown twice as branches, {alone} from the beginning over ZeroMQ"
    return f"{told}: {f'{len(trouble)} NOT the same' if trouble else 'the same hashes'}"
