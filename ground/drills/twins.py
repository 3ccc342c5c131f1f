"""The same drill flown twice: a share of a campaign is, to see that its bits do not depend on how.

Every 20th drill is flown a second time as a branch, every 100th from the beginning and over ZeroMQ.
All of one drill must have one hash.
"""

from collections.abc import Sequence

import msgspec

from ground.drills.campaign import Campaign, Task
from ground.drills.candidates import flown_task
from ground.drills.record import Judged
from ground.drills.trail import first_difference

TWICE, ALONE = 20, 100
FIRST = 19
"""Counted from nought: the first that is flown again in either way, so that few will do."""


def fly_with_twins(
    campaign: Campaign, tasks: Sequence[Task]
) -> tuple[list[Task], list[Judged], list[str], bool]:
    """Flies all tasks, and some of them again: the tasks as they were flown, the verdicts, what is
    to be told, and whether the flights of each drill were the same.

    Twins that are branches are flown from the trunk from which the others are.
    """
    branches = twins_of(tasks, alone=False)
    every = campaign.fly([*tasks, *(twin for _, twin in branches)])
    pairs = [flown_task(task, each) for task, each in zip(tasks, every[: len(tasks)], strict=True)]
    flown, judged = [task for task, _ in pairs], [each for _, each in pairs]
    alone = twins_of(flown, alone=True)
    twins = [*branches, *alone]
    again = [*every[len(tasks) :], *campaign.fly([twin for _, twin in alone])]
    trouble = [
        told
        for (index, _), each in zip(twins, again, strict=True)
        for told in differences(judged[index], each)
    ]
    words = twin_words(len(branches), len(alone), len(trouble))
    return flown, judged, [words, *trouble] if twins else [], bool(trouble)


def twins_of(tasks: Sequence[Task], alone: bool) -> list[tuple[int, Task]]:
    """The second flights of some tasks, with the index of each; numbered behind all of them."""
    first = 1 + max((task.job.number for task in tasks), default=0)
    every = ALONE if alone else TWICE
    indices = [i for i in range(FIRST, len(tasks), every) if not tasks[i].job.alone]
    found = []
    for count, index in enumerate(indices):
        task = tasks[index]
        job = msgspec.structs.replace(task.job, number=first + count, alone=alone)
        found.append((index, Task(task.drill, job)))
    return found


def differences(one: Judged, other: Judged) -> list[str]:
    """What is other in the second flight of a drill, in a sentence; nothing when all is alike."""
    if one.record.sha256 == other.record.sha256:
        return []
    _, step = first_difference(one.record.trail, other.record.trail)
    where = "" if step is None else f": they part by {step[0]:.3f} s"
    return [f"{one.record.drill}: flown again ({other.record.how}) it is not the same{where}"]


def twin_words(branches: int, alone: int, trouble: int) -> str:
    """How many were flown again, and whether they were the same."""
    told = f"{branches} flown twice as branches, {alone} from the beginning over ZeroMQ"
    return f"{told}: {f'{trouble} NOT the same' if trouble else 'the same hashes'}"
