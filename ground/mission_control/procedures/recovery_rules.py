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
    whom a vehicle can do nothing. `pauses_seconds`: before each further try of a step whose
    attempts are used up, where nothing else follows but the end. `critical`: of each vehicle, the
    states out of which it must have fallen for the ground to leave it in its safe state.
    """

    per_step: Count
    in_all: Count
    settle_seconds: Annotated[float, Meta(ge=0.0, le=1.0e6)]
    silence_sols: Sols
    limit_sols: Sols
    hibernation_sols: Annotated[float, Meta(gt=0.0, le=700.0)] = 200.0
    pauses_seconds: Annotated[list[Pause], Meta(max_length=20)] = []
    needs: dict[str, list[str]] = {}
    critical: dict[str, list[str]] = {}


def recovery_of(source: ProcedureSource, dictionary: Dictionary) -> RecoveryRules:
    """The rules with what a procedure changes. Raises ConfigurationError for what is wrong."""
    path = find_configuration("", "recovery")
    rules = msgspec.to_builtins(load_configuration(path, RecoveryRules))
    changed = source.content.recovery
    try:
        found = msgspec.convert({**rules, **changed}, RecoveryRules)
    except msgspec.ValidationError as error:
        raise source.refuse("recovery", f": {error}") from None
    for vehicle, states in found.critical.items():
        known = dictionary.vehicles.get(vehicle)
        if known is None and vehicle not in changed.get("critical", {}):
            continue  # the rules are for all missions
        key = f"recovery.critical.{vehicle}"
        if known is None:
            words = choices_words(vehicle, sorted(dictionary.vehicles))
            raise source.refuse(key, f": there is no such vehicle: {words}")
        for state in states:
            if not any(is_inside(each, state) for each in known.states):
                words = choices_words(state, list(known.states))
                raise source.refuse(key, f"= {state!r} is no state of {vehicle}: {words}")
    return found


def is_inside(mode: str, state: str) -> bool:
    """Whether a mode is a state or one inside it."""
    return mode == state or mode.startswith(f"{state}.")
