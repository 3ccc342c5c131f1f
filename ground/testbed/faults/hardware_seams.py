"""The seams of links and world in the hardware of a run, and what targets they are."""

from typing import Any

from ground.testbed.hardware.hardware import Hardware
from sim_hw.devices.surface_radio import SurfaceRadio
from sim_hw.faults.link_seam import OneLink, SpaceLinksSeam, link_parts
from sim_hw.faults.targets import NamedPart
from sim_hw.faults.world_kinds import SITE
from sim_hw.faults.world_seam import RunWorld, world_parts
from sim_hw.power_and_heat.electrical import Electrical
from sim_hw.world.atmosphere import Atmosphere


class HardwareSeams:
    """Where faults reach the links and the world of a run; the links' is made when it is wanted."""

    def __init__(self, hardware: Hardware) -> None:
        self._hardware = hardware
        self._links: SpaceLinksSeam | None = None

    def link(self, name: str) -> OneLink:
        """One link by its name; raises KeyError."""
        if self._links is None:
            built = self._hardware.vehicles
            radios = {
                vehicle: [d for d in each.devices.values() if isinstance(d, SurfaceRadio)]
                for vehicle, each in built.items()
            }
            self._links = SpaceLinksSeam(self._hardware.links, radios)
        return self._links.link(name)

    def world(self, name: str) -> RunWorld:
        """The site, or what surrounds a vehicle; raises KeyError."""
        hardware = self._hardware
        built = hardware.vehicles
        if name != SITE and name not in built:
            raise KeyError(name)
        own: Any = None if name == SITE else built[name].electrical
        electricals = {id(each.electrical): each.electrical for each in built.values()}
        return RunWorld(
            name,
            hardware.world,
            list(electricals.values()),
            {} if name == SITE else built[name].devices,
            own if isinstance(own, Electrical) else None,
            lambda: airs_of(hardware),
        )


def airs_of(hardware: Hardware) -> list[Atmosphere]:
    """The air of Mars as all that flies in it meets it."""
    found: list[Atmosphere] = []
    for built in hardware.vehicles.values():
        for device in built.devices.values():
            for holder in (getattr(device, "truth", None), getattr(device, "vehicle", None)):
                air = getattr(holder, "atmosphere", None)
                if isinstance(air, Atmosphere) and not any(air is each for each in found):
                    found.append(air)
    return found


def parts_of(hardware: Hardware) -> tuple[dict[str, NamedPart], dict[str, NamedPart]]:
    """The links and the world of hardware that was built, as targets."""
    built = hardware.vehicles
    radios = tuple(
        name
        for name, each in built.items()
        if any(isinstance(d, SurfaceRadio) for d in each.devices.values())
    )
    electricals = {name: each.electrical for name, each in built.items()}
    devices = {name: each.devices for name, each in built.items()}
    return link_parts(radios), world_parts(electricals, devices)
