"""Drills of single faults of sensors and actuators that can be detected, for each phase.

Each device is broken where the flight uses it, by every kind by which it shows of itself that it is
not to be trusted; what does not show of itself is listed, with the reason.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flight.configuration.whole_files import replace_file
from ground.drills.generated import text_of
from ground.drills.milestones import Milestone, milestone_after, milestones
from ground.drills.phases import PHASES
from ground.drills.places import LASTS, SLACK, WORK, anchor_of
from ground.drills.scenario import Scenario
from ground.drills.survey import Calls, Survey
from sim_hw.faults.catalogue import catalogue
from sim_hw.faults.device_call import DevicePart, moves
from sim_hw.faults.kind import FaultKind

SENSOR = ("dropout", "not_a_number", "out_of_range", "stale_stamp")
"""A reading that fails by one of these is no value: the gate of readings says why."""
ACTUATOR = ("no_move", "effect_without_acknowledgement")
"""The device says that it did not, or says nothing: either is an error of the call."""
WHY_NOT = {
    "a value that could be true: only another source of the same quantity contradicts it": (
        "bias", "scale", "drift", "noise", "spike", "saturation", "quantised", "swapped_sign",
        "swapped_axes", "wrong_but_plausible", "stuck",
    ),
    "a value that was true a while ago: it shows where the quantity must have changed meanwhile": (
        "stale", "slow_rate",
    ),
    "told as done: it shows where a witness looks, as the tables of witnesses say": (
        "acknowledged_without_effect", "partial", "runaway", "reversed",
    ),
    "late, and then as it should be: within the limit of the call it is no fault": (
        "delayed", "slow", "intermittent",
    ),
    "as no_move, after a first motion that is told as far as it came": ("jam",),
}  # fmt: skip
"""Why kinds are not among them."""
NOT_SURVIVED = {
    ("mav.first_igniter", "no_move"): (
        "it shows, and cannot be survived in the ascent: thrown out of its tube the MAV is on the "
        "ground after 2.7 s, and no other igniter lights its first motor"
    ),
}
OWN = "a failure of this device alone: it has tests of its own"
LEAD = 0.5  # s before the call that is meant
NOT_DETECTABLE = "NOT_DETECTABLE.md"
Drills = dict[str, dict[str, Any]]
"""By their names, what their files say."""


@dataclass(frozen=True)
class _Nominal:
    """A scenario, how it goes when nothing breaks, and its milestones."""

    scenario: Scenario
    survey: Survey
    ahead: Sequence[Milestone]


def hardware_drills(scenario: Scenario, survey: Survey) -> Drills:
    """A drill for each device, sort of use and phase; its sweep goes through the kinds."""
    found: Drills = {}
    nominal = _Nominal(scenario, survey, milestones(survey))
    for phase in (phase for phase in PHASES if phase in survey.phases):
        here = [calls for calls in survey.calls if _is_of(calls, phase)]
        for service in sorted({calls.service for calls in here}):
            calls = sorted((c for c in here if c.service == service), key=lambda c: -c.count)
            for sort, kinds in (("sensor", SENSOR), ("actuator", ACTUATOR)):
                plain = _drill(nominal, calls, kinds, acts=sort == "actuator")
                if plain is not None:
                    found[f"{phase}_{service.replace('.', '_')}_{sort}"] = plain
    return found


def _is_of(calls: Calls, phase: str) -> bool:
    return calls.sort == "device" and calls.phase == phase and bool(calls.times)


def _drill(
    nominal: _Nominal, calls: Sequence[Calls], kinds: Sequence[str], *, acts: bool
) -> dict[str, Any] | None:
    """A drill of the first method of a device that acts, or measures, and that can be broken."""
    part = nominal.scenario.targets.parts["device"].get(calls[0].service)
    if not isinstance(part, DevicePart):
        return None
    at = catalogue().at("device", part)
    for each in calls:
        if each.method not in part.interface.methods or moves(part, each.method) != acts:
            continue
        call = _call(nominal, each)
        if call is None:
            continue
        fitting = [
            name
            for name in kinds
            if name in at
            and (each.service, name) not in NOT_SURVIVED
            and _fits(at[name], part, each.method)
            and _shows(name, each, call)
        ]
        if fitting:
            return _plain(nominal, each, call, fitting)
    return None


def _fits(kind: type[FaultKind], part: DevicePart, method: str) -> bool:
    try:
        kind().check(part, method, ())
    except (ValueError, TypeError):
        return False
    return True


def _shows(kind: str, calls: Calls, call: float) -> bool:
    """Whether it can be seen in the time that it lasts: a stamp that stands still, by the second
    reading."""
    if kind != "stale_stamp" or calls.count > len(calls.times):
        return True
    return any(call < time <= call + _lasts(calls.phase) for time in calls.times)


def _lasts(phase: str) -> float:
    """s that a fault lasts from the call that is meant: as long as a typical one of a swarm."""
    return math.sqrt(math.prod(LASTS[phase]))


def _call(nominal: _Nominal, calls: Calls) -> float | None:
    """The call in the middle of those from which it is not too long to the next milestone."""
    work = [
        (nominal.survey.work_between(time, milestone.time), time)
        for time in calls.times
        if (milestone := milestone_after(nominal.ahead, time, calls.phase)) is not None
    ]
    short = [time for done, time in work if done <= WORK]
    return short[len(short) // 2] if short else min(work)[1] if work else None


def _plain(nominal: _Nominal, calls: Calls, call: float, kinds: list[str]) -> dict[str, Any] | None:
    survey, service, method, phase = nominal.survey, calls.service, calls.method, calls.phase
    start = max(survey.span(phase)[0], call - LEAD)
    lasts = round(call - start + _lasts(phase), 3)
    anchor = anchor_of(survey, start)
    milestone = milestone_after(nominal.ahead, start + lasts, phase)
    if anchor is None or milestone is None:
        return None
    horizon = lasts + SLACK * (milestone.time - start - lasts) + 1.0
    return {
        "format": 1,
        "title": f"{service} is broken for {lasts:.3g} s: {phase}, {method}",
        "scenario": nominal.scenario.mission.name,
        "seed": survey.seed,
        "start": anchor,
        "horizon": f"{horizon:.3f} s",
        "faults": [
            {"id": "single", "device": service, "method": method, "kind": kinds[0],
             "lasts": f"{lasts:.3f} s"},
        ],
        "always": ["no_vehicle_lost"],
        "sweep": {"single.kind": kinds},
    }  # fmt: skip


def not_detectable(scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """Device, kind and reason of each fault of the matrix that is not among the drills."""
    reasons = {kind: why for why, kinds in WHY_NOT.items() for kind in kinds}
    for name, part in scenario.targets.parts["device"].items():
        for kind in catalogue().at("device", part):
            if (name, kind) in NOT_SURVIVED:
                yield name, kind, NOT_SURVIVED[name, kind]
            elif kind not in (*SENSOR, *ACTUATOR):
                yield name, kind, reasons.get(kind, OWN)


def write_hardware(folder: Path, scenario: Scenario, survey: Survey) -> int:
    """Writes all, and the list of what is not among them; tells how many files."""
    folder.mkdir(parents=True, exist_ok=True)
    drills = hardware_drills(scenario, survey)
    for old in folder.glob("*.yaml"):
        if old.stem not in drills:
            old.unlink()
    for name, plain in drills.items():
        replace_file(folder / f"{name}.yaml", text_of(plain))
    by_reason: dict[str, dict[str, list[str]]] = {}
    for device, kind, why in not_detectable(scenario):
        by_reason.setdefault(why, {}).setdefault(kind, []).append(device)
    lines = [
        "# Faults that do not show of themselves",
        "",
        "Single faults of devices that are not among the drills beside this file, and why; written",
        "by `msr drill --write-hardware`.",
    ]
    for why, kinds in by_reason.items():
        lines += ["", f"## {why[0].upper()}{why[1:]}", ""]
        lines += [f"- `{kind}`: {', '.join(devices)}" for kind, devices in kinds.items()]
    replace_file(folder / NOT_DETECTABLE, "\n".join(lines) + "\n")
    return len(drills)
