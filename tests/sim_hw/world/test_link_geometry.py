"""Behaviour of data rates by distance, beside the published ones."""

from collections.abc import Callable

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.astrodynamics.time_scales import Epoch
from sim_hw.world.link_geometry import (
    Antenna,
    Station,
    UhfLink,
    direct_rates,
    free_space_loss,
    ground_loss,
    highest_step,
    line_of_sight,
    pass_volume,
    proximity_rate,
    radio_horizon,
    relay_rate,
)
from sim_hw.world.relay_orbit import THREE_FORKS, passes, sun_synchronous_orbit

FARTHEST_EARTH = 401300000000.0
UHF_RATES = tuple(1000.0 * 2**power for power in range(12))


def test_free_space_loss_is_the_textbook_one() -> None:
    # 32.45 dB at 1 km and 1 MHz.
    assert free_space_loss(1000.0, 1e6) == pytest.approx(32.45, abs=0.01)
    assert free_space_loss(2000.0, 1e6) - free_space_loss(1000.0, 1e6) == pytest.approx(
        6.02, abs=0.01
    )


def test_radios_step_in_powers_of_two_up_to_the_published_rate() -> None:
    assert UHF_RATES[0] == 1000.0 and UHF_RATES[-1] == 2_048_000.0
    assert highest_step(5_000_000.0) == 2_048_000.0
    assert highest_step(300_000.0) == 256_000.0
    assert highest_step(999.0) == 0.0


def test_relay_rate_falls_with_distance_and_is_fastest_overhead() -> None:
    rates = [relay_rate(1000.0 * kilometres) for kilometres in range(250, 6000, 50)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == 2_048_000.0
    assert 0.0 < relay_rate(3_700_000.0) < relay_rate(1_110_000.0)


def test_twice_the_distance_costs_two_steps() -> None:
    link = UhfLink()
    near = link.supported_rate(free_space_loss(500_000.0, link.frequency))
    far = link.supported_rate(free_space_loss(1_000_000.0, link.frequency))
    assert near / far == pytest.approx(4.0)


def test_a_sol_of_the_relay_brings_what_curiosity_got() -> None:
    # Published: 250 Mbit a sol required, roughly 500 on average after tuning.
    orbit = sun_synchronous_orbit(Epoch.from_utc("2028-08-20T00:00:00"))
    sols = 20
    volume = sum(
        pass_volume(lambda t: orbit.slant_range(THREE_FORKS, t), entry.rise, entry.set)
        for entry in passes(THREE_FORKS, orbit, 0.0, sols * SOL_SECONDS)
    )
    assert 250e6 < volume / sols < 1000e6


def test_lander_and_rover_hear_each_other_over_a_few_kilometres() -> None:
    assert proximity_rate(0.0) == 2_048_000.0
    assert proximity_rate(1000.0) > 0.0
    assert proximity_rate(3000.0) > 0.0
    assert proximity_rate(10_000.0) == 0.0
    assert 4_000.0 < radio_horizon(1.5, 1.0) < 7_000.0


def test_ground_reflection_takes_over_with_the_fourth_power() -> None:
    near = ground_loss(5.0, 401.6e6, 1.5, 1.0)
    assert near == free_space_loss(5.0, 401.6e6)
    doubled = ground_loss(2000.0, 401.6e6, 1.5, 1.0) - ground_loss(1000.0, 401.6e6, 1.5, 1.0)
    assert doubled == pytest.approx(12.04, abs=0.01)


def test_hill_between_the_antennas_blocks_the_sight() -> None:
    def hill(east: float, north: float) -> float:
        return 5.0 if 400.0 < east < 500.0 else 0.0

    low, high = (0.0, 0.0, 1.5), (1000.0, 0.0, 1.5)
    assert not line_of_sight(hill, low, high)
    assert line_of_sight(lambda east, north: 0.0, low, high)
    assert line_of_sight(hill, (0.0, 0.0, 12.0), (1000.0, 0.0, 12.0))


def test_curvature_blocks_the_sight_beyond_the_horizon() -> None:
    def plain(east: float, north: float) -> float:
        return 0.0

    horizon = radio_horizon(1.5, 1.0)
    assert line_of_sight(plain, (0.0, 0.0, 1.5), (0.95 * horizon, 0.0, 1.0))
    assert not line_of_sight(plain, (0.0, 0.0, 1.5), (1.05 * horizon, 0.0, 1.0))


def test_direct_link_gives_the_published_rates_at_the_farthest_earth() -> None:
    rates = direct_rates(FARTHEST_EARTH)
    assert (rates.to_earth, rates.from_earth) == pytest.approx((160.0, 500.0))
    big = direct_rates(FARTHEST_EARTH, station=Station.DSN_70_M)
    assert (big.to_earth, big.from_earth) == pytest.approx((800.0, 3000.0))
    low = direct_rates(FARTHEST_EARTH, Antenna.LOW_GAIN)
    assert (low.to_earth, low.from_earth) == pytest.approx((10.0, 30.0))


def test_direct_link_is_faster_when_earth_is_near_up_to_its_ceiling() -> None:
    assert direct_rates(FARTHEST_EARTH / 2.0).to_earth == pytest.approx(640.0)
    assert direct_rates(FARTHEST_EARTH / 7.0, station=Station.DSN_70_M).from_earth == 32_000.0


@pytest.mark.parametrize("call", [relay_rate, direct_rates, lambda d: proximity_rate(d - 1.0)])
def test_impossible_distance_is_refused(
    call: Callable[[float], object],
) -> None:
    with pytest.raises(ValueError, match=r"distance|range"):
        call(0.0)
