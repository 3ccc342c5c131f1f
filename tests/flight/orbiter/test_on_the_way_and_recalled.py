"""What the orbiter does on a leg, at its last hold point, and what it recalls without memory."""

import asyncio
import contextlib
from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.icd.devices.base import DeviceFault
from flight.orbiter import capturing, close_rendezvous, legs, recalling
from flight.orbiter.cruising import correction_times
from flight.orbiter.legs import Leg
from flight.orbiter.manoeuvres import Transfer
from flight.orbiter.records import CapsuleRelease, Departure
from flight.orbiter.vehicle import OrbiterVehicle
from tests.flight.orbiter.ship import Answers, Ship, do, known_orbit, now, quick

GOAL = (0.0, 100.0, 0.0)
DAY = 86_400.0


# --------------------------------------------------------------------------- legs


def followed(
    monkeypatch: pytest.MonkeyPatch, arrival: float, period: float = 50.0, *, stop: bool = True,
    crossing: Any = lambda at: None, **values: Any,
) -> tuple[Any, bool, list[tuple[str, float]]]:  # fmt: skip
    """A leg whose measurements, corrections and arrival are noted with their instants."""
    did: list[tuple[str, float]] = []

    def noted(what: str) -> Any:
        async def act(*given: Any) -> bool:
            did.append((what, round(now(), 3)))
            return True

        return act

    monkeypatch.setattr(legs, "_correct", noted("correct"))
    monkeypatch.setattr(legs, "arrive", noted("arrive"))
    monkeypatch.setattr(legs, "_time_to_limit", lambda node, span, limit: crossing(now()))
    ship: Any = Ship(**values)
    ship.navigator.last_accepted = 1e9

    async def story() -> bool:
        return await legs.follow_leg(
            ship, Leg(GOAL, arrival), noted("look"), period, limit=0.0, stop=stop
        )

    return ship, do(story()), did


def test_on_a_leg_it_looks_corrects_and_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    _, arrived, did = followed(monkeypatch, 400.0)
    assert arrived
    looks = [at for what, at in did if what == "look"]
    assert looks == [50.0 * n for n in range(8)]
    assert [at for what, at in did if what == "correct"] == [150.0, 300.0]
    assert did[-1] == ("arrive", 400.0)
    _, arrived, did = followed(monkeypatch, 120.0, stop=False)
    assert arrived and [at for what, at in did if what == "look"] == [0.0, 50.0, 100.0]
    assert "arrive" not in [what for what, _ in did]


def test_where_the_limit_is_crossed_the_leg_ends_at_that_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ship, arrived, did = followed(
        monkeypatch, 400.0, crossing=lambda at: 12.5 if at >= 50.0 else None
    )
    assert not arrived and ship.navigator.time == pytest.approx(62.5)
    assert [at for what, at in did if what == "look"] == [0.0]


def test_what_does_not_fit_any_more_is_a_container_that_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def measure(node: Any) -> bool:
        node.navigator.rejected += 1
        return False

    monkeypatch.setattr(legs, "_correct", measure)
    ship: Any = Ship()
    ship.navigator.last_accepted = 1e9
    monkeypatch.setattr(legs, "_time_to_limit", lambda *given: None)
    with pytest.raises(ActivityFailed, match="container lost"):
        do(legs.follow_leg(ship, Leg(GOAL, 1e6), measure, 10.0, limit=0.0, stop=False))
    assert ship.navigator.rejected == 13


@pytest.mark.parametrize(
    ("left", "size", "safe", "burnt"),
    [(60.0, 1.0, True, True), (59.9, 1.0, True, False), (600.0, 1.0, False, False),
     (600.0, 0.0, True, False)],
)  # fmt: skip
def test_a_correction_is_flown_where_it_is_worth_it_and_safe(
    monkeypatch: pytest.MonkeyPatch, left: float, size: float, safe: bool, burnt: bool
) -> None:
    asked: list[Any] = []

    def plan(own: Any, target: Any, goal: Any, seconds: float, speed: Any) -> Transfer:
        asked.append((own, target, goal, seconds, speed))
        return Transfer((size, 0.0, 0.0), (0.0, 0.0, 0.0), seconds)

    def is_safe(after: Any, target: Any, revolutions: float, keep_out: float) -> bool:
        assert after[1][0] == pytest.approx(ship.navigator.own[1][0] + size)
        assert target == ship.navigator.target
        assert revolutions == ship.parameters["safe_revolutions"]
        assert keep_out == ship.parameters["collision_distance"]
        return safe

    monkeypatch.setattr(legs, "two_impulses", plan)
    monkeypatch.setattr(legs, "is_safe", is_safe)
    monkeypatch.setattr(legs, "keeps_clear", lambda node, burn: True)
    ship: Any = Ship()
    do(legs._correct(ship, Leg(GOAL, left, (0.0, 0.1, 0.0))))
    assert bool(ship.burns()) is burnt
    if left >= 60.0:
        [(_, target, goal, seconds, speed)] = asked
        assert (goal, seconds, speed) == (GOAL, left, (0.0, 0.1, 0.0))
        assert target == ship.navigator.target
    else:
        assert asked == []


def test_at_the_end_of_a_leg_it_has_the_velocity_of_its_goal() -> None:
    ship: Any = Ship(GOAL, (0.3, 0.2, 0.0))
    do(legs.arrive(ship, Leg(GOAL, 0.0, (0.0, -0.1, 0.0))))
    assert ship.navigator.relative()[1] == pytest.approx((0.0, -0.1, 0.0), abs=1e-3)
    assert [purpose for purpose, _ in ship.burns()] == ["arrival"]
    assert ship.free_drift_distance is not None


# ----------------------------------------------------------------- the last metres


@pytest.mark.parametrize(("along", "side"), [(100.0, 1.0), (-100.0, -1.0)])
def test_at_the_last_hold_point_it_keeps_its_side_until_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, along: float, side: float
) -> None:
    kept: list[Any] = []

    async def keep(node: Any, station: Any) -> None:
        kept.append(station)
        await asyncio.sleep(60.0)
        if len(kept) == 3:
            raise asyncio.CancelledError

    monkeypatch.setattr(close_rendezvous, "_keep", keep)
    ship: Any = Ship((0.0, along, 0.0))

    async def story() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await close_rendezvous.hold_position(ship, Signal("x"))

    do(story())
    assert [station.goal for station in kept] == [(0.0, side * 30.0, 0.0)] * 3
    assert kept[0] is kept[2], "how it is kept is not forgotten"


def test_before_the_last_free_metres_it_steers_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = quick(monkeypatch, capturing, take_scan=True, _steer=None)
    ship: Any = Ship((0.0, 4.5, 0.0))
    do(capturing._run_in(ship))
    assert [name for name, *_ in calls] == ["take_scan", "_steer"]
    assert calls[1][2] == ship.parameters["contact_speed"]
    assert len(ship.devices.attitude_control.of("point")) == 1


@pytest.mark.parametrize(
    ("along", "change", "near"),
    [(300.0, {}, True), (49_990.0, {}, True), (50_010.0, {}, False),
     (300.0, {"container_captured": True}, False),
     (300.0, {"departure": Departure(0.0, 1.0, 9.0)}, False)],
)  # fmt: skip
def test_near_is_as_far_as_the_far_rendezvous_and_nowhere_once_it_is_on_board(
    along: float, change: dict[str, Any], near: bool
) -> None:
    async def story() -> bool:
        return OrbiterVehicle.is_near_container(Ship((0.0, along, 0.0), **change))  # type: ignore[arg-type]

    assert do(story()) is near


def test_nobody_is_near_to_what_he_does_not_know() -> None:
    async def story(ship: Any) -> bool:
        return OrbiterVehicle.is_near_container(ship)

    for name in ("own", "target", "covariance"):
        ship: Any = Ship()
        setattr(ship.navigator, name, [] if name == "covariance" else None)
        assert not do(story(ship))


# ------------------------------------------------------------------ without memory


def without_memory(
    monkeypatch: pytest.MonkeyPatch, centre: str = "sun", *, present: bool = False,
    inside: bool = False, gone: bool = False, arrival: float | None = 50.0 * DAY, **values: Any,
) -> Any:  # fmt: skip
    monkeypatch.setattr(recalling, "arrival_of", lambda node, path: arrival)
    kept: dict[str, Any] = {"departure": None, "release": None, "container_captured": False}
    ship: Any = Ship(**{**kept, **values})
    box = SimpleNamespace(valid=True, present=present, in_capsule=inside)
    ship.devices.containment = Answers(state=[box])
    ship.devices.orbit_knowledge = Answers(state=[known_orbit(centre)])
    seat = SimpleNamespace(valid=True, separated=gone)
    ship.devices.capsule_release = Answers(state=[seat])
    do(recalling.recall(ship))
    return ship


@pytest.mark.parametrize(
    ("present", "inside", "captured"),
    [(True, False, True), (False, True, True), (False, False, False)],
)
def test_the_container_is_where_the_load_cell_or_the_seat_says(
    monkeypatch: pytest.MonkeyPatch, present: bool, inside: bool, captured: bool
) -> None:
    ship = without_memory(monkeypatch, "mars", present=present, inside=inside)
    assert ship.container_captured is captured
    assert ship.departure is None and ship.release is None, "it is at Mars"
    assert not ship.told("where_it_is_recalled")


def test_on_the_way_it_recalls_that_it_left_when_it_arrives_and_whether_the_capsule_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ship = without_memory(monkeypatch)
    assert ship.departure == Departure(0.0, 50.0 * DAY, 0.0) and ship.release is None
    assert ship.told("where_it_is_recalled") == [{"captured": False, "days": 50.0}]
    gone = without_memory(monkeypatch, gone=True)
    assert gone.release == CapsuleRelease(0.0, 50.0 * DAY)
    lost = without_memory(monkeypatch, gone=True, arrival=None)
    assert lost.departure is None and lost.release == CapsuleRelease(0.0, 0.0)
    assert lost.told("where_it_is_recalled") == [{"captured": False, "days": None}]


def test_what_is_remembered_is_not_recalled_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    left, let = Departure(1.0, 2.0, 8.0), CapsuleRelease(3.0, 4.0)
    ship = without_memory(monkeypatch, gone=True, departure=left, release=let)
    assert (ship.departure, ship.release) == (left, let)


def test_a_device_that_does_not_answer_is_told_and_nothing_is_made_up() -> None:
    ship: Any = Ship(departure=None, release=None, container_captured=False)
    ship.devices.containment = Answers(state=[DeviceFault("no_power", "off")])
    do(recalling.recall(ship))
    assert len(ship.told("device_trouble")) == 1
    assert (ship.departure, ship.release, ship.container_captured) == (None, None, False)


@pytest.mark.parametrize(
    ("left", "early"),
    [(250.0, [7.0, 60.0]), (151.0, [7.0, 60.0]), (150.0, [7.0]), (97.0, []), (3.0, [])],
)
def test_nobody_waits_beyond_the_arrival_for_a_correction_after_the_departure(
    left: float, early: list[float]
) -> None:
    """Who recalls its way without memory takes its departure for the present."""
    late = [left - before for before in (90.0, 40.0, 20.0)]
    found = correction_times(0.0, left * DAY)
    assert [time / DAY for time in found] == pytest.approx([*early, *late])
