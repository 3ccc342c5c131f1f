"""The touchdown on Earth: an error budget, what the summary says of it, and its picture."""

import math

import pytest

from ground.pictures.transfer_touchdown import ellipse, words
from ground.reports.touchdown_facts import place_about_site
from ground.studies.arrival_study import study_arrivals

SITE = (40.2, -113.3)
PREDICTED = {
    "latitude": 40.2, "longitude": -113.3, "long": 10.0, "short": 7.0, "azimuth": 90.0,
    "heading": 90.0, "angle": -25.0, "angle_sigma": 0.012,
}  # fmt: skip


def test_arrivals_come_down_where_the_orbiter_predicts_them() -> None:
    study = study_arrivals(40, seed=3)
    predicted = study.predicted
    assert study.ellipse.lost == 0
    # A nominal arrival is led to the site within metres; the simulated air differs a little.
    assert predicted.miss < 300.0
    assert math.hypot(study.east, study.north) < 2_000.0
    # 99 % of touchdowns, by forty of them and by what is believed on board.
    assert study.ellipse.long_semi_axis == pytest.approx(predicted.long_semi_axis, rel=0.3)
    assert study.ellipse.short_semi_axis == pytest.approx(predicted.short_semi_axis, rel=0.35)
    assert study.angle_sigma == pytest.approx(predicted.angle_sigma, rel=0.4)
    # Some tens of km from end to end, less than OSIRIS-REx's 58 km, which came in flatter.
    assert 10_000.0 < 2.0 * predicted.long_semi_axis < 58_000.0


def test_each_source_of_error_alone_draws_a_smaller_ellipse() -> None:
    everything = study_arrivals(12)
    alone = {s: study_arrivals(12, sources=[s]).ellipse for s in ("tracking", "springs", "capsule")}
    for each in alone.values():
        assert 0.0 < each.long_semi_axis < everything.ellipse.long_semi_axis
    # What delivers the capsule off its way scatters it along a line: across the asymptote.
    assert alone["springs"].short_semi_axis < 0.3 * alone["springs"].long_semi_axis


def test_a_touchdown_is_told_along_and_across_the_flight_and_by_the_ellipse() -> None:
    told = place_about_site((40.2, -113.2), SITE, PREDICTED)
    assert told["miss_km"] == pytest.approx(8.52, abs=0.02)
    assert told["along_km"] == pytest.approx(8.52, abs=0.02)
    assert told["across_km"] == pytest.approx(0.0, abs=0.01)
    assert told["in_ellipse"] is True
    assert place_about_site((40.27, -113.3), SITE, PREDICTED)["in_ellipse"] is False
    assert place_about_site((40.27, -113.3), SITE, PREDICTED)["across_km"] < -7.0
    without = place_about_site((40.2, -113.2), SITE)
    assert without["in_ellipse"] is None and without["predicted"] is None


def test_the_picture_draws_the_ellipse_about_its_own_centre() -> None:
    told = place_about_site((40.2, -113.2), SITE, {**PREDICTED, "longitude": -113.25})
    centre, outline = ellipse(told["site"], told["predicted"])
    assert centre == pytest.approx((4.26, 0.0), abs=0.01)
    assert outline[:, 0].max() == pytest.approx(centre[0] + 10.0, abs=0.01)
    assert outline[:, 1].max() == pytest.approx(7.0, abs=0.02)
    said = words({**told, "speed": 40.3}, 829.0).splitlines()
    assert said[0].startswith("× 8.5 km") and said[1].startswith("8.5 km long")
    assert "20 × 14 km" in said[2] and said[3] == "at 40 m/s: 829 g"
