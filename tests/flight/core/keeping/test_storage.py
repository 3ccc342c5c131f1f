"""The non-volatile storage keeps what is committed, all or nothing, and admits damage."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight.core.keeping.storage import Storage, StorageClosed, StorageDamage, StorageError
from flight.runtime.discs import FILES, UNWAITED_FILES, FileDisc

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close at the end what a test left open."""
    storages: list[Storage] = []
    prepare = Storage._prepare

    def remember(storage: Storage) -> None:
        storages.append(storage)
        prepare(storage)

    monkeypatch.setattr(Storage, "_prepare", remember)
    yield
    for storage in storages:
        storage.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "node.sqlite"


def damage(path: Path, table: str, where: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE {table} SET value = X'C0' WHERE {where}")
    connection.close()


@given(value=PLAIN)
def test_any_plain_value_comes_back_as_it_went_in(value: object) -> None:
    storage = Storage(":memory:")
    storage.put("a", "k", value)
    assert storage.get("a", "k") == value
    assert storage.read("j", after=storage.append("j", value) - 1) == [(1, value)]
    storage.close()


def test_missing_key_gives_the_default(path: Path) -> None:
    storage = Storage(path)
    assert storage.get("a", "k") is None
    assert storage.get("a", "k", 7) == 7


def test_items_are_sorted_and_belong_to_one_namespace(path: Path) -> None:
    storage = Storage(path)
    for key in ("c", "a", "b"):
        storage.put("mine", key, key)
    storage.put("other", "aa", 1)
    storage.delete("mine", "b")
    assert list(storage.items("mine").items()) == [("a", "a"), ("c", "c")]


def test_committed_data_survive_a_crash_and_open_transactions_do_not(path: Path) -> None:
    storage = Storage(path)
    storage.put("a", "kept", 1)
    with pytest.raises(StorageClosed), storage.transaction():
        storage.put("a", "lost", 2)
        storage.append("j", 3)
        storage.crash()
    again = Storage(path)
    assert again.items("a") == {"kept": 1}
    assert again.count("j") == 0


def test_data_survive_the_kill_of_the_process(path: Path) -> None:
    script = (
        "import os, signal, sys\n"
        "from flight.core.keeping.storage import Storage\n"
        "storage = Storage(sys.argv[1])\n"
        "storage.append('j', 'kept')\n"
        "with storage.transaction():\n"
        "    storage.append('j', 'lost')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).parents[4]
    ended = subprocess.run([sys.executable, "-c", script, str(path)], cwd=root, check=False)
    assert ended.returncode == -9
    assert Storage(path).read("j") == [(1, "kept")]


def test_an_exception_undoes_the_whole_transaction(path: Path) -> None:
    storage = Storage(path)
    with pytest.raises(KeyError), storage.transaction():
        storage.put("a", "k", 1)
        with storage.transaction():
            storage.append("j", 2)
        raise KeyError
    assert storage.get("a", "k") is None
    assert storage.count("j") == 0


def test_a_failed_inner_transaction_undoes_only_itself(path: Path) -> None:
    storage = Storage(path)
    with storage.transaction():
        storage.put("a", "outer", 1)
        with pytest.raises(KeyError), storage.transaction():
            storage.put("a", "inner", 2)
            raise KeyError
    assert storage.items("a") == {"outer": 1}


def test_callbacks_run_after_the_outermost_commit_and_never_after_an_undo(path: Path) -> None:
    storage = Storage(path)
    calls: list[str] = []
    with storage.transaction():
        with storage.transaction():
            storage.after_commit(lambda: calls.append("kept"))
        with pytest.raises(KeyError), storage.transaction():
            storage.after_commit(lambda: calls.append("undone"))
            raise KeyError
        assert calls == []
    assert calls == ["kept"]
    storage.after_commit(lambda: calls.append("at once"))
    assert calls == ["kept", "at once"]


def test_journal_numbers_are_never_given_twice(path: Path) -> None:
    storage = Storage(path)
    assert storage.append_many("j", ["a", "b", "c"]) == [1, 2, 3]
    assert storage.trim("j", up_to=3) == 3
    storage.close()
    again = Storage(path)
    assert (again.last_number("j"), again.last_number("other")) == (3, 0)
    assert again.append("j", "d") == 4


def test_journal_is_read_in_order_from_a_number_with_a_limit(path: Path) -> None:
    storage = Storage(path)
    storage.append_many("j", list("abcde"))
    storage.append("other", "x")
    storage.remove("j", [3, 99])
    assert storage.read("j", after=1, limit=2) == [(2, "b"), (4, "d")]
    assert storage.trim("j", keep=1) == 3
    assert storage.read("j") == [(5, "e")]
    assert storage.count("other") == 1


def test_trim_wants_exactly_one_rule(path: Path) -> None:
    storage = Storage(path)
    with pytest.raises(ValueError, match="either keep or up_to"):
        storage.trim("j")
    with pytest.raises(ValueError, match="either keep or up_to"):
        storage.trim("j", keep=1, up_to=1)


def test_a_damaged_value_is_refused_by_name(path: Path) -> None:
    storage = Storage(path)
    storage.put("mode", "state", "surface")
    damage(path, "record", "key = 'state'")
    with pytest.raises(StorageDamage, match="'state' of 'mode'") as caught:
        storage.get("mode", "state")
    assert (caught.value.namespace, caught.value.key) == ("mode", "state")
    storage.put("mode", "state", "safe")
    assert storage.get("mode", "state") == "safe"


def test_damaged_values_are_skipped_and_reported_or_else_raised(path: Path) -> None:
    found: list[tuple[str, str | int]] = []
    storage = Storage(path, on_damage=lambda d: found.append((d.namespace, d.key)))
    storage.append_many("j", ["a", "b"])
    storage.put("n", "x", 1)
    storage.put("n", "y", 2)
    damage(path, "entry", "number = 1")
    damage(path, "record", "key = 'y'")
    assert storage.read("j") == [(2, "b")]
    assert storage.items("n") == {"x": 1}
    assert found == [("j", 1), ("n", "y")]
    storage.on_damage = None
    with pytest.raises(StorageDamage):
        storage.items("n")
    assert storage.items("n", lambda d: found.append((d.namespace, d.key))) == {"x": 1}
    assert found[-1] == ("n", "y")


def test_a_value_under_a_wrong_name_is_damage(path: Path) -> None:
    storage = Storage(path)
    storage.put("a", "k", 1)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE record SET key = 'other'")
    connection.close()
    with pytest.raises(StorageDamage):
        storage.get("a", "other")


def test_a_damaged_file_is_refused_with_a_sentence(path: Path) -> None:
    path.write_bytes(b"this is no database, and it is longer than the header" * 40)
    with pytest.raises(StorageError, match="damaged"):
        Storage(path)


def test_a_torn_page_is_refused_with_a_sentence(path: Path) -> None:
    storage = Storage(path)
    storage.append_many("j", ["x" * 100] * 500)
    storage.close()
    content = bytearray(path.read_bytes())
    content[8192:12288] = b"\xff" * 4096
    path.write_bytes(content)
    with pytest.raises(StorageError, match="damaged"):
        Storage(path)


def test_another_schema_version_is_refused(path: Path) -> None:
    Storage(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 7")
    connection.close()
    with pytest.raises(StorageError, match="schema version 7"):
        Storage(path)


def test_a_database_of_another_program_is_refused(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE x (y)")
    connection.close()
    with pytest.raises(StorageError, match="another program"):
        Storage(path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="folder exists"):
        Storage(tmp_path / "none" / "x.sqlite")


def test_a_locked_file_is_a_sentence(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flight.core.keeping.storage.LOCK_TIMEOUT_SECONDS", 0.0)
    first, second = Storage(path), Storage(path)
    with first.transaction():
        second.put("a", "k", 1)  # nothing was asked of the first, which holds nothing yet
        assert first.get("a", "k") == 1
        with pytest.raises(StorageError, match="lock"):
            second.put("a", "k", 2)


def test_a_full_disk_is_a_sentence_and_leaves_the_old_values(path: Path) -> None:
    storage = Storage(path)
    storage.put("a", "k", "old")
    connection = storage._open()
    connection.execute("PRAGMA max_page_count = 8")
    with pytest.raises(StorageError, match="disk is full"), storage.transaction():
        storage.put("a", "k", "new")
        storage.put("a", "big", b"x" * 200_000)
    assert storage.items("a") == {"k": "old"}


def test_a_transaction_that_was_undone_takes_no_further_writes(path: Path) -> None:
    storage = Storage(path)
    with pytest.raises(StorageError, match="start again"), storage.transaction():
        storage.put("a", "j", 0)
        storage._open().execute("ROLLBACK")  # as SQLite does by itself after some errors
        storage.put("a", "k", 1)
    assert storage.items("a") == {}


def test_a_transaction_in_which_nothing_happens_asks_nothing_of_the_file(path: Path) -> None:
    storage = Storage(path)
    statements: list[str] = []
    storage._open().set_trace_callback(statements.append)
    with storage.transaction(), storage.transaction():
        assert storage.in_transaction
    assert statements == []
    with storage.transaction(), storage.transaction():
        storage.put("a", "k", 1)
    assert [s.split()[0] for s in statements] == [
        "BEGIN", "SAVEPOINT", "INSERT", "RELEASE", "COMMIT",
    ]  # fmt: skip


@pytest.mark.parametrize("value", [object(), {1, 2}, 2**64, [print]])
def test_a_value_that_is_not_plain_is_refused(path: Path, value: object) -> None:
    storage = Storage(path)
    with pytest.raises(StorageError, match="'k' of 'a' is not plain data"):
        storage.put("a", "k", value)
    with pytest.raises(StorageError):
        storage.append_many("j", [1, value])
    assert storage.count("j") == 0


def test_a_closed_storage_says_so(path: Path) -> None:
    storage = Storage(path)
    storage.close()
    storage.close()
    with pytest.raises(StorageClosed, match="closed"):
        storage.get("a", "k")


@pytest.mark.parametrize(("disc", "waits"), [(FILES, 1), (UNWAITED_FILES, 0)])
def test_a_store_waits_for_the_disc_of_the_machine_unless_its_own_says_otherwise(
    tmp_path: Path, disc: FileDisc, waits: int
) -> None:
    storage = Storage(tmp_path / "a.sqlite", disc=disc)
    assert storage._query("PRAGMA synchronous") == [(waits,)]
    assert storage._query("PRAGMA journal_mode") == [("wal",)]
    storage.put("a", "b", 1)
    # As it is after a kill: nobody has closed it, and all that was committed is there.
    copies = tmp_path / "copies"
    copies.mkdir()
    for file in tmp_path.glob("a.sqlite*"):
        (copies / file.name).write_bytes(file.read_bytes())
    assert Storage(copies / "a.sqlite").get("a", "b") == 1
    storage.close()
