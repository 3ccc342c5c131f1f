"""The simulated rack on the rover's deck."""

from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.manipulation import RACK_SLOTS, RackState, TubeRack
from flight.icd.places import ROVER_RACK
from sim_hw.power_and_heat.powered import PoweredContext, PoweredDevice
from sim_hw.serving.failure_modes import Failing, failure, put

Slot = Annotated[int, msgspec.Meta(ge=0, lt=RACK_SLOTS)]


class TubeRackParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often a seat sensor reads wrong."""

    false_reading: Annotated[float, Quantity("1", ge=0, le=0.1)]


class SimTubeRack(PoweredDevice, TubeRack):
    """A seat sensor in each slot. `stuck_sensors` maps slots to what their sensor always says."""

    def __init__(self, context: PoweredContext, parameters: TubeRackParameters) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.stuck_sensors: dict[int, bool] = {}

    @failure
    def fail_stuck_closed(self, slot: Slot = 0) -> Failing:
        """The sensor of `slot` says for ever that there is a tube."""
        yield from put(self.stuck_sensors, slot, True)

    @failure
    def fail_stuck_open(self, slot: Slot = 0) -> Failing:
        """The sensor of `slot` says for ever that there is none."""
        yield from put(self.stuck_sensors, slot, False)

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
