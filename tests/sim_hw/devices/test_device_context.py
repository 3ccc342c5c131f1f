"""Every simulated device is given one context; what it draws is known by its own name or its
vehicle's."""

import importlib
import inspect
import pkgutil
import random

import pytest

import sim_hw
from sim_hw.power_and_heat.powered import PoweredDevice
from sim_hw.serving.device import DeviceContext, Fittings, SimulatedDevice
from sim_hw.world.tubes import TubeRegistry
from sim_hw.world.world import World


class Supply:
    brownout = False

    def __init__(self) -> None:
        self.loads: dict[str, float] = {}

    def set_load(self, consumer: str, watts: float) -> None:
        self.loads[consumer] = watts

    def is_on(self, switch: str) -> bool:
        return switch != "mav.systems"


@pytest.fixture
def world() -> World:
    return World(7, 2461990.0, TubeRegistry((), {}))


def test_the_fittings_of_a_vehicle_make_the_contexts_of_its_devices(world: World) -> None:
    supply = Supply()
    given = Fittings("rover", world.random, world, supply)("wheels")
    assert (given.service, given.truth, given.electrical) == ("rover.wheels", world, supply)
    assert given.random.random() == world.random("rover.wheels").random()
    assert given.random.random() != world.random("rover.arm").random()
    assert given.draws_as == "wheels"


def test_what_is_carried_is_switched_as_a_part_of_its_vehicle(world: World) -> None:
    supply = Supply()
    given = Fittings("mav", world.random, world, supply, carried=True)
    assert given("systems").draws_as == "mav.systems"
    with PoweredDevice(given("container")).drawing(5.0):
        assert supply.loads == {"mav.container": 5.0}
    assert supply.loads == {"mav.container": 0.0}
    with pytest.raises(Exception, match=r"mav\.systems has no power"):
        PoweredDevice(given("systems")).need_power()


def test_a_context_within_another_truth_is_the_same_otherwise(world: World) -> None:
    supply = Supply()
    outer = DeviceContext("entry.timer", random.Random(1), "capsule", supply, "entry")
    inner = outer.within(world)
    assert inner.truth is world and outer.truth == "capsule"
    assert (inner.service, inner.random, inner.electrical, inner.draws_as) == (
        outer.service, outer.random, supply, "entry",
    )  # fmt: skip


def _devices() -> list[type[SimulatedDevice]]:
    for found in pkgutil.walk_packages(sim_hw.__path__, "sim_hw."):
        importlib.import_module(found.name)
    kinds, waiting = [], [SimulatedDevice]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            if kind.__module__.startswith("sim_hw."):
                kinds.append(kind)
            waiting.append(kind)
    return kinds


def test_no_device_takes_the_parts_of_its_context_one_by_one() -> None:
    kinds = _devices()
    assert len(kinds) > 50
    for kind in kinds:
        first, *own = list(inspect.signature(kind).parameters)
        if kind.__name__ != "SimOrbitalImagery":  # there is one, of Earth, and it makes its own
            assert first == "context", kind
        assert not {"service", "random_stream", "electrical", "supply"} & set(own), kind
