"""Phasing by hand: when it waits, when it changes its drift, which transfer it takes."""

import asyncio
import contextlib
import math
from typing import Any

import pytest

from flight.astrodynamics.vectors import Vector, add, norm
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.icd.devices.base import DeviceFault
from flight.orbiter import phasing
from flight.orbiter.legs import Leg
from flight.orbiter.manoeuvres import Transfer
from flight.orbiter.propagation import mean_axis, motion
from tests.flight.orbiter.ship import Ship, do, now, orbit, quick

SIGNAL = Signal("x")
PERIOD = math.tau / motion(orbit())


def apart(degrees: float, height: float = 25_000.0, **values: Any) -> Any:
    """The orbiter so many degrees ahead of the container, in an orbit so much higher."""
    ship: Any = Ship(own_is_old=lambda: False, **values)
    ship.navigator.own = orbit(343e3 + height, anomaly=math.radians(degrees))
    return ship


class Drift:
    """Waits as `_drift` does, and notes what it did; the third thing that it does is too much."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, ship: Any) -> None:
        self.ship = ship
        self.done: list[tuple[str, float]] = []

        async def look(node: Any) -> None:
            self.done.append(("look", now()))
            if len(self.done) == 2:
                raise asyncio.CancelledError

        async def change(node: Any, angle: float, axis: float, own: float) -> None:
            self.done.append(("change", now()))
            self.asked = (angle, axis, own)
            raise asyncio.CancelledError

        monkeypatch.setattr(phasing, "_look", look)
        monkeypatch.setattr(phasing, "_change_drift", change)

    def run(self) -> list[str]:
        async def story() -> None:
            with contextlib.suppress(asyncio.CancelledError):
                await phasing._drift(self.ship, 864_000.0)

        do(story())
        return [name for name, _ in self.done]


START = 250_000.0 / 3_732_500.0  # rad along the orbit, where a transfer is planned


@pytest.mark.parametrize(
    ("part", "height", "there"),
    [
        (0.99, 25_000.0, True),
        (0.32, 25_000.0, True),
        (0.28, 25_000.0, True),
        (-0.28, 25_000.0, True),
        (0.29, -25_000.0, True),
        (-0.31, 25_000.0, False),
        (1.02, 25_000.0, False),
        (-0.99, -25_000.0, True),
        (-0.99, 25_000.0, False),
        (0.99, -25_000.0, False),
    ],
)
def test_where_a_transfer_is_planned_from(
    monkeypatch: pytest.MonkeyPatch, part: float, height: float, there: bool
) -> None:
    drift = Drift(monkeypatch, apart(math.degrees(part * START), height))
    found = drift.run()
    assert (found == ["look"] and drift.done[0][1] == 0.0) is there


def test_farther_away_it_waits_for_half_a_revolution_at_the_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drift = Drift(monkeypatch, apart(60.0))
    assert drift.run() == ["look", "look"]
    assert drift.done[0][1] == pytest.approx(0.5 * PERIOD, rel=1e-3)
    # Near the point for 70 % of what is left: a degree takes about 1700 s.
    drift = Drift(monkeypatch, apart(math.degrees(START) + 1.0))
    drift.run()
    axis = mean_axis(orbit())
    own = mean_axis(orbit(368e3, anomaly=START + math.radians(1.0)))
    rate = motion(orbit(368e3)) * 1.5 * (own - axis) / axis
    assert drift.done[0][1] == pytest.approx(0.7 * math.radians(1.0) / rate, rel=0.03)
    drift = Drift(monkeypatch, apart(math.degrees(START) + 0.01))
    drift.run()
    assert drift.done[0][1] == 60.0


def test_an_old_solution_is_renewed_before_it_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    ship = apart(60.0)
    ship.own_is_old = lambda: not ship.told("refresh_own")
    drift = Drift(monkeypatch, ship)
    assert drift.run() == ["look", "look"] and len(ship.told("refresh_own")) == 1
    old = apart(60.0)
    old.own_is_old = lambda: len(old.told("refresh_own")) < 2
    drift = Drift(monkeypatch, old)
    drift.run()
    assert drift.done[0][1] == pytest.approx(PERIOD, rel=1e-2)  # not with one that stays old


@pytest.mark.parametrize(
    ("height", "fit"),
    # Averaged over a revolution they are 2.4 km more: allowed are 8 km to 90 km.
    [(25_000.0, True), (5_610.0, True), (5_590.0, False), (87_500.0, True), (87_700.0, False),
     (-25_000.0, True), (0.0, False)],
)  # fmt: skip
def test_a_drift_that_is_too_slow_or_too_fast_is_changed(
    monkeypatch: pytest.MonkeyPatch, height: float, fit: bool
) -> None:
    drift = Drift(monkeypatch, apart(60.0 if height > 0 else -60.0, height))
    assert drift.run() == (["look", "look"] if fit else ["change"])
    if not fit:
        angle, axis, own = drift.asked
        assert own - axis == pytest.approx(height, abs=3e3)
        assert math.degrees(angle) == pytest.approx(60.0 if height > 0 else -60.0)


def test_the_wrong_way_round_for_too_long_it_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    # 25 km: some 3.6 degrees in two hours. Half of the limit are five days.
    assert Drift(monkeypatch, apart(-10.0, 25_000.0)).run() == ["change"]
    assert Drift(monkeypatch, apart(-160.0, 25_000.0)).run() == ["look", "look"]


@pytest.mark.parametrize(
    ("degrees", "faster"), [(60.0, True), (-60.0, False), (170.0, True), (-170.0, False)]
)
def test_the_shorter_way_round_decides_whether_it_goes_higher(degrees: float, faster: bool) -> None:
    ship = apart(degrees, 2_000.0)
    own = ship.navigator.own
    axis, own_axis = mean_axis(orbit()), mean_axis(own)
    do(phasing._change_drift(ship, math.radians(degrees), axis, own_axis))
    [(purpose, size)] = ship.burns()
    assert purpose == "phasing" and ship.told("save_navigation")
    after = mean_axis(ship.navigator.own) - axis
    assert after == pytest.approx(25_000.0 if faster else -25_000.0, abs=600.0)
    assert size == pytest.approx(norm(add(ship.navigator.own[1], tuple(-v for v in own[1]))), rel=1e-3)  # type: ignore[arg-type]  # noqa: E501  # fmt: skip


def test_bearings_that_do_not_fit_are_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    ship = apart(10.0)
    taken: list[float] = []

    async def outlier(node: Any) -> bool:
        taken.append(now())
        node.navigator.rejected += 1
        return False

    monkeypatch.setattr(phasing, "take_bearing", outlier)
    do(phasing._look(ship))
    assert taken == [60.0 * i for i in range(12)]
    calls = quick(monkeypatch, phasing, take_bearing=False)
    do(phasing._look(ship))  # nothing to be seen: that is no outlier
    assert len(calls) == 1
    calls = quick(monkeypatch, phasing, take_bearing=True)
    do(phasing._look(ship))
    assert len(calls) == 1 and len(ship.told("show_navigation")) == 3


def test_a_drift_that_does_not_change_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    async def change(node: Any, *given: float) -> None:
        asked.append(now())

    monkeypatch.setattr(phasing, "_change_drift", change)
    with pytest.raises(ActivityFailed, match="2 km of height after 8 changes"):
        do(phasing._drift(apart(60.0, 0.0), 864_000.0))
    assert asked == [600.0 * i for i in range(8)]


def test_a_drift_takes_no_longer_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch, phasing, take_bearing=True)

    async def story(ship: Any, end: float) -> float:
        with pytest.raises(ActivityFailed, match="phasing takes longer than it may"):
            await phasing._drift(ship, end)
        return now()

    assert 20_000.0 < do(story(apart(60.0), 20_000.0)) < 20_000.0 + 0.5 * PERIOD
    assert do(story(apart(3.0), -1.0)) == 0.0


# --------------------------------------------------------------------- transfer


@pytest.mark.parametrize(("degrees", "side"), [(3.0, 1.0), (-3.0, -1.0)])
def test_the_transfer_leads_to_a_coelliptic_orbit_beyond_the_far_range(
    degrees: float, side: float
) -> None:
    ship = apart(degrees)
    own, target = ship.navigator.own, ship.navigator.target
    (radial, along, across), speed = phasing._goal(ship, own, target)
    assert along == side * 60_000.0 and across == 0.0
    # Five kilometres higher ahead, lower behind, less the fall of the horizon.
    assert radial == pytest.approx(side * 5_000.0 - 0.5 * 60_000.0**2 / norm(target[0]))
    assert speed == pytest.approx((0.0, -1.5 * motion(target) * side * 5_000.0, 0.0))


class Transfers:
    """Stands for the planning: cost by departure and duration, and which are safe."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, cost: Any, safe: Any = lambda cost: True
    ) -> None:
        self.ship = apart(3.0)
        self.departed: list[tuple[float, float]] = []

        def plan(own: Any, target: Any, goal: Vector, seconds: float, speed: Vector) -> Transfer:
            angle = math.atan2(target[0][1], target[0][0]) % math.tau
            found = cost(angle / math.tau, seconds / PERIOD)
            if found is None:
                raise ArithmeticError("none")
            return Transfer((found, 0.0, 0.0), (0.0, 0.0, 0.0), seconds)

        def drift(after: Any, target: Any, revolutions: float) -> float:
            assert revolutions == 3.0
            return 1_000.0 if safe(after) else 999.0

        async def depart(node: Any, goal: Any, speed: Any, start: float, arrival: float) -> Leg:
            self.departed.append((start, arrival))
            return Leg(goal, arrival, speed)

        monkeypatch.setattr(phasing, "two_impulses", plan)
        monkeypatch.setattr(phasing, "closest_in_free_drift", drift)
        monkeypatch.setattr(phasing, "_depart", depart)

    def run(self) -> tuple[Leg | None, float]:
        async def story() -> tuple[Leg | None, float]:
            return await phasing._transfer(self.ship), now()

        found: tuple[Leg | None, float] = do(story())
        return found


def test_the_cheapest_of_ten_departures_and_six_durations(monkeypatch: pytest.MonkeyPatch) -> None:
    transfers = Transfers(monkeypatch, lambda at, lasts: 1.0 + abs(lasts - 0.58) + abs(at - 0.5))
    leg, ended = transfers.run()
    [(start, arrival)] = transfers.departed
    assert arrival - start == pytest.approx(0.58 * PERIOD, rel=1e-3) and ended == 0.0
    # Departures come at tenths of a revolution, from five minutes on.
    assert ((start - 300.0) / PERIOD * 10.0) % 1.0 == pytest.approx(0.0, abs=0.02) or (
        ((start - 300.0) / PERIOD * 10.0) % 1.0
    ) == pytest.approx(1.0, abs=0.02)
    assert leg is not None and 0.4 < (start / PERIOD) < 0.6


def test_only_a_safe_one_is_taken_and_without_it_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    transfers = Transfers(
        monkeypatch, lambda at, lasts: 1.0 if lasts < 0.4 else 2.0 + lasts,
        safe=lambda after: False,
    )  # fmt: skip
    leg, ended = transfers.run()
    assert leg is None and ended == pytest.approx(0.1 * PERIOD, rel=1e-3)
    assert not transfers.departed
    transfers = Transfers(monkeypatch, lambda at, lasts: None)
    assert transfers.run()[0] is None


def test_before_the_departure_it_looks_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = quick(monkeypatch, phasing, take_bearing=True)
    monkeypatch.setattr(
        phasing, "two_impulses",
        lambda own, target, goal, seconds, speed: Transfer((0.5, 0.0, 0.0), (0.0,) * 3, seconds),  # type: ignore[arg-type]
    )  # fmt: skip
    monkeypatch.setattr(phasing, "check_drift", lambda node: calls.append(("drift", now())))
    clear = [True]
    monkeypatch.setattr(phasing, "keeps_clear", lambda node, burn: clear[0] and burn[0] == 0.5)
    ship = apart(3.0)
    leg = do(phasing._depart(ship, (0.0, 6e4, 0.0), (0.0, 1.0, 0.0), 1_000.0, 4_000.0))
    assert calls == [("take_bearing", 700.0), ("drift", 1_000.0)]
    assert leg == Leg((0.0, 6e4, 0.0), 4_000.0, (0.0, 1.0, 0.0))
    assert ship.burns() == [("transfer", 0.5)]
    clear[0], ship = False, apart(3.0)

    async def refused() -> float:
        assert await phasing._depart(ship, (0.0, 6e4, 0.0), (0.0, 1.0, 0.0), 500.0, 4e3) is None
        return now()

    assert do(refused()) == 1_200.0 and not ship.burns()
    assert ship.told("leg_not_clear") == [{"purpose": "transfer", "again": 700.0}]


@pytest.mark.parametrize(("later", "begun"), [(True, True), (False, False)])
def test_what_is_left_of_a_departure_is_flown_only_where_it_keeps_clear(
    monkeypatch: pytest.MonkeyPatch, later: bool, begun: bool
) -> None:
    quick(monkeypatch, phasing, take_bearing=True)
    monkeypatch.setattr(
        phasing, "two_impulses",
        lambda own, target, goal, seconds, speed: Transfer((0.5, 0.0, 0.0), (0.0,) * 3, seconds),  # type: ignore[arg-type]
    )  # fmt: skip
    monkeypatch.setattr(phasing, "check_drift", lambda node: None)
    ship, parts = apart(3.0), [0.3, 1.0]

    async def fire(way: list[float]) -> None:
        part = parts.pop(0)
        ship._push([part * each for each in way])
        if part < 1.0:
            raise DeviceFault("valve", "it closes")

    ship.devices.thrusters.fire = fire
    monkeypatch.setattr(phasing, "keeps_clear", lambda node, burn: later or len(parts) == 2)
    leg = do(phasing._depart(ship, (0.0, 6e4, 0.0), (0.0, 1.0, 0.0), 1_000.0, 4_000.0))
    # A third of a burn leads to no point from which to drift on: it is planned anew then.
    assert (leg is not None) is begun and bool(ship.burns()) is begun
    assert len(parts) == (0 if begun else 1)
