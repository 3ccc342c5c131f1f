"""The simulated rack on the rover's deck."""

import random
from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.manipulation import RACK_SLOTS, RackState, TubeRack
from flight.icd.places import ROVER_RACK
from sim_hw.power_and_heat.powered import PoweredDevice, PowerSupply
from sim_hw.serving.failure_modes import unknown_mode
from sim_hw.world.world import World


class TubeRackParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often a seat sensor reads wrong."""

    false_reading: Annotated[float, Quantity("1", ge=0, le=0.1)]


class SimTubeRack(PoweredDevice, TubeRack):
    """A seat sensor in each slot. `stuck_sensors` maps slots to what their sensor always says."""

    def __init__(
        self,
        service: str,
        random_stream: random.Random,
        world: World,
        electrical: PowerSupply,
        parameters: TubeRackParameters,
    ) -> None:
        super().__init__(service, random_stream, world, electrical)
        self.parameters = parameters
        self.stuck_sensors: dict[int, bool] = {}

    def fail(self, mode: str, *, slot: int = 0) -> None:
        """Modes: `stuck_closed`, `stuck_open` (what the sensor of `slot` says from now on)."""
        if mode not in ("stuck_closed", "stuck_open"):
            raise unknown_mode(self, mode, "stuck_closed, stuck_open")
        self.stuck_sensors[slot] = mode == "stuck_closed"

    async def state(self) -> RackState:
        self.need_power()
        seated = [False] * RACK_SLOTS
        for tube in self.world.tubes.at(ROVER_RACK):
            slot = self.world.tubes.state(tube).slot
            if slot is not None:
                seated[slot] = True
        for slot in range(RACK_SLOTS):
            if self.random.random() < self.parameters.false_reading:
                seated[slot] = not seated[slot]
        for slot, value in self.stuck_sensors.items():
            seated[slot] = value
        return RackState(time_ns=self.time_ns(), seated=seated)
