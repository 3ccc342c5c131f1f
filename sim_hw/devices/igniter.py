"""The simulated igniters of the MAV's two motors."""

import random
from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.ascent import Igniter, IgniterState
from flight.icd.devices.base import DeviceFault
from sim_hw.devices.ascent_device import AscentDevice
from sim_hw.dynamics.mav_truth import MavTruth
from sim_hw.power_and_heat.powered import PowerSupply
from sim_hw.serving.failure_modes import unknown_mode

OPEN_CIRCUIT = 1.0e6


class IgniterParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bridge wires, and the time from current to thrust with its spread."""

    resistance: Annotated[float, Quantity("ohm", gt=0, le=100)]
    delay: Annotated[float, Quantity("s", ge=0, le=2)]
    delay_error: Annotated[float, Quantity("s", ge=0, le=1)]


class SimIgniter(AscentDevice, Igniter):
    """Lights motor `motor` (0 or 1) of the MAV, with two bridge wires.

    Failures: `misfire` (the next `shots` wires glow and light nothing), `open` (no continuity),
    `late` (`delay` seconds more), `weak` (the motor gives `share` of its impulse).
    """

    def __init__(
        self,
        service: str,
        random_stream: random.Random,
        truth: MavTruth,
        supply: PowerSupply,
        parameters: IgniterParameters,
        motor: int,
    ) -> None:
        super().__init__(service, random_stream, truth, supply)
        self.parameters = parameters
        self.motor = motor
        self.charges = 2
        self.misfires = 0
        self.is_open = False
        self.extra_delay = 0.0

    def fail(self, mode: str, *, shots: int = 1, delay: float = 0.5, share: float = 0.97) -> None:
        """Modes: `misfire`, `open`, `late`, `weak`; see the class."""
        if mode == "misfire":
            self.misfires = shots
        elif mode == "open":
            self.is_open = True
        elif mode == "late":
            self.extra_delay = delay
        elif mode == "weak":
            self.truth.weaken(self.motor, share)
        else:
            raise unknown_mode(self, mode, "misfire, open, late, weak")

    async def state(self) -> IgniterState:
        self.need_power()
        resistance = OPEN_CIRCUIT
        if self.charges > 0 and not self.is_open:
            resistance = self.parameters.resistance * (1.0 + 0.02 * self.random.gauss(0, 1))
        return IgniterState(time_ns=self.time_ns(), resistance=resistance, charges=self.charges)

    async def fire(self) -> IgniterState:
        self.need_power()
        self.light()
        return await self.state()

    def light(self) -> None:
        """Sends the current; raises DeviceFault `open`."""
        if self.is_open or self.charges == 0:
            raise DeviceFault("open", f"{self.service}: no current flowed")
        self.charges -= 1
        if self.misfires > 0:
            self.misfires -= 1
            return
        delay = self.parameters.delay + self.parameters.delay_error * self.random.gauss(0, 1)
        if self.truth.body is not None:
            self.truth.body.ignite(self.motor, max(delay, 0.0) + self.extra_delay)
