"""Orbits to draw from, in m and rad around Mars."""

import math

from hypothesis import strategies as st

from flight.astrodynamics import orbits
from flight.astrodynamics.gravity import MARS

MU = MARS.gravitational_parameter
EARTH_MU_KM = 398_600.4418
ANGLES = st.floats(0.01, 6.27)
ELLIPSES = st.builds(
    orbits.OrbitalElements,
    semi_major_axis=st.floats(3.5e6, 4.0e7),
    eccentricity=st.floats(0.001, 0.9),
    inclination=st.floats(0.01, 3.13),
    ascending_node=ANGLES,
    argument_of_periapsis=ANGLES,
    true_anomaly=ANGLES,
)
HYPERBOLAS = st.builds(
    orbits.OrbitalElements,
    semi_major_axis=st.floats(-4.0e7, -2.0e6),
    eccentricity=st.floats(1.05, 4.0),
    inclination=st.floats(0.01, 3.13),
    ascending_node=ANGLES,
    argument_of_periapsis=ANGLES,
    true_anomaly=st.floats(-1.5, 1.5).map(lambda angle: angle % math.tau),
)
