"""A burn whose answer is lost is taken for when it was done."""

import asyncio
from typing import Any

import pytest

from flight.astrodynamics.vectors import norm, subtract
from flight.icd.devices.base import DeviceFault, DeviceTimeout
from flight.orbiter.manoeuvres import execute
from flight.orbiter.propagation import coast
from tests.flight.orbiter.ship import Ship, do


@pytest.mark.parametrize(
    ("error", "middle"),
    [(DeviceTimeout("none"), 0.5 * 3_000.0 / 1_960.0), (DeviceFault("off", "x"), 5_400.0)],
)
def test_a_burn_that_was_not_answered_was_done_when_it_was_asked_for(
    error: Exception, middle: float
) -> None:
    """Not in the middle of the three hours for which its answer was waited for."""
    ship: Any = Ship()

    async def silent(way: list[float]) -> None:
        ship._push(way)
        await asyncio.sleep(10_800.0)
        raise error

    ship.devices.thrusters.fire = silent
    own = ship.navigator.own
    do(execute(ship, (1.0, 0.0, 0.0), "leg"))
    at = coast(own, middle)
    expected = coast((at[0], (at[1][0] + 1.0, *at[1][1:])), ship.navigator.time - middle)
    assert norm(subtract(ship.navigator.own[0], expected[0])) < 1.0
    # Of what was given up it is looked at for a second whether it is off.
    assert ship.navigator.time == 10_800.0 + isinstance(error, DeviceTimeout)
