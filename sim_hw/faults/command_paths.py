"""Paths into the arguments of commands, such as `values.slip_limit`: which there are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec import inspect

from flight.configuration.allowed_values import choices_words
from sim_hw.faults.targets import NamedPart

PARAMETER = "parameter"
"""What keys of a table are names of, in the type of an argument."""


@dataclass(frozen=True)
class CommandsPart(NamedPart):
    """Mission control, with what it can send: of each vehicle, each command and the type of its
    arguments; and the names of its parameters. Without any, nothing is checked."""

    commands: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    parameters: Mapping[str, Collection[str]] = field(default_factory=dict)


def path_problem(
    part: CommandsPart, vehicle: str | None, command: str | None, path: str
) -> str:
    """What is allowed where no command has such an argument; "" where one has it.

    `vehicle`, `command`: to which it is limited; None: to none.
    """
    allowed: list[str] = []
    deepest, parts = 0, path.split(".")
    for who, commands in part.commands.items():
        if vehicle not in (None, who):
            continue
        for name, kind in commands.items():
            if command not in (None, name):
                continue
            problem = _problem(kind, parts, part.parameters.get(who, ()))
            if problem is None:
                return ""
            depth, names = problem
            if depth > deepest:
                deepest, allowed = depth, []
            allowed += [each for each in names if depth == deepest and each not in allowed]
    words = choices_words(parts[deepest], allowed, "")
    return f"an argument of {command or 'a command'}: {words}"


def _problem(
    kind: Any, path: Sequence[str], parameters: Collection[str]
) -> tuple[int, Collection[str]] | None:
    """Which part of a path is none, counted from 0, and the names that are allowed there; None:
    all are."""
    info, names = _bare(inspect.type_info(kind))
    for depth, part in enumerate(path):
        match info:
            case inspect.StructType():
                types = {each.encode_name: each.type for each in info.fields}
                if part not in types:
                    return depth, list(types)
                info, names = _bare(types[part])
            case inspect.DictType():
                if names == PARAMETER and part not in parameters:
                    return depth, parameters
                info, names = _bare(info.value_type)
            case inspect.ListType() | inspect.VarTupleType() if part.isdecimal():
                info, names = _bare(info.item_type)
            case inspect.TupleType() if part.isdecimal() and int(part) < len(info.item_types):
                info, names = _bare(info.item_types[int(part)])
            case inspect.AnyType() | inspect.UnionType():
                return None
            case _:
                return depth, []
    return None


def _bare(info: Any) -> tuple[Any, str]:
    """A type without what is only annotated, and what it says that its keys are names of."""
    names = ""
    while isinstance(info, inspect.Metadata):
        names = str((info.extra or {}).get("names", "")) or names
        info = info.type
    return info, names
