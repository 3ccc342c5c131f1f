"""Who waits for devices that somebody holds gets them in turn, and nobody comes in between."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ground.testbed.bench import waiting_line
from ground.testbed.bench.locks import Held, Locks
from ground.testbed.bench.processes import start_of
from ground.testbed.bench.waiting_line import Place, WaitingLine

ME = os.getpid()


class Waits:
    """Somebody who waits for keys on a clock that only waiting moves; what happens meanwhile."""

    def __init__(self, locks: Locks, *happens: Callable[[], object]) -> None:
        self.locks, self.now, self.looks = locks, 100.0, 0
        self.happens = list(happens)
        self.told: list[str] = []

    def sleep(self, seconds: float) -> None:
        assert 0.0 <= seconds <= 0.5
        self.now += seconds
        self.looks += 1
        if self.happens:
            self.happens.pop(0)()

    def take(self, keys: list[str], who: str = "ben", wait: float = 10.0) -> list[str]:
        return self.locks.take_in_line(
            keys, who, "a flight", wait=wait, pid=ME, tell=self.told.append,
            clock=lambda: self.now, sleep=self.sleep,
        )  # fmt: skip


@pytest.fixture
def other() -> Iterator[int]:
    """A process that lives."""
    made = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield made.pid
    made.kill()
    made.communicate()


@pytest.fixture
def locks(tmp_path: Path) -> Locks:
    return Locks(tmp_path / "locks")


def places(locks: Locks) -> list[Place]:
    return list(WaitingLine(locks._folder).places())


def test_it_is_had_when_it_is_let_go_of_and_the_place_is_left(locks: Locks, other: int) -> None:
    locks.take(["a"], "anna", "a flight", pid=other)
    waits = Waits(locks, lambda: None, lambda: locks.release(["a"], "anna", pid=other))
    assert waits.take(["a", "b"]) == [] and waits.looks == 2
    assert [(each.key, each.who) for each in locks.held()] == [("a", "ben"), ("b", "ben")]
    assert waits.told == [f"a is held by anna (process {other}, a flight)"], "told once"
    assert places(locks) == []


def test_what_is_free_is_not_waited_for(locks: Locks) -> None:
    waits = Waits(locks)
    assert waits.take(["a"]) == [] and waits.looks == 0 and waits.told == []


def test_whose_time_is_over_is_told_who_has_it_and_leaves_the_line(
    locks: Locks, other: int
) -> None:
    locks.take(["a"], "anna", "a flight", pid=other)
    waits = Waits(locks)
    with pytest.raises(Held, match=r"a is held by anna .*; it was waited for 10 s"):
        waits.take(["a"])
    assert waits.now == pytest.approx(110.0) and places(locks) == []


def test_who_stops_waiting_leaves_the_line(locks: Locks, other: int) -> None:
    locks.take(["a"], "anna", "a flight", pid=other)

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Waits(locks, interrupted).take(["a"])
    assert places(locks) == []


def test_who_comes_later_or_does_not_wait_does_not_come_in_between(
    locks: Locks, other: int
) -> None:
    line = WaitingLine(locks._folder)
    first = line.enter(["a"], "carla", other)
    with pytest.raises(Held, match=f"carla .process {other}. waits for a, and came first: wait in"):
        locks.take(["a"], "ben", "a flight", pid=ME)
    assert locks.take(["b"], "ben", "a flight", pid=ME) == [], "for b nobody waits"
    waits = Waits(locks, lambda: line.leave(first))
    assert waits.take(["a"], "ben") == [] and waits.looks == 1
    assert waits.told == [first.words()]
    locks.release(["a"], "ben", pid=ME)
    second = line.enter(["a"], "ben", ME)
    line.enter(["a"], "dora", other)
    assert locks.take(["a"], "ben", "a flight", pid=ME, place=second) == []


def test_what_a_person_has_put_by_is_theirs_whoever_waits(locks: Locks, other: int) -> None:
    locks.take(["a"], "anna", "reserved", seconds=1e6)
    WaitingLine(locks._folder).enter(["a"], "carla", other)
    assert locks.take(["a"], "anna", "a flight", pid=ME) == []
    locks.release(["a"], "anna", pid=ME)
    with pytest.raises(Held, match="carla"):  # but nothing else that somebody waits for
        WaitingLine(locks._folder).enter(["c"], "carla", other)
        locks.take(["a", "c"], "anna", "a flight", pid=ME)


def test_a_dead_ones_place_is_nobodys(locks: Locks, monkeypatch: pytest.MonkeyPatch) -> None:
    line = WaitingLine(locks._folder)
    line.enter(["a"], "carla", 999_999_999)
    line.enter(["a"], "dora", ME)
    monkeypatch.setattr(waiting_line, "start_of", lambda pid: start_of(pid) + 1)  # another by now
    assert list(line.places()) == [] and list(locks._folder.glob("*.place")) == []
    (locks._folder / "00000001-1.place").write_bytes(b"torn")
    assert locks.take(["a"], "ben", "a flight", pid=ME) == []


def test_one_behind_another_gets_a_number_of_its_own(locks: Locks, other: int) -> None:
    line = WaitingLine(locks._folder)
    numbers = [line.enter(["a"], "carla", other).number for _ in range(3)]
    line.leave(places(locks)[0])
    assert numbers == [1, 2, 3] and line.enter(["a"], "dora", ME).number == 4
    assert [each.number for each in places(locks)] == [2, 3, 4]
