"""Flies a swarm; what was drawn without any effect is drawn anew, and that is told."""

from collections.abc import Sequence

from ground.drills.campaign import Campaign, Task, tasks_of
from ground.drills.record import Judged
from ground.drills.swarm import Swarm

ROUNDS = 3
"""Times that a drill is drawn anew; then it stays UNKNOWN."""


def fly_swarm(campaign: Campaign, swarm: Swarm, count: int) -> tuple[list[Task], list[Judged], str]:
    """The tasks and verdicts of so many drills, and a sentence on those that were drawn anew."""
    tasks = tasks_of(swarm.drills(count))
    judged = campaign.fly(tasks)
    drawn = 0
    for again in range(1, ROUNDS + 1):
        idle = [index for index, each in enumerate(judged) if without_effect(each)]
        if not idle:
            break
        drawn += len(idle)
        drills = [swarm.drill(index, again) for index in idle]
        new = tasks_of(drills)
        for index, task, each in zip(idle, new, campaign.fly(new), strict=True):
            tasks[index], judged[index] = _numbered(task, index), each
    told = f"{drawn} draws of {count + drawn} had a fault without effect, and were drawn anew"
    return tasks, judged, told if drawn else ""


def without_effect(judged: Judged) -> bool:
    """Whether all went well because a fault never hit."""
    faults = judged.record.faults
    return judged.verdict == "UNKNOWN" and any(not span.hits for span in faults)


def _numbered(task: Task, number: int) -> Task:
    return Task(task.drill, task.job.numbered(number))


def rates(judged: Sequence[Judged]) -> str:
    """What a swarm comes to: broken invariants, what is not known, what went on in time."""
    total = len(judged)
    broken = sum(bool(each.record.broken) for each in judged)
    unknown = sum(each.verdict == "UNKNOWN" for each in judged)
    healed = [each for each in judged if each.record.heal is not None and each.record.heal.since]
    on = sum(each.record.heal.met is not None for each in healed if each.record.heal is not None)
    share = on / len(healed) if healed else 0.0
    return (
        f"invariants broken in {broken} of {total}; UNKNOWN {unknown / total:.1%}; "
        f"the next milestone in time after healing: {share:.1%} of {len(healed)}"
    )
