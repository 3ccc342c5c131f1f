"""The drills of one file: its cases, and the sweep of each, with other figures and seeds."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from flight.configuration.files import ConfigurationError
from flight.configuration.sections import Section, load_section
from ground.drills.drill import Drill
from ground.drills.reading import KEYS, Seed, read_drill

MOST = 2000
_NAME = re.compile(r"[a-z][a-z0-9_]{0,79}")
_RANGE = re.compile(r"(\d{1,9})\.\.(\d{1,9})")
_SEEDS = f"seeds such as 7, 1..5 or 1,4,9, each once and {MOST} at most"
SEEDS, LASTS = "seeds", "lasts"
CASES, CASE = "cases", "case"
OF_ALL = ("format", "scenario")
"""What all cases of a file have in common."""


def load_variants(path: Path) -> list[Drill]:
    """All drills of a file, each checked: its cases, and all variants of each. Raises
    ConfigurationError."""
    whole = load_section(path)
    found: list[Drill] = []
    for case, section in _cases(whole):
        found += _swept(section, path, case)
    return found


def load_variant(path: Path, changes: dict[str, Any]) -> Drill:
    """One variant, by what it changes; raises ConfigurationError."""
    whole = load_section(path)
    return _variant(_of_case(whole, changes), path, changes)


def cases_of(path: Path) -> list[str]:
    """The names of the cases of a file; none: it is one drill. Raises ConfigurationError."""
    return [name for name, _ in _cases(load_section(path)) if name]


def plain_cases(path: Path) -> dict[str, dict[str, Any]]:
    """What each drill of a file says, by its name, without its sweep; the names that it uses are
    not looked up. Raises ConfigurationError."""
    return {
        f"{path.stem}.{case}" if case else path.stem: section.without(("sweep",)).plain()
        for case, section in _cases(load_section(path))
    }


def allowed_cases(path: Path, case: str) -> str:
    """What is allowed in place of a case that a file does not have; "" when it has it. Raises
    ConfigurationError."""
    cases = cases_of(path)
    if case in (cases or [""]):
        return ""
    return ", ".join(cases) or "none: the file has no cases"


def plain_variant(path: Path, changes: dict[str, Any]) -> dict[str, Any]:
    """What a file would say that held this one variant alone; raises ConfigurationError."""
    section = _changed(_of_case(load_section(path), changes), changes)
    found: dict[str, Any] = section.without(("sweep",)).plain()
    if SEEDS in changes:
        found["seed"] = changes[SEEDS]
    return found


# ---------------------------------------------------------------------- cases


def _cases(whole: Section) -> Iterator[tuple[str, Section]]:
    """By its name, what the file says of each case; of one without cases, the whole."""
    whole.entries()
    cases = whole.get(CASES)
    if cases is None:
        yield "", whole
        return
    if not cases.entries():
        raise cases.refuse_value("a mapping of one case at least")
    whole.only((*KEYS, CASES))
    for name, case in cases.entries().items():
        if not _NAME.fullmatch(name):
            raise case.refuse(f"{case.key}: allowed is a name of small letters, digits and _")
        case.only([key for key in KEYS if key not in OF_ALL])
        yield name, whole.without((CASES,)).overlaid(case)


def _of_case(whole: Section, changes: dict[str, Any]) -> Section:
    """The part of a file of which `changes` are one variant."""
    wanted = changes.get(CASE, "")
    return next(section for name, section in _cases(whole) if name == wanted)


# ---------------------------------------------------------------------- sweep


def _swept(section: Section, path: Path, case: str) -> list[Drill]:
    """All variants of one case."""
    of_case = {CASE: case} if case else {}
    plain = _variant(section, path, of_case)
    sweep = section.get("sweep")
    if sweep is None:
        return [plain]
    axes = {name: _values(name, part) for name, part in sweep.entries().items()}
    count = 1
    for name, part in sweep.entries().items():
        count *= len(axes[name])
        if not axes[name] or count > MOST:
            raise part.refuse_value(f"so many values that there are 1 to {MOST} variants")
        if any(value in axes[name][:index] for index, value in enumerate(axes[name])):
            raise part.refuse_value("each value once")
        _check_axis(part, name, plain)
    found = []
    for values in itertools.product(*axes.values()):
        changes = dict(zip(axes, values, strict=True))
        try:
            found.append(_variant(section, path, of_case | changes))
        except ConfigurationError as error:  # the drill without its sweep is sound
            raise _refused(sweep, changes, error) from None
    return found


def _refused(sweep: Section, changes: dict[str, Any], error: ConfigurationError) -> Exception:
    """What is wrong with one variant, where the sweep says it."""
    place = sweep
    if len(changes) == 1:
        ((name, value),) = changes.items()
        place = sweep.at(name)
        items = place.items() if place.is_list else []
        place = next((each for each in items if each.plain() == value), place)
    return place.refuse(f"{place.key}: with {_told(changes)}: {error.problem}")


def seeds_of(text: str) -> list[int]:
    """`1..5`, `7` or `1,4,9`; raises ValueError with what is allowed."""
    found: list[int] = []
    for part in text.split(","):
        span = _RANGE.fullmatch(part.strip())
        if span is not None and int(span[1]) <= int(span[2]) < int(span[1]) + MOST:
            found += range(int(span[1]), int(span[2]) + 1)
        elif part.strip().isdecimal() and int(part) <= 2**31:
            found.append(int(part))
        else:
            raise ValueError(_SEEDS)
    if len(set(found)) < len(found):
        raise ValueError(_SEEDS)
    return found


def _values(name: str, section: Section) -> list[Any]:
    if name == SEEDS:
        if section.is_list:
            return list(section.read(list[Seed]))
        try:
            return list(seeds_of(str(section.plain())))
        except ValueError as error:
            raise section.refuse_value(str(error)) from None
    return [item.plain() for item in section.items()]


def _check_axis(section: Section, name: str, drill: Drill) -> None:
    """Refuses what is no seed, no duration and no parameter of a fault."""
    if name in (SEEDS, LASTS):
        return
    fault, _, parameter = name.partition(".")
    known = [each.id for each in drill.faults]
    if fault not in known or not parameter:
        ways = [SEEDS, LASTS, *(f"{each}.<parameter>" for each in known)]
        raise section.refuse(f"{section.key} is no axis of a sweep: allowed is {', '.join(ways)}")


def _variant(section: Section, path: Path, changes: dict[str, Any]) -> Drill:
    drill = read_drill(_changed(section, changes), path)
    if not changes:
        return drill
    name = f"{drill.name}.{changes[CASE]}" if CASE in changes else drill.name
    told = _told(changes)
    seed = changes.get(SEEDS, drill.seed)
    return replace(drill, name=f"{name}[{told}]" if told else name, swept=changes, seed=seed)


def _told(changes: dict[str, Any]) -> str:
    return ", ".join(f"{k}={_shown(value)}" for k, value in changes.items() if k != CASE)


def _changed(section: Section, changes: dict[str, Any]) -> Section:
    """What the file says with the figures of one variant."""
    changed = section
    for name, value in changes.items():
        if name in (SEEDS, CASE):
            continue
        for index, fault in enumerate(section.at("faults").items()):
            identifier, _, parameter = name.partition(".")
            if name == LASTS:
                changed = changed.with_value(f"faults[{index}].{LASTS}", value)
            elif fault.at("id").plain() == identifier:
                changed = changed.with_value(f"faults[{index}].{parameter}", value)
    return changed


def _shown(value: Any) -> str:
    if isinstance(value, dict) and {"value", "unit"} <= set(value):
        return f"{value['value']} {value['unit']}"
    return str(value)
