"""What a type allows, in the words of an error message."""

import difflib
from collections.abc import Iterable, Sequence
from typing import Any, Literal, get_args, get_origin

import msgspec

UNIT = "configured_unit"
"""The key under which a field's unit stands in its `msgspec.Meta.extra`."""
AMOUNT = "configured_factors"
"""The same, of the units in which it may be given, each with what its values are multiplied by."""


def allowed_words(kind: Any) -> str:
    """What a kind allows, in words; empty if there are none for it."""
    if get_origin(kind) is Literal:
        return one_of(get_args(kind))  # in their written order, which msgspec does not keep
    info = msgspec.inspect.type_info(kind)
    unit = ""
    while isinstance(info, msgspec.inspect.Metadata):
        unit = (info.extra or {}).get(UNIT, unit)
        info = info.type
    words = _words(info)
    return f"{words}, in {unit}" if words and unit not in ("", "1") else words


def _words(info: msgspec.inspect.Type) -> str:
    match info:
        case msgspec.inspect.Metadata():
            return _words(info.type)
        case msgspec.inspect.BoolType():
            return "true or false"
        case msgspec.inspect.IntType() | msgspec.inspect.FloatType():
            noun = "an integer" if isinstance(info, msgspec.inspect.IntType) else "a finite number"
            bounds = ((">=", info.ge), (">", info.gt), ("<=", info.le), ("<", info.lt))
            limits = [f"{sign} {limit:.12g}" for sign, limit in bounds if limit is not None]
            return " ".join([noun, " and ".join(limits)]).strip()
        case msgspec.inspect.StrType():
            pattern = f" matching {info.pattern}" if info.pattern else ""
            return "a text" + pattern + _length(info.min_length, info.max_length, "characters")
        case msgspec.inspect.LiteralType():
            return one_of(info.values)
        case msgspec.inspect.EnumType():
            return one_of([member.value for member in info.cls])
        case msgspec.inspect.NoneType():
            return "null"
        case msgspec.inspect.UnionType():
            return " or ".join(filter(None, map(_words, info.types)))
        case msgspec.inspect.ListType() | msgspec.inspect.VarTupleType():
            return "a list" + _length(info.min_length, info.max_length, "items")
        case msgspec.inspect.TupleType():
            return f"a list of {len(info.item_types)} items"
        case msgspec.inspect.DictType():
            return "a mapping" + _length(info.min_length, info.max_length, "keys")
        case msgspec.inspect.StructType():
            names = ", ".join(field.encode_name for field in info.fields)
            return f"a mapping with the keys {names}"
    return ""


def _length(least: int | None, most: int | None, noun: str) -> str:
    bounds = [
        f"{word} {limit}"
        for word, limit in (("at least", least), ("at most", most))
        if limit is not None
    ]
    return f" of {' and '.join(bounds)} {noun}" if bounds else ""


def one_of(values: Iterable[object]) -> str:
    shown = [value_text(value) for value in values]
    return shown[0] if len(shown) == 1 else f"one of {', '.join(shown)}"


def choices_words(given: str, names: Sequence[Any], lead: str = "allowed is ") -> str:
    near = difflib.get_close_matches(given, [str(name) for name in names], n=1)
    meant = f" (did you mean {near[0]}?)" if near else ""
    return f"{lead}{one_of(names) if names else 'none'}{meant}"


def msgspec_words(error: msgspec.ValidationError) -> str:
    return str(error).removeprefix("Expected ").partition(" - at ")[0].replace("`", "")


def value_text(value: object) -> str:
    return one_line(f'"{value}"' if isinstance(value, str) else str(value))


def one_line(text: str) -> str:
    """A text as a refusal shows it."""
    if not text.isprintable():  # a refusal is one line, whatever it shows
        text = text.encode("unicode_escape").decode("ascii")
    return text if len(text) <= 80 else f"{text[:76]}..."
