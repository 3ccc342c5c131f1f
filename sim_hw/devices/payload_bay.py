"""The simulated payload bay of the entry capsule: seat switches, latch, temperature."""

import math
from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.entry_capsule import PayloadBay, PayloadState
from flight.icd.places import EARTH, ENTRY_CAPSULE
from sim_hw.devices.capsule_device import CapsuleContext, CapsuleDevice
from sim_hw.serving.failure_modes import Failing, failure, put

Switch = Annotated[int, msgspec.Meta(ge=0, le=1)]


class PayloadBayParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Two lumps, shell and container. `soak`: the part of the stagnation point's heat, over the
    cross-section, that gets through the heat shield. Time constants: shell to its surroundings,
    container to shell."""

    false_reading: Annotated[float, Quantity("1", ge=0, le=0.1)]
    space_temperature: Annotated[float, Quantity("K", gt=100, le=330)]
    ground_temperature: Annotated[float, Quantity("K", gt=200, le=330)]
    soak: Annotated[float, Quantity("1", ge=0, le=1)]
    shell_heat_capacity: Annotated[float, Quantity("J/K", gt=0, le=1e7)]
    shell_time: Annotated[float, Quantity("s", gt=0, le=1e6)]
    container_time: Annotated[float, Quantity("s", gt=0, le=1e7)]
    temperature_noise: Annotated[float, Quantity("K", ge=0, le=5)]


class SimPayloadBay(CapsuleDevice, PayloadBay):
    """Feels the container, and how warm it gets.

    For faults: `stuck` maps seat switches to what they always say; `unlatched`.
    """

    def __init__(self, context: CapsuleContext, parameters: PayloadBayParameters) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.stuck: dict[int, bool] = {}
        self.unlatched = False
        self.shell = self.container = parameters.space_temperature
        self._time = self.flight.world.now()
        self._heated = 0.0

    @failure
    def fail_stuck_switch(self, switch: Switch = 0, value: bool = False) -> Failing:
        """The seat switch number `switch` always says `value`."""
        yield from put(self.stuck, switch, value)

    @failure
    def fail_unlatched(self) -> Failing:
        """The latch has opened."""
        self.unlatched = True
        yield
        self.unlatched = False

    async def state(self) -> PayloadState:
        self.need_power()
        self._warm()
        return PayloadState(
            time_ns=self.time_ns(),
            seated=[self._feels(switch) for switch in range(2)],
            latched=self._is_full() and not self.unlatched,
            temperature=self.container
            + self.parameters.temperature_noise * self.random.gauss(0.0, 1.0),
        )

    def _is_full(self) -> bool:
        tubes = self.world.tubes
        return bool(tubes.at(ENTRY_CAPSULE) or tubes.at(EARTH))

    def _feels(self, switch: int) -> bool:
        if switch in self.stuck:
            return self.stuck[switch]
        if self.random.random() < self.parameters.false_reading:
            return not self._is_full()
        return self._is_full()

    def _warm(self) -> None:
        """Brings both temperatures up to now."""
        now, given = self.world.now(), self.parameters
        landed = self.flight.landed
        gained = given.soak * (self.flight.heated - self._heated) * self.flight.capsule.area
        self._heated = self.flight.heated
        self.shell += gained / given.shell_heat_capacity
        around = given.ground_temperature if landed else given.space_temperature
        gone, self._time = now - self._time, now
        if gone > 0.0:
            self.shell, self.container = _relaxed(
                self.shell, self.container, around, gone, given.shell_time, given.container_time
            )


def _relaxed(
    shell: float,
    inside: float,
    around: float,
    seconds: float,
    shell_time: float,
    inside_time: float,
) -> tuple[float, float]:
    """A shell that follows its surroundings and an inside that follows the shell, after some time.

    Temperatures in K, time constants in s; the exact solution.
    """
    if abs(shell_time - inside_time) < 1e-6 * inside_time:
        shell_time *= 1.0 + 2e-6  # the limit of the formula, near enough
    off = shell - around
    by_shell = math.exp(-seconds / shell_time)
    by_inside = math.exp(-seconds / inside_time)
    share = shell_time / (shell_time - inside_time)
    return (
        around + off * by_shell,
        around + (inside - around) * by_inside + off * share * (by_shell - by_inside),
    )
