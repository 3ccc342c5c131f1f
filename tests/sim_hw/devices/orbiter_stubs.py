"""What the orbiter's devices stand on, in their tests."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.quaternions import IDENTITY, rotate
from flight.astrodynamics.vectors import add, scale
from flight.icd.devices.base import DeviceFault
from flight.icd.places import ORBIT
from sim_hw.devices.narrow_angle_camera import CameraParameters
from sim_hw.devices.orbiter_thrusters import ThrusterParameters
from sim_hw.devices.scanning_lidar import LidarParameters
from sim_hw.serving.device import DeviceContext
from tests.sim_hw.devices.stubs import Dice, Supply

AHEAD = (1.0, 0.0, 0.0)
AU = 1.495978707e11
FAR = (-1.0e7, 0.0, 0.0)  # m: where the orbiter is, with Mars behind it


class Tubes:
    def __init__(self) -> None:
        self.places = {ORBIT: ["a"]}

    def at(self, place: str) -> list[str]:
        return self.places.get(place, [])

    def carry(self, before: str, after: str) -> None:
        self.places[after] = self.places.pop(before)


class Container:
    """It comes in along the boresight, on a straight line."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.frozen = False
        self.pushed = 0.0
        self.since = world.now()
        self.state: Any = (10.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    def advance(self) -> Any:
        now = self.world.now()
        gone, self.since = now - self.since, now
        place = add(self.state[:3], scale(gone, self.state[3:]))
        self.state = (*place, *self.state[3:])
        return self.state


class Vehicle:
    """The orbiter at rest at the origin of its own axes."""

    def __init__(self) -> None:
        bodies: dict[str, Any] = {}
        self.tubes = Tubes()
        self.world: Any = SimpleNamespace(
            now=lambda: asyncio.get_running_loop().time(), epoch_jd_tt=2462000.5,
            tubes=self.tubes, space=SimpleNamespace(bodies=bodies, add=self._add),
        )  # fmt: skip
        self.attitude: Any = IDENTITY
        self.container: Any = None
        self.captured = False
        self.capsule_on_board = True
        self.turning_until = 0.0
        self.propellant = 100.0
        self.tanks = SimpleNamespace(feeds=True)
        self.mass = 1000.0
        self.sun: Any = (0.0, AU, 0.0)
        self.place: Any = FAR
        self.kicks: list[Any] = []
        self.used: list[tuple[float, float]] = []
        self.felt_changes: list[Any] = []
        self.turned: list[Any] = []
        self.possible = 1e9
        self.felt = SimpleNamespace(delta_v=(1.0, 2.0, 3.0), saturated=False)
        self.accelerometer = (0.0, 0.0)
        self.under_way: Any = None
        self.parameters = SimpleNamespace(slew_rate=0.01, settling=30.0)
        self.body: Any = SimpleNamespace(
            advance=lambda: (*self.place, 0.0, 0.0, 0.0), position=lambda: self.place,
            sun_direction=lambda: self.sun, kick=self.kicks.append, centre="mars",
        )  # fmt: skip
        self.taken: list[Any] = []
        self.pushed: list[Any] = []

    def _add(self, body: Any) -> None:
        self.world.space.bodies[body.name] = body

    def boresight(self) -> Any:
        return rotate(self.attitude, AHEAD)

    def measured_attitude(self, noise: float) -> Any:
        return (*self.attitude[:3], self.attitude[3] + noise)

    def relative_position(self) -> Any:
        if self.container is None or self.captured:
            return None
        return self.container.advance()[:3]

    def relative_velocity(self) -> Any:
        return self.container.advance()[3:]

    def turn_time(self, direction: Any) -> float:
        return 100.0

    def turn(self, direction: Any, fraction: float = 1.0) -> None:
        self.turned.append((tuple(direction), fraction))

    def use(self, change: float, impulse: float) -> None:
        self.used.append((change, impulse))

    def feel(self, change: Any) -> None:
        self.felt_changes.append(change)

    def felt_now(self) -> Any:
        return self.felt.delta_v

    def largest_change(self, impulse: float) -> float:
        return self.possible

    def take(self, body: Any) -> None:
        self.taken.append(body)

    def let_go(self, mass: float, push: Any) -> Any:
        self.pushed.append((mass, push))
        return (*self.place, *push)


def device(kind: Any, *parameters: Any, dice: Dice | None = None) -> Any:
    return kind(DeviceContext("orbiter.device", dice or Dice(), Vehicle(), Supply()), *parameters)


async def refused(call: Any, code: str) -> None:
    with pytest.raises(DeviceFault) as fault:
        await call
    assert fault.value.code == code


LIDAR = LidarParameters(500.0, 20.0, 0.1, 0.001, 0.0, 0.1)


CAMERA = CameraParameters(10.0, 1e-5, 1.0, 9.0, 30.0, 0.2, 0.1, 1e-4, 0.1, 0.5, 0.0)


SMALL = ThrusterParameters(20.0, 220.0, 10.0, 5.0, 0.0, 0.0)
