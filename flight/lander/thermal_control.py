"""Heater control: which temperature each zone keeps, by day, by night and with little energy."""

from collections.abc import Mapping
from typing import Any, Protocol

from flight.core.tries import SETTING, Tries
from flight.icd.devices.base import DeviceError
from flight.icd.devices.thermal import Heaters, ZoneState
from flight.lander.hardware import ARM, BATTERY, ELECTRONICS, IGLOO, MAV
from flight.lander.rhythm import Energy

STUCK_ABOVE, STUCK_BELOW = 8.0, 5.0
"""K off its setpoint from which on a zone does not do what its thermostat should: twice its dead
band, and what its sensors err."""

WARM_ENOUGH = 2.0  # K over its setpoint, at which a zone calls no more: less than its dead band

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
        self._seen: dict[str, ZoneState] = {}  # as they were before they were set
        self.welded: dict[str, None] = {}  # zones that draw current though they are told not to
        self._calling = True

    async def apply(
        self,
        parameters: Mapping[str, Any],
        energy: Energy,
        mav_conditioned: bool,
        arm_heated: bool = True,
        fed: bool = True,
    ) -> None:
        """Sets every zone that is not yet as it should be; tells of those that cannot be set.

        `fed`: whether their bus is closed, without which no current tells anything of a contact.
        """
        state = await self._heaters.state()
        self._seen = dict(state.zones)
        if fed:
            told_off = {name: zone for name, zone in self._seen.items() if not zone.enabled}
            self.welded = {name: None for name, zone in told_off.items() if zone.on}
        for zone in state.zones:
            setting = wanted_setting(zone, parameters, energy, mav_conditioned, arm_heated)
            shown = state.zones[zone]
            if setting is not None and (shown.setpoint, shown.enabled) != setting:
                await self._set_zone(zone, setting)

    def stuck(self, temperatures: Mapping[str, float], *, on: bool) -> int | None:
        """How many zones heat (`on`) far above their setpoint, or do not far below it.

        None while neither is known. `temperatures`: K, of the parts by name.
        """
        if not self._seen or not temperatures:
            return None
        count = 0
        for name, zone in self._seen.items():
            there = _temperature(name, temperatures)
            if there is None:
                continue
            if on:
                hot = zone.on and there > zone.setpoint + STUCK_ABOVE
                count += hot or name in self.welded
            else:
                count += zone.enabled and not zone.on and there < zone.setpoint - STUCK_BELOW
        return count

    def calls_for_heat(self, temperatures: Mapping[str, float]) -> bool:
        """Whether a zone that may heat is colder than it is to be: then the bus of them all has to
        be closed. With hysteresis; a zone whose temperature nobody knows calls.

        `temperatures`: K, of the parts by name.
        """
        margin = WARM_ENOUGH if self._calling else 0.0
        self._calling = not self._seen or any(
            (there := _temperature(name, temperatures)) is None or there < zone.setpoint + margin
            for name, zone in self._seen.items()
            if zone.enabled
        )
        return self._calling

    async def _set_zone(self, zone: str, setting: Setting) -> None:
        reason = ""
        async for _ in Tries(SETTING):
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


def _temperature(zone: str, temperatures: Mapping[str, float]) -> float | None:
    """K where a zone heats; None where nobody knows."""
    return temperatures.get(MAV if zone.startswith(IGLOO) else zone)


def wanted_setting(
    zone: str,
    parameters: Mapping[str, Any],
    energy: Energy,
    mav_conditioned: bool,
    arm_heated: bool = True,
) -> Setting | None:
    """What a zone is to keep; None for a zone that is somebody else's affair.

    With little energy the arm goes cold (it is rated to be) and the MAV is kept above the limit of
    its propellant only. The battery stays warm: 9 K less would save some 35 W h of heat in a night,
    and cells that are colder by so much give 216 W h less. Hibernating, with next to nothing to
    give, it is warmed alone, to where it can be charged.
    """
    low = energy in (Energy.LOW, Energy.NONE)
    if zone.startswith(IGLOO):
        conditioned = mav_conditioned and not low
        setpoint = parameters["mav_conditioned" if conditioned else "mav_survival"]
        return setpoint, energy is not Energy.NONE
    if zone == BATTERY:
        hibernates = energy is Energy.NONE
        return parameters["battery_survival" if hibernates else "battery_setpoint"], True
    if zone == ELECTRONICS:
        return parameters["electronics_setpoint"], energy is not Energy.NONE
    if zone == ARM:
        return parameters["arm_setpoint"], arm_heated and not low
    return None
