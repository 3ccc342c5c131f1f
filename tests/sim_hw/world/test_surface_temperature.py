"""Behaviour of ground and air temperature at Jezero."""

from cmath import exp, phase
from collections.abc import Sequence
from math import degrees, pi

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from sim_hw.world.surface_temperature import (
    GroundParameters,
    SurfaceClimate,
    _Column,
    _sky_flux,
    _sunlight,
    diurnal_cycle,
    sky_emissivity,
)

STEFAN_BOLTZMANN = 5.670374419e-08

LATITUDE = 18.45263
SEASONS = [0.0, 60.0, 120.0, 180.0, 240.0, 300.0]


@pytest.mark.parametrize("season", SEASONS)
def test_air_stays_within_the_range_seen_at_jezero(season: float) -> None:
    air = diurnal_cycle(LATITUDE, season, 0.5).air
    assert 187.0 < min(air) < 210.0
    assert 240.0 < max(air) < 268.0


@pytest.mark.parametrize("season", SEASONS)
def test_day_is_convective_and_night_inverted(season: float) -> None:
    cycle = diurnal_cycle(LATITUDE, season, 0.5)
    noon, before_dawn = 12 * 4, 5 * 4
    assert cycle.ground[noon] > cycle.air[noon] + 10.0
    assert cycle.ground[before_dawn] < cycle.air[before_dawn] - 3.0


def test_ground_is_warmest_after_noon_and_coldest_before_sunrise() -> None:
    ground = diurnal_cycle(LATITUDE, 0.0, 0.5).ground
    assert 12.25 <= ground.index(max(ground)) / 4.0 <= 14.0
    assert 4.5 <= ground.index(min(ground)) / 4.0 <= 6.75


def test_air_becomes_isothermal_with_the_ground_in_late_afternoon() -> None:
    cycle = diurnal_cycle(LATITUDE, 120.0, 0.4)
    warmer = [ground > air for ground, air in zip(cycle.ground, cycle.air, strict=True)]
    collapse = max(step for step in range(48, 96) if warmer[step]) / 4.0
    assert collapse == pytest.approx(17.0, abs=1.25)


def test_air_is_about_twenty_kelvin_cooler_than_the_warmest_ground() -> None:
    cycle = diurnal_cycle(LATITUDE, 0.0, 0.5)
    warmest = cycle.ground.index(max(cycle.ground))
    assert cycle.ground[warmest] - cycle.air[warmest] == pytest.approx(20.0, abs=5.0)


def test_dust_flattens_the_sol() -> None:
    def swing(optical_depth: float) -> float:
        ground = diurnal_cycle(LATITUDE, 200.0, optical_depth).ground
        return max(ground) - min(ground)

    assert swing(0.3) > swing(1.5) > swing(5.0) > 5.0


def test_high_thermal_inertia_flattens_the_sol() -> None:
    sand = diurnal_cycle(LATITUDE, 0.0, 0.5, GroundParameters(thermal_inertia=180.0)).ground
    rock = diurnal_cycle(LATITUDE, 0.0, 0.5, GroundParameters(thermal_inertia=605.0)).ground
    assert max(sand) - min(sand) > 1.4 * (max(rock) - min(rock))
    assert min(rock) > min(sand) + 15.0


def test_energy_balances_over_the_sol() -> None:
    # Sunlight into ground and air leaves as infrared of the air, and of the ground through it.
    parameters = GroundParameters()
    for optical_depth in (0.5, 8.0):
        ground = diurnal_cycle(LATITUDE, 90.0, optical_depth, parameters).ground
        sunlight = _sunlight(LATITUDE, 90.0, optical_depth, parameters)
        radiated = sum(STEFAN_BOLTZMANN * parameters.emissivity * value**4 for value in ground)
        radiated /= len(ground)
        sky = sky_emissivity(optical_depth, parameters)
        upward = _sky_flux(sunlight, sky, radiated)
        reflected = (1.0 - parameters.emissivity) * upward  # of the sky's, by the ground
        lost = upward + (1.0 - sky) * radiated + reflected
        assert lost == pytest.approx(sunlight.mean + sunlight.air, rel=0.02)


def test_great_storm_cools_the_day_and_warms_the_night() -> None:
    clear = diurnal_cycle(LATITUDE, 200.0, 0.5).ground
    storm = diurnal_cycle(LATITUDE, 200.0, 9.0).ground
    assert max(storm) < max(clear) - 30.0
    assert min(storm) > min(clear) + 10.0
    mean_change = (sum(storm) - sum(clear)) / len(clear)
    assert -25.0 < mean_change < 5.0


def test_sky_sends_down_tens_of_watts_outside_storms() -> None:
    parameters = GroundParameters()
    for season, optical_depth in [(30.0, 0.4), (120.0, 0.4), (205.0, 0.7)]:
        sunlight = _sunlight(LATITUDE, season, optical_depth, parameters)
        ground = diurnal_cycle(LATITUDE, season, optical_depth, parameters).ground
        radiated = sum(STEFAN_BOLTZMANN * value**4 for value in ground) / len(ground)
        sky = sky_emissivity(optical_depth, parameters)
        assert 18.0 < _sky_flux(sunlight, sky, radiated) < 50.0


def test_ground_conducts_as_a_half_space_of_its_thermal_inertia() -> None:
    # A harmonic of surface temperature drives a flux I sqrt(omega) larger, 45 degrees ahead.
    parameters = GroundParameters(thermal_inertia=400.0)
    ground = diurnal_cycle(LATITUDE, 90.0, 0.5, parameters).ground
    absorbed = _sunlight(LATITUDE, 90.0, 0.5, parameters).ground
    radiated = [STEFAN_BOLTZMANN * parameters.emissivity * value**4 for value in ground]
    conducted = [gain - loss for gain, loss in zip(absorbed, radiated, strict=True)]

    def harmonic(series: Sequence[float]) -> complex:
        count = len(series)
        return (
            sum(value * exp(-2j * pi * step / count) for step, value in enumerate(series)) / count
        )

    ratio = harmonic(conducted) / harmonic(ground)
    assert abs(ratio) == pytest.approx(400.0 * (2.0 * pi / SOL_SECONDS) ** 0.5, rel=0.02)
    assert degrees(phase(ratio)) == pytest.approx(45.0, abs=2.0)


def test_repeated_sol_does_not_depend_on_how_the_column_is_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Ten more sols of the same column change nothing: the solution is periodic in depth as well.
    columns: list[tuple[_Column, list[float], Sequence[float], float]] = []
    run_sol = _Column.run_sol

    def spy(
        self: _Column, layers: list[float], absorbed: Sequence[float], sky_flux: float
    ) -> tuple[list[float], list[float]]:
        columns.append((self, layers, absorbed, sky_flux))
        return run_sol(self, layers, absorbed, sky_flux)

    monkeypatch.setattr(_Column, "run_sol", spy)
    first = diurnal_cycle(LATITUDE, 90.0, 0.5).ground
    column, layers, absorbed, sky_flux = columns[-1]
    for _ in range(10):
        later, _ = run_sol(column, layers, absorbed, sky_flux)
    assert later == pytest.approx(first, abs=0.1)


def test_sky_radiates_more_under_dust_and_never_more_than_a_black_one() -> None:
    parameters = GroundParameters()
    values = [sky_emissivity(depth, parameters) for depth in (0.0, 0.5, 2.0, 20.0)]
    assert values[0] == pytest.approx(0.12)
    assert values == sorted(values) and values[-1] <= 1.0


def test_climate_interpolates_close_to_the_exact_solution() -> None:
    climate = SurfaceClimate(LATITUDE)
    exact = diurnal_cycle(LATITUDE, 37.0, 0.63)
    for step in range(0, 96, 7):
        here = climate.temperature(37.0, step / 4.0, 0.63)
        assert here.ground == pytest.approx(exact.ground[step], abs=1.0)
        assert here.air == pytest.approx(exact.air[step], abs=1.0)


def test_climate_is_continuous_over_midnight_and_new_year() -> None:
    climate = SurfaceClimate(LATITUDE)
    late, early = climate.temperature(0.0, 23.999, 0.5), climate.temperature(0.0, 0.001, 0.5)
    assert late.ground == pytest.approx(early.ground, abs=0.1)
    old, new = climate.temperature(359.999, 9.0, 0.5), climate.temperature(0.001, 9.0, 0.5)
    assert old.ground == pytest.approx(new.ground, abs=0.1)


def test_impossible_ground_is_refused() -> None:
    with pytest.raises(ValueError, match="Thermal inertia"):
        GroundParameters(thermal_inertia=0.0)
