"""Thermal control: heater zones with thermostats, and the temperatures of a vehicle's parts."""

from typing import Annotated, ClassVar

import msgspec

from flight.icd.devices.base import DeviceInterface, Reading, actuation, reading
from flight.icd.devices.measured import measured

ZoneName = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Setpoint = Annotated[float, msgspec.Meta(ge=150.0, le=330.0, extra={"unit": "K"})]


class ZoneState(msgspec.Struct, frozen=True):
    """One heater zone: enabled or not, setpoint in K, heating now or not, power in W when on."""

    enabled: bool
    setpoint: Annotated[float, measured("K", 100.0, 450.0)]
    on: bool
    power: Annotated[float, measured("W", -1.0, 2000.0)]


class HeaterStates(Reading, frozen=True, kw_only=True):
    """Each heater zone by name."""

    zones: dict[str, ZoneState]


class Heaters(DeviceInterface):
    """Heaters with thermostats of their own: they go on working when the computer sleeps."""

    @reading(period=10.0)
    async def state(self) -> HeaterStates:
        """All zones."""
        raise NotImplementedError

    @actuation(limit=5.0)
    async def set_zone(self, zone: ZoneName, setpoint: Setpoint, enabled: bool) -> ZoneState:
        """Sets the temperature in K that a zone's thermostat keeps, and whether it may heat.

        The heater goes on below the setpoint and off above setpoint plus the zone's dead band.
        """
        raise NotImplementedError


class NodeTemperatures(Reading, frozen=True, kw_only=True):
    """Temperature in K of each thermal node whose sensor is good; names of those it is not."""

    own_validity: ClassVar[dict[str, str]] = {"temperatures": "invalid"}

    temperatures: Annotated[dict[str, float], measured("K", 100.0, 450.0)]
    invalid: list[str]


class ThermalNodes(DeviceInterface):
    """The temperature sensors of a vehicle."""

    @reading(period=10.0)
    async def state(self) -> NodeTemperatures:
        """All temperatures."""
        raise NotImplementedError
