"""The catalogue of faults as a page: how one is written, every kind, and what can be where."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from flight.configuration.allowed_values import UNIT
from ground.reference.markdown import code, one_line, page, table
from ground.reference.types import type_words
from sim_hw.faults.catalogue import Catalogue
from sim_hw.faults.device_call import DevicePart
from sim_hw.faults.fault import TRIGGERS
from sim_hw.faults.kind import TARGET_KINDS, FaultKind, TargetKind
from sim_hw.faults.targets import Targets

PATH = "reference/faults.md"
INTRODUCTION = """\
A fault is something that breaks: what (a target), how (a kind with its parameters), when, and for
how long. Faults stand in a list `faults:` of a [drill](drill-file.md), or of a file of their own
for `msr fly MISSION --fault FILE`:

```yaml
format: 1
faults:
  - id: radar
    device: lander.landing_radar
    method: measure
    kind: not_a_number
    fields: [range]
    when: {after: lander.parachute_open, delay: 2 s}
    lasts: 5 s
```

`id` names it. The target is one of `device`, `line`, `bus`, `link`, `node`, `store`, `world`,
`ground`. `method` and `fields` narrow it down where the kind allows that. Without `when` it begins
at once; without `lasts` it stays until it is healed or the run ends. Times and sizes carry their
unit (`5 s`, `{value: 2, unit: sol}`), any of its kind; numbers that take the place of what a device
tells are in the unit of that field. What has no meaning is refused before anything runs, with
file, line and key.

What each fault did stands in `faults.jsonl` of the [run folder](run-folder.md): when it was armed,
began, hit (where, what was before and after) and was healed; of very many hits not every one. A
fault has a random stream of its own, so that one of no size, or one that never hits, changes no bit
of a run. The same faults act in one process and where each participant has one of its own; there a
process that is started anew counts its calls and messages anew.
"""
_SORTS: Mapping[TargetKind, str] = {
    "device": "Between a device and its drivers: what it answers, and what it does. `method` is "
    "one of its methods or signals, `fields` are fields of what it tells, or arguments.",
    "line": "The line between a device and its computer; of a real device on a bench that is its "
    "wire: the same faults act there.",
    "bus": "At the end of the bus that receives: the target is who receives (a vehicle, `ground`, "
    "`hardware`), `method` the service, `peer` who sends.",
    "link": "On a space link: `proximity` between vehicles, `relay` to the relay orbiter and "
    "`relay_earth` from there to Earth, `direct` to Earth.",
    "node": "Of a computer: a vehicle's, or the `ground`.",
    "store": "Of what a computer writes: a vehicle's store, or the archive of the `ground`.",
    "world": "Of what surrounds vehicles: the `site`; and of the power and heat of a vehicle.",
    "ground": "At the edge of `mission_control`: `method` is the name of a command, `vehicle` who "
    "is to get it.",
}  # fmt: skip


def fault_page(catalogue: Catalogue, targets: Targets) -> dict[str, str]:
    """The page by its path; `targets`: those of a mission with all vehicles."""
    sections = [part for sort in TARGET_KINDS for part in _sort(sort, catalogue, targets)]
    parts = [INTRODUCTION.strip(), "## When", _triggers(), *sections]
    return {PATH: page("Faults", "sim_hw/faults", *parts)}


def _triggers() -> str:
    rows = [
        (code(key), ", ".join(_parameters(trigger)), one_line(inspect.getdoc(trigger) or ""))
        for key, trigger in TRIGGERS.items()
    ]
    return table(("`when`", "Keys", "Begins"), rows)


def _sort(sort: TargetKind, catalogue: Catalogue, targets: Targets) -> Iterator[str]:
    yield f"## {sort}"
    yield _SORTS[sort]
    kinds = catalogue.kinds(sort).values()
    yield table(
        ("Kind", "Parameters", "What happens"),
        [(code(k.name()), ", ".join(_parameters(k)), one_line(k.__doc__ or "")) for k in kinds],
    )
    if sort == "device":
        yield "A device alone can have its own modes too: see [devices](devices.md)."
    yield _matrix(sort, catalogue, targets)


def _parameters(kind: type[msgspec.Struct]) -> list[str]:
    return [_parameter(field) for field in msgspec.structs.fields(kind)]


def _parameter(field: Any) -> str:
    bare = _bare(field.type)
    words = f"{code(field.encode_name)}: {type_words(bare)}{_unit(bare)}"
    if field.required:
        return words
    default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if default in (None, "", {}):
        return f"{words} (may be left out)"
    return f"{words} (default {default})"


def _unit(annotation: Any) -> str:
    for meta in getattr(annotation, "__metadata__", ()):
        unit = (meta.extra or {}).get(UNIT, "1") if isinstance(meta, msgspec.Meta) else "1"
        if unit != "1":
            return f", in {unit}"
    return ""


def _bare(annotation: Any) -> Any:
    """A type as its words know it; `None` beside it says only that it may be left out."""
    others = [each for each in getattr(annotation, "__args__", ()) if each is not type(None)]
    is_union = type(None) in getattr(annotation, "__args__", ())
    return others[0] if is_union and len(others) == 1 else annotation


def _matrix(sort: TargetKind, catalogue: Catalogue, targets: Targets) -> str:
    general = catalogue.kinds(sort)
    rows = [
        (code(name), _own(part, general, catalogue), _cannot(part, general))
        for name, part in targets.parts.get(sort, {}).items()
    ]
    if not any(cannot for _, _, cannot in rows):
        names = ", ".join(name for name, _, _ in rows)
        return f"All of these can be at each of {names}."
    return table(("Target", "Its own kinds", "Cannot have"), rows)


def _own(part: Any, general: Mapping[str, Any], catalogue: Catalogue) -> str:
    if not isinstance(part, DevicePart):
        return ""
    own = [name for name in catalogue.of("device", part) if name not in general]
    return ", ".join(map(code, own))


def _cannot(part: Any, general: Mapping[str, type[FaultKind]]) -> str:
    """The kinds that it cannot have, by the reason."""
    why: dict[str, list[str]] = {}
    for name, kind in general.items():
        reason = kind.why_not(part)
        if reason:
            why.setdefault(reason, []).append(code(name))
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in why.items())


