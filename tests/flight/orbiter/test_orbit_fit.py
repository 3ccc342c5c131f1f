"""Orbits from bearings by hand, and when one is known well enough."""

import math
from typing import Any

import pytest

from flight.astrodynamics.relative_motion import from_lvlh
from flight.astrodynamics.vectors import (
    Vector,
    add,
    norm,
    scale,
    subtract,
    unit,
)
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.orbiter import determining
from flight.orbiter.linear_algebra import diagonal
from flight.orbiter.navigation import across, orbit_covariance
from flight.orbiter.orbit_determination import Bearing, OrbitFit, _tamed, fit, residuals
from flight.orbiter.propagation import coast
from flight.orbiter.records import Guess, TargetOrbit
from tests.flight.orbiter.ship import MUTE, Ship, do, now, orbit, quick

SIGNAL = Signal("x")


def ready(**values: Any) -> Any:
    made: Any = Ship((0.0, 50_000.0, 0.0), sigma=10.0, **values)
    return made


def line_of(ship: Any) -> Vector:
    return unit(ship.navigator.line_of_sight())


# --------------------------------------------------------------- orbit from bearings

SIGMA = 3.5e-5


def bearings(count: int, step: float = 400.0) -> tuple[list[Bearing], Any]:
    own, target = orbit(400e3), orbit(350e3, 0.003, -0.2)
    made = []
    for index in range(count):
        here, there = coast(own, step * index), coast(target, step * index)
        made.append(
            Bearing(step * index, here[0], unit(subtract(there[0], here[0])), SIGMA)
        )  # fmt: skip
    return made, target


def test_residuals_are_the_two_angles_in_standard_deviations() -> None:
    made, target = bearings(3)
    assert residuals(made, target, 0.0) == pytest.approx([0.0] * 6, abs=0.05)
    first, second = across(made[1].direction)
    off = unit(add(made[1].direction, add(scale(2e-4, first), scale(-1e-4, second))))
    made[1] = Bearing(made[1].time, made[1].own, off, SIGMA)
    found = residuals(made, target, 0.0)
    assert math.hypot(found[2], found[3]) == pytest.approx(math.hypot(2e-4, 1e-4) / SIGMA, rel=1e-2)
    assert found[4:] == pytest.approx([0.0, 0.0], abs=0.05)
    behind = Bearing(0.0, made[0].own, scale(-1.0, made[0].direction), SIGMA)
    assert residuals([behind], target, 0.0) == [1e4, 1e4]


@pytest.mark.parametrize(
    ("residual", "tame", "found"),
    [(3.0, 10.0, 3.0), (10.0, 10.0, 10.0), (20.0, 10.0, math.sqrt(300.0)),
     (-20.0, 10.0, -math.sqrt(300.0))],
)  # fmt: skip
def test_large_residuals_pull_with_a_limited_force(
    residual: float, tame: float, found: float
) -> None:
    assert _tamed(residual, tame) == pytest.approx(found)


def test_a_fit_finds_the_orbit_and_says_how_well() -> None:
    made, target = bearings(16)
    guess = (add(target[0], (20e3, -30e3, 5e3)), add(target[1], (5.0, -4.0, 2.0)))
    prior = orbit_covariance(guess, 3e4, 2e5, 3e4, (150.0, 30.0, 30.0))
    found = fit(made, guess, prior)
    assert (found.time, found.used, found.rejected) == (0.0, 16, 0)
    assert norm(subtract(found.state[0], target[0])) < 100.0 and found.residual < 0.1
    few = fit(made[:8], guess, prior)
    sigma, worse = (math.sqrt(sum(f.covariance[i][i] for i in range(3))) for f in (found, few))
    assert sigma < 0.5 * worse


def test_bearings_that_no_orbit_fits_are_refused() -> None:
    made, target = bearings(10)
    prior = orbit_covariance(target, 3e4, 2e5, 3e4, (150.0, 30.0, 30.0))
    for index in range(2, 8):
        b = made[index]
        wrong = unit(add(b.direction, scale(0.02 * (-1) ** index, across(b.direction)[index % 2])))
        made[index] = Bearing(b.time, b.own, wrong, SIGMA)
    with pytest.raises(ArithmeticError, match="no orbit fits"):
        fit(made, target, prior)


# --------------------------------------------------------------- as an activity


class Fits:
    """An orbit determination whose fits and goodness are set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, good_at: int = 999, taken: bool = True):
        self.at: list[int] = []
        self.ship = ready(
            bearings=[Bearing(0.0, (0.0,) * 3, (1.0, 0.0, 0.0), SIGMA)] * 4,  # type: ignore[arg-type]
            guess=Guess(0.0, orbit()), target=None,
        )  # fmt: skip
        self.taken = taken

        def fitted(node: Any, made: list[Any], guess: Any, before: Any) -> OrbitFit:
            self.at.append(len(made))
            return OrbitFit(0.0, guess, [], 1.0, len(made), 0)

        async def following(node: Any) -> Bearing | None:
            time = now()
            return Bearing(time, (0.0,) * 3, (1.0, 0.0, 0.0), SIGMA) if self.taken else None  # type: ignore[arg-type]

        monkeypatch.setattr(determining, "_fit", fitted)
        monkeypatch.setattr(determining, "_next_bearing", following)
        monkeypatch.setattr(
            determining, "_good_enough", lambda node, arc: len(node.bearings) >= good_at
        )

    def run(self) -> tuple[Any, float]:
        async def story() -> tuple[Any, float]:
            return await determining.determine_orbit(self.ship, SIGNAL), now()

        found: tuple[Any, float] = do(story())
        return found


def test_it_is_fitted_again_with_two_fifths_more_bearings(monkeypatch: pytest.MonkeyPatch) -> None:
    fits = Fits(monkeypatch, good_at=30)
    found, ended = fits.run()
    assert fits.at == [8, 12, 17, 24, 34] and ended == 29 * 300.0
    assert found.data["result"] == "known to 17 m (one sigma)"
    target = fits.ship.target
    assert isinstance(target, TargetOrbit) and target.axis_sigma == 1_000.0
    assert fits.ship.told("orbit_determined") == [{"sigma": 17, "bearings": 34, "rejected": 0}]


def test_an_arc_of_half_a_day_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    fits = Fits(monkeypatch)
    _, ended = fits.run()
    assert ended == 43_200.0 and fits.at[-1] == len(fits.ship.bearings)


def test_out_of_sight_for_two_hours_it_makes_do_with_what_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fits = Fits(monkeypatch, taken=False)
    _, ended = fits.run()
    assert ended == 7_500.0 and fits.at == [4]


@pytest.mark.parametrize(("sigma", "known"), [(5_990.0, True), (6_010.0, False)])
def test_an_orbit_known_to_twenty_times_the_goal_is_none(
    monkeypatch: pytest.MonkeyPatch, sigma: float, known: bool
) -> None:
    fits = Fits(monkeypatch, good_at=8)
    fits.ship.navigator.covariance = diagonal([sigma**2 / 3.0] * 3 + [1e-8] * 3)
    if known:
        fits.run()
        assert fits.ship.target.axis_sigma == pytest.approx(sigma)
    else:
        with pytest.raises(ActivityFailed, match="search again"):
            fits.run()
    fits.ship.bearings = []
    with pytest.raises(ActivityFailed, match="search first"):
        fits.run()


@pytest.mark.parametrize(
    ("arc", "position", "velocity", "good"),
    [
        (7_200.0, 100.0, 1e-4, True),
        (7_199.0, 100.0, 1e-4, False),
        (9_000.0, 172.0, 1e-5, True),
        (9_000.0, 174.0, 1e-5, False),  # more than 300 m in all
        (9_000.0, 10.0, 0.05, False),  # 900 m six hours ahead
    ],
)
def test_good_enough_is_well_known_now_and_hours_ahead(
    arc: float, position: float, velocity: float, good: bool
) -> None:
    ship = ready()
    ship.navigator.covariance = diagonal([position**2] * 3 + [velocity**2] * 3)
    ship.navigator.covariance = orbit_covariance(
        ship.navigator.target, 1e-3, position * math.sqrt(3.0), 1e-3, (1e-7, velocity, 1e-7)
    )
    assert determining._good_enough(ship, arc) is good


def test_the_own_error_is_the_same_in_all_bearings() -> None:
    ship = ready()
    plain = [Bearing(0.0, (0.0,) * 3, (1.0, 0.0, 0.0), SIGMA)] * 5  # type: ignore[arg-type]
    assert determining._common_error(ship, plain) == 1.0
    doubled = [Bearing(0.0, (0.0,) * 3, (1.0, 0.0, 0.0), 2.0 * SIGMA)] * 4  # type: ignore[arg-type]
    assert determining._common_error(ship, doubled) == pytest.approx(1.0 + 4 * 0.75)


def test_a_bearing_for_a_fit_counts_the_own_error_by_the_distance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ship = ready()
    ship.navigator.own_sigma = 5.0
    monkeypatch.setattr(determining, "container_visible", lambda node, time: True)
    line = line_of(ship)
    quick(monkeypatch, determining, image=[(0.0, line, 5.0)])
    found = do(determining._next_bearing(ship))
    assert found.sigma == pytest.approx(math.hypot(SIGMA, 5.0 / 50_000.0))
    assert (found.time, found.direction) == (0.0, line) and found.own == ship.navigator.own[0]
    aside = unit(add(line, scale(0.0385, across(line)[0])))
    quick(monkeypatch, determining, image=[(0.0, aside, 5.0)])
    assert do(determining._next_bearing(ship)) is None
    near = unit(add(line, scale(0.038, across(line)[0])))
    quick(monkeypatch, determining, image=[(0.0, near, 5.0)])
    assert do(determining._next_bearing(ship)) is not None
    quick(monkeypatch, determining, image=MUTE)
    assert do(determining._next_bearing(ship)) is None and len(ship.told("device_trouble")) == 1
    monkeypatch.setattr(determining, "container_visible", lambda node, time: False)
    assert do(determining._next_bearing(ship)) is None


@pytest.mark.parametrize(
    ("residual", "rejected", "taken"), [(1.6, 0, True), (1.61, 0, False), (1.0, 2, True),
                                        (1.0, 3, False)],
)  # fmt: skip
def test_a_fit_with_large_residuals_is_not_taken(
    monkeypatch: pytest.MonkeyPatch, residual: float, rejected: int, taken: bool
) -> None:
    ship = ready()
    state = from_lvlh(orbit(), ((0.0, 10.0, 0.0), (0.0, 0.0, 0.0)))
    answer = OrbitFit(0.0, state, diagonal([4.0] * 6), residual, 8, rejected)
    starts: list[str] = []

    def several(*given: Any) -> OrbitFit:
        starts.append("several")
        return answer

    def one(*given: Any) -> OrbitFit:
        starts.append("one")
        return answer

    monkeypatch.setattr(determining, "fit_from_several", several)
    monkeypatch.setattr(determining, "fit", one)
    plain = [Bearing(0.0, (0.0,) * 3, (1.0, 0.0, 0.0), SIGMA)] * 10  # type: ignore[arg-type]

    async def story(before: OrbitFit | None) -> Any:
        return determining._fit(ship, plain, orbit(), before)

    assert (do(story(None)) is answer) is taken
    assert starts == ["several"] and bool(ship.told("fit_failed")) is not taken
    assert (ship.navigator.target == state) is taken
    starts.clear()
    do(story(OrbitFit(0.0, state, [], 1.59, 8, 0)))
    assert starts == (["one"] if residual <= 1.6 else ["one", "several"])
    starts.clear()
    do(story(OrbitFit(0.0, state, [], 1.6, 8, 0)))
    assert starts == ["several"]
