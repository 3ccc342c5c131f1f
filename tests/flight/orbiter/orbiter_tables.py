"""What is written in the tables of the orbiter, a line each: for tests that hold them as they are.

`python -m tests.flight.orbiter.orbiter_tables` writes them anew where one is changed on purpose.
"""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

import flight.orbiter
from flight.core.chart.statechart import ANY
from flight.core.commanding.commands import declared_commands
from flight.core.keeping.memory import declared_memory
from flight.core.telling.channels import declared_channels
from flight.core.telling.events import declared_events
from flight.orbiter.feeding import FeedsFromLines
from flight.orbiter.node import Orbiter
from flight.orbiter.parameters import PARAMETERS
from flight.orbiter.tanks import KeepsTankBook
from flight.orbiter.vehicle import OrbiterVehicle

_OWN = {**vars(OrbiterVehicle), **vars(FeedsFromLines), **vars(KeepsTankBook)}


def transitions() -> Iterator[str]:
    """In order: the first that fits is taken."""
    for on in Orbiter.statechart.transitions:
        source = "ANY" if on.source is ANY else "|".join(on.sources)
        guard = f" if {on.guard.__name__}" if on.guard is not None else ""
        yield f"{on.event}: {source} -> {on.target}{guard}"
    yield f"ignored: {' '.join(Orbiter.statechart.ignored)}"


def states() -> Iterator[str]:
    for path, state in Orbiter.statechart.states.items():
        activity = getattr(state.activity, "__name__", "-")
        yield (
            f"{path}: {activity} initial {state.initial} safing {state.safing} "
            f"restarts {state.restarts} outcomes {' '.join(state.outcomes)}"
        )


def commands() -> Iterator[str]:
    for name, spec in declared_commands(Orbiter).items():
        if not getattr(Orbiter, spec.method).__module__.startswith("flight.orbiter"):
            continue
        yield (
            f"{name}: {spec.deadline:g} s {spec.hazard} starts {spec.starts} in "
            f"{'|'.join(spec.allowed_in)} so in {'|'.join(spec.so_in)} {spec.restart}"
        )
        for field in msgspec.structs.fields(spec.arguments):
            yield f"  {field.name}: {field.type} = {field.default!r}"


def parameters() -> Iterator[str]:
    for name, each in PARAMETERS.items():
        yield f"{name}: {each.type.__name__} {each.unit} {each.ge!r} to {each.le!r}"


def told() -> Iterator[str]:
    for name, event in declared_events(Orbiter).items():
        if name in _OWN:
            yield f"{name}: {event.severity.name} lasts {event.lasts}"
    for name, channel in declared_channels(Orbiter).items():
        if channel.limits is not None:
            yield f"{name}: {channel.limits.yellow} {channel.limits.red}"
    for name, kept in declared_memory(Orbiter).items():
        yield f"{name} is {kept.default!r} at first"


def figures() -> Iterator[str]:
    """Numbers, and tuples of them, that modules are written with."""
    for info in pkgutil.iter_modules(flight.orbiter.__path__):
        module = importlib.import_module(f"flight.orbiter.{info.name}")
        own = _own(module)
        for name, value in vars(module).items():
            if name in own and _is_number(value):
                yield f"{info.name}.{name} = {value!r}"


def _is_number(value: Any) -> bool:
    if isinstance(value, tuple):
        return bool(value) and all(_is_number(each) for each in value)
    return isinstance(value, int | float | str) and not isinstance(value, bool)


def _own(module: ModuleType) -> set[str]:
    """Names that are set at the top of a module, and not imported."""
    tree = ast.parse(inspect.getsource(module))
    targets = [t for each in tree.body if isinstance(each, ast.Assign) for t in each.targets]
    return {name.id for t in targets for name in ast.walk(t) if isinstance(name, ast.Name)}


TABLES = (transitions, states, commands, parameters, told, figures)
KEPT = Path(__file__).with_name("orbiter_tables.txt")


def written() -> str:
    """All tables."""
    lines = []
    for table in TABLES:
        lines += [f"# {table.__name__}", *table()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    KEPT.write_text(written())
