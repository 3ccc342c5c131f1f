"""Vallado's example 7-5: a Lambert arc about the Earth with its printed velocities."""

from flight.astrodynamics.lambert import lambert
from ground.verification.rows import Row

VALLADO = "Vallado, ex. 7-5"
EARTH_MU_KM3_S2 = 398_600.4418
START_KM = (15_945.34, 0.0, 0.0)
END_KM = (12_214.838_99, 10_249.467_31, 0.0)
SECONDS = 76.0 * 60.0
DEPARTURE_KM_S = (2.058913, 2.915965, 0.0)
ARRIVAL_KM_S = (-3.451565, 0.910315, 0.0)


def rows() -> list[Row]:
    """Both velocities of the arc, in plane; the printed figures have six decimals."""
    (arc,) = lambert(START_KM, END_KM, SECONDS, EARTH_MU_KM3_S2)
    ends = (
        ("departure", DEPARTURE_KM_S, arc.departure_velocity),
        ("arrival", ARRIVAL_KM_S, arc.arrival_velocity),
    )
    return [
        Row(
            quantity=f"{end} velocity {axis}",
            source=VALLADO,
            published=published[index],
            computed=computed[index],
            tolerance=2.0e-6,
            unit="km/s",
            digits=6,
        )
        for end, published, computed in ends
        for index, axis in enumerate("xyz")
    ]
