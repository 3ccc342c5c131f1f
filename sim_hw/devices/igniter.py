"""The simulated igniters of the MAV's two motors."""

from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.ascent import Igniter, IgniterState
from flight.icd.devices.base import DeviceFault
from sim_hw.devices.ascent_device import AscentContext, AscentDevice
from sim_hw.serving.failure_modes import Failing, Tries, failure, failure_at_once

OPEN_CIRCUIT = 1.0e6

Share = Annotated[float, msgspec.Meta(gt=0.0, le=1.0)]


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

    def __init__(self, context: AscentContext, parameters: IgniterParameters, motor: int) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.motor = motor
        self.charges = 2
        self.misfires = 0
        self.is_open = False
        self.extra_delay = 0.0

    @failure
    def fail_misfire(self, shots: Tries = 1) -> Failing:
        """The next `shots` wires glow and light nothing."""
        self.misfires = shots
        yield
        self.misfires = 0

    @failure
    def fail_open(self) -> Failing:
        """No current flows."""
        self.is_open = True
        yield
        self.is_open = False

    @failure
    def fail_late(self, delay: Annotated[float, msgspec.Meta(ge=0.0, le=1e4)] = 0.5) -> Failing:
        """The motor lights `delay` s later."""
        before, self.extra_delay = self.extra_delay, delay
        yield
        self.extra_delay = before

    @failure_at_once
    def fail_weak(self, share: Share = 0.97) -> Failing:
        """The motor gives that `share` of its impulse."""
        restore = self.truth.weaken(self.motor, share)
        yield
        restore()

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
