"""Why the arguments of a command are refused: one sentence, the same on board and on the ground."""

import math
from typing import Any, get_args, get_origin

import msgspec

from flight.configuration.allowed_values import (
    allowed_words,
    choices_words,
    msgspec_words,
    value_text,
)


def refusal_sentence(
    command: str,
    arguments: dict[str, Any],
    kind: type[msgspec.Struct],
    error: msgspec.ValidationError,
) -> str:
    """Says which argument of `arguments` is wrong, its value, and what `kind` allows.

    `error` is what `msgspec.convert(arguments, kind)` raised.
    """
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for name in arguments:
        if name not in fields:
            return f"{command} has no argument {name!r}: {choices_words(name, list(fields))}"
    for name, field in fields.items():
        if field.required and name not in arguments:
            return f"{command}: argument {name} is missing: allowed is {_allowed(field.type)}"
    what, _, where = str(error).partition(" - at `$.")
    path = where.rstrip("`")
    name = path.split("[")[0].split(".")[0]
    if name not in fields:
        return f"{command}: {msgspec_words(error)}"
    given = f"{command}: argument {name} = {value_text(arguments[name])}"
    if path != name:  # the fault lies inside a compound value
        return f"{given}: {what} at {path}; allowed is {_allowed(fields[name].type)}"
    return f"{given}: allowed is {_allowed(fields[name].type) or msgspec_words(error)}"


def infinite_sentence(command: str, arguments: dict[str, Any]) -> str:
    """Says which argument holds a number that is infinite or none at all; empty if none does.

    Types do not say that: where no limit is set, infinity and NaN pass every check.
    """
    for name, value in arguments.items():
        if not _is_finite(value):
            return f"{command}: argument {name} = {value}: allowed are finite numbers"
    return ""


def _is_finite(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(_is_finite(item) for item in value.values())
    if isinstance(value, list | tuple):
        return all(_is_finite(item) for item in value)
    return True


def _allowed(annotation: Any) -> str:
    words = allowed_words(annotation)
    unit = ""
    if hasattr(annotation, "__metadata__") and get_origin(annotation) is not None:
        for meta in get_args(annotation)[1:]:
            if isinstance(meta, msgspec.Meta) and meta.extra:
                unit = str(meta.extra.get("unit", unit))
    return f"{words}, in {unit}" if words and unit not in ("", "1") else words
