"""Reads amounts, which a person may write in several units: `5 s`, `{value: 12, unit: km}`."""

import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec
import yaml

from flight.configuration.allowed_values import allowed_words, one_of
from flight.configuration.yaml_nodes import NodeReader

_WRITTEN = re.compile(r"([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)\s*(\S.*)?")


def read_amount(
    reader: NodeReader,
    node: yaml.Node,
    kind: Any,
    unit: str,
    factors: Mapping[str, float],
    key: str,
) -> float:
    """The amount at a node in `unit`, under the limits of `kind`; raises ConfigurationError."""
    value, given = _given(reader, node, factors, key)
    units = one_of(list(factors))
    if given not in factors:
        allowed = f"a number with its unit ({units}), as in 5 {unit}"
        raise reader.refuse_value(node, key, allowed)
    amount = value * factors[given]
    try:
        if not math.isfinite(amount):
            raise msgspec.ValidationError
        msgspec.convert(amount, kind)
    except msgspec.ValidationError:
        allowed = allowed_words(kind)
        raise reader.refuse(node, key, f"{key} = {value:g} {given}: allowed is {allowed}") from None
    return amount


def _given(
    reader: NodeReader, node: yaml.Node, factors: Mapping[str, float], key: str
) -> tuple[float, str]:
    """Number and unit as a node gives them; the unit is empty when there is none."""
    form = f"a number with its unit ({one_of(list(factors))})"
    if isinstance(node, yaml.MappingNode):
        return _of_mapping(reader, node, form, key)
    if not isinstance(node, yaml.ScalarNode):
        raise reader.refuse_value(node, key, form)
    value = reader.plain(node, key)
    bare = "1" if "1" in factors else ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value), bare
    found = _WRITTEN.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise reader.refuse_value(node, key, form)
    return float(found[1]), found[2] or bare


def _of_mapping(
    reader: NodeReader, node: yaml.MappingNode, form: str, key: str
) -> tuple[float, str]:
    entries = reader.entries(node, key)
    strange = [name for name in entries if name not in ("value", "unit", "source")]
    if strange or "value" not in entries or "unit" not in entries:
        raise reader.refuse_value(node, key, f"{form}, as {{value: ..., unit: ...}}")
    value_node, unit_node = entries["value"][1], entries["unit"][1]
    value = reader.plain(value_node, f"{key}.value")
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise reader.refuse_value(value_node, f"{key}.value", "a finite number")
    unit = str(unit_node.value) if isinstance(unit_node, yaml.ScalarNode) else ""
    return float(value), unit
