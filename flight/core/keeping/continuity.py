"""What goes on over the boots of a node: the correction of its clock, the life of its store."""

from typing import Any

from flight.core.keeping.clock import SpacecraftClock
from flight.core.keeping.storage import DamageReport, Storage, StorageDamage

CLOCK = "clock"
NODE = "node"


def keep_correction(storage: Storage, clock: SpacecraftClock) -> None:
    """Stores what the ground has taken off the clock in all."""
    storage.put(CLOCK, "correction", clock.correction)


def restore_correction(storage: Storage, clock: SpacecraftClock, report: DamageReport) -> None:
    """Gives the clock back what the ground has found out about it; to be called at boot."""
    kept = _kept(storage, CLOCK, "correction", report)
    if isinstance(kept, float | int):
        clock.correction = float(kept)


def life_of(storage: Storage, boot: int, report: DamageReport) -> int:
    """The number of the boot that began this store.

    The numbers of what a store keeps begin anew with it; with its life before them none is given
    twice.
    """
    life = _kept(storage, NODE, "life", report)
    if not isinstance(life, int):
        life = boot
        storage.put(NODE, "life", life)
    return life


def _kept(storage: Storage, namespace: str, key: str, report: DamageReport) -> Any:
    try:
        return storage.get(namespace, key)
    except StorageDamage as damage:
        report(damage)
        return None
