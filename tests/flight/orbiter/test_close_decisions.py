"""Close to the container: hold points, GO and NO-GO, blindness, the capture and its failures."""

import asyncio
import math
from typing import Any

import pytest

from flight.astrodynamics.relative_motion import lvlh_axes
from flight.astrodynamics.vectors import Vector, transform
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.orbiter import close_rendezvous, far_rendezvous
from flight.orbiter.clearance import away, is_clear, receding
from flight.orbiter.close_rendezvous import (
    Station,
    _keep,
    _own_go,
    approach_close,
    back_off,
    hold,
    scan_or_give_up,
    to_inertial,
)
from flight.orbiter.legs import Leg
from flight.orbiter.propagation import motion
from flight.orbiter.records import LastLeg
from tests.flight.orbiter.ship import Ship, do, now, orbit, quick

SIGNAL = Signal("x")


# -------------------------------------------------------------------- hold point


async def waiting(node: Any, goal: Any) -> None:
    await asyncio.sleep(60.0)


def at_hold(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    monkeypatch.setattr(close_rendezvous, "_keep", waiting)
    return quick(monkeypatch, close_rendezvous, back_off=None)


GOAL: Vector = (0.0, 100.0, 0.0)


def test_a_hold_point_is_kept_for_its_time_and_then_until_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = at_hold(monkeypatch)
    ship: Any = Ship(decision="go")  # of the hold point before: it does not count

    async def story() -> float:
        asyncio.get_running_loop().call_later(5_000.0, setattr, ship, "decision", "go")
        await hold(ship, GOAL)
        return now()

    assert do(story()) == pytest.approx(5_040.0, abs=60.0)
    assert ship.told("at_hold_point") == [{"distance": 100}] and not calls


@pytest.mark.parametrize(("minutes", "known"), [(5.0, 360.0), (50.0, 3_060.0)])
def test_no_go_ends_in_a_retreat_to_three_hundred_metres(
    monkeypatch: pytest.MonkeyPatch, minutes: float, known: float
) -> None:
    calls = at_hold(monkeypatch)
    ship: Any = Ship()

    async def story() -> None:
        asyncio.get_running_loop().call_later(
            60.0 * minutes - 1.0, setattr, ship, "decision", "no_go"
        )
        with pytest.raises(ActivityFailed, match="NO-GO at 100 m: retreated"):
            await hold(ship, GOAL)

    do(story())
    assert [(name, distance) for name, _, distance in calls] == [("back_off", 300.0)]
    assert calls[0][1] <= known


def test_without_a_go_it_retreats_after_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = at_hold(monkeypatch)
    ship: Any = Ship()
    with pytest.raises(ActivityFailed, match="no GO came at 100 m"):
        do(hold(ship, GOAL))
    assert calls == [("back_off", pytest.approx(1_200.0 + 86_460.0, abs=1.0), 300.0)]


def test_unasked_it_keeps_for_its_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    at_hold(monkeypatch)
    ship: Any = Ship()

    async def story() -> float:
        await hold(ship, GOAL, seconds=300.0, ask=False)
        return now()

    assert do(story()) == 300.0 and not ship.said


@pytest.mark.parametrize(
    ("change", "ready"),
    [
        ({}, True),
        ({"lidar_misses": 1}, False),
        ({"free_drift_distance": None}, False),
        ({"velocity": (0.0, 0.099, 0.0)}, True),
        ({"velocity": (0.0, 0.101, 0.0)}, False),
        # 2 % of 300 m and 0.3 m.
        ({"sigma": 6.29 / math.sqrt(3.0)}, True),
        ({"sigma": 6.31 / math.sqrt(3.0)}, False),
    ],
)
def test_its_own_go_needs_a_sure_and_quiet_view(change: dict[str, Any], ready: bool) -> None:
    ship: Any = Ship(**{"free_drift_distance": 50.0, **change})
    assert _own_go(ship) is ready


def test_only_an_automatic_rendezvous_goes_on_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    at_hold(monkeypatch)
    monkeypatch.setattr(close_rendezvous, "_own_go", lambda node: True)
    ship: Any = Ship(automatic=True)

    async def story() -> float:
        await hold(ship, GOAL)
        return now()

    assert do(story()) == 1_200.0
    ship = Ship(automatic=False)
    with pytest.raises(ActivityFailed, match="no GO"):
        do(hold(ship, GOAL))


def test_a_little_speed_leads_away_from_it() -> None:
    ship: Any = Ship()
    target = ship.navigator.target
    n = motion(target)
    # 30 % of the distance a revolution, 60 m at the least; by a third of it.
    assert away(ship, 300.0) == 90.0 and away(ship, 200.1) == pytest.approx(60.03)
    assert away(ship, 199.9) == away(ship, 30.0) == 60.0
    ahead = receding(target, (0.0, 300.0, 0.0), 90.0)
    assert ahead == pytest.approx((0.0, -30.0 * n / math.tau, 0.0), rel=0.01)
    behind = receding(target, (0.0, -30.0, 0.0), 60.0)
    assert behind[1] == pytest.approx(20.0 * n / math.tau, rel=0.01)


def keeping(
    monkeypatch: pytest.MonkeyPatch, place: Vector, velocity: Vector
) -> tuple[Any, list[Any]]:
    ship: Any = Ship(place, velocity)
    quick(monkeypatch, close_rendezvous, scan_or_give_up=True)
    calls = quick(monkeypatch, close_rendezvous, follow_leg=True)
    do(_keep(ship, Station((0.0, 300.0, 0.0))))
    return ship, calls


def test_in_its_box_it_only_takes_off_what_drifts(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = receding(orbit(), (0.0, 300.0, 0.0), 90.0)
    ship, calls = keeping(monkeypatch, (0.0, 300.0, 0.0), (0.0, wanted[1] + 0.0039, 0.0))
    assert not ship.burns() and not calls
    ship, calls = keeping(monkeypatch, (0.0, 300.0, 0.0), (0.0, wanted[1] + 0.0041, 0.0))
    assert ship.burns() == [("station keeping", 0.0041)] and not calls
    assert ship.navigator.relative()[1] == pytest.approx(wanted, abs=1e-5)
    assert ship.certain_drift_distance > 200.0


def test_out_of_its_box_it_flies_back_on_a_way_that_is_clear(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # 8 % of 300 m: 24 m, reckoned two minutes ahead.
    wanted = receding(orbit(), (0.0, 300.0, 0.0), 90.0)
    ship, calls = keeping(monkeypatch, (0.0, 324.5, 0.0), wanted)
    assert not calls
    ship, calls = keeping(monkeypatch, (0.0, 327.0, 0.0), wanted)
    [(_, _, leg, _, period)] = calls
    assert leg == Leg((0.0, 300.0, 0.0), leg.arrival, away=90.0) and period == 60.0
    assert leg.arrival in (400.0, 700.0, 1000.0, 1400.0, 1900.0, 2500.0)
    [(purpose, _)] = ship.burns()
    assert purpose == "station keeping" and is_clear(ship)


def test_in_its_box_a_drift_that_is_not_clear_is_taken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    # 3.5 mm/s towards it are within the slack: 30 m ahead they lead to it within a revolution.
    wanted = receding(orbit(), (0.0, 30.0, 0.0), 60.0)
    quick(monkeypatch, close_rendezvous, scan_or_give_up=True)
    ship: Any = Ship((0.0, 30.0, 0.0), (0.0, wanted[1] + 0.0035, 0.0), sigma=0.05)
    assert not is_clear(ship)
    do(_keep(ship, Station((0.0, 30.0, 0.0))))
    assert [purpose for purpose, _ in ship.burns()] == ["station keeping"]
    assert ship.certain_drift_distance > 20.0
    ship = Ship((0.0, 30.0, 0.0), (0.0, wanted[1] + 0.0005, 0.0), sigma=0.05)
    assert is_clear(ship)
    do(_keep(ship, Station((0.0, 30.0, 0.0))))
    assert not ship.burns()


def test_without_a_clear_way_back_it_stays_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch, close_rendezvous, scan_or_give_up=True)
    calls = quick(monkeypatch, close_rendezvous, follow_leg=True)
    monkeypatch.setattr(close_rendezvous, "_ways", lambda *given: [])
    ship: Any = Ship((0.0, 40.0, 0.0), (0.0, 0.0, 0.0), sigma=0.05)
    do(_keep(ship, Station((0.0, 30.0, 0.0))))
    assert not calls
    wanted = receding(orbit(), (0.0, 40.0, 0.0), 60.0)
    assert ship.burns() == [("station keeping", pytest.approx(-wanted[1], abs=1e-4))]


def test_vectors_of_the_local_axes() -> None:
    ship: Any = Ship()
    target = ship.navigator.target
    there = to_inertial(ship, (1.0, 2.0, 3.0))
    assert transform(lvlh_axes(*target), there) == pytest.approx((1.0, 2.0, 3.0))


# -------------------------------------------------------------------- blindness


@pytest.mark.parametrize(
    ("along", "scan", "misses", "asked"),
    [
        (511.0, True, 0, ["take_bearing"]),
        (509.0, True, 0, ["take_scan"]),
        (300.0, False, 8, ["take_scan", "take_bearing"]),
    ],
)
def test_what_is_measured_with(
    monkeypatch: pytest.MonkeyPatch, along: float, scan: bool, misses: int, asked: list[str]
) -> None:
    calls = quick(monkeypatch, close_rendezvous, take_scan=scan, take_bearing=False)
    ship: Any = Ship((0.0, along, 0.0), lidar_misses=misses)
    assert do(scan_or_give_up(ship)) is (asked == ["take_scan"])
    assert [name for name, *_ in calls] == asked


@pytest.mark.parametrize(("along", "first"), [(300.0, 0.15), (-300.0, -0.15)])
def test_blind_for_long_it_pushes_itself_away_until_the_drift_is_safe(
    monkeypatch: pytest.MonkeyPatch, along: float, first: float
) -> None:
    quick(monkeypatch, close_rendezvous, take_scan=False, take_bearing=False)
    drifts = [3.0, 6.0, 6.1]

    def check(node: Any) -> None:
        node.certain_drift_distance = drifts.pop(0)

    monkeypatch.setattr(close_rendezvous, "check_drift", check)
    ship: Any = Ship((0.0, along, 0.0), lidar_misses=9)
    axes = lvlh_axes(*ship.navigator.target)
    with pytest.raises(ActivityFailed, match="LiDAR sees nothing"):
        do(scan_or_give_up(ship))
    pushes = [transform(axes, tuple(way)) for (way,) in ship.devices.thrusters.of("fire")]
    assert pushes[0] == pytest.approx((0.0, first, 0.0), abs=1e-9)
    assert pushes[1] == pytest.approx((first, 0.0, 0.0), abs=1e-9)
    assert pushes[2] == pytest.approx((0.0, 0.0, 0.15), abs=1e-9)
    assert ship.lidar_misses == 0 and drifts == []


def test_one_push_is_enough_when_it_leads_to_a_safe_drift(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch, close_rendezvous, take_scan=False, take_bearing=False)
    monkeypatch.setattr(
        close_rendezvous, "check_drift", lambda node: setattr(node, "certain_drift_distance", 6.1)
    )
    ship: Any = Ship(lidar_misses=9)
    with pytest.raises(ActivityFailed, match="LiDAR"):
        do(scan_or_give_up(ship))
    assert len(ship.burns()) == 1


def test_getting_ready_for_the_lidar_doubts_the_range(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = quick(monkeypatch, close_rendezvous, take_scan=True)
    ship: Any = Ship((0.0, 400.0, 0.0), lidar_misses=5)
    before = [ship.navigator.covariance[i][i] for i in (0, 3)]
    do(close_rendezvous._acquire(ship))
    after = [ship.navigator.covariance[i][i] for i in (0, 3)]
    assert after[0] - before[0] == pytest.approx(12.0**2)
    assert after[1] - before[1] == pytest.approx(4e-4)
    assert ship.lidar_misses == 0 and len(calls) == 1


# ----------------------------------------------------------- from point to point


def approached(
    monkeypatch: pytest.MonkeyPatch, along: float, leg: LastLeg | None = None
) -> tuple[Any, list[Any]]:
    calls = quick(
        monkeypatch, close_rendezvous, _acquire=None, follow_leg=True, hold=None,
        begin_leg=lambda node, goal, *rest: Leg(goal, 99.0),
    )  # fmt: skip
    ship: Any = Ship((0.0, along, 0.0), last_leg=leg)
    found = do(approach_close(ship, SIGNAL))
    assert found.name == "arrived" and found.data == {"result": "holding at 30 m"}
    assert ship.told("close_range_entered") == [{"range": abs(along)}]
    assert ship.mode_range == pytest.approx(abs(along), abs=0.01)
    return ship, calls


def test_from_hold_point_to_hold_point(monkeypatch: pytest.MonkeyPatch) -> None:
    _, calls = approached(monkeypatch, 480.0)
    begun = [call[2:5] for call in calls if call[0] == "begin_leg"]
    assert begun == [
        ((0.0, 300.0, 0.0), "to 300 m", 90.0),
        ((0.0, 100.0, 0.0), "to 100 m", 30.0),
        ((0.0, 30.0, 0.0), "to 30 m", 9.0),
    ]
    assert [call[2] for call in calls if call[0] == "hold"] == [
        (0.0, 300.0, 0.0), (0.0, 100.0, 0.0), (0.0, 30.0, 0.0),
    ]  # fmt: skip
    legs = [call for call in calls if call[0] == "follow_leg"]
    assert [call[4] for call in legs] == [20.0] * 3
    assert [call[5] for call in calls if call[0] == "begin_leg"] == [90.0, 60.0, 60.0]


@pytest.mark.parametrize(
    ("along", "points"), [(239.0, [100.0, 30.0]), (241.0, [300.0, 100.0, 30.0]), (-79.0, [30.0])]
)
def test_points_that_lie_farther_away_are_left_out(
    monkeypatch: pytest.MonkeyPatch, along: float, points: list[float]
) -> None:
    _, calls = approached(monkeypatch, along)
    side = math.copysign(1.0, along)
    assert [call[2][1] for call in calls if call[0] == "hold"] == [side * p for p in points]


@pytest.mark.parametrize(("arrival", "kept"), [(60.0, False), (60.01, True)])
def test_the_last_leg_is_ended_here_when_it_is_not_over(
    monkeypatch: pytest.MonkeyPatch, arrival: float, kept: bool
) -> None:
    ship, calls = approached(monkeypatch, 480.0, LastLeg((0.0, 300.0, 0.0), arrival))
    begun = [call[3] for call in calls if call[0] == "begin_leg"]
    assert ("to 300 m" in begun) is not kept
    assert begun[-2:] == ["to 100 m", "to 30 m"], "the others are legs of their own"
    first = next(call[2] for call in calls if call[0] == "follow_leg")
    assert first.arrival == (arrival if kept else 99.0)
    assert ship.last_leg is None


def test_who_is_nearer_than_the_end_of_the_last_leg_does_not_end_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, calls = approached(monkeypatch, 200.0, LastLeg((0.0, 300.0, 0.0), 900.0))
    assert [call[3] for call in calls if call[0] == "begin_leg"] == ["to 100 m", "to 30 m"]


def test_a_retreat_goes_at_once_in_twenty_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = quick(monkeypatch, close_rendezvous, follow_leg=True, hold=None)
    ship: Any = Ship((0.0, -30.0, 0.0))
    do(back_off(ship))
    leg = calls[0][2]
    assert leg.goal == (0.0, -100.0, 0.0) and leg.arrival == 1_200.0
    assert ship.burns()[0][0] == "retreat" and ship.told("retreating") == [{"range": 30.0}]
    assert calls[1] == ("hold", 0.0, (0.0, -100.0, 0.0), 300.0, False)


@pytest.mark.parametrize(
    ("along", "points"),
    [
        (50_000.0, [18_000.0, 6_000.0, 2_000.0, 300.0]),
        (23_500.0, [18_000.0, 6_000.0, 2_000.0, 300.0]),
        (23_300.0, [6_000.0, 2_000.0, 300.0]),
        (-2_500.0, [300.0]),
        (501.0, [300.0]),
        (499.999, []),
    ],
)
def test_the_far_range_goes_from_point_to_point(
    monkeypatch: pytest.MonkeyPatch, along: float, points: list[float]
) -> None:
    side = math.copysign(1.0, along)
    calls = quick(
        monkeypatch, far_rendezvous,
        begin_leg=lambda node, goal, *rest: Leg(goal, 77.0),
        follow_leg=lambda node, leg, *rest: abs(leg.goal[1]) > 400.0,
    )  # fmt: skip
    ship: Any = Ship((0.0, along, 0.0))
    assert do(far_rendezvous.approach_far(ship, SIGNAL)).name == "near"
    begun = [call[2:5] for call in calls if call[0] == "begin_leg"]
    assert begun == [
        ((0.0, side * p, 0.0), f"to {p:.0f} m", 0.25 * p) for p in points
    ]  # fmt: skip
    for call in calls:
        if call[0] == "follow_leg":
            assert call[4:] == (90.0, 500.0)
    if points:
        assert ship.last_leg == LastLeg((0.0, side * 300.0, 0.0), 77.0)
    else:
        assert ship.last_leg is None
    assert ship.told("save_navigation") and ship.mode_range == pytest.approx(abs(along), abs=0.01)
