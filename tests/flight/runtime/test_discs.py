"""Databases in memory keep and lose what databases in files keep and lose."""

import sqlite3
from pathlib import Path

import pytest

from flight.core.keeping.storage import Storage, StorageClosed, StorageError
from flight.runtime.discs import FILES, REASONS, UNWAITED_FILES, Disc, FileDisc, MemoryDisc
from flight.runtime.movable_disc import MovableDisc


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


def test_the_lock_of_another_is_waited_for_five_seconds_or_as_long_as_was_said(
    tmp_path: Path,
) -> None:
    for disc in (FileDisc(), MovableDisc()):
        if isinstance(disc, MovableDisc):
            disc.move(tmp_path / "old", tmp_path)
        for options, milliseconds in (({}, 5_000), ({"timeout": 0.25}, 250)):
            connection = disc.connect(tmp_path / "node.sqlite", **options)
            assert connection.execute("PRAGMA busy_timeout").fetchone() == (milliseconds,)
            disc.release(connection)


def test_transactions_are_up_to_the_caller(disc: Disc, tmp_path: Path) -> None:
    connection = disc.connect(tmp_path / "node.sqlite")
    connection.execute("CREATE TABLE t (x)")
    connection.execute("INSERT INTO t VALUES (1)")
    assert not connection.in_transaction
    connection.execute("BEGIN")
    connection.execute("INSERT INTO t VALUES (2)")
    disc.release(connection)
    again = disc.connect(tmp_path / "node.sqlite")
    assert again.execute("SELECT x FROM t").fetchall() == [(1,)]
    disc.release(again)


def test_what_sqlite_keeps_beside_a_file_goes_away_with_it(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite"
    for ending in ("", "-wal", "-shm", "-other"):
        (tmp_path / f"node.sqlite{ending}").write_text(ending)
    FileDisc().set_aside(path, "old")
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "node.sqlite-other", "old", "old-shm", "old-wal",
    ]  # fmt: skip
    FileDisc().set_aside(path, "older")  # there is none
    assert not (tmp_path / "older").exists()


def test_one_in_memory_is_given_back_by_its_user_alone_and_goes_where_its_folder_is_made(
    tmp_path: Path,
) -> None:
    disc = MemoryDisc()
    paths = [tmp_path / "a" / "one.sqlite", tmp_path / "b" / "two.sqlite"]
    one, two = (disc.connect(path) for path in paths)
    one.execute("CREATE TABLE t (x)")
    disc.release(one)
    with pytest.raises(sqlite3.OperationalError, match="in use"):
        disc.connect(paths[1])
    disc.release(sqlite3.connect(":memory:"))  # nobody's
    disc.release(two)
    disc.set_aside(tmp_path / "nothing", "old")
    disc.write_note(tmp_path / "a" / "boots", "3\n")
    disc.save()
    assert sqlite3.connect(paths[0]).execute("SELECT COUNT(*) FROM t").fetchone() == (0,)
    assert paths[1].read_bytes() == b"" and (tmp_path / "a" / "boots").read_text() == "3\n"
    assert not (tmp_path / "old").exists()


def test_stores_of_a_run_that_can_be_flown_again_do_not_wait_for_the_machines_disc() -> None:
    assert (FILES.synchronous, UNWAITED_FILES.synchronous) == ("NORMAL", "OFF")
    assert MemoryDisc().synchronous == "NORMAL"


@pytest.mark.parametrize(
    ("code", "what"),
    [
        (sqlite3.SQLITE_FULL, "free some space"), (sqlite3.SQLITE_BUSY, "end that process"),
        (sqlite3.SQLITE_READONLY, "allow writing"), (sqlite3.SQLITE_CANTOPEN, "folder exists"),
        (sqlite3.SQLITE_CORRUPT, "replace it"), (sqlite3.SQLITE_NOTADB, "no SQLite database"),
        (sqlite3.SQLITE_IOERR, "input or output error"),
    ],
)  # fmt: skip
def test_each_error_of_a_disc_says_what_to_do(code: int, what: str) -> None:
    assert what in REASONS[code]
