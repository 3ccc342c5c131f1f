"""What a vehicle remembers: over reboots, typed, and its own."""

from pathlib import Path

import msgspec
import pytest

from flight.core.keeping.memory import NAMESPACE, Remembered, declared_memory
from flight.core.keeping.storage import Storage, StorageDamage


class Count(msgspec.Struct, frozen=True):
    sol: int = 0
    tubes: int = 0


class Toy:
    lid = Remembered(str, "closed", doc="the lid")
    visits = Remembered(dict[str, int], {}, doc="visits by tube")
    count = Remembered(Count, Count(), doc="of the sol")

    def __init__(self, storage: Storage) -> None:
        self.storage = storage


def test_what_was_never_set_has_its_default_and_is_not_stored(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "toy.sqlite")
    toy = Toy(storage)
    assert (toy.lid, toy.count) == ("closed", Count())
    assert storage.items(NAMESPACE) == {}


def test_a_default_that_was_changed_in_place_is_nobody_elses(tmp_path: Path) -> None:
    toy = Toy(Storage(tmp_path / "toy.sqlite"))
    toy.visits["M1"] = 3
    assert toy.visits == {}


def test_a_value_survives_the_kill_of_the_process(tmp_path: Path) -> None:
    before = Storage(tmp_path / "toy.sqlite")
    Toy(before).lid, Toy(before).count = "open", Count(12, 3)
    before.crash()
    after = Toy(Storage(tmp_path / "toy.sqlite"))
    assert (after.lid, after.count) == ("open", Count(12, 3))


def test_the_default_is_not_what_was_set_to_nothing(tmp_path: Path) -> None:
    toy = Toy(Storage(tmp_path / "toy.sqlite"))
    toy.lid = ""
    assert toy.lid == ""


@pytest.mark.parametrize("stored", [None, 7, ["open"], {"sol": 1}])
def test_a_value_of_another_type_is_damage(tmp_path: Path, stored: object) -> None:
    storage = Storage(tmp_path / "toy.sqlite")
    storage.put(NAMESPACE, "lid", stored)
    with pytest.raises(StorageDamage, match="'lid'"):
        _ = Toy(storage).lid


def test_an_undone_transaction_is_not_remembered(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "toy.sqlite")
    toy = Toy(storage)
    with pytest.raises(RuntimeError), storage.transaction():
        toy.lid = "open"
        raise RuntimeError
    assert toy.lid == "closed"


def test_the_declarations_of_a_class_are_found_base_classes_first() -> None:
    class Larger(Toy):
        mode = Remembered(str, "", doc="the mode")

    assert list(declared_memory(Larger)) == ["lid", "visits", "count", "mode"]
