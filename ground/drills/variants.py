"""The sweep of a drill: the same drill with other figures and other seeds."""

import itertools
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from flight.configuration.sections import Section, load_section
from ground.drills.drill import Drill
from ground.drills.reading import Seed, read_drill

MOST = 2000
_RANGE = re.compile(r"(\d{1,9})\.\.(\d{1,9})")
SEEDS, LASTS = "seeds", "lasts"


def load_variants(path: Path) -> list[Drill]:
    """All variants of a drill file, each checked; raises ConfigurationError."""
    section = load_section(path)
    plain = read_drill(section, path)
    sweep = section.get("sweep")
    if sweep is None:
        return [plain]
    axes = {name: _values(name, part) for name, part in sweep.entries().items()}
    count = 1
    for name, part in sweep.entries().items():
        count *= len(axes[name])
        if not axes[name] or count > MOST:
            raise part.refuse_value(f"so many values that there are 1 to {MOST} variants")
        _check_axis(part, name, plain)
    return [
        _variant(section, path, dict(zip(axes, values, strict=True)))
        for values in itertools.product(*axes.values())
    ]


def load_variant(path: Path, changes: dict[str, Any]) -> Drill:
    """One variant, by what it changes; raises ConfigurationError."""
    return _variant(load_section(path), path, changes)


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
            raise ValueError(f"seeds such as 7, 1..5 or 1,4,9, {MOST} at most")
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
    changed = section
    for name, value in changes.items():
        if name == SEEDS:
            continue
        for index, fault in enumerate(section.at("faults").items()):
            identifier, _, parameter = name.partition(".")
            if name == LASTS:
                changed = changed.with_value(f"faults[{index}].{LASTS}", value)
            elif fault.at("id").plain() == identifier:
                changed = changed.with_value(f"faults[{index}].{parameter}", value)
    drill = read_drill(changed, path)
    if not changes:
        return drill
    told = ", ".join(f"{name}={_shown(value)}" for name, value in changes.items())
    seed = changes.get(SEEDS, drill.seed)
    return replace(drill, name=f"{drill.name}[{told}]", swept=changes, seed=seed)


def _shown(value: Any) -> str:
    if isinstance(value, dict) and {"value", "unit"} <= set(value):
        return f"{value['value']} {value['unit']}"
    return str(value)
