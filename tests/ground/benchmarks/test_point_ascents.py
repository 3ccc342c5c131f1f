"""Two integrators fly the same ascent of a point mass to the same end."""

import pytest

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.orbits import elements_from_state
from ground.benchmarks.point_ascents import (
    DOP853,
    RUNGE_KUTTA,
    deviation,
    fly_dispersed,
    measure_many,
    measure_one,
    methods,
)
from ground.benchmarks.programmed_ascent import (
    Programme,
    fly_dop853,
    fly_runge_kutta,
    plan,
    point_ascent,
)


@pytest.fixture(scope="module")
def programme() -> Programme:
    return plan()


def test_both_integrators_reach_the_same_orbit(programme: Programme) -> None:
    ascent = point_ascent(programme)
    ours, theirs = fly_runge_kutta(ascent, 0.1, 1.0), fly_dop853(ascent, 1e-11)
    assert deviation(ours, theirs).position < 0.1
    assert deviation(ours, theirs).velocity < 1e-4
    x, y, z, vx, vy, vz, mass = theirs
    orbit = elements_from_state((x, y, z), (vx, vy, vz), MARS.gravitational_parameter)
    # The programme is flown with nobody at the helm: an orbit above the air is what it can give.
    assert 200e3 < orbit.semi_major_axis * (1.0 - orbit.eccentricity) - MARS_MEAN_RADIUS
    assert orbit.apoapsis_radius - MARS_MEAN_RADIUS < 380e3
    assert 50.0 < mass < ascent.lift_off_mass - ascent.dropped_mass


def test_dispersed_vehicles_differ_and_come_out_again(programme: Programme) -> None:
    first, second = (fly_dispersed(programme, RUNGE_KUTTA, number) for number in (1, 2))
    assert deviation(first, second).position > 100.0
    assert fly_dispersed(programme, RUNGE_KUTTA, 1) == first


def test_one_ascent_is_measured_by_every_method() -> None:
    found = measure_one(1)
    assert [row.method for row in found.figures] == list(methods())
    assert {RUNGE_KUTTA, DOP853} <= set(methods())
    errors = {row.method: row.error.position for row in found.figures}
    assert errors["RK4 0.1/1 s"] < errors["RK4 0.5/2 s"] < errors["RK4 1/5 s"] < 5.0
    assert errors["DOP853 1e-11"] < errors["DOP853 1e-09"] < errors["DOP853 1e-07"]
    assert found.reference.position < 0.1
    assert all(len(row.seconds.seconds) == 1 for row in found.figures)


@pytest.mark.processes
def test_many_ascents_are_shared_out_and_checked() -> None:
    rows = measure_many(4, 2)
    assert [row.method for row in rows] == [RUNGE_KUTTA, DOP853]
    for row in rows:
        assert (row.ascents, row.checked) == (4, 1)
        assert list(row.seconds) == [1, 2]
        assert all(len(sample.seconds) == 2 for sample in row.seconds.values())
        assert row.worst.position < 2.0
