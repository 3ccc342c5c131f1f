"""The search as a whole, what the orbiter shows and remembers, and when its tracking is old."""

import asyncio
import math
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.vectors import Vector, add, norm, scale, subtract, unit
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.fault_protection.structure import STRUCTURE
from flight.icd.devices.base import DeviceFault
from flight.orbiter import capturing, confirming, departing, node, search, vehicle
from flight.orbiter.navigation import orbit_covariance
from flight.orbiter.propagation import mean_axis
from flight.orbiter.records import TargetOrbit
from flight.orbiter.safeguards import TARGET_GATE
from flight.orbiter.search import make_family
from flight.orbiter.tanks import TankBook
from flight.orbiter.vehicle import OrbiterVehicle
from tests.flight.orbiter.ship import MUTE, Answers, Ship, do, known_orbit, now, orbit, quick

SIGNAL = Signal("x")
DAY = 86_400.0
LINE: Vector = (1.0, 0.0, 0.0)


# ------------------------------------------------------------------- the search


def sought(
    monkeypatch: pytest.MonkeyPatch, finds: Any, target: Any = None, **values: Any
) -> tuple[Any, list[Any]]:
    """A search whose sweeps find what `finds` gives for the time."""
    families: list[Any] = []

    async def sweep(node: Any, family: Any, epoch: float) -> Any:
        families.append((now(), epoch, family))
        await asyncio.sleep(5_000.0)
        return finds(now())

    monkeypatch.setattr(search, "_sweep", sweep)
    monkeypatch.setattr(search, "_fitting", lambda node, found, family, epoch: "the best")
    monkeypatch.setattr(
        search, "_finish", lambda node, found, state: Signal("done", {"found": found, "at": state})
    )
    quick(monkeypatch, search, search_near=None, _go_round=None)
    if target is None:
        target = TargetOrbit(*orbit(), 0.0, 20_000.0)
    ship = Ship(target=target, **values)
    return ship, families


def test_a_search_sweeps_until_it_is_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    ship, families = sought(monkeypatch, lambda at: ["it"] if at >= 20_000.0 else None)
    assert do(search.search(ship, SIGNAL)).data == {"found": ["it"], "at": "the best"}
    assert [at for at, *_ in families] == [0.0, 5_000.0, 10_000.0, 15_000.0]
    assert all(epoch == 0.0 for _, epoch, _ in families)
    assert ship.told("refresh_own")
    # The family serves for 10 500 s; then finer ones for half as long again are made, that inherit.
    first, again, still, finer = (family for *_, family in families)
    assert first is again is still and len(finer) > len(first)
    assert len(finer) == len(make_family(orbit(), 20_000.0, 22_500.0))
    assert len(first) == len(make_family(orbit(), 20_000.0, 10_500.0))


def test_belief_goes_on_when_the_family_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    ship, families = sought(monkeypatch, lambda at: None)

    async def sweep(node: Any, family: Any, epoch: float) -> Any:
        families.append(family)
        for member in family:
            member.belief = 0.25
        await asyncio.sleep(12_000.0)
        return ["it"] if len(families) == 2 else None

    monkeypatch.setattr(search, "_sweep", sweep)
    do(search.search(ship, SIGNAL))
    first, second = families
    assert first is not second and {member.belief for member in second} == {0.25}


def test_a_search_ends_after_twenty_days(monkeypatch: pytest.MonkeyPatch) -> None:
    ship, families = sought(monkeypatch, lambda at: None)
    with pytest.raises(ActivityFailed, match="was not found in 20 days"):
        do(search.search(ship, SIGNAL))
    assert families[-1][0] < 20.0 * DAY <= families[-1][0] + 5_000.0


def test_without_a_target_or_with_one_out_of_reach_nothing_is_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ActivityFailed, match="load_target_orbit first"):
        do(search.search(Ship(target=None), SIGNAL))  # type: ignore[arg-type]
    x, y, z = orbit()[1]
    steep = TargetOrbit(orbit()[0], (x, z, y), 0.0, 20_000.0)
    ship, families = sought(monkeypatch, lambda at: ["it"], steep)
    with pytest.raises(ActivityFailed, match=r"from the own one.*: load_target_orbit again"):
        do(search.search(ship, SIGNAL))
    assert not families
    # Without that safeguard, or who does not know where he is, looks all the same.
    ship, families = sought(monkeypatch, lambda at: ["it"], steep)
    ship.context = SimpleNamespace(structure=SimpleNamespace(keeps=lambda what: False))
    do(search.search(ship, SIGNAL))
    ship, families = sought(monkeypatch, lambda at: ["it"], steep)
    ship.navigator.own = None
    do(search.search(ship, SIGNAL))
    assert len(families) == 1 and STRUCTURE.keeps(TARGET_GATE)


def test_a_find_begins_with_the_member_that_fits_best() -> None:
    family = make_family(orbit(), 20_000.0, 20_000.0)
    true = family[2 * len(family) // 3]
    ship: Any = Ship(own_sigma=0.0, bearings=[])
    ship.navigator.own = orbit(400e3, anomaly=0.1)
    sightings = []
    for seconds in (9_000.0, 9_030.0, 9_060.0):
        ship.navigator.advance(seconds)
        line = unit(subtract(true.state(seconds + 500.0)[0], ship.navigator.own[0]))
        sightings.append((seconds, line, 7.26))
    found = finish(ship, sightings, family)
    assert found.name == "done" and "found at about" in found.data["result"]
    assert [b.time for b in ship.bearings] == [9_000.0, 9_030.0, 9_060.0]
    assert {b.sigma for b in ship.bearings} == {3.5e-5}
    assert ship.guess.time == 9_000.0
    assert norm(subtract(ship.guess.state[0], true.state(9_500.0)[0])) < 1.0
    [told] = ship.told("container_found")
    apart = norm(subtract(ship.guess.state[0], ship.bearings[0].own))
    assert told == {"range": round(apart / 1000.0), "magnitude": 7.3}
    assert ship.navigator.time == 9_100.0 and ship.told("save_navigation")
    assert found.data["result"] == f"found at about {apart / 1000.0:.0f} km"
    # As badly known as a few bearings tell: 30 km to either side, 200 km along.
    x, y, z = ship.navigator.local_sigmas()
    assert 25e3 < x < 60e3 and 190e3 < y < 230e3 and 25e3 < z < 35e3


def finish(ship: Any, sightings: Any, family: Any) -> Signal:
    async def story() -> Signal:
        await asyncio.sleep(9_100.0)
        best = search._fitting(ship, sightings, family, -500.0)
        return search._finish(ship, sightings, best)

    found: Signal = do(story())
    return found


def test_a_member_is_tracked_as_it_moves() -> None:
    ship: Any = Ship()
    [*_, member] = make_family(orbit(), 20_000.0, 20_000.0)
    track = search._track(ship, member, -700.0)
    own, there = ship.navigator.own, member.state(1_000.0)
    assert track(300.0) != pytest.approx(track(0.0), abs=1e-3)
    ship.navigator.advance(300.0)
    line = unit(subtract(there[0], ship.navigator.own[0]))
    assert track(300.0) == pytest.approx(line, abs=1e-9) and own != ship.navigator.own


@pytest.mark.parametrize(("shift", "seen"), [(0.749, True), (0.751, False), (-0.749, True)])
def test_members_that_lie_too_far_along_the_orbit_are_not_looked_at(
    monkeypatch: pytest.MonkeyPatch, shift: float, seen: bool
) -> None:
    asked: list[float] = []

    def visible(own: Vector, place: Vector, sun: Vector, reach: float) -> bool:
        asked.append(reach)
        return True

    monkeypatch.setattr(search, "is_visible", visible)
    monkeypatch.setattr(search, "sun_direction", lambda node, time: LINE)
    ship: Any = Ship()
    ship.navigator.own = orbit(anomaly=shift)
    [member] = make_family(orbit(), 20_000.0, 20_000.0)[29:30] or [None]
    assert member is not None

    async def story() -> Any:
        return search._in_view(ship, [member], 0.0)

    found = do(story())
    assert bool(found) is seen and asked == [2.3e6] * int(seen)
    if seen:
        place = member.state(0.0)[0]
        assert found == [(member, unit(subtract(place, ship.navigator.own[0])))]


def test_a_camera_that_does_not_answer_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch, confirming, image=DeviceFault("no_power", "off"))
    ship: Any = Ship(images_taken=6)

    async def story() -> float:
        assert await confirming.look(ship, lambda time: LINE) is None
        return now()

    assert do(story()) == 900.0 and ship.images_taken == 7
    assert len(ship.told("device_trouble")) == 1
    quick(monkeypatch, confirming, image=["a"])
    ship = Ship()
    assert do(confirming.look(ship, lambda time: LINE)) == ["a"] and ship.images_taken == 1


def test_near_by_an_image_shows_a_part_of_the_way_between_two_members() -> None:
    family = make_family(orbit(), 20_000.0, 20_000.0)
    middle = len(family) // 2
    member, beyond = family[middle], family[middle + 1]
    ship: Any = Ship(images_taken=0)
    place = member.state(20_000.0)[0]
    cell = norm(subtract(beyond.state(20_000.0)[0], place))

    async def story(distance: float) -> list[tuple[float, float]]:
        await asyncio.sleep(20_000.0)
        ship.navigator.time = now()
        x, y, z = place
        ship.navigator.own = ((x + distance, y, z), orbit()[1])
        found = []
        for number in range(40):
            ship.images_taken = number
            found.append(search._part_of_cell(ship, member, family, 0.0))
        return found

    assert set(do(story(2_000e3))) == {(1.0, 0.0)}
    near = do(story(100e3))
    width = 2.0 * math.radians(1.9) * 100e3
    assert [part for part, _ in near] == pytest.approx([width / cell] * 40, rel=0.02)
    # Forty images lie beside each other over the whole way, and not beyond it.
    places = sorted(beside for _, beside in near)
    assert places[0] > -0.5 * cell and places[-1] < 0.5 * cell
    assert max(b - a for a, b in pairwise(places)) < width
    assert places[0] < -0.5 * cell + width and places[-1] > 0.5 * cell - width


def test_an_image_beside_a_member_is_taken_before_it_on_its_orbit() -> None:
    ship: Any = Ship((0.0, 100_000.0, 0.0))
    [*_, member] = make_family(orbit(), 20_000.0, 20_000.0)
    place, velocity = member.state(300.0)
    ship.navigator.advance(300.0)
    there = add(place, scale(5_000.0, unit(velocity)))
    line = unit(subtract(there, ship.navigator.own[0]))
    assert search._track(ship, member, 0.0, 5_000.0)(300.0) == pytest.approx(line, abs=1e-9)


@pytest.mark.parametrize(
    ("height", "after"), [(3_000.0, 25_000.0), (-3_000.0, -25_000.0), (25_000.0, 25_000.0)]
)
def test_who_goes_along_with_it_changes_to_an_orbit_that_drifts_once_around(
    height: float, after: float
) -> None:
    ship: Any = Ship(target=None)
    ship.navigator.own, ship.navigator.target = orbit(343e3 + height), None
    before = ship.navigator.own
    do(search._go_round(ship, orbit()))
    offset = mean_axis(ship.navigator.own) - mean_axis(orbit())
    assert offset == pytest.approx(after, abs=600.0)
    assert (ship.navigator.own == before) is (height == after)
    assert [purpose for purpose, _ in ship.burns()] == ["search"] * (height != after)
    empty: Any = Ship(tank_book=TankBook(0.0, 2_000.0, 2.5))
    empty.navigator.own = orbit(346e3)
    with pytest.raises(ActivityFailed, match=r"search: it takes 1\d m/s, the tanks hold 0"):
        do(search._go_round(empty, orbit()))


def test_what_is_found_near_by_needs_no_wide_search(monkeypatch: pytest.MonkeyPatch) -> None:
    ship, families = sought(monkeypatch, lambda at: ["wide"])
    calls = quick(monkeypatch, search, search_near=["near"], _go_round=None)
    assert do(search.search(ship, SIGNAL)).data == {"found": ["near"], "at": None}
    assert [name for name, *_ in calls] == ["search_near"] and not families


# ------------------------------------------------------- shown, remembered, renewed


def shown(ship: Any) -> None:
    OrbiterVehicle.show_navigation(ship)


def test_what_is_believed_is_shown() -> None:
    ship: Any = Ship((3.0, 40.0, -5.0))
    ship.navigator.covariance = orbit_covariance(
        ship.navigator.target, 1.0, 2.0, 3.0, (0.0, 0.0, 0.0)
    )
    shown(ship)
    assert ship.range_to_container == pytest.approx(math.sqrt(9 + 1600 + 25), abs=0.01)
    assert (ship.relative_radial, ship.relative_along, ship.relative_across) == pytest.approx(
        (3.0, 40.0, -5.0), abs=0.01
    )
    sigmas = (ship.sigma_radial, ship.sigma_along, ship.sigma_across)
    assert sigmas == pytest.approx((1.0, 2.0, 3.0))
    assert ship.position_sigma == pytest.approx(math.sqrt(14.0), abs=1e-3)
    assert 1.9 < ship.range_sigma < 2.1


@pytest.mark.parametrize("missing", ["own", "target", "covariance"])
def test_what_is_not_known_is_not_shown(missing: str) -> None:
    ship: Any = Ship(range_to_container=7.0)
    setattr(ship.navigator, missing, None)
    shown(ship)
    assert ship.range_to_container == 7.0


def test_what_is_believed_is_remembered() -> None:
    ship: Any = Ship(delta_v_used=12.5)
    OrbiterVehicle.save_navigation(ship)
    assert ship.navigation == ship.navigator.pack() and ship.delta_v_kept == 12.5
    assert ship.told("show_navigation")
    ship.delta_v_used = None
    OrbiterVehicle.save_navigation(ship)
    assert ship.delta_v_kept == 0.0


@pytest.mark.parametrize(
    ("days", "burnt", "old"),
    [(1.499, -1, False), (1.501, -1, True), (0.1, 0, True), (0.1, 4, True)],
)
def test_a_solution_is_old_after_a_day_and_a_half_or_a_large_burn(
    monkeypatch: pytest.MonkeyPatch, days: float, burnt: int, old: bool
) -> None:
    monkeypatch.setattr(vehicle, "monotonic", lambda: 1_000.0 + days * DAY)
    ship: Any = SimpleNamespace(_burnt_solution=burnt, _own_taken=1_000.0)
    assert OrbiterVehicle.own_is_old(ship) is old


def test_a_large_burn_is_over_with_the_next_solution() -> None:
    ship: Any = SimpleNamespace(
        navigator=Ship().navigator, _burnt_solution=-1, _own_taken=-math.inf,
        devices=SimpleNamespace(orbit_knowledge=None),
    )  # fmt: skip
    ship.navigator.solution = 6
    OrbiterVehicle.note_large_burn(ship)
    assert ship._burnt_solution == 6
    for solution, left in ((6, 6), (7, -1)):
        known = known_orbit("mars", solution=solution)
        ship.devices.orbit_knowledge = Answers(state=[known])
        do(OrbiterVehicle.refresh_own(ship))
        assert ship._burnt_solution == left and ship.navigator.solution == solution
        assert ship.navigator.time == 5.0 and ship._own_taken == 0.0
        assert ship.navigator.own_sigma == 500.0


def test_guards_say_how_far_it_is() -> None:
    empty: Any = SimpleNamespace(release=None, departure=None, container_captured=False)
    full: Any = SimpleNamespace(release=1, departure=1, container_captured=True)
    for guard in (node._at_home, node._departed, node._captured):
        assert guard(full, SIGNAL) and not guard(empty, SIGNAL)


# ------------------------------------------------------------------ the last metres


@pytest.mark.parametrize(
    ("along", "seconds", "part"),
    [
        # Ten metres at 7 cm/s: 143 s; it aims at where the line is in 30 s of them.
        (10.0, 30.0, 0.79),
        (5.9, 84.2857142857, 0.0),
        (1.0, 20.0, 0.0),
    ],
)
def test_it_steers_to_where_the_straight_line_will_be(
    monkeypatch: pytest.MonkeyPatch, along: float, seconds: float, part: float
) -> None:
    asked: list[Any] = []
    made = capturing.cw_two_impulses

    def plan(state: Any, goal: Vector, n: float, span: float) -> Any:
        asked.append((goal, span))
        return made(state, goal, n, span)

    monkeypatch.setattr(capturing, "cw_two_impulses", plan)
    calls: list[Any] = []

    async def burn(node: Any, change: Vector, purpose: str, **options: Any) -> Vector:
        calls.append((purpose, options["pauses"]))
        again = await options["again"]()
        assert again == pytest.approx(change)
        return change

    monkeypatch.setattr(capturing, "execute", burn)
    do(capturing._steer(Ship((0.0, along, 0.0)), 0.07))  # type: ignore[arg-type]
    assert calls == [("approach", (2.0, 5.0))]
    goal, span = asked[0]
    assert span == pytest.approx(seconds)
    assert goal == pytest.approx((0.0, part * along, 0.0), abs=1e-6)


@pytest.mark.parametrize(("along", "pause"), [(4.61, 0.5), (5.0, 5.714285714), (30.0, 15.0)])
def test_between_corrections_it_waits_no_longer_than_to_the_last_of_them(
    monkeypatch: pytest.MonkeyPatch, along: float, pause: float
) -> None:
    ship: Any = Ship((0.0, along, 0.0))
    at: list[float] = []

    async def steer(node: Any, speed: float) -> None:
        at.append(now())
        assert speed == 0.07
        monkeypatch.setattr(node.navigator, "range", lambda: 4.6)

    calls = quick(monkeypatch, capturing, take_scan=True)
    monkeypatch.setattr(capturing, "_steer", steer)
    do(capturing._run_in(ship))
    assert at == pytest.approx([0.0, pause]) and len(calls) == 2


def test_a_container_that_does_not_come_nearer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = quick(monkeypatch, capturing, take_scan=True, _steer=None)
    ship: Any = Ship((0.0, 30.0, 0.0))
    monkeypatch.setattr(ship.navigator, "range", lambda: 30.0)

    async def story() -> float:
        with pytest.raises(ActivityFailed, match="the container is still at 30 m"):
            await capturing._run_in(ship)
        return now()

    # Three times 429 s for the way and 240 s for the trigger.
    assert do(story()) == pytest.approx(2_010.0, abs=15.0)
    assert calls[0][0] == "take_scan" and len(calls) == 2 * 134


def test_an_orbit_that_leaves_is_told_from_one_that_stays() -> None:
    ship: Any = Ship()
    assert do(departing._is_escaping(ship)) is False
    place, velocity = ship.navigator.own
    ship.navigator.own = (place, scale(1.5, velocity))
    assert do(departing._is_escaping(ship)) is True
    ship.navigator.own = None
    assert do(departing._is_escaping(ship)) is False


# ------------------------------------------------------------------------- radio


def test_the_radio_is_switched_on_until_it_says_that_it_is() -> None:
    at: list[float] = []

    def power(on: bool) -> None:
        assert on
        at.append(now())

    ship: Any = Ship()
    off, on = SimpleNamespace(valid=True, on=False), SimpleNamespace(valid=True, on=True)
    ship.devices.x_band = Answers(set_power=[power], state=[off, MUTE, off, off, off, off, on])
    do(OrbiterVehicle._switch_radio_on(ship))
    assert at == [0.0, 10.0, 70.0, 670.0, 4_270.0, 25_870.0, 47_470.0]
    reasons = [told["reason"] for told in ship.told("device_trouble")]
    assert len(reasons) == 6
    assert reasons[0] == "the X-band radio is not on, though it was told to be"
