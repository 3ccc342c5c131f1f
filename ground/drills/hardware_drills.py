"""Drills of single faults of sensors and actuators that can be detected, for each phase.

Each device is broken where the flight uses it, by every kind by which it shows of itself that it is
not to be trusted: for a while, and then the flight goes on, in time and without a tube of which
nobody knows; and for good, and then it is told. What does not show of itself, or needs figures that
only a drill of its own can give, is listed with the reason. A file holds what is broken at one
vehicle in one phase, each device as a case of it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flight.configuration.whole_files import replace_file
from flight.core.sound_readings import PAUSES
from ground.drills.generated import text_of
from ground.drills.milestones import Milestone, milestone_after, milestones
from ground.drills.phases import PHASES
from ground.drills.places import LASTS, SLACK, WORK, anchor_of
from ground.drills.scenario import Scenario
from ground.drills.survey import Calls, Survey
from ground.testbed.participants.vehicles import vehicle_class
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
    "old, with the stamp of then: it shows by that where it is older than who asks for it allows, "
    "and how old is a figure that only a drill of its own can give": ("stale", "slow_rate"),
    "told as done: it shows where a witness looks, as the tables of witnesses say": (
        "acknowledged_without_effect", "partial", "runaway", "reversed",
    ),
    "late, and then as it should be: within the limit of the call it is no fault": (
        "delayed", "slow",
    ),
    "each call without an answer shows as by dropout, which is among them: how long good and bad "
    "last are figures that only a drill of its own can give": ("intermittent",),
    "done though nobody told it: it shows where what is told is held against that": (
        "spurious_actuation",
    ),
    "as no_move, after a first motion that is told as far as it came": ("jam",),
}  # fmt: skip
"""Why kinds are not among them."""
SILENT = ("dropout", "effect_without_acknowledgement")
"""The call gets no answer, which shows when its time is over."""
TOO_LATE = (
    "no answer shows when the time that the call may take is over, and that is after the next "
    "milestone is overdue"
)
UNSEEN = (
    "a stamp that stands still shows by the second reading, and while it would last there is none; "
    "what is asked often is broken so for good"
)
NOT_SURVIVED = {
    ("mav.first_igniter", "no_move"): (
        "it shows, and cannot be survived in the ascent: thrown out of its tube the MAV is on the "
        "ground after 2.7 s, and no other igniter lights its first motor"
    ),
}
WAITED_FOR = ("ground.imagery",)
"""What answers with a fault until it has what it is asked for: the last answer is a reading."""
OWN_SHOWN = (
    "a failure of this device alone that shows of itself: what it tells is invalid, or it answers "
    "with a fault, as by the kinds that are among them; the tests of the device and drills of its "
    "own have its figures"
)
OWN = (
    "a failure of this device alone, told as done or as true: it shows where a witness or another "
    "source looks; the tests of the device and drills of its own have its figures"
)
SHOWN_MODES = (
    "gauge_invalid", "sensor_broken", "own_dropout", "blind", "dead", "invalid", "no_solution",
    "dropouts", "dead_wheel", "joint_stall", "brake", "own_jam", "latch", "check", "wheels",
    "valve", "no_ignition",
)  # fmt: skip
"""The modes of devices of which the device itself says that it cannot."""
LEAD = 0.5  # s before the call that is meant
NOT_DETECTABLE = "NOT_DETECTABLE.md"
Drills = dict[str, dict[str, Any]]
"""By the names of files, what they say."""


@dataclass(frozen=True)
class _Nominal:
    """A scenario, how it goes when nothing breaks, and its milestones."""

    scenario: Scenario
    survey: Survey
    ahead: Sequence[Milestone]
    left_out: list[tuple[str, str, str, str]]
    """Reason, device, kind and phase of what shows too late, or not while it lasts."""

    def milestone_after(self, begin: float, after: float, phase: str) -> Milestone | None:
        """The next one at which, where nothing breaks, no tube is openly unknown that was not at
        `begin`: else that would be asked of a drill which not even this flight does."""
        before = self.survey.unknown_at(begin)
        fair = [each for each in self.ahead if self.survey.unknown_at(each.time) <= before]
        return milestone_after(fair, after, phase)


@dataclass(frozen=True)
class _Broken:
    """How a device is broken, where, for how long (s) where it is healed, and what has to follow
    then, within how long (s). `brief`: of the kinds, those that show while it lasts."""

    calls: Calls
    kinds: Sequence[str]
    brief: Sequence[str]
    anchor: dict[str, Any]
    lasts: float
    milestone: Milestone
    limit: float

    @property
    def words(self) -> str:
        """As a title begins."""
        return f"{self.calls.service}.{self.calls.method} is broken"


def hardware_drills(scenario: Scenario, survey: Survey) -> Drills:
    """A file for each vehicle and phase, with a case for each device, sort of use, and whether it
    passes; the sweep of a case goes through the kinds."""
    return _drills(_Nominal(scenario, survey, milestones(survey), []))


def _drills(nominal: _Nominal) -> Drills:
    scenario, survey = nominal.scenario, nominal.survey
    found: Drills = {}
    for phase in (phase for phase in PHASES if phase in survey.phases):
        here = [calls for calls in survey.calls if _is_of(calls, phase)]
        for service in sorted({calls.service for calls in here}):
            calls = sorted((c for c in here if c.service == service), key=lambda c: -c.count)
            vehicle, _, device = service.partition(".")
            for sort, kinds in (("sensor", SENSOR), ("actuator", ACTUATOR)):
                broken = _broken(nominal, calls, kinds, acts=sort == "actuator")
                if broken is None:
                    continue
                file = found.setdefault(f"{phase}_{vehicle}", _of_all(nominal, phase, vehicle))
                if broken.brief:
                    file["cases"][f"{device}_{sort}"] = _for_a_while(broken)
                if vehicle in scenario.mission.vehicles:  # mission control tells no events
                    file["cases"][f"{device}_{sort}_for_good"] = _for_good(broken, vehicle)
    return found


def _of_all(nominal: _Nominal, phase: str, vehicle: str) -> dict[str, Any]:
    """What all cases of a file have in common."""
    return {
        "format": 1,
        "title": f"Single faults of devices, {phase}: {vehicle}",
        "scenario": nominal.scenario.mission.name,
        "seed": nominal.survey.seed,
        "cases": {},
    }


def _is_of(calls: Calls, phase: str) -> bool:
    return calls.sort == "device" and calls.phase == phase and bool(calls.times)


def _broken(
    nominal: _Nominal, calls: Sequence[Calls], kinds: Sequence[str], *, acts: bool
) -> _Broken | None:
    """How the first method of a device that acts, or measures, is broken, if one can be."""
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
        ]
        broken = _when(nominal, each, call, fitting) if fitting else None
        if broken is None:
            continue
        limit = part.interface.methods[each.method].limit
        late = [kind for kind in fitting if kind in SILENT and limit > broken.limit]
        # Where it is asked a few times only, it may not be asked again once it is broken.
        often = each.count > len(each.times)
        within = broken.limit if often else _lasts(each.phase)
        told = [kind for kind in fitting if _shows(kind, each, call, within)]
        kinds = [kind for kind in told if kind not in late]
        brief = [kind for kind in kinds if _shows(kind, each, call, _lasts(each.phase))]
        unseen = [kind for kind in fitting if kind not in (*brief, *late)]
        for why, found in ((TOO_LATE, late), (UNSEEN, unseen)):
            nominal.left_out.extend((why, each.service, kind, each.phase) for kind in found)
        if kinds:
            return replace(broken, kinds=kinds, brief=brief)
    return None


def _fits(kind: type[FaultKind], part: DevicePart, method: str) -> bool:
    try:
        kind().check(part, method, ())
    except (ValueError, TypeError):
        return False
    return True


def _shows(kind: str, calls: Calls, call: float, within: float) -> bool:
    """Whether it can be seen within a time (s): a stamp that stands still, by the second reading.

    Of many calls the survey keeps every second, fourth, ...: those between are taken as even.
    """
    if kind != "stale_stamp":
        return True
    after = next((time for time in calls.times if time > call), None)
    if after is None:
        return False
    return (after - call) / max(1.0, calls.count / len(calls.times)) <= within


def _lasts(phase: str) -> float:
    """s that a fault lasts from the call that is meant: as long as a typical one of a swarm."""
    return math.sqrt(math.prod(LASTS[phase]))


def _call(nominal: _Nominal, calls: Calls) -> float | None:
    """The call in the middle of those from which it is not too long to the next milestone."""
    first = min((step.time for step in nominal.survey.steps), default=0.0) + LEAD
    times = calls.times[-1:] if calls.service in WAITED_FOR else calls.times
    work = [
        (nominal.survey.work_between(time, milestone.time), time)
        for time in times
        if time > first  # what is called before a drill can begin cannot be hit
        and (milestone := nominal.milestone_after(time, time, calls.phase)) is not None
    ]
    short = [time for done, time in work if done <= WORK]
    return short[len(short) // 2] if short else min(work)[1] if work else None


def _when(
    nominal: _Nominal, calls: Calls, call: float, kinds: Sequence[str]
) -> _Broken | None:
    survey, phase = nominal.survey, calls.phase
    start = max(survey.span(phase)[0], call - LEAD)
    lasts = round(call - start + _lasts(phase), 3)
    anchor = anchor_of(survey, start)
    milestone = nominal.milestone_after(start, start + lasts, phase)
    if anchor is None or milestone is None:
        return None
    limit = round(SLACK * (milestone.time - start - lasts), 3)
    return _Broken(calls, kinds, kinds, anchor, lasts, milestone, limit)


def _for_a_while(broken: _Broken) -> dict[str, Any]:
    """It is healed, and the flight goes on: the next milestone in time, no tube unknown."""
    broken = replace(broken, kinds=broken.brief)
    fault = {**_fault(broken), "lasts": f"{broken.lasts:.3f} s"}
    limit = f"{broken.limit:.3f} s"
    return {
        "title": f"{broken.words} for {broken.lasts:.3g} s",
        "start": broken.anchor,
        "horizon": f"{broken.lasts + broken.limit + 1.0:.3f} s",
        "ends": "when_met",
        "faults": [fault],
        "always": ["no_vehicle_lost", "no_tube_unknown"],
        "heal": {"at": "end_of_faults", "then": {**broken.milestone.plain(), "in": limit}},
        **_sweep(broken),
    }


def _for_good(broken: _Broken, vehicle: str) -> dict[str, Any]:
    """It stays broken, and before the next milestone is overdue the vehicle says that something is
    not in order. What may come of it then is what holds in every drill."""
    limit = max(broken.limit, _looked_at_within(broken.calls, vehicle))
    return {
        "title": f"{broken.words} for good",
        "start": broken.anchor,
        "horizon": f"{broken.lasts + limit + 1.0:.3f} s",
        "faults": [_fault(broken)],
        "within": {"told": {"warning": vehicle, "in": f"{limit:.3f} s"}},
        **_sweep(broken),
    }


def _looked_at_within(calls: Calls, vehicle: str) -> float:
    """s within which a vehicle finds that what it asks now and then is broken: by its next look at
    what it lives by; 0: nobody but who needs it asks it, or all ask it again and again."""
    kind = vehicle_class(vehicle)
    device = calls.service.partition(".")[2]
    if calls.count > len(calls.times) or kind.looked_after.get(device) != calls.method:
        return 0.0
    return kind.longest_housekeeping + math.fsum(PAUSES)


def _sweep(broken: _Broken) -> dict[str, Any]:
    kinds = list(broken.kinds)
    return {"sweep": {"single.kind": kinds}} if len(kinds) > 1 else {}


def _fault(broken: _Broken) -> dict[str, Any]:
    calls = broken.calls
    return {
        "id": "single", "device": calls.service, "method": calls.method, "kind": broken.kinds[0],
    }  # fmt: skip


def not_detectable(scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """Device, kind and reason of each fault of the matrix that is not among the drills."""
    reasons = {kind: why for why, kinds in WHY_NOT.items() for kind in kinds}
    for name, part in scenario.targets.parts["device"].items():
        for kind in catalogue().at("device", part):
            if (name, kind) in NOT_SURVIVED:
                yield name, kind, NOT_SURVIVED[name, kind]
            elif kind not in (*SENSOR, *ACTUATOR):
                yield name, kind, reasons.get(kind, OWN_SHOWN if kind in SHOWN_MODES else OWN)


def write_hardware(folder: Path, scenario: Scenario, survey: Survey) -> int:
    """Writes all, and the list of what is not among them; tells how many files."""
    folder.mkdir(parents=True, exist_ok=True)
    nominal = _Nominal(scenario, survey, milestones(survey), [])
    drills = _drills(nominal)
    for old in folder.glob("*.yaml"):
        if old.stem not in drills:
            old.unlink()
    for name, plain in drills.items():
        replace_file(folder / f"{name}.yaml", text_of(plain))
    replace_file(folder / NOT_DETECTABLE, _listed(scenario, nominal.left_out))
    return len(drills)


def _listed(scenario: Scenario, left_out: Sequence[tuple[str, str, str, str]]) -> str:
    """The page of what is not among them. `left_out`: see `_Nominal`."""
    by_reason: dict[str, dict[str, list[str]]] = {}
    for device, kind, why in not_detectable(scenario):
        by_reason.setdefault(why, {}).setdefault(kind, []).append(device)
    for why, device, kind, phase in left_out:
        listed = by_reason.setdefault(why, {}).setdefault(kind, [])
        listed.append(f"{device} (in the phase {phase})")
    lines = [
        "# Faults that are not among the drills",
        "",
        "Single faults of devices that are not among the drills beside this file, and why; written",
        "by `msr drill --write-hardware`.",
    ]
    for why, kinds in by_reason.items():
        lines += ["", f"## {why[0].upper()}{why[1:]}", ""]
        lines += [f"- `{kind}`: {', '.join(devices)}" for kind, devices in kinds.items()]
    return "\n".join(lines) + "\n"
