"""A guarded storage goes on from memory when its disc fails, and catches up when it is back."""

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flight.core.keeping.guarded_storage import GuardedStorage, behind
from flight.core.keeping.storage import Storage, StorageClosed, StorageDamage, StorageError
from tests.flight.core.keeping.failing_discs import SickFileDisc, SickMemoryDisc

SICK = ("full", "dead", "lying")
PATH = Path("node.sqlite")


class Kept:
    """A guarded storage on a disc that may be sick."""

    def __init__(self, disc: Any, path: Path) -> None:
        self.disc, self.path = disc, path
        self.told: list[str] = []
        self.storage = GuardedStorage(path, disc=disc)
        self.storage.guard()
        self.storage.on_failure = self.told.append

    def again(self) -> "Kept":
        """As a boot after a kill finds it."""
        self.storage.crash()
        return Kept(self.disc, self.path)

    def note(self) -> str:
        try:
            return str(self.disc.read_note(behind(self.path)))
        except FileNotFoundError:
            return ""

    def holds(self) -> tuple[Any, Any, Any]:
        return self.storage.items("a"), self.storage.read("j"), self.storage.last_number("j")


@pytest.fixture(params=["memory", "file"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    if request.param == "memory":
        kept = Kept(SickMemoryDisc(), PATH)
    else:
        kept = Kept(SickFileDisc(), tmp_path / "node.sqlite")
    yield kept
    kept.storage.crash()


def work(storage: Storage) -> None:
    """A bit of everything."""
    storage.put("a", "new", [1, 2])
    storage.put("a", "old", "changed")
    storage.delete("a", "gone")
    with storage.transaction():
        storage.append_many("j", ["b", "c", "d"])
        storage.remove("j", [2])
        with pytest.raises(KeyError), storage.transaction():
            storage.put("a", "undone", 1)
            storage.append("j", "undone")
            raise KeyError
    with pytest.raises(KeyError), storage.transaction():
        storage.put("a", "old", "undone")
        storage.delete("a", "new")
        raise KeyError
    storage.trim("j", keep=2)


DONE = ({"new": [1, 2], "old": "changed"}, [(3, "c"), (4, "d")], 4)


def prepare(storage: Storage) -> None:
    storage.put("a", "old", 1)
    storage.put("a", "gone", 1)
    storage.append("j", "a")


def test_on_a_sound_disc_it_is_as_the_other(kept: Kept) -> None:
    prepare(kept.storage)
    work(kept.storage)
    assert kept.holds() == DONE
    assert kept.storage.look() and kept.told == []
    again = kept.again()
    assert again.holds() == DONE
    again.storage.crash()


def test_what_comes_and_goes_at_once_has_a_number_and_is_never_written(kept: Kept) -> None:
    prepare(kept.storage)
    with kept.storage.transaction():
        # The first went before, the third goes as it comes, the last is of nobody.
        assert kept.storage.exchange("j", ["b", None, "d"], [1, 3, 99]) == [2, 3, 4]
    assert kept.holds()[1:] == ([(2, "b"), (4, "d")], 4)
    with kept.storage.transaction():
        assert kept.storage.exchange("j", [None], [5]) == [5]
    assert kept.storage.look() and kept.storage.mend() == [] and kept.told == []
    again = kept.again()
    assert again.holds()[1:] == ([(2, "b"), (4, "d")], 5)
    assert again.storage.append("j", "f") == 6  # no number is given twice
    again.storage.crash()


def test_what_comes_and_goes_in_an_exchange_that_is_undone_takes_no_number(kept: Kept) -> None:
    prepare(kept.storage)
    with pytest.raises(KeyError), kept.storage.transaction():
        kept.storage.exchange("j", [None, "c"], [1, 2])
        raise KeyError
    assert kept.holds()[1:] == ([(1, "a")], 1)
    assert kept.storage.look() and kept.told == []


@pytest.mark.parametrize("how", SICK)
@pytest.mark.requirement("NOD-09")
def test_what_is_written_while_the_disc_fails_is_held_and_written_when_it_is_back(
    kept: Kept, how: str
) -> None:
    prepare(kept.storage)
    assert kept.storage.look()
    kept.disc.sickness.now = how
    work(kept.storage)
    assert not kept.storage.look()
    assert kept.holds() == DONE
    assert len(kept.told) == 1 and kept.storage.failure and kept.note()
    kept.storage.put("a", "more", 1)
    assert not kept.storage.look() and len(kept.told) == 1, "told once, not at each look"
    kept.disc.sickness.now = ""
    assert kept.storage.look() and not kept.storage.failure
    assert kept.note() == ""
    again = kept.again()
    assert again.holds() == ({**DONE[0], "more": 1}, *DONE[1:])
    again.storage.crash()


@pytest.mark.parametrize("how", SICK)
def test_a_failure_in_the_middle_of_a_transaction_loses_nothing_of_it(kept: Kept, how: str) -> None:
    prepare(kept.storage)
    with kept.storage.transaction():
        kept.storage.put("a", "first", 1)
        kept.storage.append("j", "b")
        kept.disc.sickness.now = how
        kept.storage.put("a", "second", 2)
    with pytest.raises(KeyError), kept.storage.transaction():
        kept.storage.put("a", "third", 3)
        raise KeyError
    expected = ({"first": 1, "gone": 1, "old": 1, "second": 2}, [(1, "a"), (2, "b")], 2)
    kept.storage.look()
    assert kept.holds() == expected
    kept.disc.sickness.now = ""
    assert kept.storage.look()
    again = kept.again()
    assert again.holds() == expected
    again.storage.crash()


@pytest.mark.parametrize("how", SICK)
def test_a_transaction_that_is_undone_after_its_disc_failed_is_undone(kept: Kept, how: str) -> None:
    prepare(kept.storage)
    with pytest.raises(KeyError), kept.storage.transaction():
        kept.storage.put("a", "first", 1)
        kept.disc.sickness.now = how
        kept.storage.put("a", "second", 2)
        raise KeyError
    kept.storage.look()
    assert kept.storage.items("a") == {"gone": 1, "old": 1}


def test_a_disc_that_lies_is_found_by_the_next_look_and_not_by_the_write(kept: Kept) -> None:
    kept.disc.sickness.now = "lying"
    kept.storage.put("a", "k", 1)
    assert kept.told == []
    assert not kept.storage.look()
    assert len(kept.told) == 1
    assert "did not keep what it was given" in kept.told[0]


@pytest.mark.parametrize("how", SICK)
def test_what_is_told_of_a_store_is_the_same_in_any_folder(tmp_path: Path, how: str) -> None:
    kept = Kept(SickFileDisc(), tmp_path / "node.sqlite")
    kept.disc.sickness.now = how
    kept.storage.put("a", "b", 1)
    kept.storage.look()
    [told] = kept.told
    assert "node.sqlite" in told and str(tmp_path) not in told and str(tmp_path) not in kept.note()
    kept.storage.crash()


def test_nothing_is_asked_of_the_disc_when_nothing_was_written(kept: Kept) -> None:
    kept.storage.put("a", "k", 1)
    kept.storage.look()
    asked = kept.disc.sickness.asked
    assert kept.storage.look() and kept.storage.get("a", "k") == 1
    assert kept.disc.sickness.asked == asked


def test_a_bit_that_flips_on_the_disc_is_mended_from_memory(kept: Kept) -> None:
    prepare(kept.storage)
    kept.storage.look()
    kept.storage._open().execute("UPDATE record SET value = X'C0' WHERE key = 'old'")
    kept.storage._open().execute("DELETE FROM entry")
    assert kept.storage.get("a", "old") == 1
    assert kept.storage.mend() == ["'old' of 'a'", "1 of 'j'"]
    assert kept.storage.mend() == []
    again = kept.again()
    assert again.storage.get("a", "old") == 1 and again.storage.read("j") == [(1, "a")]
    again.storage.crash()


def test_what_was_damaged_when_it_was_opened_stays_damaged(kept: Kept) -> None:
    prepare(kept.storage)
    kept.storage._open().execute("UPDATE record SET value = X'C0' WHERE key = 'old'")
    again = kept.again()
    with pytest.raises(StorageDamage):
        again.storage.get("a", "old")
    assert again.storage.mend() == []
    again.storage.crash()


def test_an_error_of_who_writes_is_his_also_when_the_disc_fails(kept: Kept) -> None:
    for how in ("", "dead"):
        kept.disc.sickness.now = how
        with pytest.raises(StorageError, match="not plain data"):
            kept.storage.put("a", "k", object())
        with pytest.raises(ValueError, match="either keep or up_to"):
            kept.storage.trim("j")
    assert kept.told == []
    kept.storage.close()
    with pytest.raises(StorageClosed):
        kept.storage.put("a", "k", 1)
    with pytest.raises(StorageClosed):
        kept.storage.get("a", "k")


def test_without_a_disc_all_lies_in_memory_until_there_is_one(tmp_path: Path) -> None:
    disc = SickFileDisc()
    disc.sickness.now = "dead"
    storage = GuardedStorage.without_disc(tmp_path / "n.sqlite", disc, "it is dead")
    work(storage)
    assert not storage.look() and storage.failure
    disc.sickness.now = ""
    assert storage.look() and not storage.failure
    storage.crash()
    again = Storage(tmp_path / "n.sqlite")
    assert again.get("a", "new") == [1, 2]
    again.close()


def test_a_real_disc_that_is_full_is_let_go_of(tmp_path: Path) -> None:
    storage = GuardedStorage(tmp_path / "n.sqlite")
    storage.guard()
    storage._open().execute("PRAGMA max_page_count = 8")
    with storage.transaction():
        storage.put("a", "k", "new")
        storage.put("a", "big", b"x" * 200_000)
    assert "the disk is full" in storage.failure
    assert storage.get("a", "k") == "new"
    storage._open().execute("PRAGMA max_page_count = 100000")
    storage.close()  # which tries once more
    again = Storage(tmp_path / "n.sqlite")
    assert again.items("a") == {"big": b"x" * 200_000, "k": "new"}
    again.close()


def test_a_store_that_another_holds_is_caught_up_with(tmp_path: Path) -> None:
    storage = GuardedStorage(tmp_path / "n.sqlite")
    storage.guard()
    storage._open().execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(tmp_path / "n.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    storage.put("a", "k", 1)
    assert "lock" in storage.failure and not storage.look()
    other.close()
    assert storage.look()
    storage.close()


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_done_while_the_disc_comes_and_goes_is_held(seed: int) -> None:
    _come_and_go(random.Random(seed), 300)


@pytest.mark.check
def test_whatever_is_done_while_the_disc_comes_and_goes_is_held_in_10000_lives() -> None:
    for seed in range(10_000, 10_100):
        _come_and_go(random.Random(seed), 1_000)


def _come_and_go(draw: random.Random, steps: int) -> None:
    kept = Kept(SickMemoryDisc(), PATH)
    plain = Storage(":memory:")
    for _ in range(steps):
        if draw.random() < 0.1:
            kept.disc.sickness.now = draw.choice(("", "", *SICK))
        if draw.random() < 0.1:
            kept.storage.look()
        if draw.random() < 0.02 and not kept.storage.failure and kept.storage.look():
            kept.disc.sickness.now = ""
            kept = kept.again()
        state = draw.getstate()
        for storage in (kept.storage, plain):
            draw.setstate(state)
            _something(storage, draw)
        assert kept.storage.items("n") == plain.items("n")
        assert kept.storage.read("j") == plain.read("j")
        assert kept.storage.last_number("j") == plain.last_number("j")
    kept.disc.sickness.now = ""
    if not kept.storage.look():  # a lie of the disc is found first, and then written over
        assert "did not keep" in kept.storage.failure and kept.note()
        assert kept.storage.look()
    assert not kept.storage.failure and not kept.note()
    again = kept.again()
    assert again.storage.items("n") == plain.items("n")
    assert again.storage.read("j") == plain.read("j")
    again.storage.crash()
    plain.close()


class Undone(Exception):
    pass


def _something(storage: Storage, draw: random.Random, depth: int = 0) -> None:
    match draw.randrange(7):
        case 0 | 1:
            storage.put("n", draw.choice("abc"), draw.random())
        case 2:
            storage.delete("n", draw.choice("abc"))
        case 3:
            storage.append_many("j", [draw.random()] * draw.randrange(4))
        case 4:
            storage.trim("j", keep=draw.randrange(6))
        case 5:
            storage.remove("j", [storage.last_number("j") - draw.randrange(3)])
        case _ if depth < 3:
            try:
                with storage.transaction():
                    for _ in range(draw.randrange(4)):
                        _something(storage, draw, depth + 1)
                    if draw.random() < 0.3:
                        raise Undone
            except Undone:
                pass
