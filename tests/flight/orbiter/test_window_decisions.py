"""Which window, which day, which revolution: the choices of the departure and of the aim, alone."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.vectors import norm
from flight.core.activities import ActivityFailed
from flight.icd.devices.orbiter_propulsion import PropellantState
from flight.orbiter import departing, escape, targeting
from flight.orbiter.escape import Burn, choose_opportunity, time_of_cutoff
from flight.orbiter.targeting import Site, aim_at_site, site_direction
from flight.orbiter.trajectory import Dynamics
from tests.flight.orbiter.ship import EPOCH, Answers, Ship, do, now, orbit, quick
from tests.flight.orbiter.test_homeward_figures import ASYMPTOTE, CAPSULE, DYNAMICS, SITE

DAY = 86_400.0
NOW = 2_463_000.0


# -------------------------------------------------------------------- which window


def occasion(days: float, c3: float = 10.0, declination: float = 0.0) -> Any:
    return SimpleNamespace(
        departure_declination=math.radians(declination),
        transfer=SimpleNamespace(departure_jd_tdb=NOW + days, c3=c3),
    )


def choose(
    monkeypatch: pytest.MonkeyPatch, *found: Any, inclination: float = 25.0, window: float = 20.0
) -> tuple[Any, list[Any]]:
    asked: list[Any] = []

    def opportunities(start: str, goal: str, span: tuple[float, float]) -> list[Any]:
        asked.append((start, goal, span))
        return list(found)

    monkeypatch.setattr(escape, "opportunities", opportunities)
    return choose_opportunity(NOW, math.radians(inclination), window), asked


def test_of_one_season_the_cheaper_is_taken_and_of_two_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, cheaper, later = occasion(30.0, 12.0), occasion(89.9, 9.0), occasion(90.0, 5.0)
    assert choose(monkeypatch, first, cheaper, later)[0] is cheaper
    found, asked = choose(monkeypatch, first, later)
    assert found is first
    assert asked == [("mars", "earth", (NOW - 20.0, NOW + 800.0))]


@pytest.mark.parametrize(
    ("days", "declination", "open_"),
    [
        (-18.99, 0.0, True), (-19.0, 0.0, False),  # a day is left of its window, or is not
        (30.0, 23.99, True), (30.0, -23.99, True), (30.0, 24.01, False), (30.0, -24.01, False),
    ],
)  # fmt: skip
def test_a_window_is_open_that_has_a_day_left_and_a_direction_within_a_degree_of_the_plane(
    monkeypatch: pytest.MonkeyPatch, days: float, declination: float, open_: bool
) -> None:
    wanted, next_one = occasion(days, 1.0, declination), occasion(700.0)
    found, _ = choose(monkeypatch, wanted, next_one)
    assert found is (wanted if open_ else next_one)


# ----------------------------------------------------------------------- which day


def waiting(monkeypatch: pytest.MonkeyPatch, *days: float) -> tuple[Any, list[float]]:
    """Departures so many days after the epoch, as they are found at each look."""
    looked: list[float] = []
    left = list(days)

    def choose_day(best: Any, own: Any, time: float, dynamics: Any, window: float) -> Any:
        assert own == ship.navigator.own and window == 25.0
        looked.append(time / DAY)
        found = left.pop(0) if len(left) > 1 else left[0]
        return SimpleNamespace(departure_jd_tdb=EPOCH + found, arrival_jd_tdb=EPOCH + 300.0, c3=9.0)

    best = SimpleNamespace(transfer=SimpleNamespace(c3=8.0))

    def choose_opportunity(jd: float, inclination: float, window: float) -> Any:
        assert jd > 2.4e6 and window == 25.0
        assert inclination == pytest.approx(math.radians(25.0), abs=1e-6)
        return best

    monkeypatch.setattr(departing, "choose_opportunity", choose_opportunity)
    monkeypatch.setattr(departing, "choose_day", choose_day)
    ship: Any = Ship(dynamics=Dynamics(EPOCH, 4.5e-5))
    return ship, looked


async def ended(ship: Any) -> tuple[Any, float]:
    return await departing._wait_for_day(ship), now() / DAY


def test_the_day_is_predicted_anew_on_the_way_and_it_wakes_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ship, looked = waiting(monkeypatch, 20.4)
    wanted, at = do(ended(ship))
    # 20 days before it wakes: at 16, then half of what is left until no more than a day is.
    assert looked == pytest.approx([0.0, 16.0, 18.0, 19.0]) and at == pytest.approx(20.0)
    assert wanted.departure_jd_tdb == EPOCH + 20.4 and ship.departure_c3 == 9.0
    [told] = ship.told("window_chosen")
    assert (told["c3"], told["best"]) == (9.0, 8.0)
    assert len(ship.told("refresh_own")) == 4


def test_another_day_is_told_and_one_that_is_now_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ship, looked = waiting(monkeypatch, 20.4, 17.0)
    assert do(ended(ship))[1] == pytest.approx(16.6)
    assert len(ship.told("window_chosen")) == 2 == len(looked)
    ship, looked = waiting(monkeypatch, 0.3)
    assert do(ended(ship))[1] == 0.0 and len(looked) == 1

    def none(*given: Any) -> Any:
        raise ValueError("the window is over")

    monkeypatch.setattr(departing, "choose_day", none)
    with pytest.raises(ActivityFailed, match="the window is over"):
        do(departing._wait_for_day(ship))


# ---------------------------------------------------------------- which revolution


def leaving(monkeypatch: pytest.MonkeyPatch, plans: list[Any], burnt: list[bool]) -> Any:
    asked: list[Any] = []

    def plan(own: Any, time: float, wanted: Any, engine: Any, dynamics: Any) -> Burn:
        asked.append((time, engine))
        found = plans.pop(0)
        if isinstance(found, Exception):
            raise found
        return Burn(found, (1.0, 0.0, 0.0), 2_000.0, (0.0, 0.0, 1.0), 6e-4, 2_400.0)

    monkeypatch.setattr(departing, "plan_burn", plan)
    calls = quick(
        monkeypatch, departing, _burn=lambda node, burn: burnt.pop(0), _note_departure=None
    )
    ship: Any = Ship(dynamics=Dynamics(EPOCH, 4.5e-5), asked=asked, calls=calls)
    ship.devices.main_engine = Answers(propellant=[PropellantState(propellant=900.0, mass=2_900.0)])
    return ship


WANTED: Any = SimpleNamespace(departure_jd_tdb=EPOCH + 0.5, arrival_jd_tdb=EPOCH + 200.0, c3=9.0)


def test_it_burns_at_its_instant_with_the_mass_that_the_gauge_tells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ship = leaving(monkeypatch, [41_000.0], [True])
    assert do(departing._leave(ship, WANTED)) is True
    # Planned from an hour before the day, that is, within the revolution around it.
    [(time, engine)] = ship.asked
    assert time == pytest.approx(0.5 * DAY - 3_600.0, abs=0.01)
    p = ship.parameters
    assert (engine.thrust, engine.specific_impulse, engine.mass) == (
        p["main_thrust"], p["specific_impulse"], 2_900.0,
    )  # fmt: skip
    assert [(name, at) for name, at, *_ in ship.calls] == [
        ("_burn", 41_000.0), ("_note_departure", 41_000.0),
    ]  # fmt: skip
    assert ship.told("departure_planned") == [{"size": 2_000.0, "seconds": 2_400, "minutes": 683}]


def test_what_does_not_ignite_or_settle_is_tried_in_the_next_revolution_four_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unsettled = ArithmeticError("does not settle")
    ship = leaving(monkeypatch, [40_000.0, unsettled, 48_000.0, 56_000.0, 64_000.0], [False] * 5)
    assert do(departing._leave(ship, WANTED)) is False
    assert [at for name, at, *_ in ship.calls if name == "_burn"] == [40_000.0, 48_000.0, 56_000.0]
    assert len(ship.told("device_trouble")) == 1 and len(ship.asked) == 4
    # Once the day has come it is planned from ten minutes on.
    times = [time for time, _ in ship.asked]
    assert times[1] == pytest.approx(40_600.0) and times[2] == pytest.approx(44_200.0)
    assert "_note_departure" not in [name for name, *_ in ship.calls]


def note(monkeypatch: pytest.MonkeyPatch, asymptote: Any, gauge: Any) -> Any:
    monkeypatch.setattr(departing, "asymptote_of", lambda own: asymptote)
    ship: Any = Ship(dynamics=Dynamics(EPOCH, 4.5e-5), propellant=1.0, departure=None)
    ship.devices.main_engine = Answers(propellant=[gauge])
    do(departing._note_departure(ship, WANTED))
    return ship


GAUGE = PropellantState(propellant=412.34, mass=1_512.34)


def test_what_the_departure_has_reached_is_noted_and_the_orbit_is_known_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ship = note(monkeypatch, (0.0, 3_000.0, 0.0), GAUGE)
    assert ship.departure.c3 == pytest.approx(9.0) and ship.departure_c3 == 9.0
    assert ship.departure.arrival == pytest.approx(200.0 * DAY) and ship.navigator.own is None
    assert (ship.propellant, ship.mass) == (412.3, 1_512.3)
    assert ship.told("departed") == [{"c3": 9.0, "wanted": 9.0}]
    invalid = PropellantState(valid=False, propellant=0.0, mass=9.0)
    blind = note(monkeypatch, (0.0, 3_000.0, 0.0), invalid)
    assert blind.propellant is None, "what is not said is not known"


def test_a_burn_that_does_not_escape_is_no_departure(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ActivityFailed, match="not enough to escape"):
        note(monkeypatch, None, GAUGE)


@pytest.mark.parametrize("known", [True, False])
def test_only_an_orbit_that_is_known_says_that_it_leaves(
    monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    monkeypatch.setattr(departing, "asymptote_of", lambda own: (1.0, 0.0, 0.0))
    ship: Any = Ship()
    if not known:
        ship.navigator.own = None
    assert do(departing._is_escaping(ship)) is known
    assert ship.told("refresh_own")


# ------------------------------------------------------------------ which burn


def test_a_strong_engine_gives_its_change_in_no_time() -> None:
    own = orbit(400e3)
    engine = escape.Engine(1e9, 320.0, 3_000.0)  # as good as an impulse
    seconds = escape._duration(200.0, engine)
    burn = escape._burn(own, 0.0, 200.0, 0.0, 0.0, seconds)
    place, velocity = escape._after(own, 0.0, burn, engine)
    assert norm(velocity) == pytest.approx(norm(own[1]) + 200.0, rel=1e-5)
    assert place == pytest.approx(own[0], abs=20.0)
    sideways = escape._burn(own, 0.0, 200.0, 0.5 * math.pi, 0.0, seconds)
    assert norm(escape._after(own, 0.0, sideways, engine)[1]) == pytest.approx(
        math.hypot(norm(own[1]), 200.0), rel=1e-4
    )
    assert time_of_cutoff(burn) == seconds


def test_the_direction_of_a_burn_is_along_the_path_and_yaw_turns_it_to_the_normal() -> None:
    own = orbit(400e3)
    along = escape._burn(own, 5.0, 1.0, 0.0, 0.0, 1.0)
    assert along.direction == pytest.approx(tuple(v / norm(own[1]) for v in own[1]))
    up = escape._burn(own, 5.0, 1.0, 0.5 * math.pi, 0.0, 1.0)
    assert up.direction == pytest.approx(up.axis) and up.time == 5.0
    assert sum(a * b for a, b in zip(up.axis, own[0], strict=True)) == pytest.approx(0.0, abs=1.0)


# -------------------------------------------------------------------- which hour


def test_the_hour_nearest_to_the_one_that_is_asked_for() -> None:
    at = 3.0 * DAY
    aim = aim_at_site(ASYMPTOTE, at, SITE, CAPSULE, DYNAMICS)
    assert abs(aim.entry_time - at) <= 0.5 * DAY
    for near in (aim.entry_time - 10_000.0, aim.entry_time + 10_000.0):
        again = aim_at_site(ASYMPTOTE, near, SITE, CAPSULE, DYNAMICS)
        assert again.entry_time == pytest.approx(aim.entry_time, abs=1.0)
    later = aim_at_site(ASYMPTOTE, aim.entry_time + DAY, SITE, CAPSULE, DYNAMICS)
    assert later.entry_time - aim.entry_time == pytest.approx(86_164.0, abs=60.0)


def test_both_hours_of_a_day_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A site that turns past the ring twice a day: the nearer time is taken."""
    hours = {"first": 0.2 * DAY, "second": 0.7 * DAY}

    def angle(radiant: Any, there: Any) -> float:
        inside = hours["first"] < there[0] < hours["second"]
        return 1.0 - (0.5 if inside else -0.5)

    monkeypatch.setattr(targeting, "site_direction", lambda site, time, d: (time - 360.0, 0.0, 0.0))
    monkeypatch.setattr(targeting, "angle_between", angle)
    for near, found in ((0.4 * DAY, "first"), (0.5 * DAY, "second")):
        time = targeting._hour_of_site((1.0, 0.0, 0.0), 1.0, near, SITE, DYNAMICS)
        assert time == pytest.approx(hours[found], abs=0.02)
    with pytest.raises(ValueError, match=r"never lies 180\.0 degrees"):
        targeting._hour_of_site((1.0, 0.0, 0.0), math.pi, 0.5 * DAY, SITE, DYNAMICS)


def test_the_site_turns_with_the_earth() -> None:
    here, later = (site_direction(SITE, time, DYNAMICS) for time in (0.0, 86_164.1))
    assert norm(here) == pytest.approx(1.0) and later == pytest.approx(here, abs=2e-5)
    assert here[2] == pytest.approx(math.sin(math.radians(40.0)), abs=0.01)
    six_hours = site_direction(SITE, 0.25 * 86_164.1, DYNAMICS)
    assert (six_hours[0], six_hours[1]) == pytest.approx((-here[1], here[0]), abs=0.01)


def test_an_aim_that_never_comes_near_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    flights: list[Site] = []
    real = targeting._aim_over

    def over(asymptote: Any, near: float, site: Site, dynamics: Any) -> Any:
        flights.append(site)
        return real(asymptote, near, SITE, dynamics)

    monkeypatch.setattr(targeting, "_aim_over", over)
    with pytest.raises(ValueError, match="no aim brings the capsule to the site"):
        aim_at_site(ASYMPTOTE, 3.0 * DAY, SITE, CAPSULE, DYNAMICS)
    assert len(flights) == 10 and flights[0] == SITE != flights[1]
