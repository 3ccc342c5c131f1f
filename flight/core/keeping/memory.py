"""What a vehicle remembers over reboots: declared as class attributes, set like plain attributes.

A value is stored when it is assigned, and read from the storage when it is asked for: it is never
older than what a reboot would find. A value of another type than declared is damage, not a surprise
for whoever uses it.
"""

import copy
from typing import Any, Generic, TypeVar, overload

import msgspec

from flight.core.keeping.storage import StorageDamage
from flight.icd.declarations import declared

T = TypeVar("T")
NAMESPACE = "memory"


class Remembered(Generic[T]):
    """Declares what is remembered: its type, what holds before it was ever set, and its meaning.

    Types are plain data and msgspec structs of plain data. A struct or a list that was changed in
    place is not stored: assign it again. Raises StorageDamage where what is stored does not match
    its checksum or its type.
    """

    def __init__(self, kind: Any, default: T, *, doc: str) -> None:
        self.kind = kind
        self.default = default
        self.doc = doc
        self.name = ""
        self._cannot_change = default is None or type(default) in _PLAIN

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, node: None, owner: type) -> "Remembered[T]": ...

    @overload
    def __get__(self, node: Any, owner: type) -> T: ...

    def __get__(self, node: Any, owner: type) -> "Remembered[T] | T":
        if node is None:
            return self
        stored = node.storage.get(NAMESPACE, self.name, _NOTHING)
        if stored is _NOTHING:  # as of most, at each look
            return self.default if self._cannot_change else copy.deepcopy(self.default)
        try:
            value: T = msgspec.convert(stored, self.kind)
            return value
        except msgspec.ValidationError as error:
            raise StorageDamage(NAMESPACE, self.name, node.storage.name) from error

    def __set__(self, node: Any, value: T) -> None:
        node.storage.put(NAMESPACE, self.name, msgspec.to_builtins(value))


_NOTHING = object()
_PLAIN = (bool, int, float, str, bytes)


def declared_memory(owner: type) -> dict[str, Remembered[Any]]:
    """All that a vehicle's class remembers, in the order of declaration, base classes first."""
    return declared(owner, Remembered)
