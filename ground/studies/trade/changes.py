"""Changes to a configuration: any part of a struct, read with the struct's own types and ranges.

`changes_of(kind)` is the type of the changes to a `kind`: the same keys, none demanded. `merged`
puts them over what there was.
"""

import types
from functools import cache
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec

from flight.configuration.files import NotAllowed

T = TypeVar("T", bound=msgspec.Struct)


class Refused(Exception):
    """Changes that do not make a whole: the path of the struct, and what is wrong in it."""

    def __init__(self, path: str, problem: NotAllowed) -> None:
        self.path, self.problem = path, problem
        super().__init__(f"{path}: {problem}")


@cache
def changes_of(kind: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """The type of changes to a struct: every field as there, and none demanded."""
    fields: list[Any] = []
    for field in msgspec.structs.fields(kind):
        inner = _struct(field.type)
        given = changes_of(inner) if inner is not None else field.type
        fields.append((field.encode_name, given | None, None))
    return msgspec.defstruct(
        f"changes_of_{kind.__name__}", fields, frozen=True, forbid_unknown_fields=True
    )


def merged(kind: type[T], before: T | None, changes: Any, path: str = "") -> T:
    """A `kind` with the changes over what there was before, which may be nothing.

    Raises Refused when something is missing, or does not go with the rest.
    """
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        name = field.encode_name
        given = getattr(changes, name, None)
        was = getattr(before, field.name) if before is not None else None
        inner = _struct(field.type)
        if inner is not None:
            below = f"{path}.{name}" if path else name
            values[field.name] = merged(inner, was, given, below)
        elif given is not None or before is not None:
            values[field.name] = was if given is None else given
        elif field.required:
            raise Refused(path, NotAllowed(name, "a value: it is missing, and has none to change"))
    try:
        return kind(**values)
    except NotAllowed as error:
        raise Refused(path, error) from None


def _struct(kind: Any) -> type[msgspec.Struct] | None:
    """The struct that a field holds, if it is one."""
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) in (Union, types.UnionType):
        return None
    return kind if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else None
