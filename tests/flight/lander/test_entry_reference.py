"""The reference entry: does its adjoint tell what a disturbance costs in range?"""

import math
from dataclasses import replace

import pytest

from flight.lander.entry_reference import (
    EntryShape,
    ParachuteShape,
    PlanarState,
    Surroundings,
    fly,
    make_reference,
    parachute_drift,
)

SHAPE = EntryShape(150.0, 0.24)
AROUND = Surroundings(4.282837e13, 3_393_000.0, 1.3e-4)
START = PlanarState(0.0, 5_620.0, math.radians(-16.0), 125_000.0)
FINAL_SPEED = 405.0


def ended(state: PlanarState) -> bool:
    return state.speed < FINAL_SPEED and state.height < 60_000.0


def test_the_reference_meets_its_range() -> None:
    reference = make_reference(START, 620_000.0, SHAPE, AROUND, FINAL_SPEED)
    flown = fly(START, SHAPE, AROUND, reference.vertical_lift, ended)[-1]
    assert flown.range == pytest.approx(620_000.0, abs=500.0)
    assert 0.3 < reference.vertical_lift < 0.95


@pytest.mark.parametrize("speed", [5_000.0, 3_500.0, 2_000.0])
def test_the_adjoint_predicts_what_a_disturbance_does(speed: float) -> None:
    reference = make_reference(START, 620_000.0, SHAPE, AROUND, FINAL_SPEED)
    point = reference.at(speed)
    on_it = PlanarState(0.0, speed, point.path_angle, point.height)

    def range_of(state: PlanarState, lift: float = reference.vertical_lift) -> float:
        path = fly(state, SHAPE, AROUND, lift, ended)
        # To the speed itself, not to the step after it.
        last, end = path[-2], path[-1]
        part = (last.speed - FINAL_SPEED) / (last.speed - end.speed)
        return last.range + part * (end.range - last.range)

    base = range_of(on_it)
    assert base == pytest.approx(point.range_to_go, rel=0.02)
    steeper = range_of(replace(on_it, path_angle=point.path_angle + 1e-3)) - base
    assert steeper == pytest.approx(1e-3 * point.by_path_angle, rel=0.1)
    higher = range_of(replace(on_it, height=point.height + 100.0)) - base
    assert higher == pytest.approx(100.0 * point.by_height, rel=0.15)
    lifted = range_of(on_it, reference.vertical_lift + 0.01) - base
    assert lifted == pytest.approx(0.01 * point.by_lift, rel=0.1)


def test_a_parachute_that_opens_later_carries_farther() -> None:
    start = PlanarState(0.0, 405.0, math.radians(-22.0), 7_000.0)
    early = ParachuteShape(240.0, 28.0, 3_360.0, 1.0)
    forward, (east, _) = parachute_drift(start, early, AROUND, 0.0)
    later, _ = parachute_drift(start, replace(early, opening=3.0), AROUND, 0.0)
    assert 500.0 < forward < later < 9_000.0
    assert east > 0.0  # the expected wind blows to the east
