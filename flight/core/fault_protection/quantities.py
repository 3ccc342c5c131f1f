"""Quantities: what a vehicle works out for its monitors, beside what its channels tell.

    @quantity(unit="m", sources=("descent_inertial_unit",))
    def range_expected(self) -> float | None:
        \"""Of the radar, by what was felt.\"""
"""

import inspect
from collections.abc import Callable
from functools import cached_property
from types import NoneType
from typing import Any, Generic, TypeVar, get_args, get_type_hints, overload

from flight.icd.declarations import declared

T = TypeVar("T")
KINDS = (float, int, bool, str)


class Quantity(Generic[T]):
    """A figure, a text or a truth value that monitors may ask for; `quantity` makes it.

    `sources`: the devices that it comes from: no reading of theirs may be held against it. `after`:
    channels, and readings as `device.method`, after which it is asked for again; at each
    housekeeping it is in any case.
    """

    def __init__(
        self,
        function: Callable[[Any], T],
        unit: str,
        sources: tuple[str, ...],
        after: tuple[str, ...],
    ) -> None:
        self.function = function
        self.unit = unit
        self.sources = sources
        self.after = after
        self.name = function.__name__
        self.doc = inspect.getdoc(function) or ""

    @cached_property
    def kind(self) -> type:
        """What it is when it is known: float, int, bool or str. Raises TypeError for another."""
        said = get_type_hints(self.function).get("return")
        kinds = [each for each in get_args(said) or (said,) if each is not NoneType]
        if len(kinds) != 1 or kinds[0] not in KINDS:
            raise TypeError(f"quantity {self.name} is {said}: allowed is a float, int, bool or str")
        kind: type = kinds[0]
        return kind

    @overload
    def __get__(self, node: None, owner: type) -> "Quantity[T]": ...

    @overload
    def __get__(self, node: object, owner: type) -> Callable[[], T]: ...

    def __get__(self, node: Any, owner: type) -> "Quantity[T] | Callable[[], T]":
        return self if node is None else lambda: self.function(node)


def quantity(
    *, unit: str = "1", sources: tuple[str, ...] = (), after: tuple[str, ...] = ()
) -> Callable[[Callable[[Any], T]], Quantity[T]]:
    """Declares a method as a quantity; None is "not known"."""
    return lambda function: Quantity(function, unit, sources, after)


def declared_quantities(owner: type) -> dict[str, Quantity[Any]]:
    """All quantities of a node class, in the order of declaration, base classes first."""
    return declared(owner, Quantity)
