"""Perseverance's days and nights: what a sol allows, sleep, and the hours that it keeps at rest.

The generator runs day and night; it gives less than is drawn awake. So there is energy to drive for
some hours of a sol, and the nights are slept through to charge.
"""

import asyncio
from typing import TYPE_CHECKING

from flight.astrodynamics.mars_time import local_sol_number
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.keeping.clock import monotonic
from flight.surface.energy import SOL, EnergyParameters, EnergyPlanner

if TYPE_CHECKING:
    from flight.perseverance.node import Perseverance

CONDITIONS = ("cold", "no_power")  # fault codes that only time mends
LOOK_AGAIN = 1800.0  # s between looks whether it is warm and charged enough to work
SLEEPS = 400  # looks in vain after which the work is given up: some eight sols of daylight
REST_LOOK = 3600.0  # s at most between looks at Sun and battery while at rest
WHOLE_WAY = "the way of the sol"


class Sols:
    """What this sol still allows, by Sun, battery and distance driven."""

    def __init__(self, node: "Perseverance") -> None:
        self.node = node
        self.work_until = 0.0
        self.reason = "the Sun"
        self.use_parameters()

    def use_parameters(self) -> None:
        """Takes over the node's parameters."""
        p = self.node.parameters
        # Powers net of the generator. What it gives in the coming night is no energy for today.
        self.planner = EnergyPlanner(
            p["latitude"],
            p["longitude"],
            EnergyParameters(
                capacity=p["battery_capacity"],
                day_power=p["day_power"] - p["generator_power"],
                night_power=0.0,
                work_power=p["work_power"] - p["generator_power"],
                reserve=p["energy_reserve"],
                waking_sun=p["waking_sun"],
                sleeping_sun=p["sleeping_sun"],
                wake_charge=p["wake_charge"],
            ),
        )

    @property
    def sol(self) -> int:
        """Number of the local sol."""
        return local_sol_number(self.node.clock.jd_tt(), self.node.parameters["longitude"])

    @property
    def is_day(self) -> bool:
        """Whether the Sun is high enough to work."""
        return self.planner.is_day(self.node.clock.jd_tt())

    async def plan(self) -> bool:
        """Plans what is left of the sol; returns whether that is worth working."""
        await self.node.read_power()
        charge = self.node.state_of_charge
        plan = self.planner.plan(self.node.clock.jd_tt(), 0.0 if charge is None else charge)
        self.work_until, self.reason = monotonic() + plan.work, plan.limited_by
        if self.distance_left() <= 0.0:
            self.work_until, self.reason = 0.0, WHOLE_WAY
        return self.work_until - monotonic() > float(self.node.parameters["shortest_work"])

    def may_go_on(self) -> bool:
        """Whether there is time, energy and distance left."""
        charge = self.node.state_of_charge
        if charge is not None and charge < self.node.parameters["energy_reserve"]:
            self.reason = "energy"
            return False
        if self.distance_left() < self.node.parameters["segment"]:
            self.reason = WHOLE_WAY
            return False
        return monotonic() < self.work_until

    def distance_left(self) -> float:
        """Metres that may still be driven in this sol."""
        return float(self.node.parameters["sol_distance_limit"]) - self.distance_of_sol()

    def distance_of_sol(self) -> float:
        """Metres driven in this sol, by the wheels."""
        record = self.node.storage.get("perseverance", "sol_distance")
        return float(record["distance"]) if record and record["sol"] == self.sol else 0.0

    def driven(self, distance: float) -> None:
        """Counts metres; kept over reboots."""
        record = {"sol": self.sol, "distance": self.distance_of_sol() + distance}
        self.node.storage.put("perseverance", "sol_distance", record)

    def wait_for_work(self) -> float:
        """Seconds until it makes sense to look whether work can go on."""
        jd_tt = self.node.clock.jd_tt()
        waking_sun = self.node.parameters["waking_sun"]
        if self.reason == WHOLE_WAY or self.planner.elevation(jd_tt) < waking_sun:
            return min(self.planner.seconds_until(jd_tt, waking_sun, rising=True) + 1.0, SOL)
        return LOOK_AGAIN

    async def fit_to_work(self) -> bool:
        """Whether it is light, warm and charged enough for a drive."""
        node = self.node
        await node.read_power()
        charge = node.state_of_charge
        if charge is None or charge < node.parameters["wake_charge"]:
            self.reason = "energy"
            return False
        temperature = (await node.hardware.wheels.state()).motor_temperature
        if temperature <= node.parameters["coldest_motors"]:
            self.reason = "cold"
            return False
        return await self.plan()


async def sleep_until_work(node: "Perseverance", signal: Signal) -> str:
    """Sleeps until a drive is possible again; outcome "awake"."""
    node.going_to_sleep(reason=node.sols.reason, charge=node.state_of_charge)
    await node.set_awake(False)
    wait = node.sols.wait_for_work()
    for _ in range(SLEEPS):
        await asyncio.sleep(wait)
        if await node.sols.fit_to_work():
            await node.set_awake(True)
            node.woke_up(charge=node.state_of_charge)
            return "awake"
        wait = min(LOOK_AGAIN, node.sols.wait_for_work())
        if not node.sols.is_day:
            node.sol_lost(charge=node.state_of_charge, reason=node.sols.reason)
            wait = node.sols.wait_for_work()
    raise ActivityFailed("no sol was fit to drive in: too little light, charge or warmth")


async def keep_hours(node: "Perseverance", signal: Signal) -> None:
    """At rest: awake by day and when there was something to do, asleep by night or in need."""
    while True:
        await node.read_power()
        charge = node.state_of_charge
        charged = charge is not None and charge > node.parameters["energy_reserve"]
        needed = monotonic() < node.awake_until
        await node.set_awake(needed or (charged and node.sols.is_day))
        await asyncio.sleep(REST_LOOK)


async def stay_asleep(node: "Perseverance", signal: Signal) -> None:
    """Parked: asleep day and night, the UHF radio listening."""
    await node.set_awake(False)
    await asyncio.Event().wait()  # until the state is left


async def stay_safe(node: "Perseverance", signal: Signal) -> None:
    """Safe: the computer sleeps, both radios listen."""
    await node.set_awake(False)
    await node.set_radio("x_band", True)
    await asyncio.Event().wait()
