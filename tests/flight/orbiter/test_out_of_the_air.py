"""An orbit around Mars that a burn has left when it was broken off, and that leads into the air."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.vectors import add, cross, norm, scale, unit
from flight.core.activities import ActivityFailed
from flight.core.fault_protection.structure import Structure
from flight.icd.devices.base import DeviceFault
from flight.orbiter import departing, safing
from flight.orbiter.burn_begun import BurnBegun
from flight.orbiter.manoeuvres import BurnStopped, end_begun, execute
from flight.orbiter.periapsis import lifting, lowest_height, show_periapsis
from flight.orbiter.records import Departure
from flight.orbiter.safing import LIFTING
from tests.flight.orbiter.ship import Ship, do, orbit
from tests.flight.orbiter.test_safe_way_out import settle
from tests.flight.orbiter.test_stopped_burns import by_first


def high(**values: Any) -> Any:
    """A ship in an orbit that is high enough, far from the container."""
    ship: Any = Ship(**values)
    ship.navigator.own = orbit(anomaly=1.5)
    return ship


def lowered(by: float = 60.0, part: float = 1.0, **values: Any) -> tuple[Any, Any]:
    """A ship, and the burn against its way of so many m/s of which its engine gives a part only."""
    ship = high(**values)
    way = scale(-by, unit(ship.navigator.own[1]))

    def burn(asked: list[float], *more: Any) -> Any:
        ship._push([part * each for each in asked])
        return DeviceFault("no_ignition", "it went out") if part < 1.0 else None

    ship.devices.main_engine.answers["burn"] = [burn]
    return ship, way


def height(ship: Any) -> Any:
    return lowest_height(ship.navigator.own)


# ----------------------------------------------------------------------- figures


@pytest.mark.parametrize("anomaly", [0.0, 1.0, math.pi, 5.0])
def test_how_low_an_orbit_leads(anomaly: float) -> None:
    for eccentricity in (0.0, 0.02, 0.5):
        axis = 3_389_500.0 + 900e3
        low = axis * (1.0 - eccentricity) - 3_389_500.0
        found = lowest_height(orbit(900e3, eccentricity, anomaly))
        assert found == pytest.approx(low, abs=100.0)


def test_what_leads_away_for_good_leads_nowhere_and_what_comes_in_does() -> None:
    place, velocity = orbit(400e3)
    fast = (place, scale(1.5, velocity))
    assert lowest_height(fast) is None
    out = (place, add(scale(1.5, velocity), scale(800.0, unit(place))))
    assert lowest_height(out) is None
    back = (place, add(scale(1.5, velocity), scale(-800.0, unit(place))))
    found = lowest_height(back)
    assert found is not None and found < 400e3


@pytest.mark.parametrize("anomaly", [0.3, 1.0, 2.0, math.pi, 4.5, 5.9])
@pytest.mark.parametrize("low", [-200e3, 90e3, 199e3])
def test_it_is_lifted_by_the_least_change_from_wherever_it_is(anomaly: float, low: float) -> None:
    """Neither is it thrown out, nor is the plane of the orbit turned."""
    apoapsis, radius = 3_389_500.0 + 400e3, 3_389_500.0
    axis = 0.5 * (apoapsis + radius + low)
    state = orbit(axis - radius, (apoapsis - radius - low) / (2.0 * axis), anomaly)
    goal = min(250e3, norm(state[0]) - radius - 1e3)
    change = lifting(state, 250e3)
    after = (state[0], add(state[1], change))
    assert lowest_height(after) == pytest.approx(goal, abs=1.0)
    less = (state[0], add(state[1], scale(0.99, change)))
    assert (lowest_height(less) or 0.0) < goal
    assert norm(cross(unit(cross(*after)), unit(cross(*state)))) < 1e-9
    if anomaly == math.pi:  # the classical burn at the apoapsis, by vis-viva
        mu = MARS.gravitational_parameter
        speeds = [math.sqrt(mu * (2.0 / apoapsis - 1.0 / a))
                  for a in (axis, 0.5 * (apoapsis + radius + 250e3))]  # fmt: skip
        assert norm(change) == pytest.approx(speeds[1] - speeds[0], rel=0.02)


def test_what_no_burn_lifts_is_refused() -> None:
    place, velocity = orbit(400e3)
    with pytest.raises(ArithmeticError, match="no burn of up to 500 m/s"):
        lifting((place, add(velocity, scale(-2_500.0, unit(place)))), 250e3)


# ------------------------------------------------------------------------ told


def test_a_burn_that_is_broken_off_for_good_shows_how_low_it_leads() -> None:
    ship, way = lowered(300.0, 0.3)
    ship.context.structure = Structure(left_out=frozenset(["burn_completed"]))
    with pytest.raises(BurnStopped):
        do(execute(ship, way, "leg"))
    assert ship.periapsis_altitude == pytest.approx(height(ship), abs=1.0)
    assert ship.periapsis_altitude < 200e3


def test_one_that_is_completed_and_one_that_ends_as_planned_are_not_judged() -> None:
    ship, way = lowered(60.0)
    do(execute(ship, way, "leg"))
    assert ship.periapsis_altitude is None, "whoever plans an orbit answers for it"
    ship, way = lowered(300.0)
    answers = ship.devices.main_engine.answers["burn"]
    push = answers[0]

    def half(asked: list[float], *more: Any) -> Any:
        ship._push([0.3 * each for each in asked])
        return DeviceFault("no_ignition", "it went out")

    answers.insert(0, half)

    async def back() -> Any:
        assert ship.periapsis_altitude is None
        return scale(0.3, scale(-1.0, way))

    do(execute(ship, way, "leg", again=back))
    assert push is answers[-1] and ship.periapsis_altitude is None
    ship.periapsis_altitude = 1.0  # once it is shown it is kept up
    do(execute(ship, (1.0, 0.0, 0.0), "leg"))
    assert ship.periapsis_altitude == pytest.approx(height(ship), abs=1.0)


def test_a_burn_whose_end_is_felt_later_shows_it_as_well() -> None:
    ship, way = lowered(100.0)
    ship.burn_begun = ship.burn_left = BurnBegun(0.0, "leg", way, 320.0, by_first())
    ship.felt = list(way)
    do(end_begun(ship))
    assert ship.periapsis_altitude == pytest.approx(height(ship), abs=1.0) and height(ship) < 200e3


def test_away_from_mars_nothing_is_shown() -> None:
    ship: Any = high()
    ship.navigator.own = None
    show_periapsis(ship)
    assert ship.periapsis_altitude is None
    ship.periapsis_altitude = 1e5
    show_periapsis(ship)
    assert ship.periapsis_altitude is None, "nor what was shown before"


def test_a_departure_that_did_not_happen_shows_where_its_part_has_led(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ship, way = lowered(100.0)

    async def refresh() -> None:
        ship.navigator.own = (ship.navigator.own[0], add(ship.navigator.own[1], way))

    async def burn(node: Any, planned: Any) -> bool:
        return False

    burns = SimpleNamespace(time=0.0, delta_v=100.0, seconds=10.0)
    monkeypatch.setattr(departing, "_burn", burn)
    monkeypatch.setattr(departing, "_REVOLUTIONS", 1)
    monkeypatch.setattr(departing, "plan_burn", lambda *given: burns)
    ship.refresh_own = refresh
    ship.weigh = lambda engine: asyncio.sleep(0.0, 3_000.0)
    ship.dynamics = SimpleNamespace(epoch_jd_tt=0.0)
    assert do(departing._leave(ship, SimpleNamespace(departure_jd_tdb=0.0))) is False  # type: ignore[arg-type]
    assert ship.periapsis_altitude is not None and ship.periapsis_altitude < 200e3


# ---------------------------------------------------------------------- lifted


def sinking(**values: Any) -> Any:
    """A ship on an orbit that leads into the air."""
    ship, way = lowered(100.0, **values)
    ship.navigator.own = (ship.navigator.own[0], add(ship.navigator.own[1], way))
    ship.periapsis_altitude = 1.0
    return ship


@pytest.mark.parametrize("captured", [True, False])
def test_the_safe_state_lifts_it(captured: bool) -> None:
    ship = sinking(container_captured=captured)
    assert height(ship) < 200e3
    do(settle(ship))
    assert [purpose for purpose, _ in ship.burns()][:1] == [LIFTING]
    assert height(ship) > 200e3 and ship.periapsis_altitude == pytest.approx(250e3, abs=3e3)


def test_what_is_high_enough_or_has_left_or_is_not_known_is_left_alone() -> None:
    ship: Any = high()
    do(settle(ship))
    assert not ship.burns()
    gone = sinking(departure=Departure(0.0, 1.0, 9.0))
    do(settle(gone))
    assert not gone.burns()
    lost = sinking()
    lost.navigator.own = None
    do(settle(lost))
    assert not lost.burns()


def test_what_cannot_be_lifted_is_tried_again_at_the_next_look() -> None:
    ship = sinking()
    burn = ship.devices.main_engine.answers["burn"]
    works = burn.pop()
    burn += [DeviceFault("no_ignition", "dead")] * 3 + [works]
    do(settle(ship, 1_800.0))
    assert [purpose for purpose, _ in ship.burns()] == [LIFTING] and height(ship) > 200e3
    assert ship.told("device_trouble")


def test_where_the_tanks_do_not_hold_it_that_is_told() -> None:
    ship = sinking()
    ship.tank_book = type(ship.tank_book)(1.0, 3_000.0, 2.5)
    do(settle(ship))
    assert not ship.burns()
    assert any("the tanks hold" in each["reason"] for each in ship.told("device_trouble"))
    with pytest.raises(ActivityFailed, match="the tanks hold"):
        do(safing._stay_up(ship))
