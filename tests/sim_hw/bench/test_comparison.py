"""Simulated and real values side by side: residuals, bands and the time that they are left for."""

import math

import pytest

from sim_hw.bench.comparison import Comparison, Tolerance, leaves_of

WORST = 5


def test_residuals_are_real_less_simulated_and_stamps_are_no_values() -> None:
    comparison = Comparison({})
    for k, off in enumerate((0.1, -0.3, 0.2)):
        ours = {"time_ns": 1, "seconds": 1.0, "metres": 1.0, "axes": [1.0, 2.0], "on": True}
        theirs = {"boot": 7, "metres": 1.0 + off, "axes": [1.0, 2.5], "on": k != 1}
        assert comparison.add("look", ours, theirs, float(k)) == []
    found = comparison.fields["look.metres"]
    assert (found.n, found.largest) == (3, pytest.approx(0.3)) and found.within is None
    assert found.mean == pytest.approx(0.0) and found.rms == pytest.approx(math.sqrt(0.14 / 3))
    assert [round(each[1]) for each in found.worst] == [1, 2, 0]
    assert comparison.fields["look.axes[1]"].mean == pytest.approx(0.5)
    assert comparison.fields["look.on"].unlike == 1
    assert "look.seconds" not in comparison.fields and comparison.compared == 3


@pytest.mark.requirement("HIL-04")
def test_a_band_is_left_when_it_has_been_left_for_so_long() -> None:
    comparison = Comparison({"metres": Tolerance(0.5, dwell=2.0)})

    def add(off: float, now: float) -> list[tuple[str, str]]:
        return comparison.add("look", {"metres": 1.0}, {"metres": 1.0 + off}, now)

    assert add(0.5, 0.0) == []  # just within
    assert add(0.6, 1.0) == [] and add(0.6, 2.9) == []
    assert add(0.1, 2.95) == [] and add(0.6, 3.0) == []  # it counts anew
    assert add(0.6, 4.999) == [] and comparison.diverged == []
    assert add(0.6, 5.0) == [("look.metres", "diverged")]
    assert add(0.7, 9.0) == [] and comparison.diverged == ["look.metres"]  # told once
    assert add(-0.5, 9.5) == [("look.metres", "agrees")] and comparison.diverged == []
    assert comparison.fields["look.metres"].beyond == 6


def test_a_band_by_its_method_comes_before_one_by_its_field_and_lists_have_one() -> None:
    bands = {"axes": Tolerance(1.0), "look.axes": Tolerance(0.1)}
    comparison = Comparison(bands)
    assert comparison.tolerance("look.axes[1]") == Tolerance(0.1)
    assert comparison.tolerance("drive.axes[1]") == Tolerance(1.0)
    assert comparison.tolerance("drive.metres") is None


@pytest.mark.parametrize("real", [float("nan"), None, "1.0", float("inf"), True])
def test_what_is_no_number_is_out_of_its_band(real: object) -> None:
    comparison = Comparison({"metres": Tolerance(1e9)})
    assert comparison.add("look", {"metres": 1.0}, {"metres": real}, 0.0) == [
        ("look.metres", "diverged")
    ]
    assert comparison.fields["look.metres"].within is False


def test_only_the_worst_are_kept() -> None:
    comparison = Comparison({})
    for k in range(20):
        comparison.add("look", {"metres": 0.0}, {"metres": float(k)}, float(k))
    assert [each[0] for each in comparison.fields["look.metres"].worst] == [19, 18, 17, 16, 15]
    assert len(comparison.fields["look.metres"].worst) == WORST
    assert leaves_of(3.0) == {"": 3.0}
