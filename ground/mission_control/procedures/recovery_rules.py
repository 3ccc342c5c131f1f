"""How often, how long and where not the ground brings a vehicle out of its safe state."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import find_configuration, load_configuration
from ground.mission_control.dictionary.dictionary import Dictionary
from ground.mission_control.procedures.source import ProcedureSource

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
    """The rules with what a procedure changes. Raises ConfigurationError for what is wrong."""
    path = find_configuration("", "recovery")
    rules = msgspec.to_builtins(load_configuration(path, RecoveryRules))
    changed = source.content.recovery
    try:
        found = msgspec.convert({**rules, **changed}, RecoveryRules)
    except msgspec.ValidationError as error:
        raise source.refuse("recovery", f": {error}") from None
    for rule in ("critical", "told_again"):
        for vehicle, names in getattr(found, rule).items():
            if vehicle not in dictionary.vehicles and vehicle not in changed.get(rule, {}):
                continue  # the rules are for all missions
            _check(f"recovery.{rule}.{vehicle}", vehicle, names, source, dictionary)
    return found


def _check(
    key: str, vehicle: str, names: list[str], source: ProcedureSource, dictionary: Dictionary
) -> None:
    """Refuses a vehicle, a state or a command that is none."""
    known = dictionary.vehicles.get(vehicle)
    if known is None:
        words = choices_words(vehicle, sorted(dictionary.vehicles))
        raise source.refuse(key, f": there is no such vehicle: {words}")
    told = key.startswith("recovery.told_again")
    for name in names:
        if told and name not in known.commands:
            words = choices_words(name, sorted(known.commands))
            raise source.refuse(key, f"= {name!r} is no command of {vehicle}: {words}")
        if told and known.commands[name].hazardous:
            raise source.refuse(key, f"= {name!r} of {vehicle} is hazardous: nobody tells it again")
        if not told and not any(is_inside(each, name) for each in known.states):
            words = choices_words(name, list(known.states))
            raise source.refuse(key, f"= {name!r} is no state of {vehicle}: {words}")


def is_inside(mode: str, state: str) -> bool:
    """Whether a mode is a state or one inside it."""
    return mode == state or mode.startswith(f"{state}.")
