"""Faults in files: read, and refused with file, line and key where they have no meaning."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from flight.configuration.allowed_values import choices_words, one_of
from flight.configuration.files import ConfigurationError, NotAllowed
from flight.configuration.sections import Section, load_section
from sim_hw.faults.catalogue import Catalogue, catalogue
from sim_hw.faults.fault import (
    TRIGGERS,
    After,
    Fault,
    InState,
    Seconds,
    Target,
    Trigger,
    Tubes,
    Until,
    is_per_call,
)
from sim_hw.faults.kind import TARGET_KINDS, FaultKind, TargetKind
from sim_hw.faults.own_kinds import OWN
from sim_hw.faults.targets import Targets

FORMAT = 1
_OWN = ("id", "method", "kind", "fields", "when", "lasts")
_OF_WHAT = {"after": " (an event)", "in": " (a state)"}
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,39}")


def read_fault(section: Section, targets: Targets, kinds: Catalogue | None = None) -> Fault:
    """One fault, as an item of `faults:` gives it; raises ConfigurationError."""
    kinds = catalogue() if kinds is None else kinds
    entries = section.entries()
    identifier = section.at("id").plain()
    if not isinstance(identifier, str) or not _IDENTIFIER.fullmatch(identifier):
        raise section.at("id").refuse_value("a name of up to 40 small letters, digits and _")
    target = _target(section, targets)
    part = targets.parts[target.kind][target.name]
    kind_type = _kind_type(section, target, part, kinds)
    named = (*_OWN, target.kind)
    section.only((*named, *(each.encode_name for each in msgspec.structs.fields(kind_type))))
    kind: FaultKind = section.without(named).read(kind_type)
    method = section.at("method").read(str) if "method" in entries else None
    fields = tuple(section.at("fields").read(list[str])) if "fields" in entries else ()
    try:
        kind.check(part, method, fields)
    except NotAllowed as error:
        raise _refused(section, error) from None
    fault = Fault(
        id=identifier,
        target=target,
        kind=kind,
        method=method,
        fields=fields,
        when=_trigger(section.get("when"), targets),
        lasts=_lasts(section.get("lasts"), targets),
    )
    _check_counting(section, fault)
    return fault


def read_faults(
    section: Section,
    targets: Targets,
    kinds: Catalogue | None = None,
    taken: Iterable[Fault] = (),
) -> list[Fault]:
    """A list of faults, each with an id that no other has, nor one of those `taken`.

    Raises ConfigurationError.
    """
    kinds = catalogue() if kinds is None else kinds
    known = [fault.id for fault in taken]
    faults: list[Fault] = []
    for item in section.items():
        fault = read_fault(item, targets, kinds)
        if fault.id in known:
            raise item.at("id").refuse_value("an id that no other fault has")
        known.append(fault.id)
        faults.append(fault)
    return faults


def load_faults(files: Iterable[Path], targets: Targets) -> tuple[Fault, ...]:
    """The faults of files, each with `format` and `faults`; raises ConfigurationError."""
    kinds = catalogue()
    faults: list[Fault] = []
    for file in files:
        section = load_section(file)
        section.only(("format", "faults"), ("format", "faults"))
        if section.at("format").plain() != FORMAT:
            raise section.at("format").refuse_value(f"{FORMAT}, the format that is read here")
        faults += read_faults(section.at("faults"), targets, kinds, faults)
    return tuple(faults)


def _target(section: Section, targets: Targets) -> Target:
    given = [kind for kind in TARGET_KINDS if section.get(kind) is not None]
    if len(given) != 1:
        problem = f"{section.key or 'a fault'} has {', '.join(given) or 'no target'}: "
        problem += f"allowed is exactly {one_of(TARGET_KINDS)}".replace('"', "")
        raise section.refuse(problem)
    kind: TargetKind = given[0]
    place = section.at(kind)
    if kind in targets.cannot:
        raise place.refuse(f"{place.key}: {targets.cannot[kind]}")
    name, known = place.plain(), targets.names(kind)
    if name not in known:
        raise place.refuse_value(choices_words(str(name), known, ""))
    return Target(kind, str(name))


def _kind_type(section: Section, target: Target, part: Any, kinds: Catalogue) -> type[FaultKind]:
    place = section.at("kind")
    name = place.plain()
    every = kinds.of(target.kind, part)
    if name not in every:
        raise place.refuse_value(choices_words(str(name), list(every), ""))
    why = every[name].why_not(part)
    if why:
        able = [n for n, kind in every.items() if not kind.why_not(part)]
        why += f" (but a failure of its own, {OWN}{name})" if OWN + name in able else ""
        raise place.refuse_value(f"{one_of(able)}; {why}".replace('"', ""))
    return every[name]


def _refused(section: Section, error: NotAllowed) -> ConfigurationError:
    """The refusal of what goes wrong with a target, at the value at fault where the file has it."""
    for key in error.keys:
        name, *index = re.findall(r"[^.\[\]]+", key)
        place = section.get(name)
        if place is None:
            continue
        if index and index[0].isdecimal():
            place = place.items()[int(index[0])]
        return place.refuse_value(error.allowed)
    key = error.keys[0]
    path = f"{section.key}.{key}" if section.key else key
    return section.refuse(f"{path}: allowed is {error.allowed}")


# ------------------------------------------------------------------ when, how long


def _trigger(section: Section | None, targets: Targets) -> Trigger | None:
    if section is None:
        return None
    if not section.is_mapping:
        raise section.refuse_value("a trigger, as in {at: 5 s}")
    entries = section.entries()
    found = [key for key in TRIGGERS if key in entries]
    if len(found) != 1:
        others = f"{', '.join(entries)}, which is " if entries else ""
        problem = f"{section.key} has {', '.join(found) or f'{others}no trigger'}: "
        problem += "allowed is exactly one of "
        problem += ", ".join(name + _OF_WHAT.get(name, "") for name in TRIGGERS)
        raise section.refuse(problem)
    trigger: Trigger = section.read(TRIGGERS[found[0]])  # type: ignore[assignment]
    if isinstance(trigger, After):
        check_event(section.at("after"), trigger.after, targets)
    elif isinstance(trigger, InState):
        _check_state(section.at("in"), trigger.state, targets)
    elif isinstance(trigger, Tubes):
        _check_tubes(section, trigger, targets)
    return trigger


def _lasts(section: Section | None, targets: Targets) -> float | Until | None:
    if section is None:
        return None
    if section.is_mapping and "until" in section.entries():
        until = section.read(Until)
        check_event(section.at("until"), until.until, targets)
        return until
    return section.read(Seconds)


def check_event(section: Section, event: str, targets: Targets) -> None:
    """Refuses an event that nobody can tell."""
    who, _, name = event.partition(".")
    if not targets.events:
        return
    if who not in targets.events:
        raise section.refuse_value(choices_words(who, list(targets.events), "an event of "))
    if name not in targets.events[who]:
        raise section.refuse_value(choices_words(name, list(targets.events[who]), f"of {who} "))


def _check_state(section: Section, state: str, targets: Targets) -> None:
    who, _, path = state.partition(".")
    if not targets.states:
        return
    if who not in targets.states:
        raise section.refuse_value(choices_words(who, list(targets.states), "a state of "))
    if path not in targets.states[who]:
        raise section.refuse_value(choices_words(path, list(targets.states[who]), f"of {who} "))


def _check_tubes(section: Section, wanted: Tubes, targets: Targets) -> None:
    if not targets.places:
        return
    if wanted.place not in targets.places:
        words = choices_words(wanted.place, list(targets.places), "")
        raise section.at("place").refuse_value(words)
    most = targets.places[wanted.place]
    if wanted.tubes > most:
        words = f"at most {most}, as many as can be there in this mission"
        raise section.at("tubes").refuse_value(words)


def _check_counting(section: Section, fault: Fault) -> None:
    if is_per_call(fault.when) and not fault.kind.counted:
        name = fault.kind.name()
        problem = f"{section.key}.when: {name} of a {fault.target.kind} is not of single calls or "
        problem += "messages, which could be counted: allowed is at, after, in, or probability "
        problem += "with per"
        raise section.at("when").refuse(problem)


def plain_fault(fault: Fault) -> dict[str, Any]:
    """A fault as plain data, for records."""
    data: dict[str, Any] = {"id": fault.id, fault.target.kind: fault.target.name}
    data |= {"method": fault.method} if fault.method else {}
    data |= {"fields": list(fault.fields)} if fault.fields else {}
    data |= msgspec.to_builtins(fault.kind)
    for key, value in (("when", fault.when), ("lasts", fault.lasts)):
        if value is not None:
            data[key] = msgspec.to_builtins(value)
    return data
