"""What the devices of the way down stand on, in their tests."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.quaternions import IDENTITY
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.descent import LEGS
from sim_hw.devices.landing_radar import (
    LandingRadarParameters,
)
from sim_hw.devices.terrain_camera import TerrainCameraParameters
from sim_hw.devices.touchdown_sensors import TouchdownSensorParameters
from sim_hw.serving.device import DeviceContext
from tests.sim_hw.devices.stubs import Clock, Dice, Supply

ENGINES = SimpleNamespace(count=4, least_thrust=400.0, greatest_thrust=3000.0)


class Vehicle:
    """A lander on its way down, as its devices see it."""

    def __init__(self) -> None:
        self.parameters = SimpleNamespace(engines=ENGINES)
        self.propellant = 100.0
        self.observers: list[Any] = []
        self.body = SimpleNamespace(
            observers=self.observers, advance=self._advance, settle_leaks=lambda: None
        )
        self.thrusts: list[list[float]] = []
        self.attached = ["cruise_stage", "heat_shield", "backshell"]
        self.legs_out = False
        self.did: list[Any] = []
        self.legs = SimpleNamespace(loads=[0.0] * LEGS)
        self.outcome: Any = None
        self.heat_shield_time: float | None = None
        self.peak_rate = [0.0, 0.0, 0.0]
        self.orientation: Any = IDENTITY
        self.felt = (0.0, 0.0, 0.0)
        self.place = (0.0, 0.0, 3000.0)
        self.leaning = 0.0
        self.turning = (0.0, 0.0, 0.0)
        self.ground_height = 0.0
        self.moving = (0.0, 0.0, -50.0)
        self.frame = SimpleNamespace(ground_velocity=lambda position: (10.0, 0.0, 0.0))

    def _advance(self) -> Any:
        return (*([0.0] * 6), self.propellant)

    def set_thrusts(self, thrusts: list[float]) -> None:
        self.thrusts.append(list(thrusts))

    def fire_mortar(self) -> None:
        self.did.append("mortar")

    def jettison(self, part: str) -> None:
        self.did.append(part)
        if part in self.attached:
            self.attached.remove(part)

    def turn_bank(self, change: float) -> None:
        self.did.append(change)

    def attitude(self) -> Any:
        return self.orientation

    def felt_velocity(self) -> Any:
        return self.felt

    def local(self) -> Any:
        return self.place

    def ground(self, east: float, north: float) -> Any:
        return SimpleNamespace(height=self.ground_height)

    def height_over_ground(self) -> float:
        return self.place[2] - self.ground_height

    def tilt(self) -> float:
        return self.leaning

    def rates(self) -> Any:
        return self.turning

    def position_velocity(self) -> Any:
        return (1e-3, 0.0, 3.4e6), self.moving


class World:
    def __init__(self) -> None:
        self.now = Clock(100.0)
        self.elevation = math.radians(30.0)

        self.dice = Dice()

    def random(self, name: str) -> Any:
        return self.dice

    def sun(self) -> Any:
        return SimpleNamespace(sun_elevation=self.elevation)


class Bench:
    """One device on one vehicle."""

    def __init__(self, kind: Any, *parameters: Any, dice: Dice | None = None) -> None:
        self.vehicle, self.world, self.supply = Vehicle(), World(), Supply()
        self.dice = dice or Dice()
        self.device: Any = kind(
            DeviceContext("lander.device", self.dice, self.world, self.supply),
            self.vehicle,
            *parameters,
        )


async def refused(call: Any, code: str) -> None:
    with pytest.raises(DeviceFault) as fault:
        await call
    assert fault.value.code == code


RADAR = LandingRadarParameters(9000.0, 5.0, 2500.0, 60.0, 0.0, 0.0, 0.0, 0.1)


CAMERA = TerrainCameraParameters(
    4200.0, 1500.0, 45.0, 10.0, 10.0, 0.0, 0.0, 0.9, 0.02, 2000.0, 0.0, 0.0, 0.0
)


SENSORS = TouchdownSensorParameters(500.0, 0.3)
