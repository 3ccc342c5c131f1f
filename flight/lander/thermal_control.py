"""Heater control: which temperature each zone keeps, by day, by night and with little energy."""

from collections.abc import Mapping
from typing import Any, Protocol

from flight.icd.devices.base import DeviceError
from flight.icd.devices.thermal import Heaters
from flight.lander.hardware import ARM, BATTERY, ELECTRONICS, IGLOO
from flight.lander.rhythm import Energy

ATTEMPTS = 3  # to set one zone

Setting = tuple[float, bool]
"""Setpoint in K, and whether the zone may heat."""


class ZoneReport(Protocol):
    """Tells of a zone that cannot be set."""

    def __call__(self, *, zone: str, reason: str) -> None: ...


class ThermalControl:
    """Keeps the zones as they are wanted. The thermostats work on their own between the calls."""

    def __init__(self, heaters: Heaters, report: ZoneReport) -> None:
        self._heaters = heaters
        self._report = report
        self.failed: dict[str, str] = {}

    async def apply(
        self, parameters: Mapping[str, Any], energy: Energy, mav_conditioned: bool
    ) -> None:
        """Sets every zone that is not yet as it should be; tells of those that cannot be set."""
        state = await self._heaters.state()
        for zone in state.zones:
            setting = wanted_setting(zone, parameters, energy, mav_conditioned)
            shown = state.zones[zone]
            if setting is not None and (shown.setpoint, shown.enabled) != setting:
                await self._set_zone(zone, setting)

    async def _set_zone(self, zone: str, setting: Setting) -> None:
        reason = ""
        for _ in range(ATTEMPTS):
            try:
                shown = await self._heaters.set_zone(zone, *setting)
            except DeviceError as error:
                reason = str(error)
                continue
            if (shown.setpoint, shown.enabled) == setting:
                self.failed.pop(zone, None)
                return
            reason = f"it reads back {shown.setpoint:g} K"
        if self.failed.get(zone) != reason:
            self.failed[zone] = reason
            self._report(zone=zone, reason=reason)


def wanted_setting(
    zone: str, parameters: Mapping[str, Any], energy: Energy, mav_conditioned: bool
) -> Setting | None:
    """What a zone is to keep; None for a zone that is somebody else's affair.

    With little energy the arm goes cold (it is rated to be) and the MAV is kept above the limit of
    its propellant only: that limit and the battery come first.
    """
    low = energy is Energy.LOW
    if zone.startswith(IGLOO):
        conditioned = mav_conditioned and not low
        return parameters["mav_conditioned" if conditioned else "mav_survival"], True
    if zone == BATTERY:
        return parameters["battery_survival" if low else "battery_setpoint"], True
    if zone == ELECTRONICS:
        return parameters["electronics_setpoint"], True
    if zone == ARM:
        return parameters["arm_setpoint"], not low
    return None
