"""Whether a condition on a channel can ever hold."""

from collections.abc import Mapping
from typing import Any

from flight.configuration.allowed_values import choices_words
from flight.core.sequencing.sequences import Comparison, WaitUntil
from flight.core.telling.channels import Channel

_COMPARED: dict[type, str] = {
    bool: "== and != with true or false",
    str: "== and != with a text",
    int: "any comparison with a number, == and != with an integer",
    float: "any comparison with a number",
}


def condition_fault(entry: WaitUntil, channels: Mapping[str, Channel[Any]], node: str) -> str:
    """Why the condition of `entry` can never hold, or always does; empty if neither is so."""
    channel = channels.get(entry.channel)
    if channel is None:
        known = choices_words(entry.channel, list(channels))
        return f"channel = {entry.channel!r}: {node} has no such channel; {known}"
    if _compares(channel.kind, entry.comparison, entry.value):
        return ""
    return (
        f"{entry.channel} {entry.comparison.value} {entry.value!r}: {entry.channel} is of type "
        f"{channel.kind.__name__}; allowed is {_compared(channel.kind)}"
    )


def _compared(kind: type) -> str:
    return next((words for base, words in _COMPARED.items() if issubclass(kind, base)), "nothing")


def _compares(kind: type, comparison: Comparison, value: Any) -> bool:
    equality = comparison in (Comparison.EQUAL, Comparison.NOT_EQUAL)
    if issubclass(kind, bool):
        return equality and isinstance(value, bool)
    if issubclass(kind, str):
        return equality and isinstance(value, str)
    if isinstance(value, bool | str):
        return False
    if issubclass(kind, int):
        return not equality or float(value).is_integer()
    return issubclass(kind, float)
