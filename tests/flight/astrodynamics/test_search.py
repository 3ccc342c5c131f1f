import math

import pytest

from flight.astrodynamics import search


def test_crossing_and_minimum_of_a_sine():
    assert search.crossing(math.sin, 3.0, 4.0, 1e-12) == pytest.approx(math.pi, abs=1e-12)
    assert search.minimum(math.sin, 3.0, 6.0, 1e-7) == pytest.approx(1.5 * math.pi, abs=1e-7)


def test_crossing_needs_a_change_of_sign():
    with pytest.raises(ValueError, match="no change of sign"):
        search.crossing(math.cos, 2.0, 3.0, 1e-9)


def test_a_tolerance_below_the_floats_still_ends():
    assert search.crossing(math.sin, 3.0, 4.0, 0.0) == pytest.approx(math.pi, abs=1e-15)
    assert search.minimum(math.sin, 3.0, 6.0, 0.0) == pytest.approx(1.5 * math.pi, abs=1e-7)


def test_all_local_minima_are_found_in_order():
    found = search.local_minima(math.cos, 0.0, 20.0, 0.5, 1e-6)
    assert found == pytest.approx([math.pi, 3 * math.pi, 5 * math.pi], abs=1e-6)


def test_intervals_below_a_limit_are_cut_at_the_ends():
    found = search.intervals_below(math.cos, 0.0, 2.0, 12.0, 0.5, 1e-9)
    expected = [(2.0, 1.5 * math.pi), (2.5 * math.pi, 3.5 * math.pi)]
    assert len(found) == 2
    for interval, limits in zip(found, expected, strict=True):
        assert interval == pytest.approx(limits, abs=1e-8)
    assert search.intervals_below(math.cos, 0.0, -1.0, 1.0, 0.5, 1e-9) == []
