"""Checks the names by which vehicle files and links speak of switches, loads and vehicles."""

from collections.abc import Iterator

import msgspec

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import find_configuration, refusal
from ground.missions.mission import LoadedMission
from ground.missions.vehicle_files import VehicleFile
from ground.missions.vehicles import ALL_VEHICLES, ON_THE_LANDER
from ground.testbed.hardware.hardware import Hardware
from sim_hw.links.parameters import load_link_parameters
from sim_hw.power_and_heat.electrical import ElectricalParameters
from sim_hw.power_and_heat.thermal_network import ThermalParameters

HEATERS = "heaters"


def check_names(
    mission: LoadedMission, files: dict[str, VehicleFile], hardware: Hardware
) -> None:
    """Refuses a switch that switches nothing, heat of what draws nothing, and the antenna of a
    vehicle that there is not; raises ConfigurationError."""
    for vehicle in mission.vehicles:
        power, thermal = _sections(files[vehicle].hardware)
        if power is not None:
            _check_switches(vehicle, power, hardware)
            if thermal is not None:
                _check_heat(vehicle, thermal, _loads(vehicle, power, hardware))
    for name in load_link_parameters().proximity.antenna_height:
        if name not in ALL_VEHICLES:
            file = find_configuration("links", "nominal")
            allowed = f"the height of a vehicle: {choices_words(name, ALL_VEHICLES, '')}"
            raise refusal(file, f"proximity.antenna_height.{name}", allowed)


def _sections(
    parameters: msgspec.Struct,
) -> tuple[ElectricalParameters | None, ThermalParameters | None]:
    power, thermal = getattr(parameters, "power", None), getattr(parameters, "thermal", None)
    return (
        power if isinstance(power, ElectricalParameters) else None,
        thermal if isinstance(thermal, ThermalParameters) else None,
    )


def _loads(vehicle: str, power: ElectricalParameters, hardware: Hardware) -> list[str]:
    """All that can draw power of a vehicle, by the names that it has there."""
    return [*power.standing_loads, HEATERS, *_devices(vehicle, hardware)]


def _devices(vehicle: str, hardware: Hardware) -> Iterator[str]:
    yield from hardware.vehicles[vehicle].devices
    for carried in ON_THE_LANDER if vehicle == "lander" else ():
        yield from (f"{carried}.{device}" for device in hardware.vehicles[carried].devices)


def _check_switches(vehicle: str, power: ElectricalParameters, hardware: Hardware) -> None:
    loads = _loads(vehicle, power, hardware)
    switched = list(dict.fromkeys([*loads, *(name.partition(".")[0] for name in loads)]))
    for name in power.switches:
        if name not in switched:
            file = find_configuration("vehicles", vehicle)
            allowed = f"the switch of something: {choices_words(name, switched, '')}"
            raise refusal(file, f"hardware.power.switches.{name}", allowed)


def _check_heat(vehicle: str, thermal: ThermalParameters, loads: list[str]) -> None:
    for node, parameters in thermal.nodes.items():
        for index, load in enumerate(parameters.heated_by):
            allowed = ""
            if load not in loads:
                allowed = f"what draws power: {choices_words(load, loads, '')}"
            elif load in parameters.heated_by[:index]:
                allowed = "each load once: its power is heat once"
            if allowed:
                key = f"hardware.thermal.nodes.{node}.heated_by[{index}]"
                raise refusal(find_configuration("vehicles", vehicle), key, allowed)
