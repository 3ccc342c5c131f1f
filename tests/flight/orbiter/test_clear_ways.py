"""Ways that keep clear of the container: what is looked at on a leg, and what is done about it."""

import asyncio
import math
from typing import Any

import pytest

from flight.astrodynamics.vectors import Vector, norm
from flight.core.activities import ActivityFailed
from flight.icd.devices.base import DeviceFault
from flight.orbiter import close_rendezvous, legs, manoeuvres
from flight.orbiter.clearance import is_clear, receding
from flight.orbiter.close_rendezvous import begin_retreat
from flight.orbiter.legs import Leg, Watch, arrive, begin_leg, follow_leg
from flight.orbiter.manoeuvres import Transfer, cheapest_safe
from tests.flight.orbiter.ship import Answers, Ship, do, now, orbit, quick

GOAL: Vector = (0.0, 30.0, 0.0)
BURN: Vector = (0.0, 0.001, 0.0)


def near(place: Vector = (0.0, 100.0, 0.0), velocity: Vector = (0.0, 0.0, 0.0)) -> Any:
    return Ship(place, velocity, sigma=0.05)


# -------------------------------------------------------------- planned and corrected


def test_of_transfers_only_one_that_is_clear_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        manoeuvres, "two_impulses",
        lambda own, target, goal, seconds, speed: Transfer((seconds, 0.0, 0.0), BURN, seconds),
    )  # fmt: skip
    monkeypatch.setattr(manoeuvres, "is_safe", lambda *given: True)
    target = orbit()
    asked: list[float] = []

    def clear(burn: Vector) -> bool:
        asked.append(burn[0])
        return len(asked) == 2

    found = cheapest_safe(target, target, GOAL, (0.5, 0.3, 0.7), 3.0, 6.0, (0.0, 0.0, 0.0), clear)
    period = 2.0 * math.pi / manoeuvres.motion(target)
    assert found is not None and found.seconds == pytest.approx(0.5 * period)
    assert asked == pytest.approx([0.3 * period, 0.5 * period])
    asked[:] = [1.0, 1.0]
    assert cheapest_safe(target, target, GOAL, (0.5,), 3.0, 6.0, is_clear=clear) is None


def test_where_no_leg_is_clear_it_is_looked_for_anew_and_given_up_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[float] = []
    looks: list[float] = []

    async def measure(node: Any) -> bool:
        looks.append(now())
        return True

    def plan(*given: Any) -> Transfer | None:
        asked.append(now())
        found = Transfer((0.1, 0.0, 0.0), (0.0, 0.0, 0.0), 3_000.0)
        return found if len(asked) == best else None

    monkeypatch.setattr(legs, "cheapest_safe", plan)
    best, ship = 3, Ship((0.0, 300.0, 0.0))
    leg = do(begin_leg(ship, (0.0, 100.0, 0.0), "to 100 m", 30.0, measure=measure))  # type: ignore[arg-type]
    assert asked == [0.0, 300.0, 1_200.0] and leg.arrival == 4_200.0
    assert looks == [60.0 * i for i in range(20)]
    assert [told["again"] for told in ship.told("leg_not_clear")] == [300.0, 900.0]
    asked.clear()
    best, ship = 0, Ship((0.0, 300.0, 0.0))
    with pytest.raises(ActivityFailed, match="to 100 m: no transfer to 100 m is safe"):
        do(begin_leg(ship, (0.0, 100.0, 0.0), "to 100 m", 30.0))  # type: ignore[arg-type]
    assert asked == [0.0, 300.0, 1_200.0, 3_000.0, 6_600.0] and not ship.burns()


def test_of_both_ways_that_may_meet_it_the_farther_one_is_flown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(legs, "two_impulses", lambda *given: Transfer((0.01, 0.0, 0.0), BURN, 1.0))
    monkeypatch.setattr(legs, "is_safe", lambda *given: True)
    monkeypatch.setattr(legs, "keeps_clear", lambda node, burn: False)
    for stays, corrected in ((3.0, False), (1.0, True), (2.0, False)):
        monkeypatch.setattr(
            "flight.orbiter.clearance.certain_distance",
            lambda node, burn, *more, stays=stays: 2.0 if norm(burn) else stays,
        )
        ship = near()
        do(legs._correct(ship, Leg(GOAL, 600.0)))
        assert bool(ship.burns()) is corrected


def test_a_leg_ends_receding(monkeypatch: pytest.MonkeyPatch) -> None:
    ship = near(GOAL, (0.01, 0.02, -0.01))
    do(arrive(ship, Leg(GOAL, 0.0, (0.0, 9.0, 0.0), away=60.0)))
    wanted = receding(ship.navigator.target, GOAL, 60.0)
    assert ship.navigator.relative()[1] == pytest.approx(wanted, abs=1e-6)
    assert [purpose for purpose, _ in ship.burns()] == ["arrival"]
    assert ship.certain_drift_distance > 20.0


# ---------------------------------------------------------------------- looked at


def looked(monkeypatch: pytest.MonkeyPatch, clear: list[bool], along: float = 100.0) -> list[bool]:
    """What a watch says every 60 s, of a way that is clear or not at each look."""
    left = list(clear)
    monkeypatch.setattr(legs, "is_clear", lambda node: left.pop(0))
    ship = near((0.0, along, 0.0))
    said = []

    async def story() -> None:
        watch = Watch(ship)
        for _ in range(2 * len(clear) + 1):
            said.append(watch.is_doubtful())
            await asyncio.sleep(60.0)

    do(story())
    return said[::2]


def test_two_looks_in_a_row_make_a_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    assert looked(monkeypatch, [False] * 4) == [False, False, True, False, True]
    assert looked(monkeypatch, [False, True, False, True]) == [False] * 5
    assert looked(monkeypatch, [True, False, False]) == [False, False, False, True]


def test_only_near_the_container_it_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    assert looked(monkeypatch, [False] * 4, along=501.0) == [False] * 5
    assert looked(monkeypatch, [False] * 4, along=499.0)[2] is True


def test_who_knows_of_no_container_has_no_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legs, "is_clear", lambda node: False)
    ship = near()
    ship.navigator.target = None

    async def story() -> bool:
        watch = Watch(ship)
        await asyncio.sleep(240.0)
        return watch.is_doubtful() or watch.is_doubtful()

    assert do(story()) is False


def test_a_leg_that_turns_out_not_to_be_clear_is_changed_on_the_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def measure(node: Any) -> bool:
        node.navigator.advance(now())
        node.navigator.last_accepted = now()
        return True

    changed: list[float] = []

    async def clear(node: Any, leg: Leg) -> bool:
        changed.append(now())
        return False

    monkeypatch.setattr(legs, "_make_clear", clear)
    monkeypatch.setattr(legs, "is_clear", lambda node: now() > 400.0)
    corrected: list[float] = []

    async def correct(node: Any, leg: Leg) -> None:
        corrected.append(now())

    monkeypatch.setattr(legs, "_correct", correct)
    do(follow_leg(near(), Leg(GOAL, 1_000.0), measure, 20.0, stop=False))
    assert changed == [240.0] and corrected == [360.0, 700.0, 900.0]


def in_doubt(
    monkeypatch: pytest.MonkeyPatch, longer: list[float], *, made: bool, until: float = math.inf
) -> tuple[list[float], list[float]]:
    """When a way that is in doubt (until an instant, s) is changed, each time by so many s to its
    arrival, and when it is corrected."""
    changed: list[float] = []
    corrected: list[float] = []

    async def clear(node: Any, leg: Leg) -> bool:
        changed.append(now())
        leg.arrival += longer[min(len(changed), len(longer)) - 1]
        return made

    async def correct(node: Any, leg: Leg) -> None:
        corrected.append(now())

    monkeypatch.setattr(legs, "_make_clear", clear)
    monkeypatch.setattr(legs, "_correct", correct)
    monkeypatch.setattr(legs, "is_clear", lambda node: now() >= until)
    return changed, corrected


async def seen(node: Any) -> bool:
    node.navigator.last_accepted = now()
    return True


@pytest.mark.parametrize(
    ("made", "times", "why"),
    [
        (True, 6, "to 30 m was changed 6 times and does not keep clear"),
        (False, 24, "to 30 m was in doubt 24 times, and nothing was found or done about it"),
    ],
)
def test_a_leg_that_never_becomes_clear_ends(
    monkeypatch: pytest.MonkeyPatch, made: bool, times: int, why: str
) -> None:
    changed, _ = in_doubt(monkeypatch, [4_000.0], made=made)
    with pytest.raises(ActivityFailed, match=why):
        do(follow_leg(near(), Leg(GOAL, 4_000.0), seen, 20.0, stop=False))
    assert len(changed) == times and changed[0] == 240.0


@pytest.mark.parametrize("arrival", [4_000.0, 5_600.0])
def test_a_way_that_is_merely_in_doubt_is_flown_to_its_end(
    monkeypatch: pytest.MonkeyPatch, arrival: float
) -> None:
    changed, corrected = in_doubt(monkeypatch, [0.0], made=False)
    assert do(follow_leg(near(), Leg(GOAL, arrival), seen, 20.0, stop=False))
    assert 12 < len(changed) < 24 and len(corrected) == 3
    assert corrected == [pytest.approx(part * arrival, abs=20.0) for part in (0.35, 0.7, 0.9)]


@pytest.mark.parametrize("made", [True, False])
def test_a_longer_way_is_corrected_where_it_is_its_own_turn(
    monkeypatch: pytest.MonkeyPatch, made: bool
) -> None:
    # Changed after 500 s, when the first correction of the old one is over: 4 000 s more to go.
    changed, corrected = in_doubt(monkeypatch, [3_500.0], made=made)
    monkeypatch.setattr(legs, "is_clear", lambda node: not 300.0 < now() < 700.0)
    assert do(follow_leg(near(), Leg(GOAL, 1_000.0), seen, 20.0, stop=False))
    assert changed == [500.0]
    assert corrected == [360.0, 500.0 + 1_400.0, 500.0 + 2_800.0, 500.0 + 3_600.0]


def test_a_way_that_keeps_its_arrival_keeps_its_corrections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, corrected = in_doubt(monkeypatch, [0.0], made=True, until=500.0)
    assert do(follow_leg(near(), Leg(GOAL, 1_000.0), seen, 20.0, stop=False))
    assert corrected == [360.0, 700.0, 900.0]


@pytest.mark.parametrize("found", [True, False])
def test_it_is_changed_to_another_arrival_or_to_a_drift_away(
    monkeypatch: pytest.MonkeyPatch, found: bool
) -> None:
    asked: list[Any] = []

    def plan(own: Any, target: Any, *rest: Any) -> Transfer | None:
        asked.append(rest[:-1])
        return Transfer((0.01, 0.0, 0.0), BURN, 2_000.0) if found else None

    monkeypatch.setattr(legs, "cheapest_safe", plan)
    # 30 m ahead and 1.5 mm/s towards it: it leads there within a revolution.
    ship = near((0.0, 30.0, 0.0), (0.0, 0.0015, 0.0))
    assert not is_clear(ship)
    leg = Leg(GOAL, 500.0, away=60.0)
    assert do(legs._make_clear(ship, leg)) is True
    [(goal, fractions, revolutions, keep_out, _)] = asked
    assert (goal, fractions, revolutions, keep_out) == (GOAL, legs.FRACTIONS, 3.0, 6.0)
    [(purpose, size)] = ship.burns()
    assert purpose == "clearing" and leg.arrival == (2_000.0 if found else 500.0)
    if found:
        assert size == 0.01
    else:
        wanted = receding(ship.navigator.target, GOAL, 60.0)
        assert ship.navigator.relative()[1] == pytest.approx(wanted, abs=1e-5) and is_clear(ship)


def test_what_is_clear_already_is_left_where_no_other_way_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(legs, "cheapest_safe", lambda *given: None)
    ship = near((0.0, 30.0, 0.0), receding(orbit(), GOAL, 100.0))
    assert do(legs._make_clear(ship, Leg(GOAL, 500.0, away=60.0))) is False
    assert not ship.burns() and ship.free_drift_distance is not None


def test_a_change_that_was_not_flown_leaves_the_leg_its_arrival(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[float] = []

    def plan(*given: Any) -> Transfer | None:
        asked.append(now())
        return Transfer((0.01, 0.0, 0.0), BURN, 2_000.0)

    monkeypatch.setattr(legs, "cheapest_safe", plan)
    ship = near((0.0, 30.0, 0.0), (0.0, 0.0015, 0.0))
    ship.devices.thrusters = Answers(fire=[DeviceFault("valve", "stuck")])
    leg = Leg(GOAL, 500.0, away=60.0)
    assert do(legs._make_clear(ship, leg)) is False
    assert asked == [0.0, 60.0, 360.0] and leg.arrival == 500.0 and not ship.burns()


def test_a_change_that_is_late_and_needs_none_by_then_leaves_the_leg_its_arrival(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [Transfer((0.01, 0.0, 0.0), BURN, 2_000.0), None]
    monkeypatch.setattr(legs, "cheapest_safe", lambda *given: found.pop(0))
    monkeypatch.setattr(legs, "clearest", lambda node, burns: (0.0, 0.0, 0.0))
    ship = near((0.0, 30.0, 0.0), (0.0, 0.0015, 0.0))
    ship.devices.thrusters = Answers(fire=[DeviceFault("valve", "stuck")])
    leg = Leg(GOAL, 500.0, away=60.0)
    assert do(legs._make_clear(ship, leg)) is False
    assert leg.arrival == 500.0 and found == []


# ----------------------------------------------------------------------- retreat


def test_a_retreat_takes_the_fastest_way_that_is_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = quick(monkeypatch, close_rendezvous, follow_leg=True)
    ways = {900.0: (0.0, 0.3, 0.0), 1200.0: (0.0, 0.2, 0.0), 1600.0: (0.0, 0.1, 0.0)}
    monkeypatch.setattr(
        close_rendezvous, "two_impulses",
        lambda own, target, goal, seconds, speed: Transfer(ways[seconds], BURN, seconds),
    )  # fmt: skip
    monkeypatch.setattr(close_rendezvous, "_RETREATS", (1200.0, 900.0, 1600.0))
    for clear, seconds in (((0.3, 0.2), 1200.0), ((0.3,), 900.0), ((0.1,), 1600.0)):
        monkeypatch.setattr(
            "flight.orbiter.clearance.certain_distance",
            lambda node, burn=BURN, *more, clear=clear: 12.1 if burn[1] in clear else 1.0,
        )
        ship = near((0.0, 10.0, 0.0))
        do(begin_retreat(ship, (0.0, 100.0, 0.0)))
        assert calls[-1][2].arrival == seconds and calls[-1][2].away == 60.0
        assert ship.burns() == [("retreat", ways[seconds][1])]


def test_ways_that_there_are_not_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def plan(own: Any, target: Any, goal: Any, seconds: float, speed: Any) -> Transfer:
        if seconds == 700.0:
            raise ArithmeticError("none")
        if seconds == 1000.0:
            raise ValueError("none")
        return Transfer(BURN, BURN, seconds)

    monkeypatch.setattr(close_rendezvous, "two_impulses", plan)
    ways = do(_ways_of(near(), Leg(GOAL, 0.0, away=60.0)))
    assert [way.seconds for way in ways] == [400.0, 1400.0]


async def _ways_of(ship: Any, leg: Leg) -> list[Transfer]:
    return close_rendezvous._ways(ship, leg, (400.0, 700.0, 1000.0, 1400.0))


def test_without_any_way_to_retreat_it_is_tried_in_twenty_minutes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = quick(monkeypatch, close_rendezvous, follow_leg=True)
    monkeypatch.setattr(close_rendezvous, "_ways", lambda *given: [])
    ship = near((0.0, 10.0, 0.0))
    do(begin_retreat(ship, (0.0, 100.0, 0.0)))
    assert calls[0][2].arrival == 1200.0 and not ship.burns()
