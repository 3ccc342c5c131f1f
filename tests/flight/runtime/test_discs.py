"""Databases in memory keep and lose what databases in files keep and lose."""

import sqlite3
from pathlib import Path

import pytest

from flight.core.keeping.storage import Storage, StorageClosed, StorageError
from flight.runtime.discs import Disc, FileDisc, MemoryDisc


@pytest.fixture(params=[FileDisc, MemoryDisc], ids=["files", "memory"])
def disc(request: pytest.FixtureRequest) -> Disc:
    made: Disc = request.param()
    return made


def test_what_is_committed_survives_a_death_and_what_is_not_is_lost(
    disc: Disc, tmp_path: Path
) -> None:
    path = tmp_path / "node.sqlite"
    storage = Storage(path, disc=disc)
    storage.put("mode", "state", "drive")
    storage.append("journal", "first")
    with pytest.raises(StorageClosed), storage.transaction():
        storage.put("mode", "state", "grasp")
        storage.append("journal", "second")
        storage.crash()
        storage.get("mode", "state")
    again = Storage(path, disc=disc)
    assert again.get("mode", "state") == "drive"
    assert again.read("journal") == [(1, "first")]
    assert again.append("journal", "third") == 2
    again.close()


def test_the_dead_writes_no_more(disc: Disc, tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite"
    connection = disc.connect(path)
    connection.execute("CREATE TABLE t (x)")
    disc.release(connection)
    with pytest.raises(sqlite3.ProgrammingError):
        connection.execute("INSERT INTO t VALUES (1)")
    again = disc.connect(path)
    assert again.execute("SELECT COUNT(*) FROM t").fetchone() == (0,)
    disc.release(again)


def test_two_stores_on_one_disc_are_two(disc: Disc, tmp_path: Path) -> None:
    one, two = Storage(tmp_path / "one", disc=disc), Storage(tmp_path / "two", disc=disc)
    one.put("a", "b", 1)
    assert two.get("a", "b") is None
    one.close()
    two.close()


def test_a_database_in_memory_has_one_user(tmp_path: Path) -> None:
    disc = MemoryDisc()
    storage = Storage(tmp_path / "node.sqlite", disc=disc)
    with pytest.raises(StorageError, match="in use"):
        Storage(tmp_path / "node.sqlite", disc=disc)
    with pytest.raises(RuntimeError, match="still in use"):
        disc.save()
    storage.close()
    Storage(tmp_path / "node.sqlite", disc=disc).close()


def test_what_is_saved_is_read_from_the_file(tmp_path: Path) -> None:
    disc, path = MemoryDisc(), tmp_path / "nodes" / "node.sqlite"
    storage = Storage(path, disc=disc)
    storage.append_many("journal", ["a", "b"])
    storage.close()
    assert not path.exists()
    disc.save()
    read = Storage(path)
    assert read.read("journal") == [(1, "a"), (2, "b")]
    read.close()


def test_a_store_set_aside_leaves_its_name_free_and_notes_stay(disc: Disc, tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite"
    with pytest.raises(OSError):
        disc.read_note(tmp_path / "boots")
    assert disc.size(path) is None
    storage = Storage(path, disc=disc)
    storage.put("a", "b", 1)
    storage.close()
    assert disc.size(path)
    disc.write_note(tmp_path / "boots", "3\n")
    disc.set_aside(path, "node.sqlite.damaged-1")
    assert disc.size(path) is None and disc.read_note(tmp_path / "boots") == "3\n"
    old = Storage(tmp_path / "node.sqlite.damaged-1", disc=disc)
    assert old.get("a", "b") == 1
    old.close()


def test_a_database_to_which_nothing_was_written_is_kept_as_an_empty_file(tmp_path: Path) -> None:
    disc = MemoryDisc()
    path = tmp_path / "rover.sqlite"
    disc.release(disc.connect(path))
    assert disc.size(path) == 0
    again = disc.connect(path)
    again.execute("CREATE TABLE seen (what)")
    disc.release(again)
    assert (disc.size(path) or 0) > 0
