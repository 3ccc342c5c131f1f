"""The devices that the lander needs."""

from flight.core.node import Node
from flight.icd.devices.communications import Radio
from flight.icd.devices.power import Battery, PowerSwitches, SolarArray
from flight.icd.devices.thermal import Heaters, ThermalNodes

COMPUTER = "computer"
"""The switch of the computer."""
CORE = "core"
"""The switch of what sleeps with one eye open: all but the clock."""
HEAT = "heaters"
"""The switch by which heaters draw on the battery; open, they have what the array gives."""
ELECTRONICS, BATTERY, ARM, MAV = "electronics", "battery", "arm", "mav"
"""What is kept warm: thermal nodes, and the first three heater zones, too."""
IGLOO = "igloo_"
"""Beginning of the names of the zones in the igloo around the MAV."""
ZONES = (ELECTRONICS, BATTERY, ARM, f"{IGLOO}1")
"""Heater zones without which it cannot be; the igloo may have more."""


class LanderDevices:
    """Drivers of the lander's devices."""

    def __init__(self, node: Node) -> None:
        self.battery: Battery = node.driver(Battery, "battery")
        self.solar_array: SolarArray = node.driver(SolarArray, "solar_array")
        self.power_switches: PowerSwitches = node.driver(
            PowerSwitches, "power_switches", names=(COMPUTER, CORE, HEAT, MAV)
        )
        self.thermal_nodes: ThermalNodes = node.driver(
            ThermalNodes, "thermal_nodes", names=(ELECTRONICS, ARM, MAV)
        )
        self.heaters: Heaters = node.driver(Heaters, "heaters", names=ZONES)
        self.uhf: Radio = node.driver(Radio, "uhf")
        self.x_band: Radio = node.driver(Radio, "x_band")
