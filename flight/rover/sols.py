"""The rover's days and nights: how long it may work, and sleep until it may again."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from flight.astrodynamics.mars_time import local_sol_number, mars_time
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.keeping.clock import monotonic
from flight.icd.devices.base import DeviceError, DeviceFault, DeviceRejected, DeviceTimeout
from flight.rover.lid_memory import may_hold_lid
from flight.surface.energy import SOL, EnergyParameters, EnergyPlanner

if TYPE_CHECKING:
    from flight.rover.node import FetchRover

LOOK_AGAIN = 1800.0  # seconds between looks whether it is warm and charged enough to wake
CONDITIONS = ("cold", "no_power", "dark")  # fault codes that only time mends
RESTS_IN_VAIN = 8  # half hours or nights waited for the same condition
LONGEST_SLEEP = 400  # wakings in vain: some ten sols of a storm

RoverActivity = Callable[["FetchRover", Signal], Awaitable[str | Signal | None]]


def by_day(activity: RoverActivity) -> RoverActivity:
    """Makes an activity of one that works with devices: what only time mends ends it with "rest".

    Any other trouble that a device could not be talked out of fails it.
    """

    @functools.wraps(activity)
    async def guarded(node: "FetchRover", signal: Signal) -> str | Signal | None:
        try:
            return await activity(node, signal)
        except DeviceFault as fault:
            if fault.code in CONDITIONS and node.sols.rest_for(fault.code):
                return "rest"
            raise ActivityFailed(str(fault)) from fault
        except (DeviceRejected, DeviceTimeout) as error:
            raise ActivityFailed(str(error)) from error

    return guarded


class SolManager:
    """Plans the sol by Sun, battery and distance driven."""

    def __init__(self, node: "FetchRover") -> None:
        self.node = node
        p = node.parameters
        self.planner = EnergyPlanner(
            p["latitude"],
            p["longitude"],
            EnergyParameters(
                capacity=p["battery_capacity"],
                day_power=p["day_power"],
                night_power=p["night_power"],
                work_power=p["work_power"],
                reserve=p["energy_reserve"],
                waking_sun=p["waking_sun"],
                sleeping_sun=p["sleeping_sun"],
                wake_charge=p["wake_charge"],
            ),
        )
        self.work_until = 0.0
        self.reason = "the Sun"
        self._in_vain = 0  # rests for a condition since there was progress

    @property
    def sol(self) -> int:
        """Number of the local sol."""
        return local_sol_number(self.node.clock.jd_tt(), self.node.parameters["longitude"])

    async def plan(self) -> bool:
        """Plans what is left of the sol; returns whether there is anything left of it."""
        node = self.node
        await node.read_power()
        charge = node.state_of_charge
        plan = self.planner.plan(node.clock.jd_tt(), 0.0 if charge is None else charge)
        self.work_until = monotonic() + plan.work
        self.reason = plan.limited_by
        if self.distance_left() <= 0.0:
            self.work_until, self.reason = 0.0, "the way of the sol"
        node.work_planned = plan.work
        return plan.work > node.parameters["shortest_work"] and self.distance_left() > 0.0

    def may_go_on(self) -> bool:
        """Whether there is time, energy and distance left."""
        charge = self.node.state_of_charge
        if charge is not None and charge < self.node.parameters["energy_reserve"]:
            self.reason = "energy"
            return False
        if self.distance_left() <= 0.0:
            self.reason = "the way of the sol"
            return False
        return monotonic() < self.work_until

    def rest_for(self, condition: str) -> bool:
        """Whether to wait for a condition to mend; not for ever if nothing gets better."""
        self.reason = condition
        self._in_vain += 1
        return self._in_vain <= RESTS_IN_VAIN

    def progress(self) -> None:
        """Something was achieved."""
        self._in_vain = 0

    def driven(self, distance: float) -> None:
        """Counts metres of this sol."""
        self.progress()
        self.node.sol_distance = {"sol": self.sol, "distance": self._driven_today() + distance}

    def distance_left(self) -> float:
        """Metres that may still be driven in this sol."""
        return float(self.node.parameters["sol_distance_limit"]) - self._driven_today()

    def _driven_today(self) -> float:
        record = self.node.sol_distance
        return float(record["distance"]) if record["sol"] == self.sol else 0.0


async def sleep_until_work(node: "FetchRover", signal: Signal) -> str:
    """Sleeps until the Sun is up, the battery charged and the motors warm; or fails after long."""
    await fold_arm(node)
    node.going_to_sleep(
        reason=node.sols.reason, charge=node.state_of_charge, distance=node.distance_driven
    )
    await set_awake(node, False)
    try:
        await _sleep(node)
    finally:
        # Also when the sleep is broken off: who acts has to be awake.
        node.asleep = False
    await set_awake(node, True)
    await node.locomotion.catch_up()
    node.woke_up(charge=node.state_of_charge)
    return "awake"


async def _sleep(node: "FetchRover") -> None:
    planner, p = node.sols.planner, node.parameters
    # Slept already past the morning, with the way of the sol used up: the next morning counts.
    spent = node.sols.sol
    if node.sols.reason in CONDITIONS:
        await doze(node, LOOK_AGAIN)
    for count in range(LONGEST_SLEEP):
        jd_tt = node.clock.jd_tt()
        if planner.elevation(jd_tt) < p["waking_sun"] or (
            count == 0 and node.sols.reason == "the way of the sol" and spent == node.sols.sol
        ):
            await doze(node, planner.seconds_until(jd_tt, p["waking_sun"], rising=True) + 1.0)
        await node.read_power()
        if await _fit_to_wake(node):
            return
        await asyncio.sleep(LOOK_AGAIN)
        if not planner.is_day(node.clock.jd_tt()):
            node.no_waking(charge=node.state_of_charge)
    raise ActivityFailed("the rover could not wake for ten sols: too little light or too cold")


async def doze(node: "FetchRover", seconds: float) -> None:
    """Sleeps for some seconds, with the radio on while the orbiter passes in the night."""
    until = monotonic() + min(seconds, 1.1 * SOL)
    while (left := until - monotonic()) > 1.0:
        window = _window(node)
        if window <= 0.0:
            await set_radio(node, True)
            await asyncio.sleep(min(left, -window + 1.0))
            await set_radio(node, False)
        else:
            await asyncio.sleep(min(left, window + 1.0))


def _window(node: "FetchRover") -> float:
    """Seconds until the night's relay window; negative inside it: seconds until its end."""
    p = node.parameters
    length = float(p["night_window_length"])
    lmst = mars_time(node.clock.jd_tt(), p["longitude"]).lmst_hours
    hours = (lmst - float(p["night_window"])) % 24.0
    if hours < length:
        return (hours - length) * SOL / 24.0
    return (24.0 - hours) * SOL / 24.0


async def _fit_to_wake(node: "FetchRover") -> bool:
    charge = node.state_of_charge
    if charge is None or charge < node.parameters["wake_charge"]:
        return False
    temperature = (await node.hardware.wheels.state()).motor_temperature
    return temperature > node.parameters["coldest_motors"] and await node.sols.plan()


async def set_awake(node: "FetchRover", awake: bool) -> None:
    """Switches what is needed by day on or off; a switch that does not move is reported."""
    node.asleep = not awake
    try:
        await node.hardware.switches.set_switch("avionics", awake)
    except DeviceError as error:
        node.device_trouble(device="power_switches", reason=str(error))
    await set_radio(node, awake)


async def set_radio(node: "FetchRover", on: bool) -> None:
    """Switches the radio; a failure is reported."""
    try:
        await node.hardware.radio.set_power(on)
    except DeviceError as error:
        node.device_trouble(device="uhf", reason=str(error))


async def fold_arm(node: "FetchRover") -> None:
    """Folds the arm if it is not folded; a failure of it is reported, and does not stop driving.

    With the lid of the container in the jaws the arm stays as it is: it has no room for that.
    """
    if may_hold_lid(node):
        return
    try:
        if (await node.hardware.arm.state()).pose != "stowed":
            await node.hardware.arm.stow()
    except DeviceError as error:
        node.device_trouble(device="rover_arm", reason=str(error))
