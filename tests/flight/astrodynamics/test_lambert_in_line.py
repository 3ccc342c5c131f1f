"""Positions nearly in line with the centre about Mars: each arc is right, or refused in words."""

import math
import random
from collections.abc import Iterator

import pytest

from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.kepler import propagate_kepler
from flight.astrodynamics.lambert import LambertArc, lambert
from flight.astrodynamics.vectors import Vector, norm, subtract

MU = MARS.gravitational_parameter
ARCS = 1_776


Triangle = tuple[Vector, Vector, float, float]


def triangles(seed: int, count: int, closest: float) -> Iterator[Triangle]:
    """Start, end (m), time (s), sense; off the line by 10^closest to 0.01 rad, either way."""
    stream = random.Random(seed)
    for _ in range(count):
        start, end = stream.uniform(3.5e6, 2e7), stream.uniform(3.5e6, 2e7)
        off = stream.choice((-1.0, 1.0)) * 10.0 ** stream.uniform(closest, -2.0)
        angle = (stream.choice((0.0, math.pi)) + off) % math.tau
        tilt = stream.uniform(-1.0, 1.0)
        x, aside = end * math.cos(angle), end * math.sin(angle)
        there = (x, aside * math.cos(tilt), aside * math.sin(tilt))
        yield (start, 0.0, 0.0), there, 10.0 ** stream.uniform(2.0, 5.5), stream.choice((-1.0, 1.0))


def miss(start: Vector, end: Vector, seconds: float, velocity: Vector) -> float:
    return norm(subtract(propagate_kepler(start, velocity, seconds, MU)[0], end))


def last_digit(start: Vector, seconds: float, arc: LambertArc) -> float:
    """How far the last digit of the departure velocity moves the arrival, m."""
    there = propagate_kepler(start, arc.departure_velocity, seconds, MU)[0]
    moved = []
    for axis in range(3):
        nudged = list(arc.departure_velocity)
        nudged[axis] += math.ulp(norm(arc.departure_velocity))
        x, y, z = nudged
        moved.append(miss(start, there, seconds, (x, y, z)))
    return max(moved)


def test_random_arcs_nearly_in_line_arrive_or_are_refused() -> None:
    arrived = refused = flown = 0
    for start, end, seconds, sense in triangles(1, ARCS, -9.0):
        try:
            arcs = lambert(start, end, seconds, MU, (0.0, 0.0, sense), 3)
        except ArithmeticError as error:
            assert "in line with the centre" in str(error)
            refused += 1
            continue
        for arc in arcs:
            if norm(arc.departure_velocity) < 1e5:  # faster, a metre past the centre, none is flown
                off = miss(start, end, seconds, arc.departure_velocity)
                # Those that dive past the centre amplify the last digit of what they begin with.
                assert off < max(1.0, 100.0 * last_digit(start, seconds, arc)), (start, end)
                flown += 1
            speeds = norm(arc.departure_velocity), norm(arc.arrival_velocity)
            ends = zip(speeds, (start, end), strict=True)
            energies = [0.5 * v * v - MU / norm(r) for v, r in ends]
            assert energies[0] == pytest.approx(energies[1], abs=1e-9 * max(speeds) ** 2)
        arrived += 1
    assert arrived + refused == ARCS and refused < 10 and flown > 3_500


def test_arcs_of_several_revolutions_come_in_pairs_nearly_in_line_too() -> None:
    pairs = 0
    for start, end, seconds, sense in triangles(2, 300, -6.0):
        arcs = lambert(start, end, seconds, MU, (0.0, 0.0, sense), 5)
        assert [arc.branch for arc in arcs[1:]] == ["short_period", "long_period"] * (
            (len(arcs) - 1) // 2
        )
        for short, long in zip(arcs[1::2], arcs[2::2], strict=True):
            pairs += 1
            assert norm(short.departure_velocity) > 0.0
            assert short.revolutions == long.revolutions
            assert norm(subtract(short.departure_velocity, long.departure_velocity)) > 0.0
    assert pairs > 100


def test_an_independent_solver_finds_the_same_arcs() -> None:
    gooding = pytest.importorskip("lamberthub").gooding1990
    import numpy

    for start, end, seconds, sense in triangles(3, 60, -3.0):
        arc = lambert(start, end, seconds, MU, (0.0, 0.0, sense))[0]
        departure, arrival = gooding(
            MU, numpy.array(start), numpy.array(end), seconds, prograde=sense > 0.0
        )
        for ours, theirs in ((arc.departure_velocity, departure), (arc.arrival_velocity, arrival)):
            assert ours == pytest.approx(tuple(theirs), rel=1e-6, abs=1e-5 * norm(ours))
