"""When the arm may work: by day, with energy from the lander, and only so many tubes a sol."""

import asyncio
from math import floor

from flight.arm.vehicle import ArmVehicle, SolCount
from flight.astrodynamics.ellipsoids import MARS_IAU
from flight.astrodynamics.mars_time import SOL_SECONDS, mars_sol_date, sun_elevation_azimuth
from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.core.activities import ActivityFailed
from flight.core.exchanges import ExchangeFailed
from flight.icd.exchanges import ENERGY_PERMISSION, EnergyWanted

LOOK_AHEAD = 600.0  # s between looks at the Sun
RETRY = 1800.0  # s until the lander is asked for energy again
LONGEST_WAIT = 6 * SOL_SECONDS  # s


def sol_number(node: ArmVehicle) -> int:
    """The local sol, by mean solar time."""
    longitude: float = node.parameters["longitude"]
    return floor(mars_sol_date(node.clock.jd_tt()) + longitude / 360.0)


def is_day(node: ArmVehicle, seconds_ahead: float = 0.0) -> bool:
    """Whether the Sun is high enough to work, now or later."""
    p = node.parameters
    latitude = MARS_IAU.planetographic(p["latitude"])
    then = node.clock.jd_tt() + seconds_ahead / SECONDS_PER_DAY
    sun = sun_elevation_azimuth(then, latitude, p["longitude"])
    return bool(sun.elevation_degrees >= p["lowest_sun"])


def count_tube(node: ArmVehicle) -> None:
    """Counts a tube for this sol; the count survives a reboot."""
    so_far, today = node.work_of_sol, sol_number(node)
    node.work_of_sol = SolCount(today, so_far.tubes + 1 if so_far.sol == today else 1)


async def wait_for_work(node: ArmVehicle, seconds: float, watt_hours: float) -> None:
    """Returns when there is daylight for `seconds` of work and the lander grants the energy.

    Raises ActivityFailed when that takes days.
    """
    waited = 0.0
    while True:
        reason, pause = _obstacle(node, seconds)
        if not reason:
            reason, pause = await _ask_energy(node, watt_hours), RETRY
        if not reason:
            return
        if waited >= LONGEST_WAIT:
            raise ActivityFailed(f"no work for {waited / 3600.0:.0f} h: {reason}")
        node.show_waiting(reason)
        await asyncio.sleep(pause)
        waited += pause


def _obstacle(node: ArmVehicle, seconds: float) -> tuple[str, float]:
    """Why there is no work now, and how long that lasts."""
    done = node.work_of_sol
    if done.sol == sol_number(node) and done.tubes >= node.parameters["tubes_per_sol"]:
        return f"{done.tubes} tubes are enough for this sol", _until_morning(node)
    if not (is_day(node) and is_day(node, seconds)):
        return "not enough daylight", _until_morning(node)
    return "", 0.0


def _until_morning(node: ArmVehicle) -> float:
    """Seconds until the next morning's first light."""
    ahead = LOOK_AHEAD
    while is_day(node, ahead) and ahead < LONGEST_WAIT:
        ahead += LOOK_AHEAD
    while not is_day(node, ahead) and ahead < LONGEST_WAIT:
        ahead += LOOK_AHEAD
    return ahead


async def _ask_energy(node: ArmVehicle, watt_hours: float) -> str:
    """Why the lander gives no energy, or nothing when it does."""
    if not node.parameters["ask_for_energy"]:
        return ""
    try:
        answer = await node.exchanges.ask("lander", ENERGY_PERMISSION, EnergyWanted(watt_hours))
    except ExchangeFailed as failure:
        if "does not answer" in str(failure):  # this lander leaves it to us
            return ""
        return str(failure)
    return "" if answer.granted else answer.reason or "the lander gives no energy now"
