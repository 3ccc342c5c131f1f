"""The temperature sensors of a vehicle, simulated."""

import random

from flight.icd.devices.thermal import NodeTemperatures, ThermalNodes
from sim_hw.power_and_heat.electrical import Electrical
from sim_hw.power_and_heat.thermal_network import ThermalNetwork
from sim_hw.serving.device import SimulatedDevice
from sim_hw.serving.failure_modes import unknown_mode
from sim_hw.serving.timestamps import mission_ns

_NOISE = 0.3  # K; platinum sensors of flight practice are good to about 1 K


class SimThermalNodes(SimulatedDevice, ThermalNodes):
    """Reads the nodes of a network.

    Failures: `broken` (names of nodes whose sensor says nothing that means anything), `bias` (K by
    node).
    """

    def __init__(
        self,
        service: str,
        random_stream: random.Random,
        electrical: Electrical,
        network: ThermalNetwork,
    ) -> None:
        super().__init__(service, random_stream)
        self._electrical = electrical
        self.network = network
        self.broken: dict[str, None] = {}
        self.bias: dict[str, float] = {}

    def fail(self, mode: str, *, node: str, bias: float = 0.0) -> None:
        """Modes: `sensor_broken`, `sensor_bias` (bias in K), each of one node."""
        if mode == "sensor_broken":
            self.broken[node] = None
        elif mode == "sensor_bias":
            self.bias[node] = bias
        else:
            raise unknown_mode(self, mode, "sensor_broken, sensor_bias")

    def names(self) -> tuple[str, ...]:
        return self.network.nodes

    async def state(self) -> NodeTemperatures:
        shown: dict[str, float] = {}
        for name in self.network.nodes:
            noise = self.random.gauss(0.0, _NOISE)
            if name not in self.broken:
                shown[name] = self.network.temperature(name) + self.bias.get(name, 0.0) + noise
        return NodeTemperatures(
            time_ns=mission_ns(self._electrical.world.now()),
            temperatures=shown,
            invalid=list(self.broken),
        )
