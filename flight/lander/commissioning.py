"""Unfolding after landing, and commissioning: the first sols, in which all systems are tried.

Each step that is done is remembered, so that a reboot or an abort does not repeat it.
"""

import asyncio
from functools import partial

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.keeping.clock import monotonic
from flight.core.sound_readings import sound
from flight.core.tries import SETTING, UNFOLDING, Tries, insist
from flight.icd.devices.base import DeviceError
from flight.lander.hardware import IGLOO
from flight.lander.safeguards import HALF_OPEN_ARRAY
from flight.lander.vehicle import Commissioning, LanderVehicle

DUST_SETTLES = 1500.0  # s after landing; InSight waited about as long (NASA 2018)
LEAST_ARRAY_POWER = 20.0  # W that a deployed array gives with the Sun up, by any dust known
DEAD_IGLOO_ZONES_ALLOWED = 2
WARMING = 2.0  # K above the present temperature to which a zone is set to see it heat
POLL = 900.0  # s
SOLS_FOR_LIGHT = 2.0
SOLS_FOR_CONTACT = 3.0


async def commission(node: LanderVehicle, signal: Signal) -> str:
    """Deploys and checks all systems, then waits until the commissioning sols are over."""
    record = node.commissioning or Commissioning(node.clock.count())
    node.commissioning = record
    steps = (
        ("solar array", deploy_array),
        ("power", check_power),
        ("thermal", check_heaters),
        ("radios", check_radios),
    )
    for name, step in steps:
        if name not in record.done:
            result = await step(node)
            record.done[name] = result
            node.commissioning = record
            node.commissioning_step(step=name, result=result)
            node.progress(f"{name}: {result}")
    sols = node.parameters["commissioning_sols"]
    remaining = record.started + sols * SOL_SECONDS - node.clock.count()
    if remaining > 0.0:
        await asyncio.sleep(remaining)
    node.commissioned = True
    return "done"


async def unfold_after_landing(node: LanderVehicle, signal: Signal) -> str:
    """Unfolds the array by itself: without it the battery lasts two sols, orders or not."""
    node.say_where()
    await asyncio.sleep(DUST_SETTLES)
    await deploy_array(node)
    return "done"


async def keep_array_open(node: LanderVehicle, signal: Signal) -> str:
    """Sees to it that the array is open; an open one stays as it is."""
    await deploy_array(node)
    return "done"


async def deploy_array(node: LanderVehicle) -> str:
    """Unfolds the solar array, with repeats when it jams."""
    tries = Tries(UNFOLDING)
    async for attempt in tries:
        try:
            state = await node.devices.solar_array.deploy()
        except DeviceError as error:
            node.device_trouble(device="solar_array", reason=str(error))
            continue
        if state.valid and state.deployed:
            return f"deployed at attempt {attempt}"
    why = f"the solar array did not deploy in {tries.number} attempts"
    if node.context.structure.keeps(HALF_OPEN_ARRAY):
        state = await sound(node.devices.solar_array.state)
        if state.power > LEAST_ARRAY_POWER:
            return f"{why}; it gives {state.power:.0f} W"
    raise ActivityFailed(why)


async def check_power(node: LanderVehicle) -> str:
    """Waits for daylight: the array must give power. A gauge of the battery that says nothing is
    waited for as long, and lived without then."""
    deadline = monotonic() + SOLS_FOR_LIGHT * SOL_SECONDS
    best = 0.0
    while monotonic() < deadline:
        array = await node.devices.solar_array.state()
        battery = await node.devices.battery.state()
        best = max(best, array.power if array.valid else 0.0)
        if array.valid and array.power > LEAST_ARRAY_POWER and battery.valid:
            return f"array {array.power:.0f} W, battery {100.0 * battery.state_of_charge:.0f} %"
        await asyncio.sleep(POLL)
    if best > LEAST_ARRAY_POWER:
        return f"array {best:.0f} W; the battery's gauge says nothing"
    raise ActivityFailed(f"the array gave at most {best:.0f} W")


async def check_heaters(node: LanderVehicle) -> str:
    """Lets each zone heat for a moment and reads back whether current flows."""
    heaters = node.devices.heaters
    before = (await sound(heaters.state)).zones
    dead: list[str] = []

    def failed(number: int, error: DeviceError) -> None:
        node.device_trouble(device="heaters", reason=f"try {number}: {error}")

    for zone, state in before.items():
        shown = await insist(partial(heaters.set_zone, zone, 320.0, True), SETTING, failed)
        if not shown.on:
            dead.append(zone)
        as_before = partial(heaters.set_zone, zone, state.setpoint, state.enabled)
        await insist(as_before, SETTING, failed)
    node.dead_zones = len(dead)
    vital = [zone for zone in dead if not zone.startswith(IGLOO)]
    if vital or len(dead) > DEAD_IGLOO_ZONES_ALLOWED:
        raise ActivityFailed(f"heater zones that do not heat: {', '.join(dead)}")
    return f"{len(before) - len(dead)} of {len(before)} zones heat"


async def check_radios(node: LanderVehicle) -> str:
    """Waits until the relay orbiter and Earth have been heard; one of both is enough to go on."""
    deadline = monotonic() + SOLS_FOR_CONTACT * SOL_SECONDS
    while monotonic() < deadline:
        if node.heard("relay") and node.heard("earth"):
            return "relay and Earth heard"
        await asyncio.sleep(POLL)
    heard = [peer for peer in ("relay", "earth") if node.heard(peer)]
    if not heard:
        raise ActivityFailed("neither the relay orbiter nor Earth was heard")
    return f"only {heard[0]} heard"
