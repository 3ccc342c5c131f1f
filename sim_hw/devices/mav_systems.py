"""The simulated systems of the Mars Ascent Vehicle before its flight."""

from collections.abc import Callable
from math import exp
from typing import Annotated, Literal

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.mav_systems import CheckItem, CheckReport, MavSystems, MavSystemsState
from sim_hw.power_and_heat.powered import PoweredContext, PoweredDevice
from sim_hw.serving.failure_modes import Failing, failure, put

CHECKS = ("inertial unit", "flight computer", "igniter circuits", "thrust vector control")


class MavSystemsParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Battery, avionics, and the lag of the motors behind the air in their igloo."""

    charge_at_start: Annotated[float, Quantity("1", ge=0, le=1)]
    self_discharge: Annotated[float, Quantity("1/s", ge=0, le=1e-6)]
    avionics_power: Annotated[float, Quantity("W", ge=0, le=200)]
    avionics_warming: Annotated[float, Quantity("K", ge=0, le=60)]
    motor_time_constant: Annotated[float, Quantity("s", gt=0, le=1e6)]
    test_seconds: Annotated[float, Quantity("s", gt=0, le=900)]


class SimMavSystems(PoweredDevice, MavSystems):
    """Avionics, battery, temperatures. `igloo` gives the temperature (K) around the motors.

    For faults: `failing` names checks that fail.
    """

    def __init__(self, context: PoweredContext, parameters: MavSystemsParameters) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.failing: dict[str, str] = {}
        self.on = False
        self.igloo: Callable[[], float] = context.truth.air_temperature
        self._begun = self._time = context.truth.now()
        self._second: float | None = None

    @failure
    def fail_check(self, check: Literal[CHECKS] = CHECKS[0]) -> Failing:  # type: ignore[valid-type]
        """The item `check` of the self-test fails."""
        yield from put(self.failing, check, "out of limits")

    async def state(self) -> MavSystemsState:
        self.need_power()
        gauss = self.random.gauss
        igloo = self.igloo()
        second = self._second_motor(igloo)
        warming = self.parameters.avionics_warming if self.on else 0.0
        return MavSystemsState(
            time_ns=self.time_ns(),
            powered=self.on,
            state_of_charge=self._charge() + 0.002 * gauss(0, 1),
            avionics_temperature=igloo + warming + 0.3 * gauss(0, 1),
            first_motor_temperature=igloo + 0.3 * gauss(0, 1),
            second_motor_temperature=second + 0.3 * gauss(0, 1),
        )

    async def set_power(self, on: bool) -> MavSystemsState:
        self.need_power()
        self.on = on
        self.electrical.set_load(self._consumer, self.parameters.avionics_power if on else 0.0)
        return await self.state()

    async def self_test(self) -> CheckReport:
        if not self.on:
            raise DeviceFault("off", f"{self.service}: the avionics are off")
        await self.work(self.parameters.test_seconds, 2.0 * self.parameters.avionics_power)
        self.electrical.set_load(self._consumer, self.parameters.avionics_power)
        items = [
            CheckItem(name, name not in self.failing, self.failing.get(name, "within limits"))
            for name in CHECKS
        ]
        charge = self._charge()
        items.append(CheckItem("battery", charge > 0.5, f"charge {charge:.2f}"))
        return CheckReport(time_ns=self.time_ns(), items=items)

    def _charge(self) -> float:
        elapsed = self.world.now() - self._begun
        return self.parameters.charge_at_start * exp(-self.parameters.self_discharge * elapsed)

    def _second_motor(self, igloo: float) -> float:
        """The second motor follows the air of the igloo with a lag of the first order."""
        now = self.world.now()
        if self._second is None:
            self._second = igloo
        part = exp(-(now - self._time) / self.parameters.motor_time_constant)
        self._second = igloo + (self._second - igloo) * part
        self._time = now
        return self._second
