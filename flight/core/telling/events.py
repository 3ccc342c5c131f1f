"""Event reports (EVRs) of a node: declared as methods without a body, told by calling them.

    @event(Severity.WARNING_HI, "Battery at {charge} %: loads are cut")
    def energy_low(self, *, charge: int) -> None: ...

The arguments and their types are those of the method, so that a wrong one is found by the type
checker and never in flight. The text shows some of them; all are the data of the report.
"""

import inspect
import string
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, Generic, ParamSpec, get_type_hints, overload

from flight.icd.declarations import declared
from flight.icd.messages import Severity

P = ParamSpec("P")

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
    "monitor",
    "response",
    "sensor",
    "load",
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


class Event(Generic[P]):
    """One kind of event, as `event` makes it of a method.

    Events of one `family` tell of one and the same thing: the newest of them is the present state.
    One that tells what `lasts` is told more and more seldom, as long as it says the same.
    """

    def __init__(
        self,
        severity: Severity,
        text: str,
        declaration: Callable[Concatenate[Any, P], None],
        family: str = "",
        lasts: bool = False,
    ) -> None:
        self.severity = severity
        self.text = text
        self.family = family
        self.lasts = lasts
        self.name = declaration.__name__
        self._declaration = declaration
        parameters = list(inspect.signature(declaration).parameters.values())[1:]
        self.arguments = tuple(each.name for each in parameters)
        self._defaults = {
            each.name: each.default for each in parameters if each.default is not each.empty
        }
        loose = [each.name for each in parameters if each.kind is not each.KEYWORD_ONLY]
        if loose:
            raise TypeError(f"event {self.name}: {loose[0]!r} is to be given by keyword alone")
        unknown = [name for name in _fields(text) if name not in self.arguments]
        if unknown:
            raise TypeError(f"event {self.name}: its text names {unknown[0]!r}: no argument of it")

    def types(self) -> dict[str, Any]:
        """The type of each argument."""
        hints = get_type_hints(self._declaration, include_extras=True)
        return {name: hints[name] for name in self.arguments}

    def subject(self, data: Mapping[str, Any]) -> str:
        """What one report of this event is about; empty if that has no name."""
        for name in SUBJECTS:
            if name in self.arguments:
                return str(data.get(name, ""))
        return ""

    @overload
    def __get__(self, node: None, owner: type) -> "Event[P]": ...

    @overload
    def __get__(self, node: object, owner: type) -> Callable[P, None]: ...

    def __get__(self, node: Any, owner: type) -> "Event[P] | Callable[P, None]":
        if node is None:
            return self

        def emit(*_: P.args, **given: P.kwargs) -> None:
            data: dict[str, Any] = dict(given)
            for name, value in self._defaults.items():
                data.setdefault(name, value)
            node.report_event(self, self.render(data), data)

        return emit

    def render(self, data: dict[str, Any]) -> str:
        """The text with its arguments; a wrong argument shows in the text, and stops nothing."""
        try:
            return _FIGURES.vformat(self.text, (), data)
        except (KeyError, ValueError, IndexError, TypeError, AttributeError) as error:
            return f"{self.text} [{type(error).__name__}: {error}; data {data}]"


def _fields(text: str) -> list[str]:
    parsed = string.Formatter().parse(text)
    return [name.split(".")[0].split("[")[0] for _, name, _, _ in parsed if name]


def event(
    severity: Severity, text: str, *, family: str = "", lasts: bool = False
) -> Callable[[Callable[Concatenate[Any, P], None]], Event[P]]:
    """Declares an event: its severity and its text, in which `{name}` stands for an argument.

    Events of one `family` tell of one and the same thing: the newest of them is the present state.
    One that tells what `lasts`, and is found so at each look, is told more and more seldom as long
    as it says the same.
    Raises TypeError for a text that names no argument, and for arguments without keyword.
    """

    def declare(declaration: Callable[Concatenate[Any, P], None]) -> Event[P]:
        return Event(severity, text, declaration, family, lasts)

    return declare


def declared_events(owner: type) -> dict[str, Event[Any]]:
    """All events of a node class, in the order of declaration, base classes first."""
    return declared(owner, Event)
