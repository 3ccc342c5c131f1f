"""Values that are decoded again only when what is stored has changed; damage is found as ever."""

from pathlib import Path

import pytest

from flight.core.keeping.decoded import Decoded
from flight.core.keeping.storage import Storage, StorageDamage


def test_a_change_is_seen_and_without_one_nothing_is_decoded(tmp_path: Path) -> None:
    decoded: list[int] = []

    def decode(value: int) -> int:
        decoded.append(value)
        return 10 * value

    storage = Storage(tmp_path / "store.sqlite")
    values = Decoded(storage, "tubes", decode)
    assert values.values() == []
    storage.put("tubes", "b", 2)
    storage.put("tubes", "a", 1)
    storage.put("others", "a", 3)
    assert values.values() == [10, 20] == values.values()
    assert decoded == [1, 2]
    values.values().append(99)  # what was given away is the other's own
    assert values.values() == [10, 20]
    storage.delete("tubes", "a")
    assert values.values() == [20] and decoded == [1, 2, 2]
    storage.close()


def test_damage_that_comes_meanwhile_is_told_at_each_asking(tmp_path: Path) -> None:
    found: list[StorageDamage] = []
    storage = Storage(tmp_path / "store.sqlite")
    storage.put("tubes", "a", 1)
    storage.put("tubes", "b", 2)
    values = Decoded(storage, "tubes", int)
    assert values.values() == [1, 2]
    storage._query("UPDATE record SET value = ? WHERE key = 'a'", (b"\x07",))
    with pytest.raises(StorageDamage):
        values.values()
    storage.on_damage = found.append
    assert values.values() == [2] == values.values()
    assert len(found) == 2
    storage.close()
