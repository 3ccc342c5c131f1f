"""The last 500 m without a rig: a true orbiter and container, LiDAR, thrusters and accelerometers
with their errors, and the real navigator and activities. A second of CPU for each approach."""

import asyncio
import math
import random
from typing import Any

from flight.astrodynamics.relative_motion import from_lvlh
from flight.astrodynamics.vectors import Vector, add, norm, scale, subtract, unit
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.orbiter_navigation import LidarReturn, TrackedAttitude
from flight.orbiter import close_rendezvous
from flight.orbiter.clearance import receding
from flight.orbiter.navigation import orbit_covariance
from flight.orbiter.propagation import State, coast
from tests.flight.orbiter.ship import Answers, Ship, now, orbit

DRIFT = 3.0 * 6940.0  # s: three revolutions


class Approach(Ship):
    """The true states are `true` and `container`; what is believed begins off by its sigmas."""

    def __init__(self, seed: int, along: float = 450.0, eccentricity: float = 0.0) -> None:
        super().__init__(automatic=True, certain_drift_distance=None)
        self.stream = random.Random(seed)
        self.container: State = orbit(343e3, eccentricity, self.stream.uniform(0.0, math.tau))
        place: Vector = (0.0, along, 0.0)
        speed = receding(self.container, place, 100.0)
        self.true: State = from_lvlh(self.container, (place, speed))
        self.at = 0.0
        gauss = self.stream.gauss
        nav = self.navigator
        nav.own = self.true
        off = (gauss(0.0, 3.0), gauss(0.0, 8.0), gauss(0.0, 2.0))
        slow = (gauss(0.0, 3e-3), gauss(0.0, 3e-3), gauss(0.0, 3e-3))
        nav.target = (add(self.container[0], off), add(self.container[1], slow))
        nav.covariance = orbit_covariance(nav.target, 8.0, 8.0, 8.0, (3e-3, 3e-3, 3e-3))
        self.devices.thrusters = Answers(fire=[self._fire])
        self.devices.lidar = Answers(scan=[self._scan])
        self.devices.camera = Answers(expose=[DeviceFault("no_power", "off")])
        self.devices.attitude_control.point = self._point
        self.drifts: list[tuple[float, float, float]] = []

    def fly(self) -> None:
        """Brings the truth up to now."""
        seconds = now() - self.at
        self.true, self.container = coast(self.true, seconds), coast(self.container, seconds)
        self.at = now()

    async def _point(self, direction: list[float]) -> TrackedAttitude:
        await asyncio.sleep(11.0)
        return TrackedAttitude(quaternion=[1.0, 0.0, 0.0, 0.0])

    def _fire(self, way: list[float]) -> None:
        self.fly()
        gauss, size = self.stream.gauss, norm((way[0], way[1], way[2]))
        true = scale(1.0 + gauss(0.0, 0.01), (way[0], way[1], way[2]))
        side = 0.005 * size
        true = add(true, (gauss(0.0, side), gauss(0.0, side), gauss(0.0, side)))
        self.true = (self.true[0], add(self.true[1], true))
        for axis in range(3):
            self.felt[axis] += (1.0 + gauss(0.0, 0.001)) * true[axis] + gauss(0.0, 0.0002)

    def _scan(self) -> LidarReturn:
        self.fly()
        gauss = self.stream.gauss
        line = subtract(self.container[0], self.true[0])
        way = unit(add(unit(line), (gauss(0.0, 5e-4), gauss(0.0, 5e-4), gauss(0.0, 5e-4))))
        return LidarReturn(
            valid=self.stream.random() > 0.03, time_ns=round(now() * 1e9),
            range=norm(line) + gauss(0.0, 0.015 + 1e-4 * norm(line)),
            direction=list(way), quaternion=[1.0, 0.0, 0.0, 0.0],
        )  # fmt: skip

    def lose_thrust(self) -> float:
        """How near the orbiter would come within three revolutions from now."""
        self.fly()
        own, container, step = self.true, self.container, 40.0
        closest = math.inf
        before = subtract(own[0], container[0])
        for _ in range(round(DRIFT / step)):
            own, container = coast(own, step, step), coast(container, step, step)
            after = subtract(own[0], container[0])
            middle = scale(0.5, add(before, after))
            closest = min(closest, norm(after), norm(middle))
            before = after
        return closest

    async def watch(self, period: float) -> None:
        """Loses all thrust in thought, again and again: when, how far away, how near it comes."""
        while True:
            await asyncio.sleep(period)
            closest = self.lose_thrust()
            self.drifts.append((now(), norm(subtract(self.true[0], self.container[0])), closest))


async def approached(ship: Any, period: float, holding: float) -> list[tuple[float, float, float]]:
    """Flies to the last hold point and stays there for a time (s)."""
    loop = asyncio.get_running_loop()
    watching = loop.create_task(ship.watch(period))
    await close_rendezvous.approach_close(ship, None)  # type: ignore[arg-type]
    staying = loop.create_task(close_rendezvous.hold_position(ship, None))  # type: ignore[arg-type]
    await asyncio.sleep(holding)
    for task in (watching, staying):
        task.cancel()
    return list(ship.drifts)
