"""Opens the store of a node for a boot; what is missing or damaged is said, and ends nothing.

A store that is missing, empty or without its rows on any boot but the first is damage, never a new
one. That it is not the first boot is known from two others: who composes the run, and a count of
boots that is kept beside the store, as a computer keeps it in another memory. So is a note that the
store was behind when its node ended: what it holds is then older than what the node did.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flight.core.fault_protection.safeguards import Safeguard
from flight.core.keeping.guarded_storage import GuardedStorage, behind
from flight.core.keeping.health import unstable_boots
from flight.core.keeping.storage import Storage, StorageDamage, StorageError
from flight.runtime.discs import FILES, Disc

CRIPPLED_BOOT = Safeguard(
    "crippled_boot",
    "after four boots in a row that ended soon, what waits in the store to be sent is deleted "
    "before it is read",
    "Spirit, sol 18, January 2004: old files in the flash took all memory, 130 boots long",
)
UNSTABLE_BOOTS = 4
"""In a row, before the next is a crippled one: the fourth is a reduced one already, and has not
helped (assumption)."""
FILES_TO_SEND = "recorder"
NAMESPACE = "store"
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
    NAMESPACE,
)
"""Whose owners in the kernel look after damaged values by themselves."""


@dataclass(frozen=True)
class OpenedStore:
    """A store that can be used.

    `damage`: what was found wrong, as a sentence; empty when nothing was. `fresh`: because of that
    nothing is left of what the store held. `earlier_boots`: how often it was opened before.
    `deleted`: what waited to be sent and was deleted unread; None: it was read as always.
    """

    storage: Storage
    damage: str
    fresh: bool
    earlier_boots: int
    deleted: int | None = None


def open_store(
    path: Path,
    *,
    first_boot: bool,
    disc: Disc = FILES,
    guarded: bool = True,
    cripples: bool = True,
) -> OpenedStore:
    """Opens the store of a node in `path` on a disc.

    What cannot be used is set aside as `<name>.damaged-<boot>`, and a fresh store begun; where no
    disc takes that, in memory. Single values that are damaged and that nobody would mend are
    removed. A store that is not `guarded` raises StorageError where its disc fails. Where it
    `cripples`, a row of boots that ended soon costs what waits to be sent, and nothing else.
    """
    count = path.with_suffix(".boots")
    earlier = max(_read_count(disc, count), 0 if first_boot else 1)
    damage, fresh = _missing(disc, path) or _behind(disc, path) if earlier else "", False
    storage: Storage | None = None
    deleted: int | None = None
    if not damage:
        try:
            storage, damage, deleted = _open(disc, path, earlier, guarded, cripples)
        except StorageError as error:
            damage = str(error)
    if storage is None:
        fresh = True
        storage = _begin_anew(disc, path, f"{path.name}.damaged-{earlier + 1}", guarded)
    storage.put(NAMESPACE, "boots", earlier + 1)
    try:
        disc.write_note(count, f"{earlier + 1}\n")
    except OSError:
        if not guarded:
            raise
    return OpenedStore(storage, damage, fresh, earlier, deleted)


def _begin_anew(disc: Disc, path: Path, aside: str, guarded: bool) -> Storage:
    try:
        disc.set_aside(path, aside)
        if not guarded:
            return Storage(path, disc=disc)
        storage = GuardedStorage(path, disc=disc)
        storage.guard()
        storage.forgets_what_was_behind()
        return storage
    except (StorageError, OSError) as error:
        if not guarded:
            raise
        said = error.strerror if isinstance(error, OSError) else None  # without the folder
        return GuardedStorage.without_disc(path, disc, said or str(error))


def _missing(disc: Disc, path: Path) -> str:
    size = disc.size(path)
    if size is None:
        return f"the store {path.name} is missing"
    return f"the store {path.name} is empty" if size == 0 else ""


def _behind(disc: Disc, path: Path) -> str:
    """Whether writes were lost when the node ended before."""
    try:
        reason = disc.read_note(behind(path)).strip()
    except (OSError, ValueError):
        return ""
    if not reason:
        return ""
    return f"the store {path.name} is older than what was done: {reason}"


def _open(
    disc: Disc, path: Path, earlier: int, guarded: bool, cripples: bool
) -> tuple[Storage, str, int | None]:
    """The store, which of its values had to be removed, and how much that was to be sent was
    deleted; raises StorageError."""
    storage = GuardedStorage(path, disc=disc) if guarded else Storage(path, disc=disc)
    deleted: int | None = None
    try:
        if cripples and earlier and unstable_boots(storage) >= UNSTABLE_BOOTS:
            deleted = storage.trim(FILES_TO_SEND, keep=0)
        storage.check_rows()
        if earlier and not storage.items(NAMESPACE, on_damage=lambda damage: None):
            raise StorageError(f"The rows of the store {path.name} are gone.")
        _check_age(storage, path, earlier)
        damaged = storage.damaged_records()
        if isinstance(storage, GuardedStorage):
            storage.guard()  # a disc that can be read is enough to go on with
        # It has to be writable too: a lock shows only now.
        storage.put(NAMESPACE, "boots", earlier)
        return storage, " ".join(_remove_damaged(storage, damaged)), deleted
    except BaseException:
        storage.close()
        raise


def _check_age(storage: Storage, path: Path, earlier: int) -> None:
    """A store that does not know of the last boot has kept nothing of it."""
    try:
        known = storage.get(NAMESPACE, "boots", earlier)
    except StorageDamage:
        return  # it is mended
    if isinstance(known, int) and known < earlier:
        raise StorageError(
            f"The store {path.name} knows of {known} boots, and there were {earlier}: it is older "
            "than what was done."
        )


def _remove_damaged(storage: Storage, damaged: list[tuple[str, str]]) -> Iterator[str]:
    for namespace, key in damaged:
        if namespace.partition(".")[0] not in _MENDED and namespace not in _MENDED:
            storage.delete(namespace, key)
            yield f"The value {key!r} of {namespace!r} was damaged and is removed."


def _read_count(disc: Disc, path: Path) -> int:
    try:
        return int(disc.read_note(path))
    except (OSError, ValueError):
        return 0
