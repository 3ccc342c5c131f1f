"""What devices of different vehicles have to do with each other, once all are built."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import ConfigurationError, find_configuration, refusal
from sim_hw.devices.bit_carousel import SimBitCarousel
from sim_hw.devices.container import SimContainer
from sim_hw.devices.mav_systems import SimMavSystems
from sim_hw.devices.rover_arm import SimRoverArm
from sim_hw.devices.transfer_arm import SimTransferArm
from sim_hw.power_and_heat.thermal_nodes import SimThermalNodes

D = TypeVar("D")

Vehicles = Mapping[str, Mapping[str, Any]]
"""Vehicle name -> device name -> device."""


def couple(vehicles: Vehicles) -> None:
    """Puts the container within reach of both arms, Perseverance's port before the transfer arm,
    and warms joints and motors by the lander's heaters; what takes no part is left out.

    Raises ConfigurationError for what takes part and has not the device or the thermal node.
    """
    arm = _device(vehicles, "arm", "transfer_arm", SimTransferArm)
    container = _device(vehicles, "mav", "container", SimContainer)
    rover_arm = _device(vehicles, "rover", "rover_arm", SimRoverArm)
    systems = _device(vehicles, "mav", "systems", SimMavSystems)
    carousel = _device(vehicles, "perseverance", "bit_carousel", SimBitCarousel)
    thermal = _device(vehicles, "lander", "thermal_nodes", SimThermalNodes)
    if arm is not None and container is not None:
        arm.scene.container = container
    if rover_arm is not None:
        rover_arm.container = container
    if arm is not None and carousel is not None:
        arm.scene.held_out = lambda: carousel.held_out
    if arm is not None and thermal is not None:
        arm.temperature = _node(thermal, "arm")
    if systems is not None and thermal is not None:
        systems.igloo = _node(thermal, "mav")


def _node(thermal: SimThermalNodes, name: str) -> Callable[[], float]:
    if name not in thermal.network.nodes:
        file = find_configuration("vehicles", thermal.service.partition(".")[0])
        near = choices_words(name, thermal.network.nodes, "there is ")
        raise refusal(file, "hardware.thermal.nodes", f'one with "{name}"; {near}')
    return lambda: thermal.network.temperature(name)


def _device(vehicles: Vehicles, vehicle: str, name: str, kind: type[D]) -> D | None:
    if vehicle not in vehicles:
        return None
    device = vehicles[vehicle].get(name)
    if isinstance(device, kind):
        return device
    given = f"a {type(device).__name__}" if device is not None else "missing"
    near = choices_words(name, list(vehicles[vehicle]), "there is ")
    text = f"the {kind.__name__} {vehicle}.{name} is to be coupled, and is {given}: {near}"
    raise ConfigurationError(f"sim_hw/assembly/{vehicle}.py", None, f"{vehicle}.{name}", text)
