"""Event reports (EVRs) of a node: declared as class attributes, emitted by calling them."""

import string
from collections.abc import Callable
from typing import Any, overload

from flight.icd.messages import Severity


class Event:
    """Declares an event: its severity and its text, in which `{name}` stands for an argument."""

    def __init__(self, severity: Severity, text: str) -> None:
        self.severity = severity
        self.text = text
        self.name = ""
        self.fields = tuple(
            name.split(".")[0].split("[")[0]
            for _, name, _, _ in string.Formatter().parse(text)
            if name
        )

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, node: None, owner: type) -> "Event": ...

    @overload
    def __get__(self, node: Any, owner: type) -> Callable[..., None]: ...

    def __get__(self, node: Any, owner: type) -> "Event | Callable[..., None]":
        if node is None:
            return self

        def emit(**data: Any) -> None:
            node.report_event(self.name, self.severity, self.render(data), data)

        return emit

    def render(self, data: dict[str, Any]) -> str:
        """The text with its arguments; a wrong argument shows in the text, and stops nothing."""
        try:
            return self.text.format(**data)
        except (KeyError, ValueError, IndexError, TypeError, AttributeError) as error:
            return f"{self.text} [{type(error).__name__}: {error}; data {data}]"


def declared_events(owner: type) -> dict[str, Event]:
    """All events of a node class, in the order of declaration, base classes first."""
    found: dict[str, Event] = {}
    for base in reversed(owner.__mro__):
        for name, member in vars(base).items():
            if isinstance(member, Event):
                found[name] = member
    return found
