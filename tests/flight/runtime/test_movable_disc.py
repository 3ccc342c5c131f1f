"""Databases in memory become files under those who use them."""

import sqlite3
from pathlib import Path

import pytest

from flight.core.keeping.storage import Storage
from flight.runtime.movable_disc import MovableDisc

HERE, THERE = Path("/nowhere/spare"), "run"


def moved(disc: MovableDisc, tmp_path: Path) -> dict[int, sqlite3.Connection]:
    return disc.move(HERE, tmp_path / THERE)


def test_what_was_kept_is_in_the_file_and_what_comes_goes_there(tmp_path: Path) -> None:
    disc, path = MovableDisc(), HERE / "nodes" / "rover.sqlite"
    used = disc.connect(path)
    used.execute("CREATE TABLE t (x)")
    used.execute("INSERT INTO t VALUES (1)")
    used.execute("PRAGMA synchronous = FULL")
    used.execute("PRAGMA cache_size = -20000")
    disc.write_note(HERE / "nodes" / "rover.boots", "1\n")
    closed = Storage(HERE / "nodes" / "lander.sqlite", disc=disc)
    closed.put("a", "b", 1)
    closed.close()
    assert not (tmp_path / THERE).exists()
    instead = moved(disc, tmp_path)[id(used)]
    instead.execute("INSERT INTO t VALUES (2)")
    file = tmp_path / THERE / "nodes" / "rover.sqlite"
    with sqlite3.connect(file) as other:  # another process sees it as it comes
        assert other.execute("SELECT x FROM t").fetchall() == [(1,), (2,)]
    assert instead.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert instead.execute("PRAGMA synchronous").fetchone() == (2,)
    assert instead.execute("PRAGMA cache_size").fetchone() == (-20000,)
    with pytest.raises(sqlite3.ProgrammingError):
        used.execute("INSERT INTO t VALUES (3)")
    disc.release(instead)
    # it goes by its old name, and by its new one
    assert disc.size(path) == file.stat().st_size == disc.size(file)
    assert disc.read_note(HERE / "nodes" / "rover.boots") == "1\n"
    disc.write_note(HERE / "nodes" / "rover.boots", "2\n")
    assert (tmp_path / THERE / "nodes" / "rover.boots").read_text() == "2\n"
    again = Storage(HERE / "nodes" / "lander.sqlite", disc=disc)
    assert again.get("a", "b") == 1
    again.close()
    disc.set_aside(path, "rover.damaged")
    assert disc.size(path) is None and (file.parent / "rover.damaged").exists()
    before = file.parent.joinpath("rover.damaged").read_bytes()
    disc.save()  # all is where it is to be
    assert file.parent.joinpath("rover.damaged").read_bytes() == before and not file.exists()


def test_nobody_moves_within_a_transaction(tmp_path: Path) -> None:
    disc = MovableDisc()
    used = disc.connect(HERE / "nodes" / "rover.sqlite")
    used.execute("CREATE TABLE t (x)")
    used.execute("BEGIN")
    used.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(RuntimeError, match="within a transaction"):
        moved(disc, tmp_path)
    used.execute("COMMIT")  # it is used as before
    assert not (tmp_path / THERE).exists()
    assert moved(disc, tmp_path)[id(used)].execute("SELECT x FROM t").fetchall() == [(1,)]


def test_one_that_never_moves_is_saved_as_any_in_memory(tmp_path: Path) -> None:
    disc = MovableDisc()
    storage = Storage(tmp_path / "node.sqlite", disc=disc)
    storage.put("a", "b", 1)
    storage.close()
    disc.save()
    read = Storage(tmp_path / "node.sqlite")
    assert read.get("a", "b") == 1
    read.close()


def test_what_lies_elsewhere_goes_to_its_own_place_and_a_file_that_fails_moves_nobody(
    tmp_path: Path,
) -> None:
    disc = MovableDisc()
    elsewhere, here = tmp_path / "log.sqlite", HERE / "rover.sqlite"
    for path in (elsewhere, here):
        storage = Storage(path, disc=disc)
        storage.put("a", "b", 1)
        storage.close()
    assert disc.size(here) == disc.size(elsewhere) != 0 and disc.size(HERE / "none") is None
    disc.set_aside(here, "old.sqlite")
    assert disc.size(here) is None and disc.size(HERE / "old.sqlite")
    (tmp_path / "blocked").write_text("a file where a folder is to be")
    used = disc.connect(here)
    with pytest.raises(OSError):
        disc.move(HERE, tmp_path / "blocked")
    used.execute("CREATE TABLE t (x)")  # it is used as before
    disc.release(used)
    disc.release(disc.connect(here))
    disc.move(HERE, tmp_path / THERE)
    assert elsewhere.exists() and (tmp_path / THERE / "old.sqlite").exists()
    assert disc.size(elsewhere) == elsewhere.stat().st_size
