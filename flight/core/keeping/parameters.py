"""Parameters of a node: declared once; changed by load, validate, activate; kept over reboots."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from flight.core.fault_protection.safeguards import Safeguard
from flight.core.keeping.storage import Storage, StorageDamage
from flight.icd.refusals import READ_BACK_REFUSAL

NAMESPACE = "parameters"
READ_BACK = Safeguard(
    "read_back",
    "parameters become active only as whoever loaded them names them once more",
    "Mars Global Surveyor, November 2006: written to a wrong address, and nobody saw it",
)

EventReport = Callable[[str, dict[str, Any]], None]
OwnerValidator = Callable[[Mapping[str, Any]], Sequence[str]]


class ParameterRefusal(Exception):
    """A step of the life cycle was refused; `sentences` say why, one for each fault found."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = list(sentences)


class Parameter(msgspec.Struct, frozen=True):
    """Declaration of one parameter.

    `type` is float, int, bool or str; a float takes an int. `ge` and `le` are the lowest and the
    highest allowed value, `choices` all that are allowed. `unit` is the SI symbol ("1" for a pure
    number), `source` says where the figure comes from.
    """

    type: type
    unit: str = "1"
    ge: float | None = None
    le: float | None = None
    choices: tuple[Any, ...] | None = None
    doc: str = ""
    source: str = ""

    def refusal(self, name: str, value: Any) -> str | None:
        """Return the sentence that refuses `value`, or None when it is allowed."""
        if self._right_type(value) and self._in_range(value):
            return None
        return f"{name} = {value!r}: allowed is {self.allowed()}."

    def convert(self, value: Any) -> Any:
        """Return an allowed `value` in the declared type."""
        return float(value) if self.type is float else value

    def allowed(self) -> str:
        """What is allowed, in words."""
        if self.choices is not None:
            return "one of " + ", ".join(repr(choice) for choice in self.choices)
        unit = "" if self.unit == "1" else f" {self.unit}"
        finite = "a finite float" if self.type is float else f"a value of type {self.type.__name__}"
        if self.ge is not None and self.le is not None:
            return f"{finite} from {self.ge} to {self.le}{unit}"
        if self.ge is not None:
            return f"{finite} of at least {self.ge}{unit}"
        if self.le is not None:
            return f"{finite} of at most {self.le}{unit}"
        return finite

    def _right_type(self, value: Any) -> bool:
        if self.type is float:
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            return is_number and math.isfinite(value)
        return type(value) is self.type

    def _in_range(self, value: Any) -> bool:
        if self.choices is not None and value not in self.choices:
            return False
        return (self.ge is None or value >= self.ge) and (self.le is None or value <= self.le)


class TableState(StrEnum):
    """Where a change stands."""

    UNCHANGED = "UNCHANGED"
    LOADED = "LOADED"
    VALIDATED = "VALIDATED"
    PENDING = "PENDING"


class ParameterTable(Mapping[str, Any]):
    """The parameters of one owner: the active set, read as `table["slip_limit"]`, and a change.

    A change is loaded, in one or several parts, over the active set; validated as a whole;
    activated; and swapped in by the owner with `swap` at a moment that suits it. The swap also
    stores the set, so that a reboot comes up with it. Until the swap nobody reads a changed value.

    `defaults` must give every declared parameter. `validator` sees the whole set and returns a
    sentence for each rule across parameters that it breaks. A stored set that is damaged, or that
    these declarations refuse, is left alone and the defaults are used; `report` is then called with
    "parameters_defaulted". Raises `ParameterRefusal` when the defaults themselves are refused.
    """

    def __init__(
        self,
        name: str,
        declarations: Mapping[str, Parameter],
        defaults: Mapping[str, Any],
        storage: Storage,
        report: EventReport,
        validator: OwnerValidator | None = None,
    ) -> None:
        self.name = name
        self.declarations = dict(declarations)
        self.state = TableState.UNCHANGED
        self._storage = storage
        self._report = report
        self._validator = validator
        missing = [
            f"{key} is missing in the defaults of {name}: allowed is {declaration.allowed()}."
            for key, declaration in self.declarations.items()
            if key not in defaults
        ]
        sentences = missing or self._refusals(defaults)
        if sentences:
            raise ParameterRefusal(sentences)
        self._defaults = self._converted(defaults)
        self._active = self._restore()
        self._staged: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        return self._active[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._active)

    def __len__(self) -> int:
        return len(self._active)

    def load(self, values: Mapping[str, Any]) -> None:
        """Merge `values` into the change (a new one begins with the active set).

        What was validated before must be validated again. Raises `ParameterRefusal` for a name
        that is not declared, or while an activation is pending; then nothing was loaded.
        """
        if self.state is TableState.PENDING:
            raise ParameterRefusal(
                [f"{self.name}: an activation is pending; wait for the swap or abort it."]
            )
        unknown = [self._unknown(key) for key in values if key not in self.declarations]
        if unknown:
            raise ParameterRefusal(unknown)
        base = self._active if self.state is TableState.UNCHANGED else self._staged
        self._staged = {**base, **values}
        self.state = TableState.LOADED

    def validate(self) -> None:
        """Check the loaded set: types, ranges, then the owner's rules across parameters.

        Raises `ParameterRefusal`; the set stays loaded and can be mended by another load.
        """
        if self.state in (TableState.UNCHANGED, TableState.PENDING):
            raise ParameterRefusal(
                [f"{self.name}: nothing to validate, the table is {self.state.value}; load first."]
            )
        sentences = self._refusals(self._staged)
        self.state = TableState.LOADED if sentences else TableState.VALIDATED
        if sentences:
            raise ParameterRefusal(sentences)

    def activate(self) -> None:
        """Release the validated set for the owner's next `swap`. Raises `ParameterRefusal`."""
        if self.state is not TableState.VALIDATED:
            raise ParameterRefusal(
                [
                    f"{self.name}: activation needs a validated change, but the table is "
                    f"{self.state.value}; load and validate first."
                ]
            )
        self.state = TableState.PENDING

    def compare(self, expected: Mapping[str, Any]) -> None:
        """Compares the change with what whoever loaded it says that it is.

        Raises `ParameterRefusal` when they are not the same; the change is dropped then.
        """
        odd = [
            f"{key} is {self._staged.get(key, self._active.get(key))!r}, {value!r} was loaded."
            for key, value in expected.items()
            if self._staged.get(key, self._active.get(key)) != value
        ]
        odd += [
            f"{key} = {value!r} was not loaded."
            for key, value in self.changes().items()
            if key not in expected
        ]
        if odd:
            self.abort()
            raise ParameterRefusal([f"{self.name}: {READ_BACK_REFUSAL}", *odd])

    def abort(self) -> None:
        """Drop the change, in whatever state; the active set stays."""
        self._staged = {}
        self.state = TableState.UNCHANGED

    def swap(self) -> dict[str, Any] | None:
        """Make a pending change active and store it; returns the values that were active before,
        None when nothing was pending.

        The owner calls this where no computation is half-way.
        """
        if self.state is not TableState.PENDING:
            return None
        before = self._active
        active = self._converted(self._staged)
        changed = {key: value for key, value in active.items() if value != self._active[key]}
        self._storage.put(NAMESPACE, self.name, active)
        self._active = active
        self.abort()
        self._report("parameters_activated", {"table": self.name, "changed": changed})
        return before

    def staged(self) -> dict[str, Any]:
        """The change as loaded so far, for telemetry; empty when there is none."""
        return dict(self._staged)

    def changes(self) -> dict[str, Any]:
        """Of the change as loaded so far, the values that are not the active ones."""
        return {key: value for key, value in self._staged.items() if value != self._active[key]}

    def _refusals(self, values: Mapping[str, Any]) -> list[str]:
        sentences = []
        for key, value in values.items():
            declaration = self.declarations.get(key)
            sentence = declaration.refusal(key, value) if declaration else self._unknown(key)
            if sentence is not None:
                sentences.append(sentence)
        if not sentences and self._validator is not None:
            sentences.extend(self._validator(self._converted(values)))
        return sentences

    def _unknown(self, key: Any) -> str:
        names = ", ".join(self.declarations)
        return f"{key!r} is not a parameter of {self.name}: allowed are {names}."

    def _converted(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {key: known.convert(values[key]) for key, known in self.declarations.items()}

    def _restore(self) -> dict[str, Any]:
        """The stored set, completed from the defaults; or the defaults when it is no good."""
        try:
            stored = self._storage.get(NAMESPACE, self.name)
        except StorageDamage as damage:
            return self._defaulted(str(damage))
        if stored is None:
            return dict(self._defaults)
        if not isinstance(stored, dict):
            return self._defaulted(f"The stored set is a {type(stored).__name__}, not a table.")
        completed = {**self._defaults, **stored}
        sentences = self._refusals(completed)
        if sentences:
            return self._defaulted(" ".join(sentences))
        return self._converted(completed)

    def _defaulted(self, reason: str) -> dict[str, Any]:
        self._report("parameters_defaulted", {"table": self.name, "reason": reason})
        return dict(self._defaults)
