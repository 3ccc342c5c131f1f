"""Has mission control send what a person has asked for, beside its procedure."""

from flight.icd.messages import Command
from ground.mission_control import MissionControl, origin_of, stages_of
from ground.testbed.record.inputs import CommandInput


def order(control: MissionControl, given: CommandInput, only: str = "") -> list[str]:
    """Issues it; returns its identifiers, ARM's before FIRE's. Raises DictionaryRefusal. `only`: of
    a hazardous one this stage alone."""
    entry = control.dictionary.check(given.vehicle, given.command, given.arguments)
    stages = stages_of(entry, given.vehicle, given.arguments, control.tracker)
    if only and len(stages) > 1:
        stages = [only]
    identifiers = control.tracker.next_identifiers(len(stages))
    orders = [
        Command(
            identifier, given.vehicle, given.command, dict(given.arguments),
            origin_of(given.user), stage, given.lifetime if stage == "arm" else 0.0,
        )
        for identifier, stage in zip(identifiers, stages, strict=True)
    ]  # fmt: skip
    control.tracker.issue(f"operator {identifiers[0]}", orders, entry.deadline)
    return identifiers
