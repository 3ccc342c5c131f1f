"""Behaviour of airborne dust, storms and dust on panels."""

import random
from itertools import pairwise

import pytest

from sim_hw.world.dust import (
    AirborneDust,
    DustStorm,
    PanelDust,
    PanelDustParameters,
    climatological_optical_depth,
    global_storm,
)


@pytest.mark.parametrize(
    ("solar_longitude", "optical_depth"),
    [(0, 0.7), (25, 0.4), (80, 0.4), (130, 0.3), (215, 1.2), (330, 1.1), (360, 0.7)],
)
def test_climatology_returns_the_published_entries(
    solar_longitude: float, optical_depth: float
) -> None:
    assert climatological_optical_depth(solar_longitude) == pytest.approx(optical_depth)


def test_climatology_is_linear_between_entries_and_continuous_over_the_year() -> None:
    assert climatological_optical_depth(210.0) == pytest.approx(0.95)
    assert climatological_optical_depth(359.9999) == pytest.approx(0.7, abs=1e-4)
    assert climatological_optical_depth(-30.0) == pytest.approx(1.1)


def test_global_storm_rises_as_at_opportunity_and_clears_over_months() -> None:
    storm = global_storm(onset_sol=5105.0)
    assert storm.excess(5105.0) == 0.0
    assert 1.0 + storm.excess(5111.0) == pytest.approx(10.8)
    assert storm.excess(5111.0 + 60.0) == pytest.approx(9.8 / 2.718281828, rel=1e-6)


def test_storm_has_no_jump() -> None:
    storm = DustStorm(onset_sol=10.0, rise_sols=2.0, peak_excess=3.0, decay_sols=5.0)
    values = [storm.excess(9.0 + 0.01 * step) for step in range(1000)]
    assert max(abs(b - a) for a, b in pairwise(values)) < 0.03
    assert max(values) == pytest.approx(3.0)


def test_storm_refuses_a_rise_of_no_length() -> None:
    with pytest.raises(ValueError, match="rise_sols"):
        DustStorm(onset_sol=0.0, rise_sols=0.0, peak_excess=1.0, decay_sols=1.0)


def test_weather_does_not_depend_on_the_order_of_questions() -> None:
    forward = AirborneDust(random.Random(5))
    backward = AirborneDust(random.Random(5))
    sols = [0.0, 3.5, 17.25, 40.0]
    first = [forward.optical_depth(sol, 60.0) for sol in sols]
    second = [backward.optical_depth(sol, 60.0) for sol in reversed(sols)]
    assert first == second[::-1]
    assert AirborneDust(random.Random(6)).optical_depth(3.5, 60.0) != first[1]


def test_scatter_has_the_asked_size_and_none_without_a_stream() -> None:
    weather = AirborneDust(random.Random(1), scatter=0.05)
    values = [weather.optical_depth(float(sol), 60.0) / 0.4 - 1.0 for sol in range(4000)]
    spread = (sum(value * value for value in values) / len(values)) ** 0.5
    assert spread == pytest.approx(0.05, rel=0.15)
    assert AirborneDust().optical_depth(12.0, 60.0) == pytest.approx(0.4)


def test_weather_adds_storms_to_the_ordinary_year() -> None:
    weather = AirborneDust(storms=[global_storm(10.0)])
    assert weather.optical_depth(9.0, 60.0) == pytest.approx(0.4)
    assert weather.optical_depth(16.0, 60.0) == pytest.approx(10.2)


def test_panel_loses_the_published_fraction_per_sol() -> None:
    panel = PanelDust()
    assert 1.0 - panel.advance(1.0) == pytest.approx(0.0025)
    assert 0.73 < PanelDust().advance(120.0) < 0.79


def test_panel_gathers_more_dust_under_a_storm() -> None:
    assert PanelDust().advance(10.0, optical_depth=5.0) == pytest.approx(
        PanelDust().advance(100.0, optical_depth=0.5)
    )


def test_cleaning_does_not_depend_on_the_step() -> None:
    coarse = PanelDust(random.Random(3))
    fine = PanelDust(random.Random(3))
    coarse.advance(800.0)
    for _ in range(8000):
        fine.advance(0.1)
    assert coarse.cleaning_events == fine.cleaning_events > 0
    assert coarse.factor == pytest.approx(fine.factor, rel=1e-9)


def test_cleaning_never_makes_a_panel_better_than_clean() -> None:
    panel = PanelDust(random.Random(3), PanelDustParameters(mean_cleaning_interval=2.0))
    for _ in range(500):
        assert 0.0 < panel.advance(1.0) <= 1.0
    assert panel.factor > PanelDust().advance(500.0)
