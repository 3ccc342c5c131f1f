"""What a vehicle and the kernel declare, a line each: for tests that hold it.

`python -m tests.as_written` writes all kept files anew where something is changed on purpose.
"""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from flight.core.chart.statechart import ANY
from flight.core.commanding.commands import declared_commands
from flight.core.fault_protection.actions import declared_actions
from flight.core.keeping.memory import declared_memory
from flight.core.node import Node
from flight.core.telling.channels import declared_channels
from flight.core.telling.events import declared_events

TESTS = Path(__file__).resolve().parent
KERNEL = "flight.core"
VEHICLES = ("arm", "entry", "lander", "mav", "orbiter", "perseverance", "rover")
ROOMS = (*(f"flight.{name}" for name in VEHICLES), KERNEL)


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
    """All tables of a vehicle's room, or of the kernel's own node."""
    if room == KERNEL:
        return list(_tables(Node, lambda module: True))
    return list(_tables(_vehicle(room), lambda module: not module.startswith(KERNEL)))


def _vehicle(room: str) -> type[Node]:
    found = vars(importlib.import_module(f"{room}.node")).values()
    (kind,) = (
        each for each in found
        if isinstance(each, type) and issubclass(each, Node) and each.__module__ == f"{room}.node"
        and "statechart" in vars(each)
    )  # fmt: skip
    return kind


def _tables(kind: type[Node], own: Any) -> Iterator[str]:
    tables = (transitions, states, commands, actions, parameters, told)
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


def actions(kind: type[Node], own: Any) -> Iterator[str]:
    """What responses may do: also where going safe is forbidden, or out of the safe state."""
    for name, spec in declared_actions(kind).items():
        if not own(getattr(kind, spec.method).__module__):
            continue
        where = "" if spec.keeps_going else " not where safe is forbidden"
        leaves = " leaves safe" if spec.leaves_safe else ""
        about = "".join(f" {argument} is a {sort}" for argument, sort in spec.about.items())
        yield f"action {name}:{where}{leaves}{about}"
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


def _plain(annotation: Any) -> str:
    """A type and its bounds. `typing` gives `ge=0` for `ge=0.0` where it met the one before."""
    text = str(annotation).replace("typing.", "").replace("msgspec.", "")
    return re.sub(r"\b([gl][et])=([-+.\de]+)", lambda m: f"{m[1]}={float(m[2])!r}", text)


if __name__ == "__main__":
    for room in ROOMS:
        kept(room).write_text("\n".join(written(room)) + "\n", encoding="utf-8")
