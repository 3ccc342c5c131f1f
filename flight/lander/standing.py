"""On the ground: engines off, and what is known of the landing, also after a reboot."""

import asyncio
from typing import Any, Literal

from flight.astrodynamics.vectors import norm
from flight.core.fault_protection.witnesses import WITNESSES
from flight.icd.devices.base import DeviceError
from flight.icd.devices.descent import ENGINES
from flight.lander.confirming import unconfirmed
from flight.lander.descent import PATIENCE, Descent
from flight.lander.descent_memory import Landing
from flight.lander.powered_descent import GRAVITY
from flight.lander.touchdown_detection import LEGS_NEEDED
from flight.lander.witnesses import SHUT_DOWN

PERIOD = 0.05
STANDING_BEATS = 20
"""Beats on end in which it is felt to stand: a second."""
WEIGHT, STILL = 0.4, 0.05
"""m/s^2 by which what is felt may be off its weight, and rad/s that it may turn, for who stands."""
NEAR = 100.0
"""m over the ground that its navigation may be off by after a reboot there."""
SHUT_PAUSES = (1.2, 2.0, 4.0)
"""s after which the legs must bear it: engines that hear nothing for a second close by themselves.
As long they are left to whatever kept them from shutting down."""


async def stands(descent: Descent) -> bool:
    """Whether it stands on the ground already: its legs bear it, it feels its weight, and it does
    not move. In the air the first beat denies it, on a parachute the legs and the height do."""
    for _ in range(STANDING_BEATS):
        await descent.tick(PERIOD)
        n = descent.navigation
        if descent.is_deaf or descent.height_over_ground > NEAR:
            return False
        if abs(norm(n.felt) - GRAVITY) > WEIGHT or norm(n.rates) > STILL:
            return False
        state = await ask_legs(descent, "state")
        if state is None or sum(state.loaded) < LEGS_NEEDED:
            return False
    return True


async def landed(descent: Descent, how: str) -> Landing:
    """Engines off; what is known is kept and told."""
    d = descent
    await shut_down(d)
    east, north, _ = d.navigation.local()
    landing = d.memory.landing = Landing(
        east=round(east, 2),
        north=round(north, 2),
        sigma=round(d.navigation.horizontal_sigma(), 1),
        fixed=d.sensing.fixed,
        how=how,
        propellant=round(d.propellant, 1),
        time=round(d.navigation.time, 2),
    )
    d.host.touchdown(
        east=landing.east, north=landing.north, sigma=landing.sigma, fixed=landing.fixed,
        how=how, propellant=landing.propellant, time=landing.time,
    )  # fmt: skip
    return landing


async def shut_down(descent: Descent) -> None:
    """Shuts the engines until the legs bear it. Those that refuse are throttled to nothing at once:
    with the thrusts that they were told last, each another, they would tip it over within a second.
    """
    d, told = descent, False
    for pause in SHUT_PAUSES:
        d.alive(PATIENCE)
        try:
            await d.devices.engines.shut_down()
        except DeviceError as error:
            d.trouble(device="descent_engines", reason=str(error))
            await _throttle_to_nothing(d)
            d.alive(PATIENCE)
            await asyncio.sleep(pause)
            continue
        if not d.structure.keeps(WITNESSES):
            return
        await asyncio.sleep(pause)
        state = await ask_legs(d, "state")
        if state is None or any(state.loaded):
            return
        if not told:
            told = True
            unconfirmed(d, SHUT_DOWN)


async def _throttle_to_nothing(descent: Descent) -> None:
    descent.alive(PATIENCE)
    try:
        await descent.devices.engines.throttle([0.0] * ENGINES)
    except DeviceError as error:  # shut after all, or deaf: then they close by themselves
        descent.trouble(device="descent_engines", reason=str(error))


async def ask_legs(descent: Descent, what: Literal["state", "clear"]) -> Any:
    """What the sensors in the legs say; None where that is nothing valid."""
    try:
        state = await getattr(descent.devices.legs, what)()
        return state if state.valid else None
    except DeviceError as error:
        descent.trouble(device="touchdown_sensors", reason=str(error))
        return None
