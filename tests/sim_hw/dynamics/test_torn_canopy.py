"""A canopy that is torn brakes less, as far as it is torn, until it is whole again."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.vectors import norm, subtract
from sim_hw.dynamics.entry_vehicle import EntryVehicle
from tests.sim_hw.dynamics.test_looking import lander


@pytest.mark.parametrize(
    ("after", "tears", "torn", "share"),
    [
        (1.0, [], False, 0.0),  # its lines are just stretched
        (1.5, [], False, 0.25),  # half open across, a quarter of its area
        (2.0, [], False, 1.0),
        (9.0, [0.8, 0.5], False, 0.4),
        (9.0, [0.0], False, 0.0),
        (9.0, [], True, 0.0),
    ],
)
def test_it_pulls_by_its_area_and_by_what_is_left_of_that(
    after: float, tears: list[float], torn: bool, share: float
) -> None:
    """Of 20 m, open within a second, at 500 Pa and Mach 0.9, where its drag coefficient is 0.54: it
    pulls with 85 kN, against the flow."""
    flow: Any = SimpleNamespace(pressure=500.0, mach=0.9, speed=100.0, velocity=(0.0, 60.0, -80.0))
    parachute = SimpleNamespace(line_stretch=1.0, inflation=1.0, diameter=20.0)
    vehicle: Any = SimpleNamespace(
        parameters=SimpleNamespace(parachute=parachute), mortar_time=50.0, torn=torn, tears=tears
    )
    force = EntryVehicle._canopy_force(vehicle, 50.0 + after, flow)
    whole = 500.0 * 100.0 * math.pi * 0.54
    assert force == pytest.approx((0.0, -0.6 * share * whole, 0.8 * share * whole))
    vehicle.mortar_time = None
    assert EntryVehicle._canopy_force(vehicle, 59.0, flow) == (0.0, 0.0, 0.0)


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
