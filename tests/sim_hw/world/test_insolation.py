"""Behaviour of sunlight on panels under dust, and the published energies of June 2018."""

from itertools import pairwise
from math import exp, pi

import pytest

from sim_hw.world.insolation import (
    PanelOrientation,
    SkyModel,
    SurfaceFlux,
    panel_flux,
    panel_flux_at,
    sol_insolation,
    surface_flux,
    top_of_atmosphere_flux,
)
from sim_hw.world.light_transmission import (
    POLLACK_1979,
    DustOptics,
    direct_transmission,
    mastcamz_transmission,
    two_stream_budget,
    two_stream_transmission,
)
from sim_hw.world.opportunity_storm import energy_by_mean_sun, predict_storm

JEZERO = (18.45263, 77.407753)
SOL = 54_000


def test_flux_over_the_orbit_spans_the_published_range() -> None:
    assert top_of_atmosphere_flux(1.6662) == pytest.approx(490.0, abs=1.0)
    assert top_of_atmosphere_flux(1.3814) == pytest.approx(713.0, abs=1.0)


def test_direct_beam_and_scaling_follow_their_laws() -> None:
    assert direct_transmission(0.5, 1.0) == pytest.approx(exp(-2.0))
    assert mastcamz_transmission(0.5, 1.5) == pytest.approx(exp(-0.5))


@pytest.mark.parametrize("zenith_cosine", [0.05, 0.3, 0.7, 1.0])
def test_two_stream_is_clear_without_dust_and_darkens_with_it(zenith_cosine: float) -> None:
    depths = [0.0, 0.1, 0.5, 1.0, 3.0, 6.0, 11.0]
    light = [two_stream_transmission(zenith_cosine, depth, 0.0) for depth in depths]
    assert light[0] == pytest.approx(1.0, abs=1e-6)
    assert light == sorted(light, reverse=True)
    assert all(
        value >= direct_transmission(zenith_cosine, depth) - 1e-12
        for value, depth in zip(light, depths, strict=True)
    )


def test_two_stream_loses_no_light_in_dust_that_absorbs_nothing() -> None:
    # Conservative Eddington layer, overhead Sun: T = (2/3 + 1 + (2/3 - 1) e^-t) / (4/3 + t).
    optics = DustOptics(single_scattering_albedo=1.0 - 1e-9, asymmetry=0.0)
    expected = (5.0 / 3.0 - exp(-2.0) / 3.0) / (4.0 / 3.0 + 2.0)
    assert two_stream_transmission(1.0, 2.0, 0.0, optics) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("zenith_cosine", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("ground_albedo", [0.0, 0.3])
def test_two_stream_accounts_for_all_light(zenith_cosine: float, ground_albedo: float) -> None:
    white = DustOptics(single_scattering_albedo=1.0 - 1e-9, asymmetry=0.5)
    for depth in (0.01, 1.0, 5.0):
        budget = two_stream_budget(zenith_cosine, depth, ground_albedo, white)
        assert budget.absorbed == pytest.approx(0.0, abs=1e-4)
        dusty = two_stream_budget(zenith_cosine, depth, ground_albedo)
        assert 0.0 < dusty.absorbed < 1.0
        assert dusty.transmitted < budget.transmitted and dusty.reflected < budget.reflected


def test_two_stream_without_dust_reflects_like_the_ground() -> None:
    budget = two_stream_budget(0.6, 0.0, 0.25)
    assert budget.transmitted == pytest.approx(1.0, abs=1e-9)
    assert budget.reflected == pytest.approx(0.25, abs=1e-9)


def test_two_stream_is_smooth_through_its_removable_singularity() -> None:
    optics = DustOptics(single_scattering_albedo=0.6, asymmetry=0.3)
    values = [two_stream_transmission(0.5 + 0.0001 * i, 1.0, 0.1, optics) for i in range(5000)]
    steps = [after - before for before, after in pairwise(values)]
    assert all(0.0 < step < 2e-4 for step in steps)


def test_dust_turns_beam_into_skylight() -> None:
    clear, dusty = surface_flux(1.5, 0.8, 0.3), surface_flux(1.5, 0.8, 3.0)
    assert clear.direct_horizontal > clear.diffuse_horizontal > 0.0
    assert dusty.diffuse_horizontal > 5.0 * dusty.direct_horizontal
    assert surface_flux(1.5, -0.1, 0.5).global_horizontal == 0.0


def test_negative_optical_depth_is_refused() -> None:
    with pytest.raises(ValueError, match="Optical depth"):
        surface_flux(1.5, 0.8, -0.1)


def test_panel_facing_the_sun_gets_the_whole_beam() -> None:
    flux = SurfaceFlux(direct_normal=400.0, direct_horizontal=200.0, diffuse_horizontal=0.0)
    facing = PanelOrientation(tilt_degrees=60.0, azimuth_degrees=90.0)
    assert panel_flux(flux, 30.0, 90.0, facing, ground_albedo=0.0) == pytest.approx(400.0)
    assert panel_flux(flux, 30.0, 270.0, facing, ground_albedo=0.0) == 0.0
    assert panel_flux(flux, 30.0, 90.0) == pytest.approx(200.0)


def test_panel_is_dark_at_night() -> None:
    night, day = (panel_flux_at(2461990.5 + hour / 24.0, *JEZERO, 0.5) for hour in (0.0, 12.33))
    assert min(night, day) == 0.0
    assert max(night, day) > 100.0


def test_energy_of_a_sol_without_air_is_the_geometric_integral() -> None:
    # At the equator on an equinox the mean cosine over the sol is 1 / pi.
    from flight.astrodynamics.mars_time import jd_tt_of_solar_longitude, mars_sol_date, mars_time

    jd_tt = jd_tt_of_solar_longitude(0.0, 2461990.5)
    flux = top_of_atmosphere_flux(mars_time(jd_tt, 0.0).sun_distance_au)
    energy = sol_insolation(int(mars_sol_date(jd_tt)), 0.0, 0.0, 0.0)
    assert energy == pytest.approx(flux / pi * 88775.244 / 3600.0, rel=2e-3)


def test_energy_of_a_sol_falls_with_dust_and_takes_a_changing_sky() -> None:
    clear = sol_insolation(SOL, *JEZERO, 0.3)
    dusty = sol_insolation(SOL, *JEZERO, 2.0)
    changing = sol_insolation(SOL, *JEZERO, lambda hours: 0.3 if hours < 12.0 else 2.0)
    assert dusty < changing < clear
    assert sol_insolation(SOL, *JEZERO, 0.3, steps=1440) == pytest.approx(clear, rel=2e-3)


def test_opportunity_storm_is_predicted_within_the_published_tolerances() -> None:
    by_sol = {entry.reported.sol: entry for entry in predict_storm()}
    assert by_sol[5105].energy == pytest.approx(468.0)
    assert by_sol[5106].energy == pytest.approx(345.0, rel=0.05)
    assert by_sol[5111].energy == pytest.approx(22.0, rel=0.40)
    assert 3.0 < by_sol[5107].optical_depth < 10.8


def test_mean_sun_scaling_gives_its_published_figures() -> None:
    assert energy_by_mean_sun(1.0) == pytest.approx(468.0)
    assert energy_by_mean_sun(2.1) == pytest.approx(345.0, abs=0.5)
    assert energy_by_mean_sun(10.8) == pytest.approx(31.0, abs=0.5)


def test_integrated_scaling_is_too_bright_in_the_storm() -> None:
    by_sol = {entry.reported.sol: entry for entry in predict_storm(SkyModel.MASTCAMZ_SCALING)}
    energy = by_sol[5111].energy
    assert energy is not None and energy > 2.0 * 22.0


def test_other_published_dust_optics_tell_the_same_story() -> None:
    for depth in (1.0, 2.1, 10.8):
        ours = two_stream_transmission(0.9, depth, 0.15)
        theirs = two_stream_transmission(0.9, depth, 0.15, POLLACK_1979)
        assert theirs == pytest.approx(ours, rel=0.35)
