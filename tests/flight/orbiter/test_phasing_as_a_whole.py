"""Phasing by hand as a whole: where it ends, what is planned anew, what it gives up."""

import asyncio
import math
from typing import Any

import pytest

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.orbiter import phasing
from flight.orbiter.legs import Leg
from tests.flight.orbiter.ship import Ship, do, now, orbit, quick

SIGNAL = Signal("x")


def apart(degrees: float, height: float = 25_000.0, **values: Any) -> Any:
    """The orbiter so many degrees ahead of the container, in an orbit so much higher."""
    ship: Any = Ship(own_is_old=lambda: False, **values)
    ship.navigator.own = orbit(343e3 + height, anomaly=math.radians(degrees))
    return ship


def phased(
    monkeypatch: pytest.MonkeyPatch, arrived: Any, legs: list[Any], along: float = 90_000.0,
    speed: float = 0.0, leads: Any = True,
) -> tuple[Any, list[Any]]:  # fmt: skip
    left = list(legs)

    async def drift(node: Any, end: float) -> None:
        assert end == 864_000.0
        await asyncio.sleep(100_000.0)

    monkeypatch.setattr(phasing, "_drift", drift)
    calls = quick(
        monkeypatch, phasing, follow_leg=arrived, _match=None, _closes_in=leads,
        _transfer=lambda node: left.pop(0) if len(left) > 1 else left[0],
    )  # fmt: skip
    return Ship((0.0, along, 0.0), (0.0, 0.0, speed), own_is_old=lambda: False), calls


def test_it_ends_at_the_far_range(monkeypatch: pytest.MonkeyPatch) -> None:
    leg = Leg((0.0, 6e4, 0.0), 99.0)
    ship, calls = phased(monkeypatch, False, [None, leg])
    assert do(phasing.phase(ship, SIGNAL)).name == "near"
    assert [name for name, *_ in calls] == ["_transfer", "_transfer", "follow_leg"]
    assert calls[2][2] is leg and calls[2][4:] == (300.0, 50_000.0, False)
    ship, calls = phased(monkeypatch, True, [leg])
    do(phasing.phase(ship, SIGNAL))
    assert [name for name, *_ in calls][1:] == ["follow_leg", "_match", "_closes_in"]
    assert calls[3][2:] == (50_000.0,) and not ship.told("drift_led_astray")


def test_who_flies_past_at_the_far_range_goes_on_to_the_end_of_the_transfer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leg = Leg((0.0, 6e4, 0.0), 99.0)
    ship, calls = phased(monkeypatch, False, [leg], speed=51.0)
    do(phasing.phase(ship, SIGNAL))
    assert [name for name, *_ in calls][1:] == ["follow_leg", "follow_leg", "_match", "_closes_in"]
    assert calls[2][4:] == (300.0, False)  # past the range
    ship, calls = phased(monkeypatch, False, [leg], speed=49.0)
    do(phasing.phase(ship, SIGNAL))
    assert [name for name, *_ in calls][1:] == ["follow_leg"]
    # Near and fast is not near already.
    ship, calls = phased(monkeypatch, True, [leg], along=40_000.0, speed=51.0)
    assert not do(phasing.phase(ship, SIGNAL)).data and calls


def test_a_drift_that_leads_astray_is_planned_anew_six_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leads = [False, False, True]
    leg = Leg((0.0, 6e4, 0.0), 99.0)
    ship, calls = phased(monkeypatch, True, [leg], leads=lambda *given: leads.pop(0))
    assert do(phasing.phase(ship, SIGNAL)).name == "near"
    assert [name for name, *_ in calls].count("_transfer") == 3
    assert ship.told("drift_led_astray") == [{"range": 90_000}] * 2
    ship, calls = phased(monkeypatch, True, [leg], leads=False)
    with pytest.raises(ActivityFailed, match="no drift has led to the container after 6 trans"):
        do(phasing.phase(ship, SIGNAL))
    assert [name for name, *_ in calls].count("_transfer") == 6


def test_what_is_near_stays_and_what_takes_too_long_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    ship, calls = phased(monkeypatch, True, [None], along=50_000.0)
    assert do(phasing.phase(ship, SIGNAL)).data == {"result": "near already"} and not calls
    ship, calls = phased(monkeypatch, True, [None])
    with pytest.raises(ActivityFailed, match="longer than it may"):
        do(phasing.phase(ship, SIGNAL))
    assert len(calls) == 9  # 864 000 s of 100 000 s each

    async def at_once(node: Any, end: float) -> None:
        return None

    monkeypatch.setattr(phasing, "_drift", at_once)
    calls.clear()
    with pytest.raises(ActivityFailed, match="no transfer to the far range was safe at 60 times"):
        do(phasing.phase(ship, SIGNAL))
    assert len(calls) == 60
    ship.navigator.covariance = []
    with pytest.raises(ActivityFailed, match="determine_orbit first"):
        do(phasing.phase(ship, SIGNAL))


def test_it_closes_in_until_the_range_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = quick(monkeypatch, phasing, take_bearing=True)

    async def closes(ship: Any, far: float) -> tuple[bool, float]:
        return await phasing._closes_in(ship, far), now()

    ship: Any = Ship((0.0, 52_000.0, 0.0), (0.0, -4.0, 0.0))
    assert do(closes(ship, 50_000.0))[0]
    assert ship.navigator.range() == pytest.approx(50_000.0, abs=1.0)
    assert [round(at) for _, at, *_ in calls] == [0]
    calls.clear()
    assert do(closes(Ship((0.0, 49_000.0, 0.0)), 50_000.0)) == (True, 0.0)
    assert not calls
    # Away from it: three looks in a row, and something else is planned.
    assert do(closes(Ship((0.0, 60_000.0, 0.0), (0.0, 4.0, 0.0)), 500.0)) == (False, 480.0)
    assert len(calls) == 2
    # One that would come there, but not within twelve hours.
    calls.clear()
    # On its own orbit, which falls away by half a kilometre over that distance.
    slow: Any = Ship((-482.3, 60_000.0, 0.0))
    assert do(closes(slow, 50_000.0)) == (False, 480.0)


def test_it_does_not_close_in_on_what_is_not_where_it_is_believed_to_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def nothing(node: Any) -> bool:
        node.navigator.not_seen()
        return False

    monkeypatch.setattr(phasing, "take_bearing", nothing)
    monkeypatch.setattr(phasing, "time_of_range", lambda *given: 9_000.0)
    ship: Any = Ship((0.0, 60_000.0, 0.0))
    with pytest.raises(ActivityFailed, match="container lost"):
        do(phasing._closes_in(ship, 500.0))
    assert ship.navigator.unseen == 16.0


def test_a_look_in_between_that_leads_there_begins_the_count_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quick(monkeypatch, phasing, take_bearing=True)
    answers = [None, None, 9_000.0, None, None, 9_000.0, None, None, None]
    asked: list[float] = []

    def crossing(own: Any, target: Any, seconds: float, far: float) -> float | None:
        asked.append(seconds)
        return answers.pop(0)

    monkeypatch.setattr(phasing, "time_of_range", crossing)
    assert do(phasing._closes_in(Ship((0.0, 60_000.0, 0.0)), 5e4)) is False  # type: ignore[arg-type]
    assert asked == [43_200.0 - 240.0 * i for i in range(9)]


def test_the_burn_that_makes_it_coelliptic(monkeypatch: pytest.MonkeyPatch) -> None:
    ship = apart(1.0, 5_000.0)
    do(phasing._match(ship))
    wanted = phasing.coelliptic_velocity(ship.navigator.own, ship.navigator.target)
    assert ship.navigator.own[1] == pytest.approx(wanted, abs=0.01)
    assert [purpose for purpose, _ in ship.burns()] in ([], ["arrival"])
    assert ship.free_drift_distance is not None
