"""A canopy that is torn brakes less, as far as it is torn, until it is whole again."""

from typing import Any

import pytest

from flight.astrodynamics.vectors import norm, subtract
from tests.sim_hw.dynamics.test_looking import lander


@pytest.mark.check
def test_it_brakes_by_what_is_left_of_it() -> None:
    case = lander(6_000.0, 110.0, 0.0, "entry")
    body: Any = case.body()
    vehicle = body.vehicle
    vehicle.jettison("cruise_stage"), vehicle.jettison("entry_balance")
    vehicle.fire_mortar()
    case.clock.now = 8.0
    body.advance()

    def changes(*shares: float) -> Any:
        """m/s^2 of what hangs on it, so torn."""
        vehicle.tears[:] = shares
        return body.derivative(body.time, body.state)[3:6]

    gone = changes(0.0)
    whole, torn = norm(subtract(changes(), gone)), norm(subtract(changes(0.8, 0.5), gone))
    assert whole > 1.0 and torn == pytest.approx(0.4 * whole)
    assert norm(subtract(changes(), gone)) == whole
