"""A boot after four that ended soon reads nothing of what waits to be sent, and keeps the rest."""

from pathlib import Path

import pytest

from flight.core.keeping.health import BootRecord
from flight.core.keeping.opening import OpenedStore, open_store
from flight.core.keeping.storage import Storage
from flight.core.telling.recorder import Recorder

UNSTABLE_BOOTS = 4


def boot(storage: Storage, *, stable: bool = False, planned: bool = False) -> None:
    record = BootRecord(storage, lambda event, data: None)
    record.begin("power on", 0.0, planned=planned)
    if stable:
        record.mark_stable()


def store(path: Path, boots: list[dict[str, bool]]) -> None:
    """A store after some boots, with three reports to be sent."""
    opened = open_store(path, first_boot=True)
    for each in boots:
        boot(opened.storage, **each)
    recorder = Recorder(opened.storage, 10_000)
    for number in range(3):
        recorder.record(0, bytes([number]))
    opened.storage.put("custody", "tube", "held")
    opened.storage.close()


def opened(path: Path, *, cripples: bool = True) -> OpenedStore:
    found = open_store(path, first_boot=False, cripples=cripples)
    assert found.storage.get("custody", "tube") == "held" and found.damage == ""
    return found


ROW = [{}] * UNSTABLE_BOOTS


def test_after_the_row_what_waits_is_deleted_and_the_records_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "rover.sqlite"
    store(path, ROW)
    found = opened(path)
    assert found.deleted == 3 and not found.fresh
    recorder = Recorder(found.storage, 10_000)
    assert recorder.pending == 0 and recorder.record(0, b"new") == 4, "no number is given twice"
    found.storage.close()


@pytest.mark.parametrize(
    "boots",
    [ROW[:-1], [*ROW, {"stable": True}], [*ROW, {"planned": True}], []],
    ids=["one less", "a stable one", "one that was asked for", "none"],
)
def test_else_all_is_kept(tmp_path: Path, boots: list[dict[str, bool]]) -> None:
    path = tmp_path / "rover.sqlite"
    store(path, boots)
    found = opened(path)
    assert found.deleted is None and Recorder(found.storage, 10_000).pending == 3
    found.storage.close()


def test_without_the_safeguard_all_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "rover.sqlite"
    store(path, ROW)
    found = opened(path, cripples=False)
    assert found.deleted is None and Recorder(found.storage, 10_000).pending == 3
    found.storage.close()
