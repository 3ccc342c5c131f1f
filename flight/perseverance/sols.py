"""Perseverance's days and nights: what a sol allows, sleep, and the hours that it keeps at rest.

The generator runs day and night; it gives less than is drawn awake. So there is energy to drive for
some hours of a sol, and the nights are slept through to charge.
"""

import asyncio

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.keeping.clock import monotonic
from flight.perseverance.sol_work import energy_reserve
from flight.perseverance.vehicle import PerseveranceVehicle
from flight.surface.sol_budget import WHOLE_WAY

LOOK_AGAIN = 1800.0  # s between looks whether it is warm and charged enough to work
SLEEPS = 400  # looks in vain after which the work is given up: some eight sols of daylight
REST_LOOK = 3600.0  # s at most between looks at Sun and battery while at rest


def wait_for_work(node: PerseveranceVehicle) -> float:
    """Seconds until it makes sense to look whether work can go on."""
    jd_tt, planner = node.clock.jd_tt(), node.sols.planner
    waking_sun = node.parameters["waking_sun"]
    if node.sols.reason == WHOLE_WAY or planner.elevation(jd_tt) < waking_sun:
        return min(planner.seconds_until(jd_tt, waking_sun, rising=True) + 1.0, SOL_SECONDS)
    return LOOK_AGAIN


async def fit_to_work(node: PerseveranceVehicle) -> bool:
    """Whether it is light, warm and charged enough for a drive."""
    await node.read_power()
    charge = node.state_of_charge
    if charge is None or not (
        charge >= node.parameters["wake_charge"] or node.charged_for_its_wear()
    ):
        node.sols.reason = "energy"
        return False
    wheels = await node.hardware.wheels.state()
    # Where the sensor is no good, the motors themselves refuse while they are too cold.
    if wheels.valid and wheels.motor_temperature <= node.parameters["coldest_motors"]:
        node.sols.reason = "cold"
        return False
    return await node.sols.plan()


async def sleep_until_work(node: PerseveranceVehicle, signal: Signal) -> str:
    """Sleeps until a drive is possible again; outcome "awake"."""
    node.going_to_sleep(reason=node.sols.reason, charge=node.state_of_charge)
    await node.set_awake(False)
    wait = wait_for_work(node)
    for _ in range(SLEEPS):
        await asyncio.sleep(wait)
        if await fit_to_work(node):
            await node.set_awake(True)
            node.woke_up(charge=node.state_of_charge)
            return "awake"
        wait = min(LOOK_AGAIN, wait_for_work(node))
        if not node.sols.is_day:
            node.sol_lost(charge=node.state_of_charge, reason=node.sols.reason)
            wait = wait_for_work(node)
    raise ActivityFailed("no sol was fit to drive in: too little light, charge or warmth")


async def keep_hours(node: PerseveranceVehicle, signal: Signal) -> None:
    """At rest: awake by day and when there was something to do, asleep by night or in need."""
    while True:
        await node.read_power()
        charge = node.state_of_charge
        reserve = energy_reserve(node.parameters, node.full_charge)
        charged = charge is not None and charge > reserve
        needed = monotonic() < node.awake_until
        await node.set_awake(needed or (charged and node.sols.is_day))
        await asyncio.sleep(REST_LOOK)


async def stay_asleep(node: PerseveranceVehicle, signal: Signal) -> None:
    """Parked: asleep day and night, the UHF radio listening."""
    await node.set_awake(False)
    await asyncio.Event().wait()  # until the state is left


async def stay_safe(node: PerseveranceVehicle, signal: Signal) -> None:
    """Safe: the computer sleeps, both radios listen."""
    await node.set_awake(False)
    await node.set_radio("x_band", True)
    await asyncio.Event().wait()
