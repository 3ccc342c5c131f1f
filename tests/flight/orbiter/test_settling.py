"""How often the drift at a hold point is changed, and to which."""

from typing import Any

import pytest

from flight.astrodynamics.relative_motion import from_lvlh, to_lvlh
from flight.astrodynamics.vectors import Vector, add
from flight.orbiter import close_rendezvous
from flight.orbiter.clearance import receding
from flight.orbiter.close_rendezvous import Station, _keep
from tests.flight.orbiter.ship import Ship, do, now, orbit, quick


def kept(ship: Any, looks: int, station: Station, each: Any = lambda look: None) -> None:
    """So many looks at a hold point; before each of them something is done."""

    async def story() -> None:
        for look in range(looks):
            each(look)
            await _keep(ship, station)

    do(story())


def only_clear(monkeypatch: pytest.MonkeyPatch, times: float) -> None:
    """Of drifts away from 300 m (90 m a revolution) only that of so many times is clear."""
    wanted = receding(orbit(), (0.0, 300.0, 0.0), times * 90.0)[1]

    def certain(node: Any, burn: Vector = (0.0, 0.0, 0.0), *more: Any, **options: Any) -> float:
        nav = node.navigator
        after = (nav.own[0], add(nav.own[1], burn))
        speed = to_lvlh(nav.target, after)[1][1]
        return 12.1 if abs(speed - wanted) < 0.002 else 5.0

    monkeypatch.setattr("flight.orbiter.clearance.certain_distance", certain)


@pytest.mark.parametrize("times", [2.0, 4.0])
def test_a_drift_that_had_to_be_faster_is_not_settled_again_at_each_look(
    monkeypatch: pytest.MonkeyPatch, times: float
) -> None:
    quick(monkeypatch, close_rendezvous, scan_or_give_up=True, _return=False)
    only_clear(monkeypatch, times)
    ship: Any = Ship((0.0, 300.0, 0.0), receding(orbit(), (0.0, 300.0, 0.0), 90.0))
    station = Station((0.0, 300.0, 0.0))
    fast = receding(orbit(), (0.0, 300.0, 0.0), times * 90.0)

    def noise(look: int) -> None:  # what is measured of it wavers by a millimetre a second
        if look:
            here = ship.navigator.relative()[0]
            wavers = (0.0, fast[1] + 0.001 * (-1.0) ** look, 0.0)
            ship.navigator.own = from_lvlh(ship.navigator.target, (here, wavers))

    kept(ship, 12, station, noise)
    assert len(ship.burns()) == 1 and station.times == times and len(station.settled) == 1


def test_a_drift_off_the_chosen_one_is_settled_and_to_the_usual_when_that_is_clear(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quick(monkeypatch, close_rendezvous, scan_or_give_up=True)
    place: Vector = (0.0, 300.0, 0.0)
    for over, settled in ((0.0039, False), (0.0041, True)):
        fast = receding(orbit(), place, 180.0)[1]
        ship: Any = Ship(place, (0.0, fast - over, 0.0))
        station = Station(place, times=2.0)
        kept(ship, 1, station)
        assert bool(ship.burns()) is settled
        assert station.times == (1.0 if settled else 2.0)


def test_so_many_settlings_an_hour_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch, close_rendezvous, scan_or_give_up=True, _return=False)
    ship: Any = Ship((0.0, 300.0, 0.0))
    station = Station((0.0, 300.0, 0.0))

    def wrong(look: int) -> None:  # at each look it is believed to drift otherwise
        nav = ship.navigator
        nav.advance(now())
        here = nav.relative()[0]
        nav.own = from_lvlh(nav.target, (here, (0.0, 0.02 * (-1.0) ** look, 0.0)))

    kept(ship, 60, station, wrong)
    assert len(ship.burns()) == 6
    kept_on: Any = Ship((0.0, 300.0, 0.0))
    ship, station = kept_on, Station((0.0, 300.0, 0.0))
    kept(ship, 66, station, wrong)
    assert len(ship.burns()) == 12, "an hour later it may again"


def test_what_is_not_clear_and_cannot_be_made_better_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quick(monkeypatch, close_rendezvous, scan_or_give_up=True)
    monkeypatch.setattr("flight.orbiter.clearance.certain_distance", lambda *given, **more: 5.0)
    ship: Any = Ship((0.0, 300.0, 0.0), (0.0, 0.02, 0.0))
    station = Station((0.0, 300.0, 0.0))
    do(_keep(ship, station))
    assert not ship.burns() and station == Station((0.0, 300.0, 0.0))


def test_a_settling_that_is_too_small_to_be_flown_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch, close_rendezvous, scan_or_give_up=True)
    monkeypatch.setattr(close_rendezvous, "is_clear", lambda node: False)
    ship: Any = Ship((0.0, 300.0, 0.0), receding(orbit(), (0.0, 300.0, 0.0), 90.0))
    station = Station((0.0, 300.0, 0.0))
    do(_keep(ship, station))
    assert not ship.burns() and station.settled == []


def test_a_way_back_ends_the_faster_drift(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch, close_rendezvous, scan_or_give_up=True, follow_leg=True)
    station = Station((0.0, 300.0, 0.0), times=4.0)
    ship: Any = Ship((0.0, 340.0, 0.0), receding(orbit(), (0.0, 340.0, 0.0), 90.0))
    do(_keep(ship, station))
    assert station.times == 1.0 and station.settled == [] and len(ship.burns()) == 1
