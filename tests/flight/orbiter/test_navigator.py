"""The navigator by hand: what a measurement changes, what is thrown out, what is remembered."""

import math
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from flight.astrodynamics.relative_motion import from_lvlh, lvlh_axes
from flight.astrodynamics.vectors import Vector, add, cross, dot, norm, scale, subtract, unit
from flight.icd.devices.orbiter_navigation import KnownOrbit
from flight.orbiter import navigation
from flight.orbiter.linear_algebra import diagonal
from flight.orbiter.navigation import NavigationState, Navigator, across, orbit_covariance
from flight.orbiter.propagation import coast, motion
from flight.orbiter.vehicle import OrbiterVehicle
from tests.flight.orbiter.ship import orbit

TARGET = orbit()


def navigator(
    place: Vector = (0.0, 1_000.0, 0.0), position: float = 10.0, velocity: float = 0.01
) -> Navigator:
    """The orbiter at a place in the container's axes; isotropic doubts."""
    made = Navigator(time=0.0, own=from_lvlh(TARGET, (place, (0.0, 0.0, 0.0))))
    made.target = TARGET
    made.covariance = diagonal([position**2] * 3 + [velocity**2] * 3)
    return made


def variances(made: Navigator) -> list[float]:
    return [made.covariance[i][i] for i in range(6)]


# ------------------------------------------------------------------ what it says


def test_range_and_doubts_in_all_axes() -> None:
    made = navigator((300.0, 400.0, 0.0))
    assert made.range() == pytest.approx(500.0)
    assert made.relative()[0] == pytest.approx((300.0, 400.0, 0.0), abs=1e-6)
    made.covariance = orbit_covariance(TARGET, 3.0, 5.0, 7.0, (0.1, 0.2, 0.3))
    assert made.position_sigma() == pytest.approx(math.sqrt(9.0 + 25.0 + 49.0))
    assert made.local_sigmas() == pytest.approx((3.0, 5.0, 7.0))
    assert made.range_sigma() == pytest.approx(math.hypot(0.6 * 3.0, 0.8 * 5.0))
    speeds = [row[3:] for row in made.covariance[3:]]
    axes = lvlh_axes(*TARGET)
    for axis, sigma in zip(axes, (0.1, 0.2, 0.3), strict=True):
        part = [math.fsum(a * b for a, b in zip(row, axis, strict=True)) for row in speeds]
        assert dot((part[0], part[1], part[2]), axis) == pytest.approx(sigma**2)
    made.covariance[0][0] = -1e9  # rounding: none, not an error
    assert made.position_sigma() == 0.0
    made.covariance = orbit_covariance(TARGET, 0.003, 0.005, 0.007, (0.1, 0.2, 0.3))
    assert made.local_sigmas() == pytest.approx((0.003, 0.005, 0.007)), "also of millimetres"
    made.covariance = diagonal([-1e-9] * 6)
    assert made.local_sigmas() == (0.0, 0.0, 0.0) and made.range_sigma() == 0.0


def test_each_channel_shows_its_own_figure_and_nothing_is_shown_of_what_is_not_known() -> None:
    made = navigator((300.0, 400.0, 120.0))
    made.covariance = orbit_covariance(TARGET, 3.0, 5.0, 7.0, (0.1, 0.2, 0.3))
    node: Any = SimpleNamespace(navigator=made)
    OrbiterVehicle.show_navigation(node)
    assert vars(node) == {
        "navigator": made, "range_to_container": round(made.range(), 2),
        "range_sigma": round(made.range_sigma(), 3), "position_sigma": round(math.sqrt(83.0), 3),
        "sigma_radial": 3.0, "sigma_along": 5.0, "sigma_across": 7.0,
        "relative_radial": 300.0, "relative_along": 400.0, "relative_across": 120.0,
    }  # fmt: skip
    for what, unknown in (("own", None), ("target", None), ("covariance", [])):
        lost: Any = SimpleNamespace(navigator=navigator())
        setattr(lost.navigator, what, unknown)
        OrbiterVehicle.show_navigation(lost)
        assert list(vars(lost)) == ["navigator"]


@pytest.mark.parametrize("direction", [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.48, -0.6, 0.64)])
def test_two_directions_across(direction: Vector) -> None:
    first, second = across(direction)
    assert norm(first) == pytest.approx(1.0) and norm(second) == pytest.approx(1.0)
    assert dot(first, direction) == pytest.approx(0.0, abs=1e-12)
    assert cross(direction, first) == pytest.approx(second)


# ------------------------------------------------------------------------- time


def test_it_advances_both_and_doubts_more() -> None:
    made = navigator()
    own = made.own
    assert own is not None
    made.advance(300.0)
    assert made.time == pytest.approx(300.0)
    assert made.own is not None and made.target is not None
    assert norm(subtract(made.own[0], coast(own, 300.0)[0])) < 1e-2
    assert norm(subtract(made.target[0], coast(TARGET, 300.0)[0])) < 1e-2
    # 10 m, and 0.01 m/s over 300 s.
    assert made.position_sigma() == pytest.approx(math.sqrt(3.0) * math.hypot(10.0, 3.0), rel=0.03)
    made.advance(0.0)
    assert norm(subtract(made.target[0], TARGET[0])) < 1e-2


def test_a_long_gap_is_crossed_at_once_and_a_short_one_in_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps: list[tuple[str, float]] = []
    for name in ("transition", "long_transition"):
        true = getattr(navigation, name)

        def noted(state: object, seconds: float, name: str = name, true: object = true) -> object:
            steps.append((name, round(seconds, 6)))
            return true(state, seconds)  # type: ignore[operator]

        monkeypatch.setattr(navigation, name, noted)
    navigator().advance(300.0)
    assert steps == [("transition", 120.0), ("transition", 120.0), ("transition", 60.0)]
    steps.clear()
    navigator().advance(-130.0)
    assert steps == [("transition", -120.0), ("transition", -10.0)]
    steps.clear()
    navigator().advance(1_800.0)
    assert len(steps) == 15
    steps.clear()
    navigator().advance(1_801.0)
    assert steps == [("long_transition", 1_801.0)]


def test_what_is_not_modelled_adds_doubt_with_time() -> None:
    made = navigator(position=0.0, velocity=0.0)
    made.advance(120.0)
    assert variances(made)[:3] == pytest.approx([(0.5 * 2e-7 * 120.0**2) ** 2] * 3)
    assert variances(made)[3:] == pytest.approx([(2e-7 * 120.0) ** 2] * 3)


# ----------------------------------------------------------------- measurements


def test_a_range_is_taken_by_its_weight_along_the_line_alone() -> None:
    made = navigator()
    assert made.take_range(1_020.0, 10.0)
    # Half of the 20 m; along the line 7.1 m are left, across it 10 m.
    assert made.range() == pytest.approx(1_010.0)
    assert made.range_sigma() == pytest.approx(math.sqrt(50.0))
    assert made.position_sigma() == pytest.approx(math.sqrt(250.0))
    assert (made.accepted, made.rejected, made.last_accepted) == (1, 0, 0.0)
    assert made.target is not None and made.target[1] == pytest.approx(TARGET[1], abs=1e-9)


def test_a_velocity_that_goes_with_the_place_is_corrected_as_well() -> None:
    made = navigator()
    line = unit(made.line_of_sight())
    for i in range(3):
        made.covariance[i][i + 3] = made.covariance[i + 3][i] = 0.05
    assert made.take_range(1_020.0, 10.0)
    assert made.target is not None
    gained = subtract(made.target[1], TARGET[1])
    assert dot(gained, line) == pytest.approx(0.05 / 200.0 * 20.0)
    assert variances(made)[3:] != pytest.approx([1e-4] * 3, rel=1e-3)


def test_a_bearing_is_taken_across_the_line() -> None:
    made = navigator()
    line = unit(made.line_of_sight())
    first, second = across(line)
    seen = unit(add(line, add(scale(0.02, first), scale(-0.01, second))))
    assert made.take_bearing(seen, 0.01)
    # 0.01 rad of 1000 m are the 10 m that are doubted: half of it is taken.
    assert made.target is not None
    moved = subtract(made.target[0], TARGET[0])
    assert dot(moved, first) == pytest.approx(10.0, rel=1e-3)
    assert dot(moved, second) == pytest.approx(-5.0, rel=1e-3)
    assert dot(moved, line) == pytest.approx(0.0, abs=1e-6)
    assert made.position_sigma() == pytest.approx(math.sqrt(200.0))


@pytest.mark.parametrize(("off", "taken"), [(70.7, True), (-70.7, True), (70.72, False)])
def test_five_standard_deviations_are_taken(off: float, taken: bool) -> None:
    made = navigator()
    before = made.pack()
    assert made.take_range(1_000.0 + off, 10.0) is taken
    if not taken:
        assert made.pack() == before and made.rejected == 1 and made.accepted == 0


def test_a_bearing_off_in_one_of_its_angles_is_no_bearing() -> None:
    made = navigator()
    line = unit(made.line_of_sight())
    for axis in across(line):
        before = made.pack()
        assert not made.take_bearing(unit(add(line, scale(0.08, axis))), 0.01)
        assert made.pack() == before
    assert made.rejected == 2


@pytest.mark.parametrize(("along", "counted"), [(0.89, 1), (-1.0, 1)])
def test_what_lies_far_off_is_not_even_compared(along: float, counted: int) -> None:
    made = navigator(position=1e6)
    line = unit(made.line_of_sight())
    side = across(line)[0]
    seen = add(scale(along, line), scale(math.sqrt(max(0.0, 1.0 - along * along)), side))
    assert not made.take_bearing(seen, 0.01)
    assert made.rejected == counted


def test_three_outliers_in_a_row_shake_the_belief_and_one_that_fits_ends_the_row() -> None:
    made = navigator()
    for count in (1, 2):
        made.take_range(5_000.0, 10.0)
        assert made.rejected == count and variances(made)[0] == 100.0
    assert made.take_range(1_000.0, 1e6) and made.rejected == 0
    for _ in range(3):
        made.take_range(5_000.0, 10.0)
    assert variances(made)[0] == pytest.approx(600.0, rel=1e-6)
    assert variances(made)[3] == pytest.approx(6e-4, rel=1e-6)
    for _ in range(3):
        made.take_range(5_000.0, 10.0)
    assert variances(made)[0] == pytest.approx(3_600.0, rel=1e-6)


# ------------------------------------------------------------------- both orbits


def known(moved: Vector = (0.0, 0.0, 0.0), sigma: float = 50.0, solution: int = 4) -> KnownOrbit:
    own = navigator().own
    assert own is not None
    return KnownOrbit(
        centre="mars", position=list(add(own[0], moved)), velocity=list(own[1]),
        position_sigma=sigma, velocity_sigma=0.01, solution=solution,
    )  # fmt: skip


def test_a_new_tracking_solution_moves_the_container_along() -> None:
    made = navigator()
    relative = made.relative()[0]
    made.take_own(known((30.0, -20.0, 10.0)), 0.0)
    assert made.target is not None
    assert subtract(made.target[0], TARGET[0]) == pytest.approx((30.0, -20.0, 10.0))
    assert made.relative()[0] == pytest.approx(relative, abs=0.01)
    assert (made.own_sigma, made.solution) == (50.0, 4) and variances(made)[0] == 100.0


@pytest.mark.parametrize(("along", "near"), [(99_900.0, True), (100_100.0, False)])
def test_farther_away_it_does_not_move_but_is_doubted(along: float, near: bool) -> None:
    made = navigator((0.0, along, 0.0))
    own = made.own
    assert own is not None
    solution = msgspec.structs.replace(known(), position=list(add(own[0], (30.0, 0.0, 0.0))))
    made.take_own(solution, 0.0)
    assert made.target is not None
    assert (made.target[0] != TARGET[0]) is near
    assert variances(made)[0] == (100.0 if near else 2_600.0)


def test_before_it_was_found_the_container_just_flies_on() -> None:
    made = navigator()
    made.covariance = []
    made.take_own(known(), 60.0)
    assert made.time == 60.0 and made.target is not None
    assert made.target == coast(TARGET, 60.0)
    first = Navigator()
    first.take_own(known(), 7.0)
    assert first.own is not None and first.target is None and first.time == 7.0


def test_thrust_changes_the_own_velocity_and_adds_its_error() -> None:
    made = navigator()
    own = made.own
    assert own is not None
    made.kick((0.1, -0.2, 0.3), 0.02)
    assert made.own is not None
    assert subtract(made.own[1], own[1]) == pytest.approx((0.1, -0.2, 0.3))
    assert variances(made) == pytest.approx([100.0] * 3 + [5e-4] * 3)
    made.inflate(20.0, 0.03)
    assert variances(made) == pytest.approx([500.0] * 3 + [14e-4] * 3)
    made.covariance = []
    made.kick((0.1, 0.0, 0.0), 0.02)
    assert made.covariance == []


def test_an_estimate_of_bearings_shares_the_error_of_the_own_orbit() -> None:
    made = navigator()
    made.own_sigma = 100.0
    made.rejected = made.accepted = 5
    made.set_target(TARGET, diagonal([4.0] * 3 + [1e-6] * 3), 0.0)
    assert variances(made)[0] == pytest.approx(10_004.0)
    assert variances(made)[3] == pytest.approx(1e-6 + (0.3 * motion(TARGET) * 100.0) ** 2)
    assert made.rejected == made.accepted == 0
    made.advance(500.0)
    made.set_target(TARGET, diagonal([4.0] * 3 + [1e-6] * 3), 0.0)
    assert made.target is not None and made.time == pytest.approx(500.0)
    assert norm(subtract(made.target[0], coast(TARGET, 500.0)[0])) < 1e-6
    assert made.position_sigma() > 173.0
    alone = Navigator(time=3.0)
    alone.set_target(TARGET, diagonal([4.0] * 6), 44.0)
    assert alone.time == 44.0 and alone.target == TARGET


def test_what_is_remembered() -> None:
    made = navigator()
    made.own_sigma, made.solution, made.time = 12.0, 3, 99.0
    kept = msgspec.json.decode(msgspec.json.encode(made.pack()), type=NavigationState)
    again = Navigator.unpack(kept)
    assert again.pack() == made.pack()
    assert (again.time, again.own_sigma, again.solution) == (99.0, 12.0, 3)
    assert again.last_accepted == -math.inf and again.rejected == 0
