"""A vehicle that has lost its power: each device of it says so, whatever it is asked.

What answers all the same is what tells of the power itself, and what asks nothing of it.
"""

import asyncio
from functools import cache
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.runtime.loop import VirtualLoop, run
from ground.missions.mission import load_mission
from ground.testbed.hardware.hardware import Hardware, load_vehicle_files
from sim_hw.faults.targets import device_parts
from tests.sim_hw.faults.parts import arguments_of

NEEDS_NONE = {
    "battery.state", "solar_array.state", "power_switches.state",
    "thermal_nodes.state", "heaters.state", "uhf.state", "uhf.set_power", "x_band.state",
    "x_band.set_power", "mav.beacon.state", "mav.beacon.set_sending",
    "descent_engines.shut_down", "transfer_arm.stop",  # nothing moves anyhow
    "orbit_knowledge.state",  # what the ground has told
}  # fmt: skip
"""Methods that answer, of any vehicle or of one."""
REFUSED_BEFORE = {
    "power_switches.set_switch": DeviceRejected, "heaters.set_zone": DeviceRejected,
    "rover_arm.move_to": DeviceRejected, "rover_arm.move_to_container": DeviceFault,
    "rover_arm.move_to_lid": DeviceFault, "bit_carousel.store": DeviceRejected,
    "transfer_arm.move_joints": DeviceRejected, "transfer_arm.move_to_pose": DeviceRejected,
    "containment.orient": DeviceFault, "containment.sterilise": DeviceFault,
    "containment.seal": DeviceFault, "containment.insert_into_capsule": DeviceFault,
    "capsule_release.release": DeviceFault,
}  # fmt: skip
"""What these are asked cannot be done with power either, which they see before."""
OF_POWER = {"no_power", "off"}
VEHICLES = ("arm", "entry", "lander", "mav", "orbiter", "perseverance", "rover")


def answers(powered: bool) -> dict[str, Any]:
    """What each method of each device gives: its answer, or why there is none."""

    async def ask() -> dict[str, Any]:
        mission = load_mission("nominal")
        hardware = Hardware(mission, load_vehicle_files(mission), 0)
        hardware.world.clock = asyncio.get_running_loop().time
        parts = device_parts(hardware.devices())
        if not powered:
            for vehicle in VEHICLES:
                hardware.switch_off(vehicle)
        found: dict[str, Any] = {}
        for service, part in parts.items():
            for name, method in part.interface.methods.items():
                if service.partition(".")[0] not in VEHICLES:
                    continue
                try:
                    told = await getattr(part.device, name)(**arguments_of(method))
                except (DeviceFault, DeviceRejected) as error:
                    told = error
                found[f"{service}.{name}"] = told
        return found

    return run(ask(), VirtualLoop())


@cache
def dead() -> dict[str, Any]:
    return answers(powered=False)


def says_so(fault: DeviceFault) -> bool:
    return fault.code in OF_POWER or "no power" in str(fault)


def short(name: str) -> str:
    return name.partition(".")[2]


def test_whatever_is_asked_of_a_vehicle_without_power_says_so() -> None:
    silent = [
        name for name, told in dead().items()
        if short(name) not in REFUSED_BEFORE and not NEEDS_NONE & {name, short(name)}
        and not (isinstance(told, DeviceFault) and says_so(told))
    ]  # fmt: skip
    assert silent == []
    assert len(dead()) > 130
    assert sum(isinstance(told, DeviceFault) for told in dead().values()) > 90


def test_what_tells_of_power_and_what_needs_none_answers() -> None:
    asked = [name for name in dead() if NEEDS_NONE & {name, short(name)}]
    assert [name for name in asked if isinstance(dead()[name], Exception)] == []
    assert {*asked, *map(short, asked)} >= NEEDS_NONE


@pytest.mark.parametrize("name", REFUSED_BEFORE)
def test_what_cannot_be_done_anyhow_is_refused_and_not_done(name: str) -> None:
    for each, told in dead().items():
        if short(each) == name:
            assert isinstance(told, REFUSED_BEFORE[name])
            assert not isinstance(told, DeviceFault) or not says_so(told)


def test_with_power_no_device_of_these_vehicles_is_without() -> None:
    told = answers(powered=True)
    without = {
        name for name, each in told.items()
        if isinstance(each, DeviceFault) and each.code == "no_power"
    }  # fmt: skip
    assert not {name for name in without if name.startswith(("rover.", "perseverance.", "entry."))}
    assert sum(not isinstance(each, Exception) for each in told.values()) > 70
