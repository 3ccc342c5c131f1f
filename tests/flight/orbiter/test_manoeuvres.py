"""Burns and legs by hand: what is felt, what is told, when a way is given up."""

import asyncio
from contextlib import nullcontext
from typing import Any

import pytest

from flight.astrodynamics.vectors import norm, subtract
from flight.core.activities import ActivityFailed
from flight.core.fault_protection.structure import Structure
from flight.icd.devices.orbiter_navigation import InertialReading
from flight.orbiter import legs
from flight.orbiter.clearance import check_drift, receding
from flight.orbiter.legs import Leg, ahead_or_behind, arrive, begin_leg, follow_leg
from flight.orbiter.manoeuvres import Transfer, burn_seconds, execute, wait_until
from flight.orbiter.propagation import coast
from flight.orbiter.tanks import TankBook
from tests.flight.orbiter.ship import MUTE, Ship, do, now, orbit

# ---------------------------------------------------------------------- a burn


def test_a_small_change_is_left_out() -> None:
    ship: Any = Ship()
    assert do(execute(ship, (0.00049, 0.0, 0.0), "x")) == (0.0, 0.0, 0.0)
    assert not ship.said and not ship.devices.thrusters.asked
    assert do(execute(ship, (0.0005, 0.0, 0.0), "x")) == pytest.approx((0.0005, 0.0, 0.0))


@pytest.mark.parametrize(("size", "small"), [(3.0, True), (3.001, False)])
def test_larger_changes_are_made_by_the_main_engine(size: float, small: bool) -> None:
    ship: Any = Ship()
    do(execute(ship, (0.0, size, 0.0), "x"))
    assert bool(ship.devices.thrusters.of("fire")) is small
    burns = ship.devices.main_engine.of("burn")
    assert burns == ([] if small else [([0.0, size, 0.0], size, [0.0, 0.0, 1.0])])
    assert bool(ship.told("note_large_burn")) is not small


def test_what_was_felt_is_what_the_navigator_takes() -> None:
    ship: Any = Ship()
    ship.gives = 0.9
    before = ship.navigator.own[1]
    variance = ship.navigator.covariance[3][3]
    assert do(execute(ship, (1.0, 0.0, 0.0), "leg")) == pytest.approx((0.9, 0.0, 0.0))
    gained = subtract(ship.navigator.own[1], before)
    assert gained == pytest.approx((0.9, 0.0, 0.0))
    # 0.15 % of it and 0.4 mm/s.
    added = ship.navigator.covariance[3][3] - variance
    assert added == pytest.approx((0.0015 * 0.9 + 0.0004) ** 2)
    assert ship.told("manoeuvre") == [{"purpose": "leg", "size": 1.0, "off": 0.1}]
    assert ship.told("burn_off_nominal") == [{"purpose": "leg", "wanted": 1.0, "felt": 0.9}]
    assert ship.delta_v_used == 0.9 and ship.told("save_navigation")
    do(execute(ship, (0.0, 1.0, 0.0), "leg"))
    assert ship.delta_v_used == 1.8


@pytest.mark.parametrize(("gives", "told"), [(0.946, False), (0.944, True), (1.054, False)])
def test_five_percent_and_five_millimetres_are_nominal(gives: float, told: bool) -> None:
    ship: Any = Ship()
    ship.gives = gives
    do(execute(ship, (1.0, 0.0, 0.0), "leg"))
    assert bool(ship.told("burn_off_nominal")) is told


def failing(ship: Any, *answers: Any) -> None:
    ship.devices.thrusters.answers["fire"] = list(answers)


def test_a_burn_that_was_refused_is_tried_three_times() -> None:
    ship: Any = Ship()
    failing(ship, MUTE, MUTE, ship._push)
    assert do(execute(ship, (1.0, 0.0, 0.0), "leg")) == pytest.approx((1.0, 0.0, 0.0))
    assert len(ship.devices.thrusters.asked) == 3 and len(ship.told("device_trouble")) == 2
    ship = Ship()
    failing(ship, MUTE)
    with pytest.raises(ActivityFailed, match="leg: the burn did not happen: nothing was heard"):
        do(execute(ship, (1.0, 0.0, 0.0), "leg"))
    assert len(ship.devices.thrusters.asked) == 3 and not ship.told("manoeuvre")


@pytest.mark.parametrize(
    ("part", "asked", "rest"),
    [(0.0, 3, 1.0), (0.019, 3, 0.981), (0.021, 3, 0.979),
     (0.49, 3, 0.51), (0.51, 1, 0.0), (1.0, 1, 0.0)],
)  # fmt: skip
def test_of_what_has_acted_though_it_answered_with_an_error_the_rest_is_asked_for(
    part: float, asked: int, rest: float
) -> None:
    ship: Any = Ship()
    calls: list[int] = []

    def half(way: list[float]) -> Any:
        calls.append(1)
        if len(calls) == 1:
            ship.felt[0] += part
            return MUTE
        if len(calls) == 2:
            return MUTE
        ship.felt[0] += way[0]
        return None

    failing(ship, half)
    gained = do(execute(ship, (1.0, 0.0, 0.0), "leg"))
    assert gained == pytest.approx((part + rest, 0.0, 0.0))
    assert ship.delta_v_used == pytest.approx(part + rest)
    assert len(calls) == asked and ship.burn_begun is ship.burn_left is None
    # Where it goes then is looked at, before anything else is burnt.
    assert (ship.free_drift_distance is None) is (part < 0.02)
    # What was felt has moved the orbiter in any case.
    at, velocity = Ship().navigator.own
    assert ship.navigator.time == (362.0 if asked == 3 else 1.0)
    moved = coast((at, (velocity[0] + part, *velocity[1:])), ship.navigator.time)
    assert norm(subtract(ship.navigator.own[1], moved[1])) == pytest.approx(rest, abs=1e-3)


def without_units(*, left_out: tuple[str, ...] = ()) -> Any:
    ship: Any = Ship()
    ship.context.structure = Structure(left_out=frozenset(left_out))
    ship.devices.inertial_unit.answers["state"] = [
        InertialReading(valid=False, rate=[0.0] * 3, delta_v=[0.0] * 3, saturated=False)
    ]
    return ship


@pytest.mark.requirement("FLT-11")
def test_a_burn_that_nobody_can_measure_is_taken_as_told_and_less_well_known() -> None:
    measured: Any = Ship()
    do(execute(measured, (1.0, 0.0, 0.0), "leg"))
    ship = without_units()

    async def two_burns() -> float:
        assert await execute(ship, (1.0, 0.0, 0.0), "leg") == (1.0, 0.0, 0.0)
        asked = now()
        await execute(ship, (-1.0, 0.0, 0.0), "back")
        return now() - asked

    assert do(two_burns()) == 0.0, "who knows that nobody answers does not wait for it again"
    assert [told["purpose"] for told in ship.told("flown_by_stars")] == ["leg"]
    assert len(ship.devices.thrusters.asked) == 2
    assert ship.navigator.position_sigma() > measured.navigator.position_sigma()


def test_a_burn_that_failed_and_that_nobody_has_felt_is_not_done_twice() -> None:
    ship = without_units()
    failing(ship, MUTE)
    with pytest.raises(ActivityFailed, match="nobody has felt whether"):
        do(execute(ship, (1.0, 0.0, 0.0), "leg"))
    assert len(ship.devices.thrusters.asked) == 1


def test_a_unit_that_speaks_again_is_believed_again() -> None:
    ship = without_units()
    do(execute(ship, (1.0, 0.0, 0.0), "leg"))
    assert ship.flies_by_stars
    ship.devices.inertial_unit.answers["state"] = Ship().devices.inertial_unit.answers["state"]
    do(execute(ship, (1.0, 0.0, 0.0), "leg"))
    assert not ship.flies_by_stars


def test_without_that_no_burn_is_begun_that_nobody_can_measure() -> None:
    ship = without_units(left_out=("all_stellar",))
    with pytest.raises(ActivityFailed, match="no burn without measuring it"):
        do(execute(ship, (1.0, 0.0, 0.0), "leg"))
    assert not ship.devices.thrusters.asked


def test_a_change_is_taken_at_the_middle_of_its_burn() -> None:
    ship: Any = Ship()

    async def slowly(way: list[float]) -> None:
        await asyncio.sleep(200.0)
        ship._push(way)

    ship.devices.thrusters.fire = slowly
    own = ship.navigator.own
    do(execute(ship, (1.0, 0.0, 0.0), "leg"))
    middle = coast(own, 100.0)
    expected = coast((middle[0], (middle[1][0] + 1.0, *middle[1][1:])), 100.0)
    assert norm(subtract(ship.navigator.own[0], expected[0])) < 0.01
    assert ship.navigator.time == 200.0


def test_how_long_a_burn_takes_and_waiting() -> None:
    assert burn_seconds(Ship(), 10.0) == pytest.approx(10.0 * 3_000.0 / 1_960.0)  # type: ignore[arg-type]
    light: Any = Ship(tank_book=TankBook(300.0, 2_000.0, 2.5))
    assert burn_seconds(light, 10.0) == pytest.approx(10.0 * 2_000.0 / 1_960.0)
    unknown: Any = Ship(tank_book=None)
    assert burn_seconds(unknown, 10.0) == pytest.approx(10.0 * 3_000.0 / 1_960.0)

    async def story() -> float:
        await wait_until(Ship(), 50.0)  # type: ignore[arg-type]
        await wait_until(Ship(), 20.0)  # type: ignore[arg-type]
        return now()

    assert do(story()) == 50.0


# ------------------------------------------------------------------------- legs


def test_a_leg_is_planned_safe_and_its_drift_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def plan(own: Any, target: Any, *rest: Any) -> Transfer:
        asked.append(rest)
        return Transfer((0.1, 0.0, 0.0), (0.0, 0.0, 0.0), 3_000.0)

    monkeypatch.setattr(legs, "cheapest_safe", plan)
    ship: Any = Ship((0.0, 300.0, 0.0))
    leg = do(begin_leg(ship, (0.0, 100.0, 0.0), "to 100 m", 30.0, away=60.0))
    speed = receding(orbit(), (0.0, 100.0, 0.0), 60.0)
    assert leg == Leg((0.0, 100.0, 0.0), 3_000.0, speed, 60.0)
    fractions = (0.45, 0.55, 0.42, 0.38, 0.62, 0.34, 0.7, 0.3, 0.8, 0.25)
    assert [rest[:-1] for rest in asked] == [((0.0, 100.0, 0.0), fractions, 3.0, 30.0, speed)]
    assert ship.burns() == [("to 100 m", 0.1)] and ship.free_drift_distance is not None


def test_the_side_and_the_drift() -> None:
    assert ahead_or_behind(Ship((0.0, 5.0, 0.0))) == 1.0  # type: ignore[arg-type]
    assert ahead_or_behind(Ship((9.0, -5.0, 0.0))) == -1.0  # type: ignore[arg-type]
    ship: Any = Ship((0.0, 300.0, 0.0))
    do_check(ship)
    assert 250.0 < ship.free_drift_distance < 310.0
    ship = Ship()
    ship.navigator.own = None
    do_check(ship)
    assert ship.free_drift_distance is None


def do_check(ship: Any) -> None:
    async def story() -> None:
        check_drift(ship)

    do(story())


class Looks:
    """Measurements on a leg: when, and whether they are taken."""

    def __init__(self, ship: Any, *, taken: bool = True, rejected: int = 0) -> None:
        self.ship, self.taken, self.rejected = ship, taken, rejected
        self.at: list[float] = []

    async def __call__(self, node: Any) -> bool:
        self.at.append(now())
        node.navigator.advance(now())
        if self.taken:
            node.navigator.last_accepted = now()
        node.navigator.rejected = self.rejected
        return self.taken


def corrected(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    at: list[float] = []

    async def correct(node: Any, leg: Leg) -> None:
        at.append(now())

    monkeypatch.setattr(legs, "_correct", correct)
    monkeypatch.setattr(legs, "is_clear", lambda node: True)
    return at


def test_a_leg_is_measured_corrected_three_times_and_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    at = corrected(monkeypatch)
    ship: Any = Ship((0.0, 300.0, 0.0), (0.0, 0.01, 0.0))
    look = Looks(ship)
    assert do(follow_leg(ship, Leg((0.0, 300.0, 0.0), 1_000.0), look, 90.0)) is True
    assert look.at == [90.0 * i for i in range(12)]
    assert at == [360.0, 720.0, 900.0]  # after 35, 70 and 90 % of the way
    assert [purpose for purpose, _ in ship.burns()] == ["arrival"]
    _, velocity = ship.navigator.relative()
    assert norm(velocity) < 1e-6
    ship = Ship((0.0, 300.0, 0.0), (0.0, 0.01, 0.0))
    assert do(follow_leg(ship, Leg((0.0, 300.0, 0.0), 500.0), Looks(ship), 90.0, stop=False))
    assert not ship.burns()


def test_at_its_limit_a_leg_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    corrected(monkeypatch)
    ship: Any = Ship((0.0, 1_000.0, 0.0), (0.0, -3.0, 0.0))
    look = Looks(ship)

    async def story() -> float:
        leg = Leg((0.0, 0.0, 0.0), 900.0)
        assert await follow_leg(ship, leg, look, 90.0, limit=500.0) is False
        return now()

    ended = do(story())
    assert ship.navigator.range() == pytest.approx(500.0, abs=0.01)
    assert ship.navigator.time == pytest.approx(ended)
    # Nothing is begun in the last 150 s before it.
    assert ended - look.at[-1] > 60.0 and not ship.burns()
    there: Any = Ship((0.0, 400.0, 0.0))
    assert do(follow_leg(there, Leg((0.0, 0.0, 0.0), 900.0), Looks(there), 90.0, limit=500.0)) is (
        False
    )


@pytest.mark.parametrize(("rejected", "lost"), [(12, False), (13, True)])
def test_more_than_a_dozen_outliers_are_a_lost_container(
    monkeypatch: pytest.MonkeyPatch, rejected: int, lost: bool
) -> None:
    corrected(monkeypatch)
    ship: Any = Ship()
    look = Looks(ship, rejected=rejected)
    with pytest.raises(ActivityFailed, match="container lost") if lost else nullcontext():
        do(follow_leg(ship, Leg((0.0, 300.0, 0.0), 300.0), look, 90.0))


@pytest.mark.parametrize(("unseen", "lost"), [(15.0, False), (15.01, True)])
def test_no_leg_is_begun_to_what_is_not_where_it_is_believed_to_be(
    monkeypatch: pytest.MonkeyPatch, unseen: float, lost: bool
) -> None:
    way = Transfer((0.1, 0.0, 0.0), (0.0, 0.0, 0.0), 3_000.0)
    monkeypatch.setattr(legs, "cheapest_safe", lambda *given: way)
    ship: Any = Ship((0.0, 300.0, 0.0))
    ship.navigator.unseen = unseen
    with pytest.raises(ActivityFailed, match="container lost") if lost else nullcontext():
        do(begin_leg(ship, (0.0, 100.0, 0.0), "to 100 m", 30.0))
    assert bool(ship.burns()) is not lost


def test_no_way_is_waited_for_to_what_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legs, "cheapest_safe", lambda *given: None)
    ship: Any = Ship()

    async def looks(node: Any) -> bool:
        node.navigator.not_seen()
        return False

    async def story() -> float:
        with pytest.raises(ActivityFailed, match="container lost"):
            await begin_leg(ship, (0.0, 100.0, 0.0), "to 100 m", 30.0, measure=looks)
        return now()

    assert do(story()) == 900.0  # the sixteenth look, one a minute, and no no of the planner
    assert not ship.burns()


@pytest.mark.parametrize(("arrival", "lost"), [(5_400.0, False), (5_600.0, True)])
def test_blind_for_an_hour_and_a_half_it_is_lost(
    monkeypatch: pytest.MonkeyPatch, arrival: float, lost: bool
) -> None:
    corrected(monkeypatch)
    ship: Any = Ship()
    look = Looks(ship, taken=False)
    with pytest.raises(ActivityFailed, match="container lost") if lost else nullcontext():
        do(follow_leg(ship, Leg((0.0, 300.0, 0.0), arrival), look, 90.0))


@pytest.mark.parametrize(
    ("left", "size", "safe", "burnt"),
    [
        (600.0, 0.003001, True, True),
        (600.0, 0.002999, True, False),
        (600.0, 0.0031, False, False),
        (59.99, 0.5, True, False),
        (60.0, 0.5, True, True),
    ],
)
def test_a_correction_that_is_worth_it_and_safe_is_made(
    monkeypatch: pytest.MonkeyPatch, left: float, size: float, safe: bool, burnt: bool
) -> None:
    asked: list[Any] = []

    def plan(own: Any, target: Any, goal: Any, seconds: float, speed: Any) -> Transfer:
        asked.append((goal, seconds, speed))
        return Transfer((size, 0.0, 0.0), (0.0, 0.0, 0.0), seconds)

    def drift(after: Any, target: Any, revolutions: float, distance: float) -> bool:
        assert (revolutions, distance) == (3.0, 6.0)
        return safe

    monkeypatch.setattr(legs, "two_impulses", plan)
    monkeypatch.setattr(legs, "is_safe", drift)
    monkeypatch.setattr(legs, "keeps_clear", lambda node, burn: True)
    ship: Any = Ship()
    do(legs._correct(ship, Leg((0.0, 100.0, 0.0), left, (0.0, 0.1, 0.0))))
    assert ship.burns() == ([("correction", round(size, 4))] if burnt else [])
    assert asked == ([((0.0, 100.0, 0.0), left, (0.0, 0.1, 0.0))] if left >= 60.0 else [])


def test_a_correction_that_does_not_converge_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def plan(*given: Any) -> Transfer:
        raise ArithmeticError("none")

    monkeypatch.setattr(legs, "two_impulses", plan)
    ship: Any = Ship()
    do(legs._correct(ship, Leg((0.0, 100.0, 0.0), 600.0)))
    assert not ship.burns()


def test_at_the_goal_it_takes_the_velocity_of_the_goal() -> None:
    ship: Any = Ship((0.0, 300.0, 0.0), (0.02, -0.3, 0.1))
    do(arrive(ship, Leg((0.0, 300.0, 0.0), 0.0, (0.0, -0.01, 0.0))))
    assert ship.navigator.relative()[1] == pytest.approx((0.0, -0.01, 0.0), abs=1e-6)
    assert ship.free_drift_distance is not None


