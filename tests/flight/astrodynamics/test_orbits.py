import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight.astrodynamics import orbits
from flight.astrodynamics.gravity import EARTH, MARS
from flight.astrodynamics.kepler import propagate_kepler
from flight.astrodynamics.vectors import norm, subtract
from tests.flight.astrodynamics.some_orbits import EARTH_MU_KM, ELLIPSES, HYPERBOLAS, MU


def apart(a: float, b: float) -> float:
    return abs(math.remainder(a - b, math.tau))


def test_elements_of_vallado_example_2_5():
    elements = orbits.elements_from_state(
        (6524.834, 6862.875, 6448.296), (4.901327, 5.533756, -1.976341), EARTH_MU_KM
    )
    assert elements.semi_major_axis == pytest.approx(36127.343, abs=0.05)
    assert elements.eccentricity == pytest.approx(0.832853, abs=1e-6)
    assert math.degrees(elements.inclination) == pytest.approx(87.870, abs=1e-3)
    assert math.degrees(elements.ascending_node) == pytest.approx(227.898, abs=1e-3)
    assert math.degrees(elements.argument_of_periapsis) == pytest.approx(53.38, abs=1e-2)
    assert math.degrees(elements.true_anomaly) == pytest.approx(92.335, abs=1e-3)


@given(ELLIPSES | HYPERBOLAS)
def test_elements_and_state_are_inverse(elements):
    back = orbits.elements_from_state(*orbits.state_from_elements(elements, MU), MU)
    assert back.semi_major_axis == pytest.approx(elements.semi_major_axis, rel=1e-8)
    assert back.eccentricity == pytest.approx(elements.eccentricity, abs=1e-9)
    assert back.inclination == pytest.approx(elements.inclination, abs=1e-9)
    assert apart(back.ascending_node, elements.ascending_node) < 1e-6
    along = elements.argument_of_periapsis + elements.true_anomaly
    assert apart(back.argument_of_periapsis + back.true_anomaly, along) < 1e-6
    assert apart(back.true_anomaly, elements.true_anomaly) < 1e-5


@pytest.mark.parametrize("velocity", [(0.0, 3387.0, 0.0), (0.0, 0.0, 3387.0), (0.0, -3000.0, 9.0)])
def test_circular_and_equatorial_orbits_come_back_as_the_same_state(velocity):
    position = (3_732_500.0, 0.0, 0.0)
    elements = orbits.elements_from_state(position, velocity, MU)
    back = orbits.state_from_elements(elements, MU)
    assert back[0] == pytest.approx(position, abs=1e-3)
    assert back[1] == pytest.approx(velocity, abs=1e-6)


@given(st.floats(0.0, 0.99), st.floats(-3.1, 3.1))
def test_mean_and_true_anomaly_are_inverse(eccentricity, true_anomaly):
    mean = orbits.mean_from_true_anomaly(true_anomaly, eccentricity)
    back = orbits.true_from_mean_anomaly(mean, eccentricity)
    assert back == pytest.approx(true_anomaly, abs=1e-9)


@pytest.mark.parametrize(
    ("altitude_km", "inclination", "speed", "minutes", "drift"),
    [
        (343.0, 25.0, 3387.4, 115.39, -9.89),
        (380.0, 27.0, None, 117.11, -9.39),
        (300.0, 25.0, None, 113.40, -10.30),
    ],
)
def test_orbits_of_the_container(altitude_km, inclination, speed, minutes, drift):
    """Altitudes over the mean radius of 3389.5 km."""
    radius = 3_389_500.0 + 1000.0 * altitude_km
    elements = orbits.OrbitalElements(radius, 0.0, math.radians(inclination), 0.0, 0.0, 0.0)
    rates = orbits.j2_secular_rates(elements, MARS)
    assert orbits.period(radius, MU) / 60.0 == pytest.approx(minutes, abs=0.006)
    assert math.degrees(rates.ascending_node) * 86_400.0 == pytest.approx(drift, abs=0.01)
    if speed is not None:
        assert orbits.circular_speed(radius, MU) == pytest.approx(speed, abs=0.05)


def test_a_sun_synchronous_earth_orbit_follows_the_sun():
    elements = orbits.OrbitalElements(7_178_136.6, 0.0, math.radians(98.6), 0.0, 0.0, 0.0)
    drift = math.degrees(orbits.j2_secular_rates(elements, EARTH).ascending_node) * 86_400.0
    assert drift == pytest.approx(360.0 / 365.2422, abs=0.01)


def test_drifts_vanish_at_the_critical_inclinations():
    def rates(inclination):
        return orbits.j2_secular_rates(
            orbits.OrbitalElements(8.0e6, 0.1, inclination, 0.0, 0.0, 0.0), EARTH
        )

    assert abs(rates(math.radians(63.4349)).argument_of_periapsis) < 1e-11
    assert abs(rates(math.asin(math.sqrt(2.0 / 3.0))).mean_anomaly) < 1e-18
    assert abs(rates(0.5 * math.pi).ascending_node) < 1e-18
    # Over the equator the mean anomaly gains sqrt(1 - e^2) of what the node loses.
    flat = rates(0.0)
    assert flat.mean_anomaly == pytest.approx(-flat.ascending_node * math.sqrt(0.99), rel=1e-12)


def test_secular_propagation_without_j2_is_kepler_motion():
    elements = orbits.OrbitalElements(4.0e6, 0.05, 0.6, 1.0, 2.0, 3.0)
    sphere = orbits.replace(MARS, j2=0.0)
    drifted = orbits.propagate_j2_secular(elements, 5000.0, sphere)
    expected, _ = propagate_kepler(*orbits.state_from_elements(elements, MU), 5000.0, MU)
    found, _ = orbits.state_from_elements(drifted, MU)
    assert norm(subtract(found, expected)) < 1e-3


def test_states_without_a_conic_are_refused_by_a_sentence():
    with pytest.raises(ValueError, match="no orbit plane"):
        orbits.elements_from_state((4e6, 0.0, 0.0), (100.0, 0.0, 0.0), MU)
    with pytest.raises(ValueError, match="parabolic"):
        orbits.elements_from_state((4e6, 0.0, 0.0), (0.0, math.sqrt(2 * MU / 4e6), 0.0), MU)
    with pytest.raises(ValueError, match="make no orbit"):
        orbits.state_from_elements(orbits.OrbitalElements(-4e6, 0.5, 0, 0, 0, 0), MU)
    with pytest.raises(ValueError, match="not positive"):
        orbits.period(-4e6, MU)
