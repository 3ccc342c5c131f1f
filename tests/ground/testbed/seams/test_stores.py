"""Faults of stores: what is written and read instead, and that all is well after."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flight.core.keeping.opening import open_store
from flight.core.keeping.storage import Storage, StorageDamage, StorageError
from flight.runtime.discs import FILES, UNWAITED_FILES, Disc, FileDisc, MemoryDisc
from ground.testbed.seams.stores import Stores, role_of
from sim_hw.faults.catalogue import builtin_kinds
from sim_hw.faults.kind import FaultKind
from sim_hw.faults.node_kinds import Crash
from sim_hw.faults.store_kinds import BitFlip, Dead, Empty, Full, Lying, Slow, Torn
from tests.ground.testbed.faults.flights import at, fault, flown
from tests.sim_hw.faults.parts import Held

SAMPLES: list[FaultKind] = [
    Full(), Dead(), Lying(), Torn(), Slow(by=5.0), BitFlip(namespace="n", key="k", bit=3), Empty(),
]  # fmt: skip


def test_every_kind_has_a_sample() -> None:
    kinds = [kind.name() for kind in builtin_kinds() if kind.target == "store"]
    assert kinds == [sample.name() for sample in SAMPLES]


def test_a_seam_waits_for_the_disc_as_what_is_behind_it() -> None:
    stores = Stores(lambda role, seconds: None)
    assert stores.disc(FILES).synchronous == "NORMAL"
    assert stores.disc(UNWAITED_FILES).synchronous == "OFF"


class Bench:
    """The store of a rover on a disc with a seam."""

    def __init__(self, folder: Path, disc: Disc) -> None:
        self.paused: list[tuple[str, float]] = []
        self.stores = Stores(lambda role, seconds: self.paused.append((role, seconds)))
        self.disc = self.stores.disc(disc)
        self.path = folder / "nodes" / "rover.sqlite"
        self.path.parent.mkdir(exist_ok=True)
        self.held = Held()
        self.storage = self.open()
        self.storage.put("n", "k", "first")
        self.storage.append("j", "one")

    def open(self) -> Storage:
        return Storage(self.path, disc=self.disc)

    def begin(self, kind: FaultKind) -> Callable[[], None]:
        seam: Any = self.stores.of("rover")
        self.held.active = True
        held: Any = self.held
        if not kind.counted:
            heal = kind.begin(seam, held)
            return lambda: (setattr(self.held, "active", False), heal())[1]
        leave = seam.arm(kind, held, lambda: self.held.active)
        kind.begun(seam, held)

        def heal_it() -> None:
            self.held.active = False
            leave()

        return heal_it


@pytest.fixture(params=[MemoryDisc, FileDisc], ids=["memory", "files"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    made = Bench(tmp_path, request.param())
    yield made
    made.storage.close()


@pytest.mark.parametrize("kind", SAMPLES, ids=lambda kind: kind.name())
def test_it_takes_effect_and_heals(bench: Bench, kind: FaultKind) -> None:
    storage = bench.storage
    heal = bench.begin(kind)
    match kind:
        case Full():
            with pytest.raises(StorageError, match="the disk is full"):
                storage.put("n", "k", "second")
            with pytest.raises(StorageError), storage.transaction():
                storage.put("n", "k", "second")
            assert storage.get("n", "k") == "first"  # it can be read
        case Dead():
            with pytest.raises(StorageError, match="input or output error"):
                storage.get("n", "k")
            with pytest.raises(StorageError, match="cannot be opened"):
                bench.open()
        case Lying():
            storage.put("n", "k", "second")
            with storage.transaction():
                storage.put("n", "other", 1)
                assert storage.get("n", "other") == 1  # until it is to be written
            storage.append("j", "two")
            assert storage.get("n", "k") == "first" and storage.get("n", "other") is None
            assert [value for _, value in storage.read("j")] == ["one"]
        case Torn():
            storage.put("n", "k", "second, and longer")
            with pytest.raises(StorageDamage):
                storage.get("n", "k")
        case Slow():
            storage.put("n", "k", "second")
            storage.get("n", "k")
            assert bench.paused == [("rover", 5.0)]
        case BitFlip():
            with pytest.raises(StorageDamage):
                storage.get("n", "k")
            assert storage.get("n", "other") is None
        case Empty():
            storage.close()
            opened = open_store(bench.path, first_boot=False, disc=bench.disc)
            assert opened.fresh and "is missing" in opened.damage
            opened.storage.close()
    assert bench.held.hits and bench.held.hits[0][0].startswith("rover")
    hits = len(bench.held.hits)
    heal()
    if isinstance(kind, Empty):
        opened = open_store(bench.path, first_boot=False, disc=bench.disc)
        assert not opened.damage and not opened.fresh
        bench.storage = storage = opened.storage
    if isinstance(kind, BitFlip):
        assert storage.get("n", "k") == "first"
    storage.put("n", "k", "third")
    with storage.transaction():
        storage.put("n", "more", "fourth")
    storage.append("j", "three")
    storage.close()
    bench.storage = bench.open()
    assert bench.storage.get("n", "k") == "third" and bench.storage.get("n", "more") == "fourth"
    assert len(bench.held.hits) == hits
    assert bench.paused == ([("rover", 5.0)] if isinstance(kind, Slow) else [])


def test_a_bit_of_a_record_that_is_not_there_is_no_hit(bench: Bench) -> None:
    bench.begin(BitFlip(namespace="n", key="none"))()
    assert bench.held.hits == []


def test_a_bit_is_turned_where_it_lies_also_while_nobody_uses_the_store(bench: Bench) -> None:
    bench.storage.close()
    heal = bench.begin(BitFlip(namespace="n", key="k"))
    bench.storage = bench.open()
    with pytest.raises(StorageDamage):
        bench.storage.get("n", "k")
    bench.storage.put("n", "k", "mended by who uses it")
    heal()
    assert bench.storage.get("n", "k") == "mended by who uses it"


def test_a_connection_is_the_discs_own_while_nothing_is_armed(bench: Bench) -> None:
    connection: Any = bench.storage._connection
    assert connection.execute == connection.inner.execute
    bench.begin(Full())()
    assert connection.execute == connection.inner.execute


def test_whose_store_it_is(tmp_path: Path) -> None:
    assert role_of(tmp_path / "nodes" / "arm.sqlite") == "arm"
    assert role_of(tmp_path / "ground" / "archive.sqlite") == "ground"
    assert role_of(tmp_path / "arm.sqlite") is None


def test_in_a_flight_a_slow_store_holds_its_computer_and_an_empty_one_is_said(
    tmp_path: Path,
) -> None:
    flight = flown(
        tmp_path,
        fault("slow", "store:lander", Slow(by=200.0), at(6900.0), 600.0),
        fault("empty", "store:rover", Empty(), at(1000.0), 1000.0),
        fault("crash", "node:rover", Crash(), at(1500.0)),
        fault("again", "node:rover", Crash(), at(2500.0)),
        sols=0.1,
    )
    first = [t for t, m in flight.told if type(m).__name__ == "CommandReport"][0]  # noqa: RUF015
    assert first >= 6963.0 and flight.of("slow", "hit")
    told = [t for t, m in flight.told if getattr(m, "source", "") == "lander" and t > 6964.0]
    assert told and min(told) >= 7160.0
    damaged = [time for time, _ in flight.events("rover", "store_damaged")]
    assert damaged == [pytest.approx(1530.0)] and len(flight.of("empty", "hit")) == 1
