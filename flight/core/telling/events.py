"""Event reports (EVRs) of a node: declared as class attributes, emitted by calling them."""

import string
from collections.abc import Callable, Mapping
from typing import Any, overload

from flight.icd.messages import Severity

SUBJECTS = (
    "channel",
    "command",
    "report",
    "stream",
    "destination",
    "signal",
    "state",
    "tube",
    "device",
)
"""Arguments that say what an event is about, the first that an event has."""


class _Figures(string.Formatter):
    """Writes a float whose text gives no format with five digits, or as a whole number.

    The data of the event keep it as it is.
    """

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, float) and not format_spec:
            return f"{value:.0f}" if 1e5 <= abs(value) < 1e15 else f"{value:.5g}"
        return str(super().format_field(value, format_spec))


_FIGURES = _Figures()


class Event:
    """Declares an event: its severity and its text, in which `{name}` stands for an argument.

    Events of one `family` tell of one and the same thing: the newest of them is the present state.
    Whoever emits an event gives exactly its `arguments`: those of its text, and those named in
    `also`, which are data alone.
    """

    def __init__(
        self, severity: Severity, text: str, *, family: str = "", also: tuple[str, ...] = ()
    ) -> None:
        self.severity = severity
        self.family = family
        self.text = text
        self.name = ""
        self.fields = tuple(
            name.split(".")[0].split("[")[0]
            for _, name, _, _ in string.Formatter().parse(text)
            if name
        )

        self.arguments = (*dict.fromkeys(self.fields), *also)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def subject(self, data: Mapping[str, Any]) -> str:
        """What one report of this event is about; empty if that has no name."""
        for name in SUBJECTS:
            if name in self.arguments:
                return str(data.get(name, ""))
        return ""

    @overload
    def __get__(self, node: None, owner: type) -> "Event": ...

    @overload
    def __get__(self, node: Any, owner: type) -> Callable[..., None]: ...

    def __get__(self, node: Any, owner: type) -> "Event | Callable[..., None]":
        if node is None:
            return self

        def emit(**data: Any) -> None:
            node.report_event(self, self.render(data), data)

        return emit

    def render(self, data: dict[str, Any]) -> str:
        """The text with its arguments; a wrong argument shows in the text, and stops nothing."""
        try:
            return _FIGURES.vformat(self.text, (), data)
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
