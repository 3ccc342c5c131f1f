"""Behaviour of the ground around the depot, and of wheels on it."""

import random
from math import atan, degrees, pi

import numpy as np
import pytest

from sim_hw.world.lattice_noise import LatticeNoise
from sim_hw.world.terrain import (
    Crater,
    GroundPoint,
    SurfaceClass,
    Terrain,
    TerrainParameters,
)
from sim_hw.world.traction import expected_slip, sample_slip

SLOPE_DEVIATION = 0.8639

SEEDS = [1, 2, 3]


@pytest.mark.parametrize("seed", SEEDS)
def test_depot_is_flat_firm_and_at_its_published_elevation(seed: int) -> None:
    terrain = Terrain(seed)
    assert terrain.elevation(0.0, 0.0) == pytest.approx(-2545.3)
    for east in range(0, 49, 3):
        for north in range(-6, 45, 3):
            ground = terrain.ground(east, north)
            assert ground.slope_degrees <= 1.25
            assert ground.surface is SurfaceClass.FIRM
            assert ground.elevation == pytest.approx(-2545.3, abs=0.35)


@pytest.mark.parametrize("seed", SEEDS)
def test_delta_front_rises_in_the_west_steeper_than_the_published_slope(seed: int) -> None:
    terrain = Terrain(seed)
    slopes = [
        terrain.ground(-500.0 + 3.1 * i, 7.7 * j).slope_degrees
        for i in range(-10, 10)
        for j in range(-10, 10)
    ]
    assert sum(slopes) / len(slopes) > 5.5
    assert terrain.elevation(-900.0, 0.0) - terrain.elevation(0.0, 0.0) > 30.0


def test_far_plain_has_the_asked_slope() -> None:
    for deviation in (1.0, 3.0):
        terrain = Terrain(4, TerrainParameters(slope_deviation=deviation))
        gradients = [
            terrain.ground(400.0 + 13.7 * i, -900.0 + 17.3 * j).gradient_east
            for i in range(60)
            for j in range(60)
        ]
        spread = (sum(value * value for value in gradients) / len(gradients)) ** 0.5
        assert degrees(atan(spread)) == pytest.approx(deviation, rel=0.25)


def test_gradient_is_the_derivative_of_the_elevation() -> None:
    terrain = Terrain(5)
    step = 1e-4
    for east, north in [(10.0, 20.0), (120.3, -77.1), (-440.0, 33.0), (-90.0, 60.0)]:
        ground = terrain.ground(east, north)
        rise = terrain.elevation(east + step, north) - terrain.elevation(east - step, north)
        assert ground.gradient_east == pytest.approx(rise / (2.0 * step), abs=1e-5)
        rise = terrain.elevation(east, north + step) - terrain.elevation(east, north - step)
        assert ground.gradient_north == pytest.approx(rise / (2.0 * step), abs=1e-5)


def test_one_seed_gives_one_ground_in_whatever_order_it_is_asked() -> None:
    first, second = Terrain(7), Terrain(7)
    places = [(x * 31.0, x * -17.0) for x in range(-20, 20)]
    forward = [first.ground(*place) for place in places]
    assert [second.ground(*place) for place in reversed(places)] == forward[::-1]
    assert Terrain(8).ground(500.0, 500.0) != first.ground(500.0, 500.0)


def test_window_and_single_questions_agree() -> None:
    terrain = Terrain(9)
    for east, north in [(60.0, 0.0), (-420.0, 90.0), (800.0, 300.0)]:
        window = terrain.window(east, north, 40.0, 2.0)
        assert window.elevation.shape == (20, 20)
        for row, column in [(0, 0), (3, 17), (19, 8)]:
            here = terrain.ground(float(window.east[row, column]), float(window.north[row, column]))
            assert window.elevation[row, column] == pytest.approx(here.elevation, abs=1e-9)
            assert window.slope_degrees[row, column] == pytest.approx(here.slope_degrees, abs=1e-9)
            assert window.looseness[row, column] == pytest.approx(here.looseness, abs=1e-12)


def test_window_is_centred_and_ordered_from_south_west() -> None:
    window = Terrain(1).window(100.0, -50.0, 10.0, 1.0)
    assert window.east.mean() == pytest.approx(100.0)
    assert window.north.mean() == pytest.approx(-50.0)
    assert window.east[0, 0] < window.east[0, 1] and window.north[0, 0] < window.north[1, 0]


def test_window_finer_than_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="resolution"):
        Terrain(1).window(0.0, 0.0, 10.0, 0.0)


def test_sand_covers_the_asked_part_of_the_far_ground() -> None:
    window = Terrain(3, TerrainParameters(sand_fraction=0.2)).window(2000.0, 0.0, 2000.0, 10.0)
    assert float((window.looseness > 0.0).mean()) == pytest.approx(0.2, abs=0.03)


def test_noise_is_smooth_and_has_its_stated_slope() -> None:
    noise = LatticeNoise(random.Random(1))
    x, y = np.meshgrid(np.arange(0.0, 200.0, 0.37), np.arange(0.0, 200.0, 0.37))
    value, slope_x, slope_y = noise.on_grid(x, y)
    assert abs(float(value.mean())) < 0.15
    assert float(slope_x.std()) == pytest.approx(SLOPE_DEVIATION, rel=0.15)
    assert float(slope_y.std()) == pytest.approx(SLOPE_DEVIATION, rel=0.15)


def ground_of(slope_north: float, looseness: float) -> GroundPoint:
    return GroundPoint(0.0, 0.0, slope_north, looseness)


def test_slope_along_a_heading_has_its_sign() -> None:
    ground = ground_of(0.1, 0.0)
    assert ground.slope_along(0.0) == pytest.approx(atan(0.1))
    assert ground.slope_along(pi) == pytest.approx(-atan(0.1))
    assert ground.slope_along(pi / 2.0) == pytest.approx(0.0, abs=1e-12)


def test_healthy_drive_slips_little_and_the_heart_of_a_ripple_beyond_the_limit() -> None:
    assert expected_slip(ground_of(0.0, 0.0), 0.0) == pytest.approx(0.025)
    assert 0.10 < expected_slip(ground_of(0.0, 0.05), 0.0) < 0.40
    assert expected_slip(ground_of(0.0, 1.0), 0.0) > 0.40


def test_slip_grows_uphill_and_stays_physical() -> None:
    uphill = [expected_slip(ground_of(slope, 0.5), 0.0) for slope in (-0.1, 0.0, 0.1, 0.3, 2.0)]
    assert uphill == sorted(uphill) and uphill[-1] < 1.0
    stream = random.Random(1)
    samples = [sample_slip(ground_of(0.05, 0.5), 0.0, stream) for _ in range(2000)]
    assert sum(samples) / len(samples) == pytest.approx(
        expected_slip(ground_of(0.05, 0.5), 0.0), rel=0.02
    )


def test_a_crater_falls_along_its_wall_and_is_on_no_map() -> None:
    terrain = Terrain(1)
    places = [(0.0, 0.0), (75.0, 0.0), (0.0, -75.0), (100.0, 0.0), (130.0, 0.0)]
    flat = [terrain.ground(*place) for place in places]
    window = terrain.window(0.0, 0.0, 100.0, 10.0)
    fill = terrain.dig(Crater(0.0, 0.0, radius=100.0, depth=30.0, wall=50.0))
    deep = [terrain.ground(*place) for place in places]
    falls = [a.elevation - b.elevation for a, b in zip(flat, deep, strict=True)]
    assert falls == pytest.approx([30.0, 15.0, 15.0, 0.0, 0.0])
    for east in (60.0, 75.0, 90.0):
        step = 1e-3
        slope = (terrain.elevation(east + step, 5.0) - terrain.elevation(east - step, 5.0)) / 2e-3
        assert terrain.ground(east, 5.0).gradient_east == pytest.approx(slope, abs=1e-4)
    assert (terrain.window(0.0, 0.0, 100.0, 10.0).elevation == window.elevation).all()
    fill()
    assert [terrain.ground(*place) for place in places] == flat


def test_a_crater_whose_walls_meet_before_they_are_down_is_a_funnel() -> None:
    """Its middle lies where its walls have come to: no hole of a point is there."""
    crater = Crater(0.0, 0.0, radius=20.0, depth=30.0, wall=50.0)
    middle, *slope = crater.fall(0.0, 0.0)
    assert slope == [0.0, 0.0]
    assert middle == pytest.approx(crater.fall(1e-6, 0.0)[0], abs=1e-4)
    assert 0.0 < middle < 30.0
    assert Crater(0.0, 0.0, radius=50.0, depth=30.0, wall=50.0).fall(0.0, 0.0)[0] == 30.0


def test_the_elevation_alone_has_the_bits_of_the_ground() -> None:
    terrain = Terrain(5)
    terrain.dig(Crater(40.0, -30.0, 20.0, 3.0, 5.0))
    draw = random.Random(5)
    for _ in range(300):
        east, north = draw.uniform(-900.0, 900.0), draw.uniform(-900.0, 900.0)
        assert terrain.elevation(east, north) == terrain.ground(east, north).elevation
    for east in (40.0, 55.0, 59.9):  # in the crater, and on its wall
        assert terrain.elevation(east, -30.0) == terrain.ground(east, -30.0).elevation
