"""Repair of a custody ledger whose stored records were damaged."""

from collections.abc import Callable
from typing import Any

import msgspec

from flight.core.keeping.storage import Storage, StorageDamage
from flight.icd.custody_record import CustodyError, CustodyRecord, CustodyStatus, Outcome, decode

Entries = list[tuple[int, Any]]


def repair(
    storage: Storage, namespace: str, outcomes: str, clock: Callable[[], int]
) -> list[StorageDamage]:
    """Replace damaged records by the newest sound entries of the journal; returns the damage found.

    If the newest entry of a tube may be damaged too, the tube becomes openly unknown, and this
    ledger no longer answers for it. Raises `CustodyError` if nothing sound is left of a tube.
    """
    damage: list[StorageDamage] = []
    storage.items(outcomes, damage.append)
    storage.items(namespace, damage.append)
    broken = list(damage)
    if not broken:
        return []
    entries = storage.read(namespace, on_damage=damage.append)
    gaps = [int(each.key) for each in damage[len(broken) :]]
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


def _repair_record(
    storage: Storage,
    namespace: str,
    tube: str,
    entries: Entries,
    gaps: list[int],
    clock: Callable[[], int],
) -> None:
    sound = [(number, value) for number, value in entries if value["tube"] == tube]
    if not sound:
        raise CustodyError(
            f"The record of {tube} in {namespace} of {storage.path} and its whole journal are "
            "damaged: have the ground state where the tube is."
        )
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


def _repair_outcome(storage: Storage, outcomes: str, transfer_id: str, entries: Entries) -> None:
    steps = [value for _, value in entries if value["transfer_id"] == transfer_id]
    outcome = steps[-1]["outcome"] if steps else Outcome.OPEN
    storage.put(outcomes, transfer_id, outcome)
