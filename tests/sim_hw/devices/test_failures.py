"""Failures of power, thermal and radio devices, as missions and drills inject them."""

import math
from typing import Any, cast

import pytest

from flight.astrodynamics.time_scales import Epoch
from flight.icd.checksum import sealed
from flight.icd.devices.base import DeviceFault
from flight.lander.node import Lander
from flight.runtime.loop import VirtualLoop, run
from ground.missions.vehicle_files import load_vehicle_file
from sim_hw.assembly.lander import HARDWARE, build
from sim_hw.links.parameters import load_link_parameters
from sim_hw.links.space_links import SpaceLinks
from sim_hw.world.relay_orbit import sun_synchronous_orbit
from sim_hw.world.tubes import TubeRegistry
from sim_hw.world.world import World

EPOCH = 2461990.0
FILE = load_vehicle_file(Lander, HARDWARE)


def lander() -> tuple[Any, dict[str, Any]]:
    world = World(1, EPOCH, TubeRegistry((), {}))
    electrical, devices = build(world, FILE.hardware)
    links = SpaceLinks(world, sun_synchronous_orbit(Epoch(EPOCH)), load_link_parameters())
    links.attach(cast(Any, devices["uhf"]))
    return electrical, cast(Any, devices)


def test_each_device_shows_its_failures() -> None:
    async def scenario() -> None:
        electrical, devices = lander()
        devices["battery"].fail("gauge_bias", bias=-0.5)
        assert (await devices["battery"].state()).state_of_charge < 0.35
        devices["battery"].fail("capacity_fade", fraction=0.3)
        assert electrical.capacity_fade == 0.3
        devices["solar_array"].fail("jam")
        with pytest.raises(DeviceFault):
            await devices["solar_array"].deploy()
        devices["power_switches"].fail("stuck", switch="arm")
        with pytest.raises(DeviceFault):
            await devices["power_switches"].set_switch("arm", False)
        devices["thermal_nodes"].fail("sensor_broken", sensor="mav")
        assert (await devices["thermal_nodes"].state()).invalid == ["mav"]
        devices["heaters"].fail("stuck_on", zone="arm")
        assert (await devices["heaters"].state()).zones["arm"].on
        devices["uhf"].fail("deaf")
        await devices["uhf"].set_power(True)
        assert devices["uhf"].is_on and not devices["uhf"].hears

    run(scenario(), VirtualLoop())


def test_failures_that_do_not_exist_are_refused_with_those_that_do() -> None:
    async def scenario() -> None:
        _, devices = lander()
        for device in devices.values():
            with pytest.raises(ValueError, match="it has: "):
                options = {"switch": "x", "node": "x", "zone": "x"}
                names = device.fail.__code__.co_varnames
                device.fail("bored", **{k: v for k, v in options.items() if k in names})

    run(scenario(), VirtualLoop())


def test_a_killed_vehicle_has_no_power_for_ever() -> None:
    async def scenario() -> None:
        electrical, devices = lander()
        await devices["uhf"].set_power(True)
        electrical.kill()
        assert electrical.brownout and not devices["uhf"].hears
        with pytest.raises(DeviceFault) as fault:
            await devices["uhf"].transmit("relay", sealed(b"x"))
        assert fault.value.code == "off"
        assert math.isfinite(electrical.energy)

    run(scenario(), VirtualLoop())
