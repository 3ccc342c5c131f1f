"""`${...}` in a procedure: replaced by the variables of the mission and of the loops around."""

import re
from collections.abc import Mapping
from typing import Any

from flight.configuration.allowed_values import choices_words
from ground.mission_control.procedures.bounds import TooLarge, check_value
from ground.mission_control.procedures.source import ProcedureSource

_WHOLE = re.compile(r"^\$\{([^${}]+)\}$")
_PART = re.compile(r"\$\{([^${}]+)\}")


def replace_variables(
    value: Any, key: str, source: ProcedureSource, variables: Mapping[str, Any]
) -> Any:
    """A value with its variables replaced; refuses one that becomes too large."""
    replaced = _replace_each(value, key, source, variables)
    try:
        check_value(replaced)
    except TooLarge as error:
        raise source.refuse(key, str(error)) from None
    return replaced


def _replace_each(
    value: Any, key: str, source: ProcedureSource, variables: Mapping[str, Any]
) -> Any:
    if isinstance(value, str):
        whole = _WHOLE.match(value)
        if whole is not None:
            return _look_up(whole[1], key, source, variables)
        return _PART.sub(
            lambda found: str(_look_up(found[1], key, source, variables)), value
        )
    if isinstance(value, list):
        return [_replace_each(item, key, source, variables) for item in value]
    if isinstance(value, dict):
        return {
            name: _replace_each(item, key, source, variables)
            for name, item in value.items()
        }
    return value


def _look_up(
    name: str, key: str, source: ProcedureSource, variables: Mapping[str, Any]
) -> Any:
    value: Any = variables
    for part in name.strip().split("."):
        if not isinstance(value, Mapping) or part not in value:
            known = sorted(value) if isinstance(value, Mapping) else []
            raise source.refuse(key, f"names ${{{name}}}: {choices_words(part, known)}")
        value = value[part]
    return value
