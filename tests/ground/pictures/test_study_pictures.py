"""The pictures of the studies, also of runs that went wrong."""

import math
from pathlib import Path

import pytest

from ground.studies.ascent_run import AscentResult
from ground.studies.draw import draw_study
from ground.studies.landing_study import LandingResult
from tests.ground.pictures.run_writer import must_show_something


def landing(run: int, **changes: object) -> LandingResult:
    values: dict[str, object] = {
        "run": run, "verdict": "landed", "reason": "", "claimed": True, "distance": 5.0 + run,
        "knowledge": 4.0, "vertical_speed": 1.0 + 0.1 * run, "horizontal_speed": 0.05, "tilt": 2.0,
        "propellant": 200.0, "parachute_mach": 1.8, "parachute_pressure": 640.0, "divert": 1000.0,
        "reversals": 3, "duration": 980.0, "warnings": (), "east": 5.0 + run, "north": 0.0,
    }  # fmt: skip
    return LandingResult(**{**values, **changes})  # type: ignore[arg-type]


def ascent(seed: int, closed: bool, **changes: object) -> AscentResult:
    values: dict[str, object] = {
        "seed": seed, "closed": closed, "in_orbit": True, "periapsis_km": 335.0 + seed,
        "apoapsis_km": 350.0 + seed, "inclination": 25.0, "plane_error": 0.02, "trim": 3.0,
        "gas_left": 1.7, "before_trim_km": (320.0, 350.0), "navigation_error": (900.0, 1.0),
        "dynamic_pressure": 2600.0, "angle_of_attack": 3.9, "acceleration": 90.0, "bending": 120.0,
        "is_reduced": False, "ignition": 560.0,
    }  # fmt: skip
    return AscentResult(**{**values, **changes})  # type: ignore[arg-type]


def test_landings_are_drawn_with_the_lost_ones(tmp_path: Path) -> None:
    crash = landing(4, verdict="crashed", distance=90.0, east=90.0, tilt=math.nan)
    nowhere = landing(
        5, verdict="still in the air", distance=math.nan, east=math.nan, north=math.nan
    )
    results = [*(landing(run) for run in range(1, 4)), crash, nowhere]
    file = draw_study("landing", results, tmp_path)
    assert file == tmp_path / "landings.png"
    must_show_something(file)


def test_ascents_are_drawn_with_those_that_reached_no_orbit(tmp_path: Path) -> None:
    lost = ascent(3, False, in_orbit=False, periapsis_km=-3000.0, apoapsis_km=math.inf)
    results = [ascent(n, closed) for n in (1, 2) for closed in (False, True)]
    file = draw_study("ascent", [*results, lost, ascent(3, True)], tmp_path)
    assert file == tmp_path / "ascents.png"
    must_show_something(file)


def test_a_study_all_of_whose_runs_were_lost_is_drawn(tmp_path: Path) -> None:
    lost = landing(1, verdict="crashed", tilt=math.nan)
    file = draw_study("landing", [lost], tmp_path)
    assert file is not None and file.exists()


def test_without_matplotlib_a_study_goes_without_a_picture(
    tmp_path: Path, without_matplotlib: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert draw_study("landing", [landing(1)], tmp_path) is None
    assert "extra `plots`" in capsys.readouterr().err
