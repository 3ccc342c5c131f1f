"""A drill without its faults: what it is like when nothing breaks."""

from dataclasses import replace

from ground.drills.drill import Drill


def bare(drill: Drill) -> Drill:
    """A drill without its faults, and without what can only be waited for after one."""
    heal = None if drill.heal is None else replace(drill.heal, then=None)
    within = tuple(each for each in drill.within if each.since == "start")
    return replace(drill, faults=(), within=within, heal=heal, known_fail={})
