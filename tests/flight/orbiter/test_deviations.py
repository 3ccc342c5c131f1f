"""How small deviations grow, in closed form, and when two free bodies are near: at the limit."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.vectors import cross, scale, unit
from flight.orbiter import legs
from flight.orbiter.legs import ahead_or_behind, time_of_range
from flight.orbiter.linear_algebra import applied
from flight.orbiter.orbit_determination import _shifted
from flight.orbiter.propagation import State, coast, spread, transition
from flight.orbiter.target_gate import why_out_of_reach

MU = MARS.gravitational_parameter
RADIUS = 3.75e6
OWN: State = ((RADIUS, 0.0, 0.0), (0.0, math.sqrt(MU / RADIUS), 0.0))
T = 400.0


@pytest.mark.parametrize("direction", ["up", "aside"])
def test_a_deviation_grows_as_the_gradient_of_gravity_has_it_to_the_fourth_order(
    direction: str,
) -> None:
    middle = unit(coast(OWN, 0.5 * T)[0])
    radius = math.sqrt(sum(x * x for x in coast(OWN, 0.5 * T)[0]))
    aside = unit(cross(middle, (0.3, 0.2, 0.9)))
    line, sign = (middle, 2.0) if direction == "up" else (aside, -1.0)
    pull = sign * MU / radius**3  # 1/s^2
    cosine = 1.0 + pull * T**2 / 2.0 + pull**2 * T**4 / 24.0
    sine = T + pull * T**3 / 6.0 + pull**2 * T**5 / 120.0
    matrix = transition(OWN, T)
    moved = applied(matrix, [*line, 0.0, 0.0, 0.0])
    assert moved == pytest.approx([*scale(cosine, line), *scale(pull * sine, line)], abs=1e-10)
    pushed = applied(matrix, [0.0, 0.0, 0.0, *line])
    assert pushed == pytest.approx([*scale(sine, line), *scale(cosine, line)], abs=1e-8)


def test_an_unmodelled_acceleration_adds_its_squares() -> None:
    still = [[float(i == j) for j in range(6)] for i in range(6)]
    found = spread([[0.0] * 6 for _ in range(6)], still, 10.0, 0.002)
    assert [found[i][i] for i in range(6)] == pytest.approx([0.1**2] * 3 + [0.02**2] * 3)
    assert found[0][1] == 0.0


def test_a_state_is_shifted_by_six_numbers() -> None:
    state: State = ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))
    found = _shifted(state, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert [*found[0], *found[1]] == pytest.approx([1.1, 2.2, 3.3, 4.4, 5.5, 6.6])


def test_a_range_is_reached_when_it_is_and_one_that_is_not_reached_is_none() -> None:
    behind = coast(OWN, -1000.0 / math.sqrt(MU / RADIUS))
    assert time_of_range(behind, OWN, 600.0, 990.0) is None
    (x, y, z), (u, v, w) = behind
    faster: State = ((x, y, z), (u, v + 5.0, w))
    found = time_of_range(faster, OWN, 600.0, 900.0)
    assert found == pytest.approx(20.0, abs=1.0)
    assert time_of_range(faster, OWN, 10.0, 900.0) is None


@pytest.mark.parametrize(("limit", "when"), [(999.0, None), (1001.0, 0.0), (0.0, None)])
def test_who_is_within_a_limit_already_is_there_now(limit: float, when: float | None) -> None:
    beside: State = ((RADIUS, 0.0, 1000.0), OWN[1])
    navigator = SimpleNamespace(own=beside, target=OWN, advance=lambda time: None)
    node: Any = SimpleNamespace(navigator=navigator, clock=SimpleNamespace(now=lambda: 0.0))
    assert legs._time_to_limit(node, 1.0, limit) == when
    navigator.own = None
    assert legs._time_to_limit(node, 1.0, 1e9) is None


@pytest.mark.parametrize(("along", "side"), [(1e-9, 1.0), (0.0, 1.0), (-1e-9, -1.0)])
def test_the_side_is_that_of_the_way_along(along: float, side: float) -> None:
    node: Any = SimpleNamespace(
        navigator=SimpleNamespace(relative=lambda: ((5.0, along, -7.0), (0.0, 0.0, 0.0)))
    )
    assert ahead_or_behind(node) == side


def test_a_plane_five_degrees_off_can_just_be_reached() -> None:
    def tilted(degrees: float) -> State:
        angle, speed = math.radians(degrees), OWN[1][1]
        return OWN[0], (0.0, speed * math.cos(angle), speed * math.sin(angle))

    assert why_out_of_reach(OWN, 0.0, tilted(4.9999)) == ""
    assert "5.0 degrees" in why_out_of_reach(OWN, 0.0, tilted(5.0001))
