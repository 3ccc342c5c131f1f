"""Where drills begin in a trunk: those that wait for the same are looked for once."""

from types import SimpleNamespace
from typing import Any

import pytest

from ground.drills.flying import Flight, _Due, _Wait


class Looked:
    """Something that is waited for; it happens when told to."""

    def __init__(self) -> None:
        self.now = False
        self.looks = 0

    def hear(self, message: Any) -> bool:
        self.looks += 1
        return self.now

    def poll(self) -> bool:
        return False


class Loop:
    def __init__(self) -> None:
        self.later: list[tuple[float, _Due]] = []
        self.at_once: list[Any] = []

    def time(self) -> float:
        return 0.0

    def call_later(self, delay: float, callback: Any, due: _Due) -> None:
        self.later.append((delay, due))

    def between(self, callback: Any) -> None:
        self.at_once.append(callback)


def due(nth: int, delay: float = 0.0) -> _Due:
    drill: Any = SimpleNamespace(start=SimpleNamespace(delay=delay))
    return _Due(SimpleNamespace(number=nth), drill, nth)  # type: ignore[arg-type]


@pytest.fixture
def flight() -> Any:
    trunk: Any = object.__new__(Flight)
    trunk._loop = Loop()
    trunk._phases = SimpleNamespace(look=lambda seconds: None)
    return trunk


def test_each_begins_the_time_that_it_waits_for_and_who_has_begun_is_looked_for_no_more(
    flight: Any,
) -> None:
    looked, other = Looked(), Looked()
    first, second, delayed, never = due(1), due(2), due(2, 30.0), due(1)
    flight._waits = [_Wait(looked, [first, second, delayed]), _Wait(other, [never])]  # type: ignore[arg-type]
    flight._hear("nothing")
    assert not flight._loop.at_once and looked.looks == 1, "once for all three"
    looked.now = True
    flight._hear("it comes")
    assert len(flight._loop.at_once) == 1 and not flight._loop.later
    assert flight._waits[0].dues == [second, delayed]
    flight._hear("it comes again")
    assert len(flight._loop.at_once) == 2 and flight._loop.later == [(30.0, delayed)]
    assert [wait.awaited for wait in flight._waits] == [other]
    flight._hear("and again")
    assert looked.looks == 3 and other.looks == 4
    assert len(flight._loop.at_once) == 2 and len(flight._loop.later) == 1
