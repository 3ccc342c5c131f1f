"""The reference entry in figures, and what the vehicle that flies it is taken to be."""

import math
from dataclasses import replace

import pytest

from flight.lander.entry_reference import (
    EntryReference,
    EntryShape,
    ParachuteShape,
    PlanarState,
    ReferencePoint,
    Surroundings,
    _canopy_part,
    fly,
    make_reference,
    parachute_drift,
    rates,
)

SHAPE = EntryShape(150.0, 0.24, 1_100.0, 470.0)
AROUND = Surroundings(4.282837e13, 3_393_000.0, 1.3e-4)
START = PlanarState(0.0, 5_620.0, math.radians(-16.0), 125_000.0)


@pytest.mark.parametrize(
    ("speed", "lift"),
    [(469.9, 0.0), (470.0, 0.95), (1_099.9, 0.95), (1_100.0, 0.4), (5_000.0, 0.4)],
)
def test_how_much_lift_points_up(speed: float, lift: float) -> None:
    assert SHAPE.vertical_lift(speed, 0.4) == lift
    assert EntryShape(150.0, 0.24).vertical_lift(speed, 0.4) == 0.4


def test_how_the_motion_changes() -> None:
    state = PlanarState(1_000.0, 3_000.0, -0.1, 30_000.0)
    drag = 0.5 * 8.51e-4 * 9.0e6 / 150.0
    distance = 3_423_000.0
    gravity = 4.282837e13 / distance**2
    turning = 0.24 * drag * 0.5 + (9.0e6 / distance - gravity) * math.cos(0.1) + 1.3e-4 * 3_000.0
    assert rates(state, SHAPE, AROUND, 0.5) == pytest.approx(
        (
            3_000.0 * math.cos(0.1) * 3_393_000.0 / distance,
            -drag + gravity * math.sin(0.1),
            turning / 3_000.0,
            -3_000.0 * math.sin(0.1),
        ),
        rel=1e-12,
    )


def test_a_trajectory_ends_where_it_is_asked_to_in_the_ground_or_after_ten_minutes() -> None:
    path = fly(START, SHAPE, AROUND, 0.5, lambda state: state.speed < 405.0)
    assert len(path) == 422 and path[0] is START
    assert path[-1].range == pytest.approx(583_465.521, abs=0.01)
    assert path[-1].speed == pytest.approx(404.4167, abs=1e-3)
    assert path[-2].speed >= 405.0
    never = fly(START, SHAPE, AROUND, 0.5, lambda state: False)
    assert never[-1].height <= -5_000.0 < never[-2].height
    up = replace(START, path_angle=0.5)
    assert len(fly(up, SHAPE, AROUND, 0.5, lambda state: False)) == 1_200  # 600 s of half seconds


def test_the_figures_of_a_reference() -> None:
    reference = make_reference(START, 620_000.0, SHAPE, AROUND, 405.0)
    assert reference.vertical_lift == pytest.approx(0.6677612304687499, rel=1e-12)
    assert len(reference.points) == 420
    expected = {
        404.0: (404.0, 43.825111, 7_094.84788, -0.426952999, 4.24923722, 11_353.252, -34.380816,
                0.0060049012, 0.0),
        900.0: (900.0, 55_881.1222, 14_789.3626, -0.0109928034, 10.5589087, 10_988.6936,
                96_179.616, 3.70119488, 0.0),
        2_000.0: (2_000.0, 118_176.837, 15_496.7642, -0.0358346167, 48.8926931, 10_988.6936,
                  426_080.6, 7.35813639, 39_193.1684),
        5_000.0: (5_000.0, 234_787.494, 29_404.715, -0.180838441, 75.4989871, 9_515.84209,
                  1_423_463.09, 8.03982464, 217_357.783),
        9_000.0: (5_652.56672, 399_876.676, 65_594.3645, -0.233903553, 0.810672981, 7_880.75871,
                  2_632_895.46, 6.50301103, 270_404.791),
    }  # fmt: skip
    for speed, figures in expected.items():
        point = reference.at(speed)
        found = [getattr(point, name) for name in ReferencePoint.__dataclass_fields__]
        assert found == pytest.approx(list(figures), rel=1e-6, abs=1e-5)


@pytest.mark.parametrize(("target", "lift"), [(100_000.0, 0.05), (2_000_000.0, 0.95)])
def test_some_lift_is_left_to_steer_with_both_ways(target: float, lift: float) -> None:
    assert make_reference(START, target, SHAPE, AROUND, 405.0).vertical_lift == pytest.approx(
        lift, abs=2e-4
    )


def point(speed: float, **more: float) -> ReferencePoint:
    fields = dict.fromkeys(ReferencePoint.__dataclass_fields__, 0.0)
    return ReferencePoint(**{**fields, "speed": speed, "height": 10.0 * speed, **more})


def test_between_two_points_all_is_in_between_and_beyond_them_it_stays() -> None:
    reference = EntryReference([point(300.0), point(310.0), point(200.0), point(100.0)], 0.5)
    # Only what rises from the end on is kept.
    assert [p.speed for p in reference.points] == [100.0, 200.0, 310.0]
    assert reference.at(150.0).height == 1_500.0
    assert reference.at(200.0).height == 2_000.0
    assert reference.at(255.0).height == pytest.approx(2_550.0)
    assert reference.at(50.0).height == 1_000.0 and reference.at(999.0).height == 3_100.0


@pytest.mark.parametrize(
    ("mach", "part"),
    [(0.3, 1.0), (0.5, 1.0), (0.65, 0.95), (0.8, 0.9), (0.9, 0.84), (1.0, 0.78), (1.1, 0.82),
     (1.2, 0.86), (1.35, 0.92), (1.5, 0.98), (1.75, 0.94), (2.0, 0.9), (3.0, 0.9)],
)  # fmt: skip
def test_the_drag_of_the_canopy_by_mach_number(mach: float, part: float) -> None:
    assert _canopy_part(mach) == pytest.approx(part)


def test_how_far_the_parachute_carries() -> None:
    start = PlanarState(0.0, 405.0, math.radians(-22.0), 7_000.0)
    shape = ParachuteShape(240.0, 28.0, 3_360.0, 1.5)
    forward, drift = parachute_drift(start, shape, AROUND, 0.0)
    assert forward == pytest.approx(6_630.327232, rel=1e-9)
    assert drift == pytest.approx((998.82512, 440.003385), rel=1e-8)
    assert parachute_drift(start, shape, AROUND, 7_000.0) == (0.0, (0.0, 0.0))
    one, _ = parachute_drift(start, shape, AROUND, 6_999.0)
    assert one == pytest.approx(0.25 * 405.0 * math.cos(math.radians(22.0)), rel=3e-3)
    # It does not fall for ever: ten minutes of steps at the most.
    still, _ = parachute_drift(start, shape, AROUND, -1.0e9)
    assert still < 8_000.0
