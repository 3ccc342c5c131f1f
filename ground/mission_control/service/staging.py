"""What is to be said of a command before it leaves: is it one, is it hazardous, may it be now."""

import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec

from flight.icd.codec import encode
from flight.icd.messages import Command
from flight.runtime.loop import NANOSECONDS
from ground.api.entries import StackItem
from ground.mission_control.commanding.stages import carried_by, stages_of
from ground.mission_control.dictionary.condition_checks import MODE
from ground.mission_control.dictionary.dictionary import CommandEntry, DictionaryRefusal
from ground.mission_control.mission_control import MissionControl
from ground.mission_control.service.handling import Refused
from ground.mission_control.service.known_names import Known
from ground.mission_control.service.waiting import problem_of
from ground.mission_control.service.windows import Outlook, outlook
from ground.mission_control.space_link.stations import Stations
from ground.mission_control.timing.durations import duration


@dataclass(frozen=True)
class Wanted:
    """A command as somebody wants it; see `StackItem` for the fields."""

    vehicle: str
    command: str
    arguments: dict[str, Any]
    when: str | None = None
    lifetime: float = 600.0
    not_after: int | None = None
    unit: bool = True


@dataclass(frozen=True)
class Assessment:
    """What there is to say of it. `problems`: why it may not leave as things are."""

    entry: CommandEntry
    stages: list[str]
    hazard: str
    mode: str | None
    mode_age: float | None
    boot: int | None
    carried: Any
    outlook: Outlook
    problems: list[str]

    @property
    def hazardous(self) -> bool:
        """Whether it goes as ARM and FIRE, and needs two people."""
        return len(self.stages) > 1


def assess(control: MissionControl, vehicles: tuple[str, ...], wanted: Wanted) -> Assessment:
    """Looks at a command; raises Refused for what is none."""
    vehicle, now_ns = wanted.vehicle, control.clock.now_ns()
    if vehicle not in vehicles:
        raise Refused(f"vehicle = {vehicle!r}: allowed is one of {', '.join(vehicles)}")
    if vehicle in control.decommissioned():
        raise Refused(f"vehicle = {vehicle!r}: it was switched off for good")
    try:
        entry = control.dictionary.check(vehicle, wanted.command, wanted.arguments)
    except DictionaryRefusal as error:
        raise Refused(str(error)) from None
    if wanted.when is not None:
        problem = problem_of(wanted.when, control.dictionary, vehicles)
        if problem:
            raise Refused(f"when = {wanted.when!r}: {problem}")
    if wanted.not_after is not None and wanted.not_after <= now_ns:
        raise Refused(f"not_after = {wanted.not_after}: it is {now_ns} ns of mission time already")
    unknown = Known(control, vehicles, vehicle).refusal(entry, wanted.arguments)
    if unknown:
        raise Refused(unknown)
    stages = stages_of(entry, vehicle, wanted.arguments, control.tracker)
    mode = control.telemetry.value(vehicle, MODE)
    age = control.telemetry.age(vehicle, MODE, now_ns) if mode is not None else None
    seen = outlook(control.stations, vehicle, control.clock.now())
    assessment = Assessment(
        entry=entry,
        stages=stages,
        hazard=_hazard(entry) if len(stages) > 1 else "",
        mode=mode,
        mode_age=age,
        boot=control.telemetry.boot(vehicle),
        carried=carried_by(entry, vehicle, wanted.arguments, control.tracker),
        outlook=seen,
        problems=[],
    )
    assessment.problems.extend(_problems(control, assessment, wanted))
    return assessment


def _hazard(entry: CommandEntry) -> str:
    return entry.hazard if entry.hazardous else f"{entry.carries or 'what it carries'} is hazardous"


def _problems(control: MissionControl, seen: Assessment, wanted: Wanted) -> list[str]:
    found = []
    if wanted.when is None:
        found += mode_problems(seen)
    found += sequence_problems(control, seen.entry, wanted)
    if seen.outlook.why_not:
        found.append(seen.outlook.why_not)
    if seen.hazardous and not wanted.unit:
        found += split_problems(control.stations, seen.outlook, wanted)
    return found


def mode_problems(seen: Assessment) -> list[str]:
    """Why the vehicle would not take it, by the last that it said of its state."""
    allowed, mode = seen.entry.allowed_in, seen.mode
    if not allowed or mode is None:
        return []
    if any(mode == state or mode.startswith(f"{state}.") for state in allowed):
        return []
    return [
        f"{seen.entry.name} is not allowed in state {mode}, which was reported "
        f"{duration(seen.mode_age or 0.0)} ago; allowed: {', '.join(allowed)}"
    ]


def sequence_problems(control: MissionControl, entry: CommandEntry, wanted: Wanted) -> list[str]:
    """Why the vehicle would not know a sequence, by what was sent to it."""
    return Known(control, (), wanted.vehicle).not_loaded(entry, wanted.arguments)


def split_problems(stations: Stations, seen: Outlook, wanted: Wanted) -> list[str]:
    """Why FIRE cannot wait on the ground for ARM's ACCEPTED and still be there in time."""
    answer = seen.estimate.earliest_answer_ns
    if answer is None:
        return []
    fire = outlook(stations, wanted.vehicle, answer / NANOSECONDS).estimate.earliest_answer_ns
    if fire is None:
        return ["nobody knows when FIRE could follow ARM's answer; stage both as one unit"]
    after = (fire - answer) / NANOSECONDS
    if after <= wanted.lifetime:
        return []
    return [
        f"FIRE would be there {after:.0f} s after ARM, which lasts {wanted.lifetime:g} s; stage "
        "both as one unit"
    ]


def frozen_hash(item: StackItem) -> str:
    """SHA-256 of all that an approval is about; no two versions of what is staged have the same."""
    about = {
        "stage": item.stage,
        "version": item.version,
        "target": item.vehicle,
        "boot": item.boot,
        "mode": item.mode,
        "command": item.command,
        "arguments": item.arguments,
        "carried": item.carried,
        "hazard": item.hazard,
        "unit": item.unit,
        "lifetime": item.lifetime,
        "when": item.when,
        "not_after": item.not_after,
        "window": item.window,
        "procedure": item.procedure,
    }
    return hashlib.sha256(msgspec.json.encode(about, order="deterministic")).hexdigest()


def size_of(wanted: Wanted, seen: Assessment) -> int:
    """Bytes of the commands on the link, without its framing."""
    orders = [
        Command("mc-0-00000", wanted.vehicle, wanted.command, wanted.arguments, "ground", stage)
        for stage in seen.stages
    ]
    return sum(len(encode(order)) for order in orders)
