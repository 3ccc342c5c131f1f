"""Repair of a custody ledger whose stored records were damaged."""

from collections.abc import Callable
from typing import Any

import msgspec

from flight.core.keeping.storage import Storage, StorageDamage
from flight.icd.custody_record import FORGET, CustodyRecord, CustodyStatus, Outcome, decode

Entries = list[tuple[int, Any]]
AFTER_ANY = 500_000  # a sequence number above that of any step that may have been damaged


def repair(
    storage: Storage, namespace: str, outcomes: str, clock: Callable[[], int]
) -> list[StorageDamage]:
    """Replace damaged records by the newest sound entries of the journal; returns the damage found.

    If the newest entry of a tube may be damaged too, the tube becomes openly unknown, and this
    ledger no longer answers for it; so does a tube of which nothing sound is left.
    """
    damage: list[StorageDamage] = []
    storage.items(outcomes, damage.append)
    storage.items(namespace, damage.append)
    broken = list(damage)
    damaged_entries: list[StorageDamage] = []
    entries = storage.read(namespace, on_damage=damaged_entries.append)
    broken += _gone(storage, namespace, entries, broken)
    if not broken:
        return []
    damage = broken + damaged_entries
    # Entries that are not there count as damaged: the journal is never trimmed.
    sound = {number for number, _ in entries}
    gaps = [each for each in range(1, storage.last_number(namespace) + 1) if each not in sound]
    with storage.transaction():
        for each in broken:
            if each.namespace == namespace:
                _repair_record(storage, namespace, str(each.key), entries, gaps, clock)
            else:
                _repair_outcome(storage, outcomes, str(each.key), entries)
    if storage.on_damage is not None:
        for each in damage:
            storage.on_damage(each)
    return damage


def _gone(
    storage: Storage, namespace: str, entries: Entries, broken: list[StorageDamage]
) -> list[StorageDamage]:
    """The tubes that the journal knows and that have no record any more."""
    known = {*storage.items(namespace, on_damage=lambda damage: None)}
    known |= {str(each.key) for each in broken if each.namespace == namespace}
    tubes = dict.fromkeys(value["tube"] for _, value in entries)
    return [
        StorageDamage(namespace, tube, storage.name, "is gone")
        for tube in tubes
        if tube not in known
    ]


def _repair_record(
    storage: Storage,
    namespace: str,
    tube: str,
    entries: Entries,
    gaps: list[int],
    clock: Callable[[], int],
) -> None:
    sound = [(number, value) for number, value in entries if value["tube"] == tube]
    if not sound:  # nothing is left of it but its name
        value = msgspec.to_builtins(_forgotten(tube, namespace, clock()))
        storage.append(namespace, value)
        storage.put(namespace, tube, value)
        return
    number, value = sound[-1]
    missing = sum(gap > number for gap in gaps)
    if missing:  # the newest steps of this tube may be among them
        value = msgspec.to_builtins(_unknown(decode(value), missing, clock()))
        storage.append(namespace, value)
    storage.put(namespace, tube, value)


def _unknown(record: CustodyRecord, missing: int, now_ns: int) -> CustodyRecord:
    return msgspec.structs.replace(
        record,
        step="repair",
        status=CustodyStatus.UNKNOWN,
        reason="the record and the newest entries of the journal are damaged",
        responsible=False,
        since_ns=now_ns,
        link=record.link + missing + 1,
        sequence=record.sequence + missing + 1,
    )


def _forgotten(tube: str, namespace: str, now_ns: int) -> CustodyRecord:
    owner = namespace.removeprefix("custody.")
    return CustodyRecord(
        tube=tube,
        owner=owner,
        step=FORGET,
        status=CustodyStatus.UNKNOWN,
        place=owner,
        reason="the record and the whole journal are damaged",
        responsible=False,
        since_ns=now_ns,
        link=0,
        sequence=AFTER_ANY,
    )


def _repair_outcome(storage: Storage, outcomes: str, transfer_id: str, entries: Entries) -> None:
    steps = [value for _, value in entries if value["transfer_id"] == transfer_id]
    outcome = steps[-1]["outcome"] if steps else Outcome.OPEN
    storage.put(outcomes, transfer_id, outcome)
