"""Which orbits of a container the orbiter believes: by what they are, not by each number alone."""

import math
from dataclasses import replace

import pytest

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.orbits import OrbitalElements, propagate_j2_secular, state_from_elements
from flight.astrodynamics.vectors import scale
from flight.orbiter.propagation import State
from flight.orbiter.target_gate import why_no_orbit, why_out_of_reach

FARTHEST_PLANE = math.radians(5.0)
FUTURE = 60.0
HIGHEST = 2000000.0
LOWEST = 100000.0
OLDEST = 34560000.0

NOW = 1e8
NOMINAL = OrbitalElements(MARS_MEAN_RADIUS + 343e3, 0.002, math.radians(25.0), 0.0, 0.5, 1.0)


def state(**changed: float) -> State:
    return state_from_elements(replace(NOMINAL, **changed), MARS.gravitational_parameter)


def test_where_a_container_is_let_go_is_believed() -> None:
    for elements in ({}, {"eccentricity": 0.03}, {"inclination": 1.0}):
        assert why_no_orbit(state(**elements), NOW - 3600.0, NOW) == ""


@pytest.mark.parametrize(
    ("place", "speed", "word"),
    [
        (1.0, 1.0 / 4.448, "lowest"), (1.0, 4.448, "leaves"), (1.0, 0.3048, "lowest"),
        (1.0, 1.0 / 0.3048, "leaves"), (4.448, 1.0, "leaves"), (1e-3, 1.0, "lowest"),
        (1.0, 1e-3, "lowest"), (1.0, 1.1, "highest"), (1.0, 0.9, "lowest"), (1.0, 0.0, "line"),
        (0.0, 1.0, "line"),
    ],
)  # fmt: skip
def test_a_mistaken_unit_is_refused(place: float, speed: float, word: str) -> None:
    position, velocity = state()
    assert word in why_no_orbit((scale(place, position), scale(speed, velocity)), NOW, NOW)


def test_limits_are_allowed_and_what_is_beyond_is_not() -> None:
    for height, inside, outside in ((LOWEST, 1.0, -1.0), (HIGHEST, -1.0, 1.0)):
        for off, allowed in ((inside, True), (outside, False)):
            axis = MARS_MEAN_RADIUS + height + off
            found = why_no_orbit(state(semi_major_axis=axis, eccentricity=0.0), NOW, NOW)
            assert (found == "") is allowed
    for time, allowed in (
        (NOW + FUTURE, True), (NOW + FUTURE + 1.0, False),
        (NOW - OLDEST, True), (NOW - OLDEST - 1.0, False), (NOW * 1e3, False),
    ):  # fmt: skip
        assert (why_no_orbit(state(), time, NOW) == "") is allowed


def test_a_plane_that_cannot_be_reached_is_refused() -> None:
    own = state()
    tilted = NOMINAL.inclination + FARTHEST_PLANE
    assert why_out_of_reach(state(inclination=tilted - 1e-6), 0.0, own) == ""
    assert "degrees" in why_out_of_reach(state(inclination=tilted + 1e-6), 0.0, own)
    backwards = (own[0], scale(-1.0, own[1]))
    assert "180.0" in why_out_of_reach(backwards, 0.0, own)


def test_planes_turn_and_are_compared_as_they_are_now() -> None:
    later = propagate_j2_secular(NOMINAL, 20.0 * 86_400.0, MARS)
    own = state_from_elements(later, MARS.gravitational_parameter)
    assert why_out_of_reach(state(), 20.0 * 86_400.0, own) == ""
    assert "degrees" in why_out_of_reach(state(), 0.0, own)
