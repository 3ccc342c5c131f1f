"""Behaviour of the relay orbit and its passes, and published figures of such orbits."""

from itertools import islice
from math import degrees, radians

import pytest

from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.astrodynamics.orbits import j2_secular_rates, propagate_j2_secular, state_from_elements
from flight.astrodynamics.time_scales import Epoch
from flight.astrodynamics.vectors import norm, rotation_z, transform
from sim_hw.world.relay_orbit import (
    MARS_MEAN_RADIUS,
    THREE_FORKS,
    RelayOrbit,
    SurfaceSite,
    circular_orbit,
    iterate_passes,
    node_lmst_hours,
    passes,
    sun_synchronous_orbit,
)

EPOCH = Epoch.from_utc("2028-08-20T00:00:00")


def test_sun_synchronous_orbit_has_the_published_inclination_and_keeps_its_hour() -> None:
    orbit = sun_synchronous_orbit(EPOCH)
    assert degrees(orbit.elements.inclination) == pytest.approx(92.65, abs=0.1)
    for sols in (0.0, 10.0, 300.0):
        assert node_lmst_hours(orbit, sols * SOL_SECONDS) == pytest.approx(15.0, abs=1e-3)


def test_low_orbit_has_the_published_period_and_drift_of_its_node() -> None:
    orbit = circular_orbit(EPOCH, altitude=343_000.0, inclination_degrees=25.0)
    assert orbit.period / 60.0 == pytest.approx(115.39, abs=0.01)
    drift = j2_secular_rates(orbit.elements, MARS).ascending_node
    assert degrees(drift) * 86_400.0 == pytest.approx(-9.89, abs=0.01)


def test_altitude_stays_between_periapsis_and_apoapsis() -> None:
    orbit = sun_synchronous_orbit(EPOCH)
    altitudes = [norm(orbit.position(60.0 * i)) - MARS_MEAN_RADIUS for i in range(600)]
    assert min(altitudes) == pytest.approx(255_000.0, abs=100.0)
    assert max(altitudes) == pytest.approx(320_000.0, abs=100.0)


def test_position_is_the_secular_propagation_turned_into_mars_axes() -> None:
    orbit = sun_synchronous_orbit(EPOCH)
    for seconds in (0.0, 1000.0, 20.0 * SOL_SECONDS):
        elements = propagate_j2_secular(orbit.elements, seconds, MARS)
        inertial, _ = state_from_elements(elements, MARS.gravitational_parameter)
        fixed = transform(rotation_z(MARS.rotation_rate * seconds), inertial)
        assert orbit.position(seconds) == pytest.approx(fixed, abs=1.0)


def test_orbiter_overhead_is_at_the_zenith() -> None:
    orbit = circular_orbit(EPOCH, inclination_degrees=0.0, node_east_longitude_degrees=77.0)
    look = orbit.look(SurfaceSite(0.0, 77.0, MARS_MEAN_RADIUS), 0.0)
    assert degrees(look.elevation) == pytest.approx(90.0, abs=1e-6)
    assert look.slant_range == pytest.approx(400_000.0, abs=1e-3)
    opposite = orbit.look(SurfaceSite(0.0, -103.0, MARS_MEAN_RADIUS), 0.0)
    assert degrees(opposite.elevation) == pytest.approx(-90.0, abs=1e-6)


def test_orbiter_over_the_north_is_seen_in_the_north() -> None:
    orbit = circular_orbit(
        EPOCH, inclination_degrees=90.0, node_east_longitude_degrees=77.0, phase_degrees=10.0
    )
    look = orbit.look(SurfaceSite(0.0, 77.0, MARS_MEAN_RADIUS), 0.0)
    assert abs(degrees(look.azimuth) % 360.0) == pytest.approx(0.0, abs=0.01)
    assert 0.0 < degrees(look.elevation) < 90.0


def test_reconnaissance_orbiter_gives_two_passes_a_sol_of_the_published_length() -> None:
    sols = 40
    found = passes(THREE_FORKS, sun_synchronous_orbit(EPOCH), 0.0, sols * SOL_SECONDS)
    assert 2.0 <= len(found) / sols < 3.0
    mean = sum(entry.duration for entry in found) / len(found)
    assert 5.0 * 60.0 < mean < 15.0 * 60.0
    assert max(entry.duration for entry in found) < 15.0 * 60.0


def test_trace_gas_orbiter_gives_two_to_three_passes_a_sol() -> None:
    found = passes(THREE_FORKS, circular_orbit(EPOCH), 0.0, 20 * SOL_SECONDS)
    assert 2.0 <= len(found) / 20 <= 3.0


def brute_force(orbit: RelayOrbit, limit: float, end: float) -> int:
    count, above = 0, False
    for step in range(int(end / 10.0)):
        now = orbit.look(THREE_FORKS, 10.0 * step).elevation >= limit
        count += now and not above
        above = now
    return count


@pytest.mark.parametrize("limit_degrees", [0.0, 10.0, 30.0])
def test_no_pass_is_missed(limit_degrees: float) -> None:
    orbit = sun_synchronous_orbit(EPOCH)
    end = 8 * SOL_SECONDS
    found = passes(THREE_FORKS, orbit, 0.0, end, radians(limit_degrees))
    assert len(found) == brute_force(orbit, radians(limit_degrees), end)


def test_pass_begins_and_ends_at_the_limit_and_culminates_between() -> None:
    orbit = sun_synchronous_orbit(EPOCH)
    limit = radians(10.0)
    for entry in passes(THREE_FORKS, orbit, 0.0, 5 * SOL_SECONDS, limit):
        assert orbit.look(THREE_FORKS, entry.rise).elevation == pytest.approx(limit, abs=1e-5)
        assert orbit.look(THREE_FORKS, entry.set).elevation == pytest.approx(limit, abs=1e-5)
        assert entry.rise < entry.culmination < entry.set
        samples = [
            orbit.look(THREE_FORKS, entry.rise + entry.duration * i / 50.0).elevation
            for i in range(51)
        ]
        assert entry.maximum_elevation >= max(samples) - 1e-9
        assert entry.minimum_range < min(entry.rise_range, entry.set_range)


def test_pass_under_way_is_clipped_to_the_asked_times() -> None:
    orbit = sun_synchronous_orbit(EPOCH)
    whole = passes(THREE_FORKS, orbit, 0.0, 3 * SOL_SECONDS)[0]
    start, end = whole.rise + 60.0, whole.set - 60.0
    (clipped,) = passes(THREE_FORKS, orbit, start, end)
    assert (clipped.rise, clipped.set) == (start, end)


def test_passes_of_pieces_are_the_passes_of_the_whole() -> None:
    orbit = sun_synchronous_orbit(EPOCH)
    whole = passes(THREE_FORKS, orbit, 0.0, 6 * SOL_SECONDS)
    lazily = list(islice(iterate_passes(THREE_FORKS, orbit, 0.0, 600 * SOL_SECONDS), len(whole)))
    assert [entry.rise for entry in lazily] == pytest.approx([entry.rise for entry in whole])


def test_orbit_that_meets_the_ground_is_refused() -> None:
    with pytest.raises(ValueError, match="meets the ground"):
        circular_orbit(EPOCH, altitude=-1.0)


def test_orbit_too_high_to_follow_the_sun_is_refused() -> None:
    with pytest.raises(ValueError, match="too high"):
        sun_synchronous_orbit(EPOCH, 6_000_000.0, 6_000_000.0)
