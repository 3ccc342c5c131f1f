"""What classes declare in their bodies, and the arguments of their methods, as data."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def declared(owner: type, kind: type[T]) -> dict[str, T]:
    """All members of a kind of a class, in the order of declaration, base classes first."""
    return {
        name: member
        for base in reversed(owner.__mro__)
        for name, member in vars(base).items()
        if isinstance(member, kind)
    }


def marked(owner: type, mark: str) -> Iterator[tuple[str, Any, Any]]:
    """Name, function and mark of each method of a class that has one, in the same order.

    `mark`: the attribute that a decorator has set. A method that a class makes anew comes again.
    """
    for base in reversed(owner.__mro__):
        for name, member in vars(base).items():
            given = getattr(member, mark, None)
            if given is not None:
                yield name, member, given


def arguments_of(
    owner: type, name: str, function: Any, hints: Mapping[str, Any]
) -> type[msgspec.Struct]:
    """The type of the arguments of a method, without `self`; `hints`: their types by name."""
    fields: list[Any] = []
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        field: tuple[Any, ...] = (parameter.name, hints[parameter.name])
        if parameter.default is not inspect.Parameter.empty:
            field = (*field, parameter.default)
        fields.append(field)
    return msgspec.defstruct(
        f"{owner.__name__}_{name}", fields, forbid_unknown_fields=True, kw_only=True
    )
