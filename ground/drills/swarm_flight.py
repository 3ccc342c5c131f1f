"""The tasks of a swarm, and what it comes to."""

import math
from collections.abc import Sequence

from ground.drills.campaign import Task, tasks_of
from ground.drills.record import Judged
from ground.drills.swarm import Swarm


def swarm_tasks(swarm: Swarm, count: int) -> list[Task]:
    """So many drills to be flown, each with those that are flown where it has no effect."""
    tasks: list[Task] = []
    for drawn in swarm.drills(count):
        tasks += tasks_of([drawn.drill], first=len(tasks), wants_effect=True, instead=drawn.instead)
    return tasks


def rates(judged: Sequence[Judged]) -> str:
    """What a swarm comes to: broken invariants, what is not known, what went on in time."""
    total = len(judged)
    broken = sum(bool(each.record.broken) for each in judged)
    unknown = sum(each.verdict == "UNKNOWN" for each in judged)
    healed = [each for each in judged if each.record.heal is not None and each.record.heal.since]
    on = sum(each.record.heal.met is not None for each in healed if each.record.heal is not None)
    share = on / len(healed) if healed else 0.0
    drawn = sum(each.record.drill.count("-") > 2 for each in judged)
    cpu = math.fsum(each.record.cpu for each in judged)
    return (
        f"invariants broken in {broken} of {total}; UNKNOWN {unknown / total:.1%}; "
        f"the next milestone in time after healing: {share:.1%} of {len(healed)}; {drawn} had no "
        f"effect as first drawn; {cpu / total:.2f} s of CPU a branch"
    )
