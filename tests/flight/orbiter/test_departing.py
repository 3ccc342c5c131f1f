"""Departure from Mars by hand: the plan in figures, the burn and what becomes of it."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.time_scales import julian_date
from flight.astrodynamics.vectors import norm
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.fault_protection.structure import Structure
from flight.icd.devices.base import DeviceFault
from flight.orbiter import departing
from flight.orbiter.departing import _bend
from flight.orbiter.escape import (
    Burn,
    Engine,
    _duration,
    asymptote_of,
    choose_day,
    choose_opportunity,
    plan_burn,
    time_of_cutoff,
)
from flight.orbiter.propagation import coast
from flight.orbiter.records import Departure
from flight.orbiter.trajectory import Dynamics
from tests.flight.orbiter.ship import Answers, Ship, do, known_orbit, now, orbit, quick

DAY = 86_400.0
SIGNAL = Signal("x")


# ------------------------------------------------------------------------ escape


def test_the_departure_in_figures() -> None:
    dynamics = Dynamics(julian_date(2031, 1, 1), 4.5e-5)
    best = choose_opportunity(dynamics.epoch_jd_tt, math.radians(25.0), 25.0).transfer
    assert best.departure_jd_tdb == pytest.approx(2_463_625.476, abs=0.01)
    begin = (best.departure_jd_tdb - 26.0 - dynamics.epoch_jd_tt) * DAY
    own = orbit(400e3)
    day = choose_day(best, own, begin, dynamics, 25.0)
    assert day.departure_jd_tdb == pytest.approx(2_463_627.976, abs=0.01)
    assert day.arrival_jd_tdb == pytest.approx(2_463_843.0, abs=0.01)
    at = (day.departure_jd_tdb - dynamics.epoch_jd_tt) * DAY - 3_600.0
    burn = plan_burn(coast(own, at - begin), at, day, Engine(1_960.0, 320.0, 3_000.0), dynamics)
    assert burn.time - at == pytest.approx(4_378.49, abs=0.5)
    assert burn.delta_v == pytest.approx(2_149.112, abs=0.05)
    assert burn.seconds == pytest.approx(2_381.592, abs=0.1)
    assert burn.rate == pytest.approx(6.66186557e-4, rel=1e-6)
    assert burn.direction == pytest.approx((-0.690502, 0.641420, 0.334346), abs=1e-4)
    assert time_of_cutoff(burn) == burn.time + burn.seconds
    # In the last days of a window there is none left.
    late = (best.departure_jd_tdb + 25.0 - dynamics.epoch_jd_tt) * DAY
    with pytest.raises(ValueError, match="window is over"):
        choose_day(best, own, late - 0.74 * DAY, dynamics, 25.0)
    choose_day(best, own, late - 0.76 * DAY, dynamics, 25.0)


def test_no_opportunity_beyond_the_inclination() -> None:
    with pytest.raises(ValueError, match=r"within 2\.0 degrees"):
        choose_opportunity(julian_date(2031, 1, 1), math.radians(2.0), 25.0)


def test_how_long_a_burn_is() -> None:
    engine = Engine(1_960.0, 320.0, 3_000.0)
    exhaust = 320.0 * 9.80665
    assert _duration(2_000.0, engine) == pytest.approx(
        3_000.0 * (1.0 - math.exp(-2_000.0 / exhaust)) * exhaust / 1_960.0
    )
    assert asymptote_of(orbit()) is None


def test_the_length_of_an_arc_over_its_chord() -> None:
    burn = Burn(0.0, (1.0, 0.0, 0.0), 2_000.0, (0.0, 0.0, 1.0), 1e-3, 1_000.0)
    assert _bend(burn) == pytest.approx(0.5 / math.sin(0.5))
    assert _bend(Burn(0.0, (1.0, 0.0, 0.0), 1.0, (0.0, 0.0, 1.0), 0.0, 1_000.0)) == 1.0


# ---------------------------------------------------------------- departure burn

BURN = Burn(0.0, (1.0, 0.0, 0.0), 2_000.0, (0.0, 0.0, 1.0), 6e-4, 2_000.0)


def burning(monkeypatch: pytest.MonkeyPatch, *gains: Any) -> Any:
    """Each burn is felt by so many m/s, or fails."""
    ship: Any = Ship()
    left = list(gains)

    def burn(way: list[float], size: float, axis: list[float], rate: float) -> Any:
        gain = left.pop(0)
        if isinstance(gain, Exception):
            return gain
        if isinstance(gain, tuple):  # it has burnt, and its answer is lost
            ship.felt[0] += gain[0] / _bend(BURN)
            return gain[1]
        ship.felt[0] += gain / _bend(BURN)
        return None

    ship.devices.main_engine = Answers(burn=[burn])
    return ship


@pytest.mark.parametrize(("gain", "burns"), [(1_961.0, 1), (1_959.0, 2)])
def test_a_burn_cut_off_early_is_completed_along_the_path(
    monkeypatch: pytest.MonkeyPatch, gain: float, burns: int
) -> None:
    ship = burning(monkeypatch, gain, 2_000.0 - gain)
    assert do(departing._burn(ship, BURN)) is True
    asked = ship.devices.main_engine.of("burn")
    assert len(asked) == burns and asked[0] == ([1.0, 0.0, 0.0], 2_000.0, [0.0, 0.0, 1.0], 6e-4)
    if burns == 2:
        assert asked[1][1] == pytest.approx(41.0) and asked[1][3] == 3e-4
        assert norm(tuple(asked[1][0])) == pytest.approx(1.0)  # type: ignore[arg-type]
        assert ship.told("burn_off_nominal") == [
            {"purpose": "departure", "wanted": 2_000.0, "felt": 1_959.0}
        ]
        assert ship.told("refresh_own")
    assert ship.delta_v_used == pytest.approx(2_000.0 if burns == 2 else 1_961.0, abs=0.01)


@pytest.mark.parametrize("kept", [True, False])
def test_of_a_burn_cut_off_at_once_the_rest_is_planned_anew(
    monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    ship = burning(monkeypatch, 20.0)
    off = frozenset() if kept else frozenset({"burn_completed"})
    ship.context = SimpleNamespace(structure=Structure(left_out=off))
    assert do(departing._burn(ship, BURN)) is not kept
    assert len(ship.devices.main_engine.of("burn")) == 1
    assert ship.told("burn_off_nominal")[0]["felt"] == 20.0
    assert ship.delta_v_used == pytest.approx(20.0, abs=0.01)


def test_an_engine_that_does_not_ignite_is_not_a_departure(monkeypatch: pytest.MonkeyPatch) -> None:
    ship = burning(monkeypatch, DeviceFault("valves", "shut"))
    assert do(departing._burn(ship, BURN)) is False
    assert len(ship.told("device_trouble")) == 1 and ship.delta_v_used is None
    ship = burning(monkeypatch, 1_000.0, DeviceFault("valves", "shut"))
    assert do(departing._burn(ship, BURN)) is True  # half of it was flown


LOST = DeviceFault("valves", "no answer")


@pytest.mark.parametrize(("gain", "burns"), [(1_961.0, 1), (1_959.0, 2)])
def test_a_burn_whose_answer_was_lost_was_flown_all_the_same(
    monkeypatch: pytest.MonkeyPatch, gain: float, burns: int
) -> None:
    ship = burning(monkeypatch, (gain, LOST), 2_000.0 - gain)
    assert do(departing._burn(ship, BURN)) is True
    assert len(ship.devices.main_engine.of("burn")) == burns
    assert ship.told("result_unconfirmed") == []
    assert ship.delta_v_used == pytest.approx(2_000.0 if burns == 2 else 1_961.0, abs=0.01)


@pytest.mark.parametrize("leaves", [True, False])
def test_of_a_burn_neither_answered_nor_felt_the_tracking_says_whether_it_leaves(
    monkeypatch: pytest.MonkeyPatch, leaves: bool
) -> None:
    ship = burning(monkeypatch, (2_000.0, LOST))
    ship.devices.inertial_unit.answers["state"] = [ship._feel, DeviceFault("no_power", "off")]
    monkeypatch.setattr(departing, "asymptote_of", lambda own: (1.0, 0.0, 0.0) if leaves else None)
    assert do(departing._burn(ship, BURN)) is leaves
    assert ship.told("refresh_own")


def test_a_burn_that_nobody_has_felt_is_left_to_the_tracking(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ship = burning(monkeypatch, 2_000.0)
    ship.devices.inertial_unit.answers["state"] = [ship._feel, DeviceFault("no_power", "off")]
    assert do(departing._burn(ship, BURN)) is True
    assert len(ship.devices.main_engine.asked) == 1


@pytest.mark.parametrize("leaves", [True, False])
def test_a_burn_whose_end_another_unit_has_read_nobody_has_felt(
    monkeypatch: pytest.MonkeyPatch, leaves: bool
) -> None:
    monkeypatch.setattr(departing, "asymptote_of", lambda own: (1.0, 0.0, 0.0) if leaves else None)
    ship = burning(monkeypatch, (2_000.0, LOST))
    answer = ship.devices.main_engine.answers["burn"][0]

    def burn(*given: Any) -> Any:
        ship.unit, ship.felt = "inertial_unit_b", [-1_999.0, 0.0, 0.0]
        return answer(*given)

    ship.devices.main_engine = Answers(burn=[burn])
    assert do(departing._burn(ship, BURN)) is leaves
    assert ship.delta_v_used is None and not ship.told("burn_off_nominal")


def test_on_the_way_already_nothing_is_burnt(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = quick(monkeypatch, departing, _wait_for_day=None, _leave=True)
    ship: Any = Ship(departure=None)
    ship.devices.orbit_knowledge = Answers(state=[known_orbit("sun")])
    ship.departure = before = Departure(0.0, 1.0, 8.25)
    assert do(departing.depart(ship, SIGNAL)).data["result"] == "on the way already"
    assert not calls and ship.departure is before


@pytest.mark.parametrize("arrival", [5.0e7, None])
def test_who_is_on_the_way_and_has_noted_none_notes_its_departure(
    monkeypatch: pytest.MonkeyPatch, arrival: float | None
) -> None:
    """Else the cruise, which counts from it, is refused for ever."""
    monkeypatch.setattr(departing, "arrival_of", lambda node, path: arrival)
    ship: Any = Ship(departure=None, departure_c3=6.2)
    ship.devices.orbit_knowledge = Answers(state=[known_orbit("sun")])
    if arrival is None:
        with pytest.raises(ActivityFailed, match="Earth is not reached"):
            do(departing.depart(ship, SIGNAL))
        return
    assert do(departing.depart(ship, SIGNAL)).data["result"] == "on the way already"
    assert ship.departure.arrival == 5.0e7 and len(ship.told("departed")) == 1


@pytest.mark.parametrize("leaves", [True, False])
def test_who_leaves_mars_by_a_burn_that_was_known_too_late_burns_no_second_time(
    monkeypatch: pytest.MonkeyPatch, leaves: bool
) -> None:
    asymptote = (2_500.0, 0.0, 0.0)
    monkeypatch.setattr(departing, "asymptote_of", lambda own: asymptote if leaves else None)
    monkeypatch.setattr(departing, "arrival_of", lambda node, path: 5.0e7)
    monkeypatch.setattr(departing, "leave_mars", lambda path, dynamics: path)
    planned: list[Any] = []

    def plan(*given: Any) -> Any:
        planned.append(given)
        raise ValueError("no period")  # of an orbit that is none: no error of the software

    async def weigh(engine: Any) -> float:
        return 3_000.0

    monkeypatch.setattr(departing, "plan_burn", plan)
    ship: Any = Ship(departure=None, departure_c3=6.2, dynamics=SimpleNamespace(epoch_jd_tt=0.0))
    ship.devices.orbit_knowledge = Answers(state=[known_orbit("mars")])
    ship.weigh = weigh
    wanted: Any = SimpleNamespace(departure_jd_tdb=0.0)
    assert do(departing._leave(ship, wanted)) is leaves
    assert len(planned) == (0 if leaves else 4)
    if leaves:
        assert ship.departure.c3 == pytest.approx(6.25) and not ship.told("device_trouble")
    else:
        assert ship.departure is None and len(ship.told("device_trouble")) == 4


def test_an_engine_that_burns_on_no_day_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = quick(monkeypatch, departing, _wait_for_day="a day", _leave=False)
    ship: Any = Ship(departure=None)
    ship.devices.orbit_knowledge = Answers(state=[known_orbit("mars")])
    with pytest.raises(ActivityFailed, match="the engine did not burn on any of 60 days"):
        do(departing.depart(ship, SIGNAL))
    assert len(calls) == 120


def test_it_is_waited_for_the_day_until_it_has_left_and_then_for_the_sphere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries = iter([False, True])

    def leave(node: Any, wanted: Any) -> bool:
        if next(tries):
            node.departure = Departure(0.0, 1.0, 8.25)
            return True
        return False

    calls = quick(monkeypatch, departing, _wait_for_day="a day", _leave=leave)
    ship: Any = Ship(departure=None)
    ship.devices.orbit_knowledge = Answers(state=[known_orbit("mars")] * 4 + [known_orbit("sun")])

    async def story() -> float:
        found = await departing.depart(ship, SIGNAL)
        assert found.data["result"] == "left Mars with C3 8.25 km2/s2"
        return now()

    assert do(story()) == 3 * 6.0 * 3_600.0
    assert [name for name, *_ in calls] == ["_wait_for_day", "_leave"] * 2
    ship.devices.orbit_knowledge = Answers(state=[known_orbit("mars")])
    with pytest.raises(ActivityFailed, match="sphere of influence of Mars was not left"):
        do(departing.depart(ship, SIGNAL))
    assert len(calls) == 4  # after a reboot it is not burnt once more
