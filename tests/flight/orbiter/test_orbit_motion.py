"""Motion, transfers and safe drift in figures."""

import math

import pytest

from flight.astrodynamics.gravity import MARS, acceleration
from flight.astrodynamics.orbits import mean_motion
from flight.astrodynamics.relative_motion import from_lvlh, lvlh_axes, to_lvlh
from flight.astrodynamics.vectors import (
    Vector,
    add,
    angle_between,
    cross,
    dot,
    norm,
    scale,
    subtract,
)
from flight.orbiter import manoeuvres
from flight.orbiter.legs import time_of_range
from flight.orbiter.linear_algebra import (
    applied,
    congruence,
    diagonal,
    identity,
    product,
    total,
    transposed,
)
from flight.orbiter.manoeuvres import Transfer, cheapest_safe, two_impulses
from flight.orbiter.passive_safety import closest_in_free_drift, is_safe
from flight.orbiter.phasing import _beneath, coelliptic_velocity, phase_angle
from flight.orbiter.propagation import (
    State,
    coast,
    local_covariance,
    long_transition,
    mean_axis,
    motion,
    semi_major_axis,
    spread,
    transition,
)
from tests.flight.orbiter.ship import orbit

TARGET = orbit()
AXIS = 3_732_500.0


# --------------------------------------------------------------------- matrices


def test_small_matrices() -> None:
    a = [[1.0, 2.0], [3.0, 4.0]]
    b = [[0.0, 1.0], [5.0, -2.0]]
    assert product(a, b) == [[10.0, -3.0], [20.0, -5.0]]
    assert transposed(a) == [[1.0, 3.0], [2.0, 4.0]] and identity(2) == [[1.0, 0.0], [0.0, 1.0]]
    assert total(a, b) == [[1.0, 3.0], [8.0, 2.0]] and diagonal([2, 3]) == [[2, 0.0], [0.0, 3]]
    assert applied(a, (1.0, -1.0)) == [-1.0, -1.0]
    # a p a^T of a p that is not symmetric is made so.
    assert congruence(a, [[1.0, 1.0], [0.0, 1.0]]) == [[7.0, 16.0], [16.0, 37.0]]


# ----------------------------------------------------------------------- motion


def test_free_flight_is_that_of_point_mass_and_oblateness() -> None:
    after, before = coast(TARGET, 1.0), coast(TARGET, -1.0)
    felt = scale(0.5, subtract(after[1], before[1]))
    assert felt == pytest.approx(acceleration(TARGET[0], MARS), rel=1e-6)
    tilted = orbit(anomaly=1.2)
    felt = scale(0.5, subtract(coast(tilted, 1.0)[1], coast(tilted, -1.0)[1]))
    assert felt == pytest.approx(acceleration(tilted[0], MARS), rel=1e-6)


def test_steps_are_fine_enough_and_time_runs_both_ways() -> None:
    fine = coast(TARGET, 7_000.0, 1.0)
    assert norm(subtract(coast(TARGET, 7_000.0)[0], fine[0])) < 0.5
    assert coast(TARGET, 7_000.0) == coast(TARGET, 7_000.0, 30.0)
    back = coast(fine, -7_000.0, 1.0)
    assert norm(subtract(back[0], TARGET[0])) < 1e-4
    assert coast(TARGET, 0.0) == TARGET


def test_axis_and_mean_motion() -> None:
    assert semi_major_axis(TARGET) == pytest.approx(AXIS)
    n = mean_motion(AXIS, MARS.gravitational_parameter)
    assert motion(TARGET) == pytest.approx(n)
    with pytest.raises(ValueError, match=r"."):
        motion((TARGET[0], scale(1.5, TARGET[1])))
    # The osculating axis swings by kilometres; its mean is the same from wherever it is asked.
    swing = [semi_major_axis(coast(TARGET, 800.0 * i)) for i in range(9)]
    assert max(swing) - min(swing) > 2_000.0
    means = [mean_axis(coast(TARGET, 800.0 * i)) for i in range(4)]
    assert max(means) - min(means) < 60.0
    assert means[0] == pytest.approx(math.fsum(swing) / 9, abs=800.0)
    assert mean_axis(TARGET, 1) == pytest.approx(AXIS)


def test_the_transition_over_minutes_is_exact_to_fourth_order() -> None:
    for seconds in (60.0, 200.0):
        short, long = transition(TARGET, seconds), long_transition(TARGET, seconds)
        for i in range(3):
            for j in range(3):
                assert short[i][j] == pytest.approx(long[i][j], abs=1e-3 * (seconds / 60) ** 2)
                assert short[i][j + 3] == pytest.approx(long[i][j + 3], abs=0.03 * seconds / 60)
                assert short[i + 3][j] == pytest.approx(long[i + 3][j], abs=2e-6 * seconds / 60)
    assert transition(TARGET, 0.0) == identity(6)


def test_a_covariance_spreads_by_what_is_not_modelled() -> None:
    grown = spread(diagonal([0.0] * 6), identity(6), 100.0, 2e-3)
    assert [grown[i][i] for i in range(6)] == pytest.approx([100.0] * 3 + [0.04] * 3)
    assert grown[0][3] == 0.0
    doubled = spread(identity(6), diagonal([2.0] * 6), 100.0, 0.0)
    assert [doubled[i][i] for i in range(6)] == [4.0] * 6


def test_a_covariance_in_local_axes() -> None:
    axes = lvlh_axes(*TARGET)
    covariance = diagonal([0.0] * 6)
    for axis, sigma in zip(axes, (3.0, 5.0, 7.0), strict=True):
        for i in range(3):
            for j in range(3):
                covariance[i][j] += sigma**2 * axis[i] * axis[j]
    local = local_covariance(covariance, TARGET)
    assert [local[i][i] for i in range(3)] == pytest.approx([9.0, 25.0, 49.0])


# ------------------------------------------------------------------------ drift


def near(place: Vector, velocity: Vector = (0.0, 0.0, 0.0)) -> State:
    return from_lvlh(TARGET, (place, velocity))


def test_the_least_distance_of_a_straight_pass_lies_between_the_samples() -> None:
    """One that crosses some 40 m above at 1 m/s, 100 m away at first, and is lifted meanwhile."""
    own = near((40.0, -100.0, 0.0), (0.0, 1.0, 0.0))
    assert closest_in_free_drift(own, TARGET, 0.05) == pytest.approx(49.0112, abs=1e-3)
    away = near((40.0, 100.0, 0.0), (0.0, 1.0, 0.0))
    assert closest_in_free_drift(away, TARGET, 0.05) == pytest.approx(math.hypot(40.0, 100.0))


def test_so_many_revolutions_are_looked_at() -> None:
    # 100 m lower it gains 942 m a revolution: from 2500 m behind it passes in the third.
    own = near((-100.0, -2_500.0, 0.0), (0.0, 150.0 * motion(TARGET), 0.0))
    assert closest_in_free_drift(own, TARGET, 2.0) > 500.0
    assert closest_in_free_drift(own, TARGET, 3.0) == pytest.approx(100.0, abs=10.0)
    assert is_safe(own, TARGET, 2.0, 400.0) and not is_safe(own, TARGET, 3.0, 400.0)
    closest = closest_in_free_drift(own, TARGET, 3.0)
    assert not is_safe(own, TARGET, 3.0, closest) and is_safe(own, TARGET, 3.0, closest - 1e-6)


def test_what_is_together_is_not_apart() -> None:
    assert closest_in_free_drift(TARGET, TARGET, 1.0) == 0.0


def test_when_a_range_is_reached() -> None:
    own = near((0.0, 1_000.0, 0.0), (0.0, -2.0, 0.0))
    found = time_of_range(own, TARGET, 300.0, 700.0)
    assert found == pytest.approx(152.57, abs=0.01)
    there, then = coast(own, found), coast(TARGET, found)
    assert norm(subtract(there[0], then[0])) == pytest.approx(700.0, abs=1e-3)
    assert time_of_range(own, TARGET, 120.0, 700.0) is None
    assert time_of_range(near((0.0, 1_000.0, 0.0), (0.0, 2.0, 0.0)), TARGET, 300.0, 700.0) is None
    assert time_of_range(own, TARGET, 20.0, 970.0) == pytest.approx(15.0, abs=0.3)


# -------------------------------------------------------------------- transfers


@pytest.mark.parametrize("seconds", [1_200.0, 3_100.0, 5_000.0])
def test_two_impulses_lead_there_with_the_velocity_that_is_wanted(seconds: float) -> None:
    own = near((-2_000.0, -15_000.0, 500.0), (0.5, 2.0, 0.1))
    goal, speed = (0.0, 300.0, 0.0), (0.0, -0.1, 0.0)
    found = two_impulses(own, TARGET, goal, seconds, speed)
    arrived = coast((own[0], add(own[1], found.first)), seconds)
    place, velocity = to_lvlh(coast(TARGET, seconds), (arrived[0], add(arrived[1], found.second)))
    assert place == pytest.approx(goal, abs=0.02)
    assert velocity == pytest.approx(speed, abs=1e-5)
    assert found.seconds == seconds
    assert found.total == pytest.approx(norm(found.first) + norm(found.second))


def test_a_transfer_that_does_not_converge_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manoeuvres, "applied", lambda rows, miss: [0.0, 0.0, 0.0])
    own = near((0.0, -400_000.0, 0.0))
    with pytest.raises(ArithmeticError, match="3000 s does not converge"):
        two_impulses(own, TARGET, (0.0, 300.0, 0.0), 3_000.0)


class Planned:
    """Stands for `two_impulses`: transfers by fractions of a revolution."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **costs: Vector | None) -> None:
        self.costs = {float(key[1:]) / 100.0: cost for key, cost in costs.items()}
        monkeypatch.setattr(manoeuvres, "two_impulses", self)

    def __call__(
        self, own: State, target: State, goal: Vector, seconds: float, speed: Vector
    ) -> Transfer:
        fraction = round(seconds * motion(target) / math.tau, 3)
        first = self.costs[fraction]
        if first is None:
            raise ArithmeticError("none")
        return Transfer(first, (0.0, 0.0, 0.0), seconds)


def test_the_cheapest_of_the_safe_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    own = near((0.0, -2_000.0, 0.0))
    along = lvlh_axes(*TARGET)[1]
    # Slower by some cm/s sinks and drifts ahead, through the container; faster falls behind.
    Planned(monkeypatch, f40=scale(-0.06, along), f60=scale(0.3, along), f70=None,
            f80=scale(0.4, along))  # fmt: skip

    def best(*fractions: float, keep_out: float = 500.0) -> float | None:
        found = cheapest_safe(own, TARGET, (0.0, 0.0, 0.0), fractions, 3.0, keep_out)
        return None if found is None else round(found.total, 6)

    assert best(0.4, 0.6, 0.7, 0.8) == 0.3
    assert best(0.8, 0.7) == 0.4 and best(0.4, 0.7) is None and best(0.7) is None
    assert best(0.4, 0.6, keep_out=0.0) == 0.06


# ---------------------------------------------------------------------- phasing


@pytest.mark.parametrize("angle", [0.3, -0.3, 2.5, -2.5])
def test_the_phase_angle_is_positive_ahead(angle: float) -> None:
    assert phase_angle(orbit(anomaly=angle), TARGET) == pytest.approx(angle)
    assert phase_angle(orbit(60e3, anomaly=angle), TARGET) == pytest.approx(angle)


def test_the_container_beneath_is_on_the_same_ray() -> None:
    target = orbit(343e3, 0.01, 1.0)
    own = orbit(350e3, 0.0, 1.02)
    beneath = _beneath(own, target)
    normal = cross(*target)
    there = subtract(own[0], scale(dot(own[0], normal) / dot(normal, normal), normal))
    assert angle_between(beneath[0], there) < 1e-5


def test_a_coelliptic_orbit_keeps_its_height_difference() -> None:
    target = orbit(343e3, 0.02, 0.5)
    own: State = (scale(1.001, target[0]), target[1])
    velocity = coelliptic_velocity(own, target)
    offset = norm(own[0]) - norm(target[0])
    new = semi_major_axis((own[0], velocity))
    assert new - semi_major_axis(target) == pytest.approx(offset, rel=1e-6)
    # A quarter of a revolution on the difference is nearly the same.
    later, then = coast((own[0], velocity), 1_700.0), coast(target, 1_700.0)
    beneath = _beneath(later, then)
    assert norm(later[0]) - norm(beneath[0]) == pytest.approx(offset, abs=120.0)
    radial = dot(velocity, scale(1.0 / norm(own[0]), own[0]))
    old = dot(target[1], scale(1.0 / norm(target[0]), target[0]))
    axis = semi_major_axis(target)
    assert radial == pytest.approx(old * (axis / (axis + offset)) ** 1.5, rel=1e-9)
    assert abs(dot(velocity, cross(*target))) < 1e-6 * norm(velocity) * norm(cross(*target))
    assert dot(velocity, target[1]) > 0.0
