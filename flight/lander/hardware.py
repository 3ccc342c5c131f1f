"""The devices that the lander needs."""

from flight.core.node import Node
from flight.icd.devices.communications import Radio
from flight.icd.devices.power import Battery, PowerSwitches, SolarArray
from flight.icd.devices.thermal import Heaters, ThermalNodes


class LanderDevices:
    """Drivers of the lander's devices."""

    def __init__(self, node: Node) -> None:
        self.battery: Battery = node.driver(Battery, "battery")
        self.solar_array: SolarArray = node.driver(SolarArray, "solar_array")
        self.power_switches: PowerSwitches = node.driver(PowerSwitches, "power_switches")
        self.thermal_nodes: ThermalNodes = node.driver(ThermalNodes, "thermal_nodes")
        self.heaters: Heaters = node.driver(Heaters, "heaters")
        self.uhf: Radio = node.driver(Radio, "uhf")
        self.x_band: Radio = node.driver(Radio, "x_band")
