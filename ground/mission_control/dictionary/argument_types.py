"""Types of command arguments as plain data, and back to types that can check a value."""

from typing import Annotated, Any, Literal, Optional, Union

import msgspec

KINDS = Literal[
    "boolean", "integer", "number", "text", "choice", "list", "table", "structure", "either", "any"
]
_PLAIN: dict[str, Any] = {"boolean": bool, "integer": int, "number": float, "text": str, "any": Any}
_LIMITS = ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern")


class TypeEntry(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What one argument may be: a kind, its limits, and for compound kinds what is inside."""

    kind: KINDS
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    choices: tuple[str | int, ...] = ()
    optional: bool = False  # null is allowed as well
    items: tuple["TypeEntry", ...] = ()  # of a list, of a table's values, of either
    fields: dict[str, "TypeEntry"] = {}  # of a structure
    required: tuple[str, ...] = ()  # fields of a structure that have no default
    names: str = ""  # what a text, or each key of a table, is the name of: a tube, a sequence, ...

    def named(self, value: Any) -> list[tuple[str, str]]:
        """The names in a value that was checked, each with what it is the name of."""
        if self.names and isinstance(value, str):
            return [(self.names, value)]
        if self.names and isinstance(value, dict):
            return [(self.names, str(key)) for key in value]
        if self.kind == "list" and self.items and isinstance(value, list | tuple):
            return [found for each in value for found in self.items[0].named(each)]
        if self.kind == "structure" and isinstance(value, dict):
            known = (name for name in self.fields if name in value)
            return [found for name in known for found in self.fields[name].named(value[name])]
        return []

    def words(self) -> str:
        """The type and its limits for a reader, such as ``number, 0 to 30``."""
        text = self._noun()
        low = self.ge if self.ge is not None else self.gt
        high = self.le if self.le is not None else self.lt
        if low is not None and high is not None:
            text += f", {low:g} to {high:g}"
        elif low is not None:
            text += f", {'at least' if self.ge is not None else 'above'} {low:g}"
        elif high is not None:
            text += f", {'at most' if self.le is not None else 'below'} {high:g}"
        return text + (", or null" if self.optional else "")

    def _noun(self) -> str:
        if self.kind == "choice":
            return "one of " + ", ".join(str(choice) for choice in self.choices)
        if self.kind == "structure":
            return f"structure of {', '.join(self.fields)}"
        if self.kind == "either":
            return " or ".join(item.words() for item in self.items)
        if self.items:
            return f"{self.kind} of {self.items[0].words()}"
        return str(self.kind)

    def build(self, name: str) -> Any:
        """A type that `msgspec.convert` checks a value against, as the vehicle does."""
        kind = self._bare(name)
        limits = {limit: getattr(self, limit) for limit in _LIMITS}
        given = {limit: value for limit, value in limits.items() if value is not None}
        if self.kind == "integer":
            given = {key: _whole(value) for key, value in given.items()}
        if given:
            kind = Annotated[kind, msgspec.Meta(**given)]
        return Optional[kind] if self.optional else kind  # noqa: UP045 - `kind` is a value here

    def _bare(self, name: str) -> Any:
        if self.kind == "choice":
            return Literal[self.choices]
        inside = [item.build(f"{name}_{index}") for index, item in enumerate(self.items)]
        if self.kind == "list":
            return list[inside[0] if inside else Any]  # type: ignore[misc]
        if self.kind == "table":
            return dict[str, inside[0] if inside else Any]  # type: ignore[misc]
        if self.kind == "either":
            return Union[tuple(inside)]  # noqa: UP007 - made of values
        if self.kind == "structure":
            kinds = {key: field.build(f"{name}_{key}") for key, field in self.fields.items()}
            return build_structure(name, kinds, self.required)
        return _PLAIN[self.kind]


def build_structure(
    name: str, fields: dict[str, Any], required: tuple[str, ...]
) -> type[msgspec.Struct]:
    """A struct of these field types that refuses unknown ones; the others may be left out."""
    parts: list[Any] = []
    for field, kind in fields.items():
        left_out = () if field in required else (msgspec.field(default=None),)
        parts.append((field, kind, *left_out))
    return msgspec.defstruct(name, parts, kw_only=True, forbid_unknown_fields=True)


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
