"""Thrust may be lost at any moment of the last 500 m, whatever the errors of thrusters, LiDAR
and accelerometers are drawn to be, and about a container in an ellipse as well."""

import pytest

from tests.flight.orbiter.approach import Approach, approached
from tests.flight.orbiter.ship import do

COLLISION = 6.0  # m
CHECK = [pytest.param(seed, marks=pytest.mark.check) for seed in range(2, 9)]


@pytest.mark.parametrize("seed", [1, *CHECK])
def test_whenever_thrust_is_lost_the_container_is_not_met(seed: int) -> None:
    side = 1.0 if seed % 2 else -1.0
    ship = Approach(seed, 450.0 * side, 0.03 if seed % 4 == 3 else 0.0)
    drifts = do(approached(ship, 300.0, 4_000.0))
    assert len(drifts) > 60 and 25.0 < drifts[-1][1] < 35.0
    for when, apart, closest in drifts:
        assert closest > COLLISION, f"{closest:.1f} m after {when:.0f} s at {apart:.0f} m"
    assert sum(size for _, size in ship.burns()) < 0.4  # m/s
