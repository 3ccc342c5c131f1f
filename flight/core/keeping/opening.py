"""Opens the store of a node for a boot; what is missing or damaged is said, and ends nothing.

A store that is missing, empty or without its rows on any boot but the first is damage, never a new
one. That it is not the first boot is known from two others: who composes the run, and a count of
boots that is kept beside the store, as a computer keeps it in another memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flight.core.keeping.storage import Storage, StorageError
from flight.runtime.discs import FILES, Disc

_NAMESPACE = "store"
_MENDED = (
    "boot",
    "clock",
    "commands",
    "commands.ended",
    "custody",
    "node",
    "parameters",
    "recorder",
    "sequence_runs",
    "sequences",
    _NAMESPACE,
)
"""Whose owners in the kernel look after damaged values by themselves."""


@dataclass(frozen=True)
class OpenedStore:
    """A store that can be used.

    `damage`: what was found wrong, as a sentence; empty when nothing was. `fresh`: because of that
    nothing is left of what the store held. `earlier_boots`: how often it was opened before.
    """

    storage: Storage
    damage: str
    fresh: bool
    earlier_boots: int


def open_store(path: Path, *, first_boot: bool, disc: Disc = FILES) -> OpenedStore:
    """Opens the store of a node in `path` on a disc.

    What cannot be used is set aside as `<name>.damaged-<boot>`, and a fresh store begun. Single
    values that are damaged and that nobody would mend are removed.
    """
    count = path.with_suffix(".boots")
    earlier = max(_read_count(disc, count), 0 if first_boot else 1)
    damage, fresh = _missing(disc, path) if earlier else "", False
    storage: Storage | None = None
    if not damage:
        try:
            storage, damage = _open(disc, path, earlier)
        except StorageError as error:
            damage = str(error).replace(str(path), path.name)
    if storage is None:
        fresh = True
        disc.set_aside(path, f"{path.name}.damaged-{earlier + 1}")
        storage = Storage(path, disc=disc)
    storage.put(_NAMESPACE, "boots", earlier + 1)
    disc.write_note(count, f"{earlier + 1}\n")
    return OpenedStore(storage, damage, fresh, earlier)


def _missing(disc: Disc, path: Path) -> str:
    size = disc.size(path)
    if size is None:
        return f"the store {path.name} is missing"
    return f"the store {path.name} is empty" if size == 0 else ""


def _open(disc: Disc, path: Path, earlier: int) -> tuple[Storage, str]:
    """The store, and which of its values had to be removed; raises StorageError."""
    storage = Storage(path, disc=disc)
    try:
        storage.check_rows()
        if earlier and not storage.items(_NAMESPACE, on_damage=lambda damage: None):
            raise StorageError(f"The rows of the store {path.name} are gone.")
        # It has to be writable too: a lock shows only now.
        storage.put(_NAMESPACE, "boots", earlier)
        return storage, " ".join(_remove_damaged(storage))
    except BaseException:
        storage.close()
        raise


def _remove_damaged(storage: Storage) -> Iterator[str]:
    for namespace, key in storage.damaged_records():
        if namespace.partition(".")[0] not in _MENDED and namespace not in _MENDED:
            storage.delete(namespace, key)
            yield f"The value {key!r} of {namespace!r} was damaged and is removed."


def _read_count(disc: Disc, path: Path) -> int:
    try:
        return int(disc.read_note(path))
    except (OSError, ValueError):
        return 0
