"""What the devices of vehicles on the ground stand on, in their tests."""

import asyncio
from math import radians
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault
from sim_hw.devices.container import (
    ON_STAND,
)
from sim_hw.serving.device import DeviceContext
from sim_hw.world.rocks import Rock
from sim_hw.world.terrain import GroundPoint
from sim_hw.world.tubes import SampleKind, SampleTube, TubeRegistry
from sim_hw.world.world import Body
from tests.sim_hw.devices.stubs import Dice, Supply

A, B = "M2020-00001-01", "M2020-00002-02"


def tubes(**places: Any) -> TubeRegistry:
    """Tubes `a` and `b`, each in its state."""
    ids = {"a": A, "b": B}
    made = [
        SampleTube(id=ids[name], name=name, kind=SampleKind.IGNEOUS_CORE, content="")
        for name in places
    ]
    return TubeRegistry(made, {ids[name]: state for name, state in places.items()})


class World:
    """Even ground, a sun that stands still, rocks where the test puts them."""

    def __init__(self, registry: TubeRegistry | None = None) -> None:
        self.tubes = registry or tubes()
        self.bodies: dict[str, Body] = {}
        self.air = 240.0
        self.point = GroundPoint(0.0, 0.0, 0.0, 0.0)
        self.terrain: Any = SimpleNamespace(
            elevation=lambda east, north: self.point.elevation,
            ground=lambda east, north: self.point,
            has_patch_near=lambda east, north, distance: self.point.slip is not None,
        )
        self.stones: list[Rock] = []
        self.rocks: Any = SimpleNamespace(within=lambda east, north, reach: self.stones)
        self.sky: Any = SimpleNamespace(
            sun_elevation=radians(40.0), sun_azimuth=radians(100.0), optical_depth=0.5
        )
        self.has_moved: list[str] = []

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def air_temperature(self) -> float:
        return self.air

    def sun(self) -> Any:
        return self.sky

    def moved(self, name: str) -> None:
        self.has_moved.append(name)


def device(
    kind: Any, *parameters: Any, world: World | None = None, dice: Dice | None = None
) -> Any:
    return kind(
        DeviceContext("rover.device", dice or Dice(), world or World(), Supply()), *parameters
    )


async def refused(call: Any, code: str) -> None:
    with pytest.raises(DeviceFault) as fault:
        await call
    assert fault.value.code == code


class Lidded:
    """A container with its lid."""

    def __init__(self, lid: str = ON_STAND) -> None:
        self.lid, self.latched = lid, False
        self.raised: dict[int, float] = {}
        self.debris: dict[int, float] = {}

    def lid_fits(self, across: float, along: float) -> bool:
        return across < 0.004
