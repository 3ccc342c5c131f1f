"""What is written in tables and as figures of a room, a line each: for tests that hold them.

`python -m tests.as_written` writes all kept files anew where something is changed on purpose.
"""

import ast
import enum
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import msgspec

from flight.core.chart.statechart import ANY
from flight.core.commanding.commands import declared_commands
from flight.core.keeping.memory import declared_memory
from flight.core.node import Node
from flight.core.telling.channels import declared_channels
from flight.core.telling.events import declared_events

TESTS = Path(__file__).resolve().parent
KERNEL = "flight.core"
VEHICLES = ("arm", "entry", "lander", "mav", "orbiter", "perseverance", "rover")
ROOMS = ("flight.core", "flight.runtime", "ground.commands", "ground.drills",
         "ground.mission_control", "sim_hw.devices")  # fmt: skip


ON_PURPOSE = "if that is on purpose: python -m tests.as_written"


def kept(room: str) -> Path:
    """The file of a room (`flight.mav`), beside its tests."""
    return TESTS / room.replace(".", "/") / "as_written.txt"


def differences(room: str) -> list[str]:
    """What is written otherwise than it is kept: `+` for new lines, `-` for those that are gone."""
    now, then = written(room), kept(room).read_text(encoding="utf-8").splitlines()
    gone = [f"- {line}" for line in then if line not in set(now)]
    new = [f"+ {line}" for line in now if line not in set(then)]
    if not gone and not new and now != then:
        gone = ["the order of the lines"]
    return [*gone, *new, ON_PURPOSE] if gone or new else []


def written(room: str) -> list[str]:
    """All tables of a vehicle's room, or of the kernel's own node; and all figures."""
    lines: list[str] = []
    if room.split(".")[-1] in VEHICLES:
        lines += _tables(_vehicle(room), lambda module: not module.startswith(KERNEL))
    elif room == KERNEL:
        lines += _tables(Node, lambda module: True)
    return [*lines, "# figures", *figures(room)]


def _vehicle(room: str) -> type[Node]:
    found = vars(importlib.import_module(f"{room}.node")).values()
    (kind,) = (
        each for each in found
        if isinstance(each, type) and issubclass(each, Node) and each.__module__ == f"{room}.node"
        and "statechart" in vars(each)
    )  # fmt: skip
    return kind


def _tables(kind: type[Node], own: Any) -> Iterator[str]:
    tables = (transitions, states, commands, parameters, told)
    for table in tables[0 if hasattr(kind, "statechart") else 2 :]:
        yield f"# {table.__name__}"
        yield from table(kind, own)


def transitions(kind: type[Node], own: Any) -> Iterator[str]:
    """In order: the first that fits is taken."""
    for on in kind.statechart.transitions:
        source = "ANY" if on.source is ANY else "|".join(on.sources)
        guard = f" if {on.guard.__name__}" if on.guard is not None else ""
        action = f" does {on.action.__name__}" if on.action is not None else ""
        yield f"{on.event}: {source} -> {on.target}{guard}{action}"
    yield f"ignored: {' '.join(kind.statechart.ignored)}"


def states(kind: type[Node], own: Any) -> Iterator[str]:
    """What is done in each, and what may end it."""
    for path, state in kind.statechart.states.items():
        done = [
            getattr(each, "__name__", "-") for each in (state.activity, state.entry, state.exit)
        ]
        yield (
            f"{path}: {' '.join(done)} initial {state.initial} safing {state.safing} "
            f"restarts {state.restarts} outcomes {' '.join(state.outcomes)}"
        )


def commands(kind: type[Node], own: Any) -> Iterator[str]:
    """Where each is taken, within which time, with which arguments."""
    for name, spec in declared_commands(kind).items():
        if not own(getattr(kind, spec.method).__module__):
            continue
        yield (
            f"{name}: {spec.deadline!r} s {spec.hazard} starts {spec.starts} in "
            f"{'|'.join(spec.allowed_in)} so in {'|'.join(spec.so_in)} {spec.restart} "
            f"{spec.carries.name} harmless {spec.harmless}"
        )
        for field in msgspec.structs.fields(spec.arguments):
            yield f"  {field.name}: {_plain(field.type)} = {field.default!r}"


def parameters(kind: type[Node], own: Any) -> Iterator[str]:
    """Their bounds."""
    for name, each in kind.parameter_declarations.items():
        yield f"parameter {name}: {each.type.__name__} {each.unit} {each.ge!r} to {each.le!r}"


def told(kind: type[Node], own: Any) -> Iterator[str]:
    """Severities of events, limits of channels, and what is in memory at first."""
    for name, event in declared_events(kind).items():
        if own(_declared_by(kind, name)):
            yield f"event {name}: {event.severity.name} lasts {event.lasts}"
    for name, channel in declared_channels(kind).items():
        if channel.limits is not None:
            yield f"channel {name}: {channel.limits.yellow} {channel.limits.red}"
    for name, memory in declared_memory(kind).items():
        if own(_declared_by(kind, name)):
            yield f"memory {name} is {memory.default!r} at first"


def _declared_by(kind: type[Node], name: str) -> str:
    return next((each.__module__ for each in kind.__mro__ if name in vars(each)), "")


def figures(room: str) -> Iterator[str]:
    """Numbers that modules and classes are written with, and what arguments are if not given."""
    package = importlib.import_module(room)
    for info in pkgutil.walk_packages(package.__path__, f"{room}."):
        if info.name.endswith("__main__"):
            continue
        module = importlib.import_module(info.name)
        short = info.name.removeprefix(f"{room}.")
        own = _own(module)
        for name, value in vars(module).items():
            if name in own and _is_figure(value):
                yield f"{short}.{name} = {value!r}"
            elif getattr(value, "__module__", "") != info.name:
                continue
            elif isinstance(value, FunctionType):
                yield from _of_function(f"{short}.{name}", value)
            elif isinstance(value, type) and value.__name__ == name:
                yield from _of_class(f"{short}.{name}", value)


def _of_class(path: str, kind: type) -> Iterator[str]:
    if issubclass(kind, enum.Enum):
        return
    values = {name: each for name, each in vars(kind).items() if not name.startswith("__")}
    if issubclass(kind, msgspec.Struct):
        set_up = kind.__struct_config__
        yield (
            f"{path}: frozen {set_up.frozen}, forbids others {set_up.forbid_unknown_fields}, "
            f"tag {set_up.tag}"
        )
        for field in msgspec.structs.fields(kind):
            values[field.name] = field.default
            if "msgspec.Meta" in str(field.type):
                yield f"{path}.{field.name}: {_plain(field.type)}"
    if "__dataclass_params__" in vars(kind):
        yield f"{path}: frozen {kind.__dataclass_params__.frozen}"
    for name, each in getattr(kind, "__dataclass_fields__", {}).items():
        values[name] = each.default
    for name, value in values.items():
        if _is_figure(value):
            yield f"{path}.{name} = {value!r}"
        elif isinstance(value, FunctionType) and value.__module__ == kind.__module__:
            yield from _of_function(f"{path}.{name}", value)


def _of_function(path: str, function: FunctionType) -> Iterator[str]:
    if function.__name__.startswith("__"):
        return
    for name, each in inspect.signature(function).parameters.items():
        if "msgspec.Meta" in str(each.annotation):
            yield f"{path}({name}): {_plain(each.annotation)}"
        if _is_figure(each.default):
            yield f"{path}({name}) = {each.default!r}"


def _plain(annotation: Any) -> str:
    """A type and its bounds. `typing` gives `ge=0` for `ge=0.0` where it met the one before."""
    text = str(annotation).replace("typing.", "").replace("msgspec.", "")
    return re.sub(r"\b([gl][et])=([-+.\de]+)", lambda m: f"{m[1]}={float(m[2])!r}", text)


def _is_figure(value: Any) -> bool:
    if isinstance(value, tuple):
        return bool(value) and all(_is_figure(each) for each in value)
    if isinstance(value, dict):
        return bool(value) and all(_is_figure(each) for each in value.values())
    if isinstance(value, str):
        return value.replace(".", "").isidentifier()
    return isinstance(value, int | float) and not isinstance(value, enum.Enum)


@cache
def _own(module: ModuleType) -> set[str]:
    """Names that are set at the top of a module, and not imported."""
    tree = ast.parse(inspect.getsource(module))
    targets = [t for each in tree.body if isinstance(each, ast.Assign) for t in each.targets]
    targets += [each.target for each in tree.body if isinstance(each, ast.AnnAssign)]
    return {name.id for t in targets for name in ast.walk(t) if isinstance(name, ast.Name)}


if __name__ == "__main__":
    for room in (*(f"flight.{name}" for name in VEHICLES), *ROOMS):
        kept(room).write_text("\n".join(written(room)) + "\n", encoding="utf-8")
