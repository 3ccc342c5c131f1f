"""Burns that take minutes: when they begin, what they lead to, and what the tanks hold."""

import asyncio
import math
from typing import Any

import pytest

from flight.astrodynamics.vectors import Vector, add, norm, scale, subtract, unit
from flight.core.activities import ActivityFailed
from flight.orbiter import manoeuvres, phasing
from flight.orbiter.drifting import along_the_track, seconds_around
from flight.orbiter.legs import Leg, follow_leg
from flight.orbiter.long_burns import balanced, check_propellant, lead_of
from flight.orbiter.manoeuvres import two_impulses
from flight.orbiter.propagation import coast, mean_axis, motion
from flight.orbiter.tanks import TankBook
from tests.flight.orbiter.ship import Ship, do, now, orbit, quick

EXHAUST = 320.0 * 9.80665
THRUST = 1960.0


def burnt(own: Any, change: Vector, mass: float) -> Any:
    """The state at the end of a burn at constant thrust that begins in `own`, and its seconds."""
    size = norm(change)
    flow = THRUST / EXHAUST
    seconds = mass * (1.0 - math.exp(-size / EXHAUST)) / flow
    count = 400
    step = seconds / count
    for index in range(count):
        before = coast(own, 0.5 * step)
        push = THRUST / (mass - flow * (index + 0.5) * step) * step
        own = coast((before[0], add(before[1], scale(push, unit(change)))), 0.5 * step)
    return own, seconds


@pytest.mark.parametrize("size", [20.0, 126.0, 400.0])
def test_a_long_burn_leads_to_where_its_impulse_leads(size: float) -> None:
    ship: Any = Ship()
    mass = ship.weight()
    change: Vector = (0.3 * size, 0.2 * size, math.sqrt(0.87) * size)
    lead = lead_of(ship, size)
    end, seconds = burnt(orbit(), change, mass)
    assert 0.5 * seconds < lead < 0.53 * seconds  # the tanks become lighter
    middle = coast(orbit(), lead)
    wanted = coast((middle[0], add(middle[1], change)), seconds - lead)
    at_once = coast((orbit()[0], add(orbit()[1], change)), seconds)
    off = norm(subtract(end[0], wanted[0]))
    assert off < 0.02 * norm(subtract(end[0], at_once[0])) + 1.0


def test_small_changes_are_given_at_once() -> None:
    ship: Any = Ship()
    assert lead_of(ship, 3.0) == 0.0 == lead_of(ship, 0.0) and lead_of(ship, 3.1) > 2.0


def test_size_and_instant_of_a_burn_are_found_together() -> None:
    ship: Any = Ship()
    asked: list[float] = []

    def plan(later: float) -> Vector:
        asked.append(later)
        return (100.0 + 0.1 * later, 0.0, 0.0)

    change = balanced(ship, plan)
    assert asked[0] == 0.0 and len(asked) <= 7
    assert change[0] == pytest.approx(100.0 + 0.1 * lead_of(ship, change[0]), abs=0.1)
    small: Vector = (2.0, 0.0, 0.0)
    assert balanced(ship, lambda later: small) == small


def test_what_the_tanks_do_not_hold_is_refused_in_figures() -> None:
    ship: Any = Ship(tank_book=TankBook(1_000.0, 3_000.0, 2.5))
    left = EXHAUST * math.log(3_000.0 / 2_000.0)
    check_propellant(ship, left - 0.01, "transfer")
    with pytest.raises(ActivityFailed, match="transfer: it takes 1273 m/s, the tanks hold 1272"):
        check_propellant(ship, left + 0.6, "transfer")
    ship.tank_book = TankBook(0.0, 2_000.0, 2.5)
    with pytest.raises(ActivityFailed, match="the tanks hold 0"):
        check_propellant(ship, 0.1, "phasing")
    ship.tank_book = None  # nobody has said what is in them: the engines will tell
    check_propellant(ship, 9_999.0, "transfer")


def test_a_transfer_that_the_tanks_do_not_hold_is_not_begun() -> None:
    ship: Any = Ship(tank_book=TankBook(1.0, 3_000.0, 2.5))
    ship.navigator.own = orbit(368e3, anomaly=0.05)
    with pytest.raises(ActivityFailed, match=r"transfer: it takes \d+ m/s, the tanks hold 1$"):
        do(phasing._transfer(ship))
    assert not ship.burns()


def test_burns_of_a_transfer_begin_before_their_instants(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch, phasing, take_bearing=True)
    monkeypatch.setattr(phasing, "keeps_clear", lambda node, burn: True)
    ship: Any = Ship()
    # Two degrees between both planes: more than a hundred metres a second.
    ship.navigator.own = orbit(368e3, anomaly=0.06)
    x, y, z = ship.navigator.own[1]
    ship.navigator.own = (ship.navigator.own[0], (x, y, z + 120.0))
    own, target = ship.navigator.own, ship.navigator.target
    goal, speed = phasing._goal(ship, own, target)
    way = two_impulses(coast(own, 1_000.0), coast(target, 1_000.0), goal, 3_000.0, speed)

    async def story() -> tuple[Any, float]:
        return await phasing._depart(ship, goal, speed, 1_000.0, 4_000.0), now()

    lead, then = lead_of(ship, norm(way.first)), lead_of(ship, norm(way.second))
    leg, began = do(story())
    assert began == pytest.approx(1_000.0 - lead, abs=1.0)
    assert leg.arrival == 4_000.0
    assert leg.lead == pytest.approx(then, abs=2.0) and leg.lead > 50.0


def test_a_leg_ends_where_the_burn_of_its_arrival_has_to_begin() -> None:
    ship: Any = Ship((0.0, 60_000.0, 0.0))
    looked: list[float] = []

    async def measure(node: Any) -> bool:
        looked.append(now())
        node.navigator.last_accepted = now()
        return True

    async def story(lead: float) -> float:
        leg = Leg((0.0, 60_000.0, 0.0), 2_000.0, lead=lead)
        assert await follow_leg(ship, leg, measure, 300.0, stop=False)
        return now()

    assert do(story(130.0)) == pytest.approx(1_870.0)
    assert max(looked) < 1_870.0


def test_a_transfer_that_is_none_by_its_instant_is_no_leg(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch, phasing, take_bearing=True)

    def none(*given: Any) -> Any:
        raise ArithmeticError("it does not converge")

    monkeypatch.setattr(phasing, "two_impulses", none)
    ship: Any = Ship((0.0, 90_000.0, 0.0))
    assert do(phasing._depart(ship, (0.0, 6e4, 0.0), (0.0,) * 3, 1_000.0, 4_000.0)) is None  # type: ignore[arg-type]
    assert not ship.burns()


def test_what_a_long_burn_has_given_is_taken_as_it_came() -> None:
    size = 200.0
    change: Vector = (0.3 * size, 0.2 * size, math.sqrt(0.87) * size)
    ship: Any = Ship()
    end, seconds = burnt(orbit(), change, ship.weight())
    found = {}
    for parts in (True, False):
        ship = Ship()
        ship.navigator.own = orbit()

        async def story(ship: Any = ship, took: float = seconds * parts) -> None:
            await asyncio.sleep(seconds)
            manoeuvres._note(ship, change, 0.5 * seconds, took, measured=True)

        do(story())
        own = ship.navigator.own
        found[parts] = norm(subtract(own[0], end[0])), norm(subtract(own[1], end[1]))
    assert found[True][0] < 10.0 and found[True][1] < 0.03
    assert found[False][0] > 100.0  # at once: what was taken for true before


@pytest.mark.parametrize(("count", "size"), [(1, 0.06), (1, 0.0), (7, 0.06), (7, 0.0), (3, 1e-12)])
def test_parts_of_a_burn_are_all_of_it_and_grow(count: int, size: float) -> None:
    weights = manoeuvres.burn_weights(count, size)
    assert len(weights) == count and math.fsum(weights) == pytest.approx(1.0)
    assert weights == sorted(weights)
    assert (weights[-1] > weights[0]) is (count > 1 and size > 1e-9)


# ------------------------------------------------------------------------- drift


@pytest.mark.parametrize("change", [25_000.0, -25_000.0, 0.0])
def test_a_burn_along_the_track_moves_the_axis(change: float) -> None:
    own = orbit(400e3, 0.01, 1.0)
    after = (own[0], add(own[1], along_the_track(own, change)))
    assert mean_axis(after) - mean_axis(own) == pytest.approx(change, abs=400.0)


def test_once_around_takes_as_long_as_the_periods_tell() -> None:
    low, high = orbit(343e3), orbit(368e3)
    axis, offset = mean_axis(low), mean_axis(high) - mean_axis(low)
    a, b = motion(low), motion(high)
    assert seconds_around(low, axis, offset) == pytest.approx(math.tau / (a - b), rel=0.02)
    assert seconds_around(low, axis, -offset) == seconds_around(low, axis, offset)
    assert seconds_around(low, axis, 0.0) == math.inf


def test_a_change_of_the_drift_that_would_meet_the_container_is_another_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ship: Any = Ship(own_is_old=lambda: False)
    ship.navigator.own = orbit(343e3, anomaly=0.06)
    monkeypatch.setattr(phasing, "keeps_clear", lambda node, burn: True)
    near: list[float] = [10.0, 999.0, 1_000.0]
    monkeypatch.setattr(phasing, "closest_in_free_drift", lambda *given: near.pop(0))
    axis = mean_axis(orbit())
    do(phasing._change_drift(ship, 0.06, axis, axis))
    assert not near
    after = mean_axis(ship.navigator.own) - axis
    assert after == pytest.approx(1.2 * 25_000.0, abs=600.0)
    # Where none keeps clear, the one that keeps farthest.
    ship.navigator.own = orbit(343e3, anomaly=0.06)
    near[:] = [10.0, 20.0, 5.0, 30.0, 7.0]
    do(phasing._change_drift(ship, 0.06, axis, axis))
    assert mean_axis(ship.navigator.own) - axis == pytest.approx(0.6 * 25_000.0, abs=600.0)
