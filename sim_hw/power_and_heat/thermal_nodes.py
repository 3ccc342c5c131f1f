"""The temperature sensors of a vehicle, simulated."""

from typing import Annotated

import msgspec

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import NotAllowed
from flight.icd.devices.thermal import NodeTemperatures, ThermalNodes
from sim_hw.power_and_heat.electrical import PowerSystemContext
from sim_hw.power_and_heat.thermal_network import ThermalNetwork
from sim_hw.serving.device import SimulatedDevice
from sim_hw.serving.failure_modes import Failing, failure, put
from sim_hw.serving.timestamps import mission_ns

_NOISE = 0.3  # K; platinum sensors of flight practice are good to about 1 K


class SimThermalNodes(SimulatedDevice, ThermalNodes):
    """Reads the nodes of a network.

    Failures: `broken` (names of nodes whose sensor says nothing that means anything), `bias` (K by
    node).
    """

    def __init__(self, context: PowerSystemContext, network: ThermalNetwork) -> None:
        super().__init__(context)
        self._electrical = context.electrical
        self.network = network
        self.broken: dict[str, None] = {}
        self.bias: dict[str, float] = {}

    @failure
    def fail_sensor_broken(self, sensor: str) -> Failing:
        """The sensor of a node, which is called as that, tells nothing."""
        self._check(sensor)
        yield from put(self.broken, sensor, None)

    @failure
    def fail_sensor_bias(
        self, sensor: str, bias: Annotated[float, msgspec.Meta(ge=-500.0, le=500.0)] = 0.0
    ) -> Failing:
        """The sensor of a node, which is called as that, is off by `bias` K."""
        self._check(sensor)
        yield from put(self.bias, sensor, bias)

    def _check(self, sensor: str) -> None:
        if sensor not in self.network.nodes:
            raise NotAllowed("sensor", choices_words(sensor, list(self.network.nodes), ""))

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
