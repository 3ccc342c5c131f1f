"""An orbiter without memory: what it sees of where it is in its mission, and what it claims."""

from types import SimpleNamespace
from typing import Any

import pytest

from flight.orbiter import recalling
from flight.orbiter.recalling import arrival_of, recall
from tests.flight.orbiter.ship import MUTE, Answers, Ship, do, known_orbit, quick

DAY = 86_400.0


def box(present: bool = False, in_capsule: bool = False) -> Any:
    return SimpleNamespace(valid=True, present=present, in_capsule=in_capsule)


def ship(centre: str = "sun", gone: bool = False, where: Any = None) -> Any:
    made: Any = Ship(dynamics=None, departure=None, release=None, container_captured=False)
    made.devices.containment = Answers(state=[box() if where is None else where])
    made.devices.orbit_knowledge = Answers(state=[known_orbit(centre)])
    made.devices.capsule_release = Answers(
        state=[SimpleNamespace(valid=True, separated=gone)]
    )
    return made


@pytest.fixture
def met(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its way leads to Earth in 50 days."""
    found = SimpleNamespace(perigee_time=50.0 * DAY)
    monkeypatch.setattr(recalling, "predict", lambda path, dynamics: found)


@pytest.mark.parametrize("where", [box(present=True), box(in_capsule=True)])
def test_what_is_on_board_the_switches_say(where: Any) -> None:
    made = ship("mars", where=where)
    do(recall(made))
    assert made.container_captured is True
    assert made.departure is None and made.release is None


def test_at_mars_with_an_empty_cage_it_claims_nothing() -> None:
    made = ship("mars", gone=True)
    do(recall(made))
    assert made.container_captured is False
    assert made.departure is None and made.release is None and made.said == []


@pytest.mark.usefixtures("met")
@pytest.mark.parametrize("gone", [False, True])
def test_on_the_way_it_knows_its_arrival_and_whether_the_capsule_has_gone(gone: bool) -> None:
    made = ship(where=box(in_capsule=True), gone=gone)
    do(recall(made))
    assert made.departure.arrival == 50.0 * DAY
    assert (made.release is not None) is gone
    assert made.told("where_it_is_recalled") == [{"captured": True, "days": 50.0}]


@pytest.mark.usefixtures("met")
def test_what_it_still_remembers_stays() -> None:
    made = ship()
    made.departure = "as it was"
    do(recall(made))
    assert made.departure == "as it was"


def test_a_way_that_misses_earth_has_the_arrival_of_the_least_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recalling, "predict", lambda path, dynamics: None)
    tried: list[float] = []

    def change(path: Any, arrival: float, dynamics: Any) -> Any:
        days = (arrival - path.time) / DAY
        tried.append(days)
        if days < 40.0:
            raise ValueError("no such transfer")
        return (abs(days - 221.0), 0.0, 0.0)

    monkeypatch.setattr(recalling, "change_towards_earth", change)
    path: Any = SimpleNamespace(time=7.0)
    made: Any = ship()
    assert arrival_of(made, path) == 7.0 + 220.0 * DAY
    assert tried == [20 + 4 * n for n in range(100)]
    monkeypatch.setattr(recalling, "change_towards_earth", lambda *given: 1 / 0)
    assert arrival_of(made, path) is None


def test_sensors_that_say_nothing_leave_it_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch, recalling)
    made = ship()
    made.devices.containment = Answers(state=[MUTE])
    do(recall(made))
    assert made.container_captured is False and made.departure is None
    assert made.told("device_trouble") == [{"reason": "nothing was heard"}]
