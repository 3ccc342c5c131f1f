"""The ways in which one device alone can fail: each declared at the device, begun and healed.

    @failure
    def fail_blind(self) -> Failing:
        \"\"\"No image is good any more.\"\"\"
        self.blind = True
        yield
        self.blind = False

What comes before the `yield` lets the device fail, what comes after heals it. The parameters, with
their ranges, are the options of the mode, which is called as the method is without `fail_`.
"""

import difflib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, get_type_hints

import msgspec
from msgspec import Meta

from flight.configuration.allowed_values import allowed_words, choices_words

Failing = Iterator[None]
Tries = Annotated[int, Meta(ge=1, le=100_000)]
Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
F = TypeVar("F", bound=Callable[..., Failing])
_PREFIX = "fail_"


@dataclass(frozen=True)
class FailureMode:
    """One mode. `options`: a struct of its options; `at_once`: it changes what is, also where
    nobody asks the device."""

    name: str
    function: Callable[..., Failing]
    options: type[msgspec.Struct]
    at_once: bool
    doc: str

    def read(self, options: dict[str, Any]) -> msgspec.Struct:
        """The options, checked; raises ValueError that says which is wrong and what is allowed."""
        fields = {field.name: field for field in msgspec.structs.fields(self.options)}
        for name in options:
            if name not in fields:
                known = choices_words(name, list(fields))
                raise ValueError(f"{self.name} has no option {name}: {known}")
        for name, field in fields.items():
            allowed = allowed_words(field.type)
            if name not in options and field.required:
                raise ValueError(f"{self.name} needs {name}: allowed is {allowed}")
            try:
                msgspec.convert(options.get(name, field.default), field.type)
            except msgspec.ValidationError:
                shown = f"{name} = {options[name]!r}: allowed is {allowed}"
                raise ValueError(f"{self.name}: {shown}") from None
        return self.options(**options)

    def begin(self, device: Any, options: msgspec.Struct) -> Callable[[], None]:
        """Lets a device fail; what is returned heals it, once. Raises ValueError or LookupError for
        an option that this device does not have."""
        running = self.function(device, **msgspec.structs.asdict(options))
        next(running)

        def heal() -> None:
            for _ in running:
                raise RuntimeError(f"{self.name} fails twice: it yields more than once")

        return heal


def failure(function: F) -> F:
    """Marks a method of a device as a mode in which it can fail."""
    function.__failure__ = False  # type: ignore[attr-defined]
    return function


def failure_at_once(function: F) -> F:
    """The same, for a mode that acts on the vehicle whether somebody asks the device or not."""
    function.__failure__ = True  # type: ignore[attr-defined]
    return function


def modes_of(owner: type) -> dict[str, FailureMode]:
    """The modes that a class declares and inherits, those of its bases first."""
    found: dict[str, FailureMode] = {}
    for base in reversed(owner.__mro__):
        for name, function in vars(base).items():
            if hasattr(function, "__failure__"):
                found[name.removeprefix(_PREFIX)] = _mode(base, name, function)
    return found


def _mode(owner: type, name: str, function: Any) -> FailureMode:
    if not name.startswith(_PREFIX) or not inspect.isgeneratorfunction(function):
        raise TypeError(f"{owner.__name__}.{name} is to be a generator called {_PREFIX}<mode>")
    hints = get_type_hints(function, include_extras=True)
    fields: list[Any] = []
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        field = (parameter.name, hints[parameter.name])
        if parameter.default is not inspect.Parameter.empty:
            field = (*field, parameter.default)  # type: ignore[assignment]
        fields.append(field)
    options = msgspec.defstruct(
        f"{owner.__name__}_{name}", fields, frozen=True, kw_only=True, forbid_unknown_fields=True
    )
    mode, doc = name.removeprefix(_PREFIX), inspect.getdoc(function) or ""
    return FailureMode(mode, function, options, bool(function.__failure__), doc)


def mode_called(service: str, modes: dict[str, FailureMode], name: str) -> FailureMode:
    """A mode by its name; raises ValueError with those that there are."""
    if name not in modes:
        near = difflib.get_close_matches(name, list(modes), n=1)
        meant = f" (did you mean {near[0]}?)" if near else ""
        known = ", ".join(modes) or "none"
        raise ValueError(f"{service} has no failure {name!r}{meant}; it has: {known}")
    return modes[name]


def put(values: dict[Any, Any], key: Any, value: Any) -> Failing:
    """Puts a value at a key; healed, what was there before is there again."""
    had, before = key in values, values.get(key)
    values[key] = value
    yield
    if had:
        values[key] = before
    else:
        values.pop(key, None)


def add(values: list[Any], *added: Any) -> Failing:
    """Adds to a list; healed, one of each is taken away again."""
    values.extend(added)
    yield
    for each in added:
        if each in values:
            values.remove(each)
