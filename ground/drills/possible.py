"""What could be broken: of each kind and target, the phases in which the target is used."""

from collections.abc import Iterable

from ground.drills.phases import PHASES
from ground.drills.scenario import Scenario
from ground.drills.survey import Survey
from sim_hw.faults.catalogue import catalogue

Possible = dict[tuple[str, str], tuple[str, ...]]


def possible_cells(scenario: Scenario, survey: Survey) -> Possible:
    """By kind and target (`device rover.wheels`); a target that is no device counts as used in
    every phase of the scenario."""
    used: dict[str, dict[str, None]] = {}
    for calls in survey.calls:
        if calls.sort != "device":
            continue
        used.setdefault(f"device {calls.service}", {})[calls.phase] = None
    found: Possible = {}
    for (sort, name), kinds in catalogue().matrix(scenario.targets).items():
        if sort == "line":  # what it does is what calls of its device meet
            continue
        target = f"{sort} {name}"
        in_use: Iterable[str] = used.get(target, {}) if sort == "device" else survey.phases
        phases = tuple(phase for phase in PHASES if phase in in_use)
        for kind, why_not in kinds.items():
            if not why_not and phases:
                found[kind, target] = phases
    return found


def matrix_table(scenario: Scenario) -> str:
    """Which kinds can be at which targets, as Markdown; where not, why."""
    lines = ["| target | kinds that can be there | that cannot, and why |", "|---|---|---|"]
    for (sort, name), kinds in catalogue().matrix(scenario.targets).items():
        can = ", ".join(kind for kind, why in kinds.items() if not why)
        reasons: dict[str, list[str]] = {}
        for kind, why in kinds.items():
            if why:
                reasons.setdefault(why, []).append(kind)
        cannot = "; ".join(f"{', '.join(names)}: {why}" for why, names in reasons.items())
        lines.append(f"| {sort} {name} | {can} | {cannot} |")
    return "\n".join(lines)
