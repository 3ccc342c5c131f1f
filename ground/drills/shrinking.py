"""Makes a drill smaller, as long as it fails alike: fewer faults, shorter, weaker, later."""

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flight.configuration.files import ConfigurationError
from ground.drills.drill import Drill
from ground.drills.generated import plain_of, write_drill
from ground.drills.record import Judged

MOST_STEPS = 60
SHORTEST = 0.05  # s that a fault lasts at least
_AMOUNT = re.compile(r"([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)(\s*\S.*)?")
_SIZES = ("offset", "per_second", "sigma", "size", "share", "probability", "by", "step", "bits")
Fly = Callable[[Drill], Judged]


@dataclass(frozen=True)
class Shrunk:
    """The smallest that was found: its file, its verdict, and what was done to it."""

    drill: Drill
    judged: Judged
    steps: tuple[str, ...]
    flown: int


def shrink(drill: Drill, judged: Judged, fly: Fly, folder: Path) -> Shrunk:
    """Tries smaller drills until none fails alike any more; each is one flight."""
    wanted = reason_of(judged)
    plain = plain_of(drill)
    plain["seed"] = judged.record.seed
    best, flown, done = Shrunk(drill, judged, (), 0), 0, False
    while not done and flown < MOST_STEPS:
        done = True
        for what, smaller in candidates(plain):
            if flown >= MOST_STEPS:
                break
            name = f"{drill.file.stem}-smaller-{flown + 1:02d}"
            try:
                tried = write_drill(folder, name, smaller)
            except ConfigurationError:
                continue  # smaller than the file's own limits allow
            flown += 1
            found = fly(tried)
            if found.verdict == "FAIL" and reason_of(found) == wanted:
                best = Shrunk(tried, found, (*best.steps, what), flown)
                plain, done = smaller, False
                break
    return Shrunk(best.drill, best.judged, best.steps, flown)


def reason_of(judged: Judged) -> str:
    """What a drill fails by first: what did not hold, or what did not come."""
    if judged.record.broken:
        return min(judged.record.broken, key=lambda broken: broken.time).what
    return judged.because[0].partition(":")[0] if judged.because else ""


def candidates(plain: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Drills that are a step smaller, those that take away the most first."""
    faults = plain.get("faults", [])
    if len(faults) > 1:
        for index, fault in enumerate(faults):
            yield f"without fault {fault['id']}", _with(plain, index, None)
    for index, fault in enumerate(faults):
        lasts = _number(fault.get("lasts"))
        if lasts is not None and lasts[0] / 2.0 >= SHORTEST:
            yield f"{fault['id']} half as long", _with(plain, index, {"lasts": _half(lasts)})
    for index, fault in enumerate(faults):
        for name in _SIZES:
            size = _number(fault.get(name))
            if size is not None and abs(size[0]) > 1e-6:
                yield f"{fault['id']}.{name} halved", _with(plain, index, {name: _half(size)})
        factor = fault.get("factor")
        if isinstance(factor, int | float) and abs(factor - 1.0) > 1e-6:
            yield (
                f"{fault['id']}.factor nearer to 1",
                _with(plain, index, {"factor": 1.0 + (factor - 1.0) / 2.0}),
            )
    for index, fault in enumerate(faults):
        when = fault.get("when")
        at = _number(when.get("at")) if isinstance(when, dict) else None
        if at is not None and at[1].strip() == "s" and at[0] < 3600.0:
            later = f"{2.0 * at[0] + 1.0:g} s"
            yield f"{fault['id']} later", _with(plain, index, {"when": {"at": later}})


def _with(plain: dict[str, Any], index: int, change: dict[str, Any] | None) -> dict[str, Any]:
    """A copy with one fault changed, or taken out."""
    copied = copy.deepcopy(plain)
    if change is None:
        del copied["faults"][index]
    else:
        copied["faults"][index].update(change)
    return copied


def _number(value: Any) -> tuple[float, str] | None:
    """Number and unit of `5 s`, `{value: 5, unit: s}` or 5; None for what is no amount."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value), ""
    if isinstance(value, dict) and isinstance(value.get("value"), int | float):
        return float(value["value"]), f" {value.get('unit', '')}"
    match = _AMOUNT.fullmatch(value.strip()) if isinstance(value, str) else None
    return None if match is None else (float(match[1]), match[2] or "")


def _half(amount: tuple[float, str]) -> Any:
    value, unit = amount
    return value / 2.0 if not unit.strip() else f"{value / 2.0:g}{unit}"
