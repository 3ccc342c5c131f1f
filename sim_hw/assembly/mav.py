"""The devices of the MAV before its flight; they draw from the lander's power system."""

import random

import msgspec

from sim_hw.devices.container import ContainerParameters, SimContainer
from sim_hw.devices.device import SimulatedDevice
from sim_hw.devices.electrical import Electrical
from sim_hw.devices.mav_systems import MavSystemsParameters, SimMavSystems
from sim_hw.world.world import World


class MavHardware(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The container in the nose, and the MAV's own systems."""

    container: ContainerParameters
    systems: MavSystemsParameters


HARDWARE = MavHardware


def build(
    world: World, parameters: MavHardware, electrical: Electrical
) -> tuple[Electrical, dict[str, SimulatedDevice]]:
    """The power system that was given, and the MAV's devices by name; to be coupled."""

    def given(device: str) -> tuple[str, random.Random]:
        return f"mav.{device}", world.random(f"mav.{device}")

    return electrical, {
        "container": SimContainer(*given("container"), world, electrical, parameters.container),
        "systems": SimMavSystems(*given("systems"), world, electrical, parameters.systems),
    }
