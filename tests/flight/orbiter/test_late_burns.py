"""Burns that do not happen at once: tried again after pauses, and planned anew then."""

from typing import Any

import pytest

from flight.astrodynamics.vectors import norm, subtract
from flight.core.activities import ActivityFailed
from flight.icd.devices.base import DeviceFault
from flight.orbiter import cruising, legs
from flight.orbiter.legs import Leg, arrive, begin_leg
from flight.orbiter.manoeuvres import (
    AT_CLOSE_QUARTERS,
    AT_LEISURE,
    BurnNotBegun,
    Transfer,
    execute,
)
from flight.orbiter.records import Departure
from tests.flight.orbiter.ship import MUTE, Ship, do, now

WAY = (1.0, 0.0, 0.0)


def broken(seconds: float, felt: float = 0.0, **values: Any) -> tuple[Any, list[float]]:
    """A ship whose thrusters do not move for so long, and when they were asked."""
    ship: Any = Ship(**values)
    asked: list[float] = []

    async def fire(way: list[float]) -> None:
        asked.append(now())
        if now() < seconds:
            ship.felt[0] += felt
            raise DeviceFault("valve", "nothing moves")
        ship._push(way)

    ship.devices.thrusters.fire = fire
    return ship, asked


def test_the_tries_of_a_burn_are_apart_and_it_is_planned_anew() -> None:
    ship, asked = broken(265.0)

    async def again() -> Any:
        return (0.0, 0.001 * now(), 0.0)

    gained = do(execute(ship, WAY, "leg", again=again))
    assert asked == [0.0, 60.0, 360.0] and gained == pytest.approx((0.0, 0.36, 0.0))
    assert ship.burns() == [("leg", 0.36)] and ship.delta_v_used == 0.36


def test_for_good_is_said_after_the_last_pause() -> None:
    ship, asked = broken(1e9)
    with pytest.raises(BurnNotBegun, match="leg: the burn did not happen"):
        do(execute(ship, WAY, "leg"))
    assert asked == [0.0, 60.0, 360.0] and not ship.burns()


def test_what_is_not_to_be_flown_any_more_is_left() -> None:
    ship, asked = broken(265.0)

    async def again() -> None:
        return None

    assert do(execute(ship, WAY, "leg", again=again)) == (0.0, 0.0, 0.0)
    assert asked == [0.0]


def test_a_burn_that_has_begun_has_happened_in_part() -> None:
    ship, asked = broken(1e9, felt=0.03)
    with pytest.raises(ActivityFailed) as failed:
        do(execute(ship, WAY, "leg"))
    assert asked == [0.0, 60.0, 360.0] and not isinstance(failed.value, BurnNotBegun)


@pytest.mark.parametrize(("until", "tries"), [(59.0, 1), (60.0, 2), (359.0, 2), (360.0, 3)])
def test_no_try_is_begun_when_its_window_has_closed(until: float, tries: int) -> None:
    ship, asked = broken(1e9)
    with pytest.raises(BurnNotBegun):
        do(execute(ship, WAY, "leg", until=until))
    assert len(asked) == tries


def test_pauses_grow_and_fit_where_they_are_used() -> None:
    for pauses in (AT_LEISURE, AT_CLOSE_QUARTERS):
        assert sorted(set(pauses)) == list(pauses)
    assert sum(AT_LEISURE) < 0.5 * 86_400.0 + 3_600.0
    assert sum(AT_CLOSE_QUARTERS) < 15.0  # s: the next correction in the last metres is due then


def test_a_late_leg_is_planned_from_where_the_orbiter_is_by_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planned: list[Any] = []

    def plan(own: Any, target: Any, *rest: Any) -> Transfer:
        planned.append((now(), own))
        return Transfer((0.1, 0.0, 0.0), (0.0, 0.0, 0.0), 3_000.0)

    monkeypatch.setattr(legs, "cheapest_safe", plan)
    ship, asked = broken(265.0)
    leg = do(begin_leg(ship, (0.0, 100.0, 0.0), "to 100 m", 30.0))
    assert [at for at, _ in planned] == asked == [0.0, 60.0, 360.0]
    assert norm(subtract(planned[0][1][0], planned[2][1][0])) > 1e6
    assert leg.arrival == 3_360.0


def test_a_late_arrival_comes_to_rest_where_it_is() -> None:
    ship, asked = broken(265.0, velocity=(0.0, 0.05, 0.0))
    do(arrive(ship, Leg((0.0, 300.0, 0.0), 0.0)))
    assert len(asked) == 3
    assert norm(ship.navigator.relative()[1]) < 1e-6


def test_a_correction_that_does_not_happen_in_time_ends_no_leg(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(legs, "_correction", lambda node, leg: (0.1, 0.0, 0.0))
    ship, asked = broken(1e9)
    do(legs._correct(ship, Leg((0.0, 100.0, 0.0), 121.0)))
    assert asked == [0.0, 60.0] and len(ship.told("device_trouble")) == 2


@pytest.mark.parametrize(
    ("days", "works_from", "tries"),
    [
        (30.0, 51_043.0, 7), (30.0, 1e9, 8), (4.2, 1e9, 7), (4.0, 1e9, 6), (3.6, 37_947.0, 6),
        (3.3, 1e9, 5), (3.0, 1e9, 1),
    ],
)  # fmt: skip
def test_on_the_way_home_a_correction_waits_for_hours_but_not_into_the_release(
    monkeypatch: pytest.MonkeyPatch, days: float, works_from: float, tries: int
) -> None:
    async def change(node: Any, purpose: str, past: bool) -> Any:
        return (0.1, 0.0, 0.0)

    async def show(node: Any) -> None:
        return None

    monkeypatch.setattr(cruising, "_change", change)
    monkeypatch.setattr(cruising, "show_encounter", show)
    ship, asked = broken(works_from)
    ship.departure = Departure(0.0, days * 86_400.0, 8.0)
    ship.aimed_entry = None
    ship.parameters["release_days"] = 3.0
    if works_from == 1e9:
        with pytest.raises(BurnNotBegun):
            do(cruising.correct(ship, "targeting 4", past=False))
    else:
        do(cruising.correct(ship, "targeting 4", past=False))
    assert len(asked) == tries


def test_mute_thrusters_cost_the_last_metres_seconds() -> None:
    ship: Any = Ship()
    ship.devices.thrusters.answers["fire"] = [MUTE]

    async def story() -> float:
        with pytest.raises(BurnNotBegun):
            await execute(ship, WAY, "approach", pauses=AT_CLOSE_QUARTERS)
        return now()

    assert do(story()) == 10.0  # 2 and 5 s, and each time 1 s until it is surely off
