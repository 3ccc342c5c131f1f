"""What responses may do: declared once by a vehicle or the kernel, named in tables with arguments.

    @action(keeps_going=True)
    async def set_radar_aside(self, seconds: float) -> None: ...

A table then says `set_radar_aside 30`, or `set_radar_aside seconds=30`. An action is short, or a
coroutine; what it raises ends its response as failed, and nothing else.
"""

import inspect
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

import msgspec

from flight.configuration.allowed_values import choices_words
from flight.configuration.argument_refusals import refusal_sentence
from flight.icd.declarations import arguments_of, marked

F = TypeVar("F", bound=Callable[..., Any])
LONGEST = 300  # characters of an action in a table


class ActionError(ValueError):
    """A text that is no action of this vehicle; says what is."""


@dataclass(frozen=True)
class ActionSpec:
    """One declared action. `keeps_going`: it may be done where going safe is forbidden.
    `leaves_safe`: it leaves the safe state to which the same response has led."""

    name: str
    doc: str
    arguments: type[msgspec.Struct]
    names: tuple[str, ...]
    method: str
    keeps_going: bool
    leaves_safe: bool
    about: dict[str, str]
    """Arguments that name a part of the vehicle, and what sort: `device`, `load`, `signal`."""


@dataclass(frozen=True)
class Call:
    """An action with its arguments, as a table names it."""

    spec: ActionSpec
    arguments: dict[str, Any]
    text: str

    def on(self, node: Any) -> Any:
        """Does it; what comes back is to be awaited if it can be."""
        return getattr(node, self.spec.method)(**self.arguments)


def action(
    *,
    name: str = "",
    keeps_going: bool = False,
    leaves_safe: bool = False,
    about: dict[str, str] | None = None,
) -> Callable[[F], F]:
    """Declares a method as an action; without `name` it is called as the method."""

    def mark(function: F) -> F:
        function.__action__ = {  # type: ignore[attr-defined]
            "name": name or function.__name__,
            "keeps_going": keeps_going,
            "leaves_safe": leaves_safe,
            "about": about or {},
        }
        return function

    return mark


def declared_actions(owner: type) -> dict[str, ActionSpec]:
    """All actions of a node class, in the order of declaration, base classes first."""
    return {
        options["name"]: _spec(owner, method, function, options)
        for method, function, options in marked(owner, "__action__")
    }


def _spec(owner: type, method: str, function: Any, options: dict[str, Any]) -> ActionSpec:
    hints = get_type_hints(function, include_extras=True)
    arguments = arguments_of(owner, method, function, hints)
    return ActionSpec(
        doc=inspect.getdoc(function) or "",
        arguments=arguments,
        names=arguments.__struct_fields__,
        method=method,
        **options,
    )


def parse_action(text: str, actions: dict[str, ActionSpec]) -> Call:
    """The action in a text of a table; raises ActionError with a sentence."""
    if len(text) > LONGEST:
        raise ActionError(f"an action has {LONGEST} characters at most")
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ActionError(f"{text!r} cannot be read: {error}") from error
    if not words:
        raise ActionError("an action is a name and its arguments")
    spec = actions.get(words[0])
    if spec is None:
        raise ActionError(choices_words(words[0], list(actions)))
    plain: dict[str, Any] = {}
    for number, word in enumerate(words[1:]):
        name, equals, value = word.partition("=")
        if not equals:
            if number >= len(spec.names):
                allowed = ", ".join(spec.names) or "none"
                raise ActionError(f"{spec.name} takes {allowed}: {word!r} is too much")
            name, value = spec.names[number], word
        if name in plain:
            raise ActionError(f"{spec.name}: {name} is given twice")
        plain[name] = value
    try:
        checked = msgspec.convert(plain, spec.arguments, strict=False)
    except msgspec.ValidationError as error:
        raise ActionError(refusal_sentence(spec.name, plain, spec.arguments, error)) from error
    return Call(spec, {name: getattr(checked, name) for name in spec.names}, text)
