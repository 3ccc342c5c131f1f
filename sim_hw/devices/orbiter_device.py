"""What the simulated devices of the orbiter have in common."""

import random

from sim_hw.devices.orbiter_vehicle import OrbiterVehicle
from sim_hw.power_and_heat.powered import PoweredDevice, PowerSupply


class OrbiterDevice(PoweredDevice):
    """A powered device on the orbiter."""

    def __init__(
        self,
        service: str,
        random_stream: random.Random,
        electrical: PowerSupply,
        vehicle: OrbiterVehicle,
    ) -> None:
        super().__init__(service, random_stream, vehicle.world, electrical)
        self.vehicle = vehicle
