import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight.astrodynamics import gravity
from flight.astrodynamics.gravity import EARTH, MARS

COORDINATES = st.floats(-8.0e6, 8.0e6)


def test_surface_gravity():
    at_equator = gravity.acceleration((3_396_190.0, 0.0, 0.0), MARS)
    assert -at_equator[0] == pytest.approx(3.724, abs=0.005)
    at_pole = gravity.acceleration((0.0, 0.0, 6_356_752.3), EARTH)
    assert -at_pole[2] == pytest.approx(9.832, abs=0.002)


@given(COORDINATES, COORDINATES, COORDINATES)
def test_acceleration_is_the_slope_of_the_potential(x, y, z):
    if x * x + y * y + z * z < 1e13:
        return
    found = gravity.acceleration((x, y, z), MARS)
    step = 10.0
    for axis in range(3):
        ahead, behind = [x, y, z], [x, y, z]
        ahead[axis] += step
        behind[axis] -= step
        slope = gravity.potential(tuple(ahead), MARS) - gravity.potential(tuple(behind), MARS)
        assert found[axis] == pytest.approx(-slope / (2.0 * step), abs=2e-8)


def test_without_j2_the_body_is_a_point_mass():
    position = (3.0e6, -2.0e6, 1.0e6)
    sphere = gravity.CentralBody("sphere", MARS.gravitational_parameter, 3.4e6, 0.0, 0.0)
    assert gravity.acceleration(position, sphere) == pytest.approx(
        gravity.point_mass_acceleration(position, MARS.gravitational_parameter), rel=1e-15
    )
