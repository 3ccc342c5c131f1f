"""The Mars Ascent Vehicle's own systems, as far as they work before the flight."""

from typing import Annotated, ClassVar

import msgspec

from flight.icd.devices.base import DeviceInterface, Reading, actuation, reading
from flight.icd.devices.measured import measured


class MavSystemsState(Reading, frozen=True, kw_only=True):
    """Avionics on or off, charge of the MAV's battery (0 to 1), temperatures (K) of the avionics
    and of the propellant of the two motors. `charge_valid`: whether the gauge says anything."""

    own_validity: ClassVar[dict[str, str]] = {"state_of_charge": "charge_valid"}

    powered: bool
    state_of_charge: Annotated[float, measured("1", -0.05, 1.05)]
    avionics_temperature: Annotated[float, measured("K", 100.0, 450.0)]
    first_motor_temperature: Annotated[float, measured("K", 100.0, 450.0)]
    second_motor_temperature: Annotated[float, measured("K", 100.0, 450.0)]
    charge_valid: bool = True


class CheckItem(msgspec.Struct, frozen=True):
    """One item of the check: passed or not, and what was measured."""

    name: str
    passed: bool
    measured: str


class CheckReport(Reading, frozen=True, kw_only=True):
    """The result of the self-test."""

    items: list[CheckItem]


class MavSystems(DeviceInterface):
    """Avionics, battery and temperatures. Fault codes: `off`, `no_power`."""

    fault_codes = ("off", "no_power")

    @reading()
    async def state(self) -> MavSystemsState:
        """Power, charge and temperatures."""
        raise NotImplementedError

    @actuation(limit=60.0)
    async def set_power(self, on: bool) -> MavSystemsState:
        """Switches the avionics on or off."""
        raise NotImplementedError

    @actuation(limit=900.0)
    async def self_test(self) -> CheckReport:
        """Tests inertial unit, computer, igniter circuits, thrust vector control and battery."""
        raise NotImplementedError
