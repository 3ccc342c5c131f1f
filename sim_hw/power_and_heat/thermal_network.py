"""The temperatures of one vehicle's parts: lumped nodes, heaters with thermostats, the outside.

Each node loses heat to the air and to the ground and gains it from the Sun, from what its
electronics draw, and from its heaters. Within a step the outside is constant, so temperatures
follow exponentials exactly, and so do the instants at which thermostats switch.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import msgspec

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import NotAllowed, Quantity
from sim_hw.power_and_heat.electrical import Electrical
from sim_hw.power_and_heat.sky_grid import Outside, SkyGrid

_SWITCHINGS = 200  # of thermostats within one step, beyond which the step is cut short


class NodeParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One lumped node. `heated_by`: electrical consumers whose power becomes heat here.

    `solar_area`: area times absorptivity of what the Sun shines on, m2.
    """

    heat_capacity: Annotated[float, Quantity("J/K", gt=0, le=1e8)]
    to_air: Annotated[float, Quantity("W/K", ge=0, le=100)]
    to_ground: Annotated[float, Quantity("W/K", ge=0, le=100)]
    solar_area: Annotated[float, Quantity("m2", ge=0, le=50)]
    initial_temperature: Annotated[float, Quantity("K", ge=100, le=400)]
    heated_by: list[str] = []


class ZoneParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A heater on a node, with its thermostat."""

    node: str
    power: Annotated[float, Quantity("W", gt=0, le=2000)]
    setpoint: Annotated[float, Quantity("K", ge=150, le=330)]
    dead_band: Annotated[float, Quantity("K", gt=0, le=50)]
    enabled: bool = True


class ThermalParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The nodes and the heater zones of a vehicle, by name."""

    nodes: dict[str, NodeParameters]
    zones: dict[str, ZoneParameters] = {}

    def __post_init__(self) -> None:
        for name, node in self.nodes.items():
            if node.to_air + node.to_ground <= 0.0:
                raise ValueError(f"node {name} must lose heat to the air or to the ground")
        for name, zone in self.zones.items():
            if zone.node not in self.nodes:
                allowed = choices_words(zone.node, list(self.nodes), "")
                raise NotAllowed(f"zones.{name}.node", allowed)


@dataclass
class Zone:
    """A heater zone as it is now. Failures: `stuck_off` (broken), `stuck_on` (welded relay)."""

    parameters: ZoneParameters
    setpoint: float
    enabled: bool
    on: bool = False
    stuck_off: bool = False
    stuck_on: bool = False

    @property
    def upper(self) -> float:
        """Temperature in K at which the thermostat switches off."""
        return self.setpoint + self.parameters.dead_band

    @property
    def drawn(self) -> float:
        """Power in W that it draws when there is enough."""
        if self.stuck_off or not (self.on or self.stuck_on):
            return 0.0
        return self.parameters.power


class _Node:
    """What never changes of a node, with its zones."""

    def __init__(self, name: str, parameters: NodeParameters, zones: list[Zone]) -> None:
        self.name = name
        self.zones = zones
        self.to_air, self.to_ground = parameters.to_air, parameters.to_ground
        self.solar_area = parameters.solar_area
        self.heated_by = parameters.heated_by
        self.conductance = parameters.to_air + parameters.to_ground
        self.time_constant = parameters.heat_capacity / self.conductance


class ThermalNetwork:
    """The truth about the temperatures of one vehicle.

    Its heaters are a load of the vehicle's `Electrical`, which steps it; asking for a temperature
    brings both up to now.
    """

    def __init__(
        self, electrical: Electrical, parameters: ThermalParameters, sky: SkyGrid | None = None
    ) -> None:
        self._electrical = electrical
        self._grid = sky if sky is not None else electrical.grid
        self._temperatures = {
            name: node.initial_temperature for name, node in parameters.nodes.items()
        }
        self.zones = {
            name: Zone(zone, zone.setpoint, zone.enabled) for name, zone in parameters.zones.items()
        }
        # Where power is short, the battery is warmed first: without it nothing comes back.
        order = sorted(parameters.nodes, key=lambda name: name != "battery")
        self._nodes = [
            _Node(
                name, parameters.nodes[name],
                [zone for zone in self.zones.values() if zone.parameters.node == name],
            )
            for name in order
        ]  # fmt: skip
        electrical.add_integrated_load("heaters", self._step)
        electrical.on_brownout.append(self._fall_back)
        if "battery" in parameters.nodes:
            electrical.battery_temperature = lambda: self.temperature("battery")

    @property
    def nodes(self) -> tuple[str, ...]:
        """Names of the nodes."""
        return tuple(self._temperatures)

    def temperature(self, node: str) -> float:
        """Temperature of a node now, K; raises KeyError when there is no such node."""
        self._electrical.advance()
        return self._temperatures[node]

    def peek(self) -> dict[str, float]:
        """Temperatures in K as of the time of `Electrical.peek`; changes nothing."""
        return dict(self._temperatures)

    def set_zone(self, zone: str, setpoint: float, enabled: bool) -> Zone:
        """Sets a thermostat; raises KeyError when there is no such zone."""
        self._electrical.advance()
        chosen = self.zones[zone]
        chosen.setpoint, chosen.enabled = setpoint, enabled
        self._switch(chosen, self._temperatures[chosen.parameters.node])
        return chosen

    def _fall_back(self, time: float) -> None:
        """Without power what was set is lost: the thermostats are as they were built, so that
        cells that were left to go cold are warmed to where they can be charged."""
        for zone in self.zones.values():
            zone.setpoint, zone.enabled = zone.parameters.setpoint, zone.parameters.enabled

    # ------------------------------------------------------------ integration

    def _step(self, start: float, step: float, available: float) -> float:
        outside = self._grid.at(start + 0.5 * step)
        used = 0.0
        for node in self._nodes:
            used += self._step_node(node, outside, step, available - used / step)
        return used

    def _step_node(self, node: "_Node", outside: Outside, step: float, available: float) -> float:
        """Takes one node through a step; returns the heat of its heaters in J."""
        gained = node.to_air * outside.air + node.to_ground * outside.ground
        gained += node.solar_area * outside.light
        if node.heated_by:
            gained += math.fsum(map(self._electrical.consumption_of, node.heated_by))
        conductance, time_constant, zones = node.conductance, node.time_constant, node.zones
        temperature, left, used = self._temperatures[node.name], step, 0.0
        if not zones:
            heat = min(0.0, available)
            goal = (gained + heat) / conductance
            temperature = goal + (temperature - goal) * math.exp(-step / time_constant)
            self._temperatures[node.name] = temperature
            return heat * step
        alone = zones[0] if len(zones) == 1 else None  # as nearly always
        for count in range(_SWITCHINGS + 1):
            for zone in zones:
                self._switch(zone, temperature)
            drawn = alone.drawn if alone is not None else math.fsum([z.drawn for z in zones])
            heat = drawn if drawn < available else available
            goal = (gained + heat) / conductance
            part = left
            if count < _SWITCHINGS:
                for zone in zones:
                    switching = _time_to_switch(zone, temperature, goal, time_constant)
                    part = switching if switching < part else part
            temperature = goal + (temperature - goal) * math.exp(-part / time_constant)
            used += heat * part
            left -= part
            if left <= 0.0:
                break
        self._temperatures[node.name] = temperature
        return used

    @staticmethod
    def _switch(zone: Zone, temperature: float) -> None:
        upper = zone.setpoint + zone.parameters.dead_band
        if not zone.enabled or temperature >= upper - 1e-9:
            zone.on = False
        elif temperature <= zone.setpoint + 1e-9:
            zone.on = True


def _time_to_switch(zone: Zone, temperature: float, goal: float, time_constant: float) -> float:
    """Seconds until a thermostat switches on the way to the temperature `goal`; or infinity."""
    if not zone.enabled:
        return math.inf
    threshold = zone.upper if zone.on else zone.setpoint
    ahead, distance = goal - threshold, goal - temperature
    if (zone.on and ahead <= 0.0) or (not zone.on and ahead >= 0.0):
        return math.inf
    ratio = distance / ahead
    return time_constant * math.log(ratio) if ratio > 1.0 else 1e-6
