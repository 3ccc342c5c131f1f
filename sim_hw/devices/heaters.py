"""The heaters of a vehicle with their thermostats, simulated."""


from flight.configuration.allowed_values import choices_words
from flight.configuration.files import NotAllowed
from flight.icd.devices.base import DeviceRejected
from flight.icd.devices.thermal import Heaters, HeaterStates, ZoneState
from sim_hw.power_and_heat.electrical import PowerSystemContext
from sim_hw.power_and_heat.thermal_network import ThermalNetwork, Zone
from sim_hw.serving.device import SimulatedDevice
from sim_hw.serving.failure_modes import Failing, failure_at_once
from sim_hw.serving.timestamps import mission_ns


class SimHeaters(SimulatedDevice, Heaters):
    """Sets the thermostats of a network. How zones fail: see `Zone`."""

    def __init__(self, context: PowerSystemContext, network: ThermalNetwork) -> None:
        super().__init__(context)
        self._electrical = context.electrical
        self._network = network

    @failure_at_once
    def fail_stuck_off(self, zone: str) -> Failing:
        """The heater of a zone is broken."""
        found = self._zone(zone)
        found.stuck_off = True
        yield
        self._electrical.advance()
        found.stuck_off = False

    @failure_at_once
    def fail_stuck_on(self, zone: str) -> Failing:
        """The relay of a zone's heater is welded."""
        found = self._zone(zone)
        found.stuck_on = True
        yield
        self._electrical.advance()
        found.stuck_on = False

    def _zone(self, name: str) -> Zone:
        zones = self._network.zones
        if name not in zones:
            raise NotAllowed("zone", choices_words(name, list(zones), ""))
        self._electrical.advance()
        return zones[name]

    def names(self) -> tuple[str, ...]:
        return tuple(self._network.zones)

    async def state(self) -> HeaterStates:
        powered = self._powered()
        return HeaterStates(
            time_ns=mission_ns(self._electrical.world.now()),
            zones={name: _shown(zone, powered) for name, zone in self._network.zones.items()},
        )

    async def set_zone(self, zone: str, setpoint: float, enabled: bool) -> ZoneState:
        if zone not in self._network.zones:
            known = ", ".join(self._network.zones) or "none"
            raise DeviceRejected(f"there is no heater zone {zone!r}; there are: {known}")
        changed = self._network.set_zone(zone, setpoint, enabled)
        return _shown(changed, self._powered())

    def _powered(self) -> bool:
        """Whether heaters get any power: with an empty battery, what the array gives."""
        return not self._electrical.brownout or self._electrical.array_power > 0.0


def _shown(zone: Zone, powered: bool) -> ZoneState:
    return ZoneState(
        enabled=zone.enabled,
        setpoint=zone.setpoint,
        # What a current sensor sees, whatever the thermostat wants.
        on=powered and zone.drawn > 0.0,
        power=zone.parameters.power,
    )
