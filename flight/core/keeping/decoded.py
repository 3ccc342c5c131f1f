"""The values of a namespace, decoded again only when what is stored has changed."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from flight.core.keeping.storage import Storage

T = TypeVar("T")


class Decoded(Generic[T]):
    """All values of one namespace.

    What is stored is read each time, so that damage is found as soon as without this; a vehicle
    asks at each of its samples, and what it asks for changes some times in a mission.
    """

    def __init__(self, storage: Storage, namespace: str, decode: Callable[[Any], T]) -> None:
        self._storage = storage
        self._namespace = namespace
        self._decode = decode
        self._rows: list[tuple[Any, ...]] | None = None
        self._values: list[T] = []

    def values(self) -> list[T]:
        """The sound values, in order of the keys; raises and tells what `Storage.items` does."""
        rows = self._storage.rows(self._namespace)
        if rows != self._rows:
            plain = self._storage.items(self._namespace)
            self._values = [self._decode(value) for value in plain.values()]
            self._rows = rows if len(plain) == len(rows) else None  # damage is told each time
        return list(self._values)
