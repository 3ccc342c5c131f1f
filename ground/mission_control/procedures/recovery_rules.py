"""How often, how long and where not the ground brings a vehicle out of its safe state."""

from collections.abc import Iterator, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import find_configuration, load_configuration, refusal
from ground.mission_control.dictionary.dictionary import Dictionary, VehicleEntry
from ground.mission_control.procedures.source import ProcedureSource

FILE = "recovery"
NAMING = ("needs", "critical", "told_again")
"""The rules that name vehicles, and what these have."""
Sols = Annotated[float, Meta(gt=0.0, le=100.0)]
Pause = Annotated[float, Meta(gt=0.0, le=1.0e6)]
Count = Annotated[int, Meta(ge=0, le=100)]


class RecoveryRules(Struct, frozen=True, forbid_unknown_fields=True):
    """The rules of `configs/recovery.yaml`; what a procedure says under `recovery:` goes before.

    `hibernation_sols`: for which one that said that it hibernates is waited for; `needs`: without
    whom a vehicle can do nothing. `deaf_sols`: for which one is asked on that is heard and answers
    nothing, and `pauses_seconds`: before each further try of a step whose attempts are used up,
    both where nothing else follows but the end. `critical`: of each vehicle, the states out of
    which it must have fallen for the ground to leave it in its safe state. `told_again`: of each
    vehicle, the commands of which it is told the last once more when it comes out of its safe state
    without its memory.
    """

    per_step: Count
    in_all: Count
    settle_seconds: Annotated[float, Meta(ge=0.0, le=1.0e6)]
    silence_sols: Sols
    limit_sols: Sols
    hibernation_sols: Annotated[float, Meta(gt=0.0, le=700.0)] = 200.0
    deaf_sols: Annotated[float, Meta(ge=0.0, le=100.0)] = 0.0
    pauses_seconds: Annotated[list[Pause], Meta(max_length=20)] = []
    needs: dict[str, list[str]] = {}
    critical: dict[str, list[str]] = {}
    told_again: dict[str, list[str]] = {}


def recovery_of(source: ProcedureSource, dictionary: Dictionary) -> RecoveryRules:
    """The rules with what a procedure changes. Raises ConfigurationError for what it has wrong."""
    changed = source.content.recovery
    rules = msgspec.to_builtins(_load())
    try:
        found = msgspec.convert({**rules, **changed}, RecoveryRules)
    except msgspec.ValidationError as error:
        raise source.refuse("recovery", f": {error}") from None
    for rule in NAMING:
        for inner, allowed in _wrong(rule, getattr(found, rule), dictionary):
            if rule in changed:
                key = f"recovery.{inner}"
                raise source.reader.refuse_value(source.node(key), key, allowed)
    return found


def check_rules(dictionary: Dictionary) -> None:
    """Refuses rules about what the vehicles have not; raises ConfigurationError.

    `dictionary`: of all vehicles, as the rules are for all missions.
    """
    for rule in NAMING:
        for key, allowed in _wrong(rule, getattr(_load(), rule), dictionary):
            raise refusal(find_configuration("", FILE), key, allowed)


def _load() -> RecoveryRules:
    return load_configuration(find_configuration("", FILE), RecoveryRules)


def _wrong(
    rule: str, named: Mapping[str, list[str]], dictionary: Dictionary
) -> Iterator[tuple[str, str]]:
    """Where a rule names a vehicle, a state or a command that is none, and what is allowed."""
    vehicles = sorted(dictionary.vehicles)
    for name, others in named.items():
        key, vehicle = f"{rule}.{name}", dictionary.vehicles.get(name)
        if vehicle is None:
            yield key, f"a rule for a vehicle: {choices_words(name, vehicles, '')}"
            continue
        for index, other in enumerate(others):
            if rule == "needs" and other not in vehicles:
                yield f"{key}[{index}]", f"a vehicle: {choices_words(other, vehicles, '')}"
            elif rule == "told_again" and _is_told_to_nobody(vehicle, other):
                told = [each for each in vehicle.commands if not _is_told_to_nobody(vehicle, each)]
                words = choices_words(other, sorted(told), "")
                yield f"{key}[{index}]", f"a command of {name} that is not hazardous: {words}"
            elif rule == "critical" and not any(is_inside(each, other) for each in vehicle.states):
                words = choices_words(other, list(vehicle.states), "")
                yield f"{key}[{index}]", f"a state of {name}: {words}"


def _is_told_to_nobody(vehicle: VehicleEntry, command: str) -> bool:
    return command not in vehicle.commands or vehicle.commands[command].hazardous


def is_inside(mode: str, state: str) -> bool:
    """Whether a mode is a state or one inside it."""
    return mode == state or mode.startswith(f"{state}.")
