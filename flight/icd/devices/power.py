"""Power: battery, solar array and the switches of one vehicle."""

from typing import Annotated

import msgspec

from flight.icd.devices.base import DeviceInterface, Reading, actuation, reading
from flight.icd.devices.measured import measured

SwitchName = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class BatteryState(Reading, frozen=True, kw_only=True):
    """State of charge (0 to 1 of the capacity when new and warm), voltage in V, current in A
    (positive when charging), cell temperature in K."""

    state_of_charge: Annotated[float, measured("1", -0.05, 1.05)]
    voltage: Annotated[float, measured("V", 0.0, 200.0)]
    current: Annotated[float, measured("A", -200.0, 200.0)]
    temperature: Annotated[float, measured("K", 100.0, 450.0)]


class Battery(DeviceInterface):
    """A rechargeable battery with its gauge."""

    @reading(period=1.0)
    async def state(self) -> BatteryState:
        """Charge, voltage, current and temperature."""
        raise NotImplementedError


class SolarArrayState(Reading, frozen=True, kw_only=True):
    """Whether it is deployed, the power that it can give now in W, and the energy in W h that it
    has delivered since power on."""

    deployed: bool
    power: Annotated[float, measured("W", -1.0, 5000.0)]
    energy: Annotated[float, measured("W h", 0.0, 1.0e9)]


class SolarArray(DeviceInterface):
    """A solar array. Fault code: `jammed` (it did not deploy; another try may help)."""

    fault_codes = ("jammed",)

    @reading(period=1.0)
    async def state(self) -> SolarArrayState:
        """Deployment, power and energy."""
        raise NotImplementedError

    @actuation(limit=1800.0, irreversible=True)
    async def deploy(self) -> SolarArrayState:
        """Unfolds the array; answers when it is open. Does nothing when it is open already."""
        raise NotImplementedError


class SwitchStates(Reading, frozen=True, kw_only=True):
    """Each switch by name: closed (True) or open, and the power in W that flows through it."""

    closed: dict[str, bool]
    power: Annotated[dict[str, float], measured("W", -1.0, 5000.0)]


class PowerSwitches(DeviceInterface):
    """The switches of the power distribution. Fault code: `stuck` (it did not move)."""

    fault_codes = ("stuck",)

    @reading(period=1.0)
    async def state(self) -> SwitchStates:
        """Positions and powers."""
        raise NotImplementedError

    @actuation(limit=5.0)
    async def set_switch(self, name: SwitchName, closed: bool) -> SwitchStates:
        """Closes or opens a switch; answers with the positions read back."""
        raise NotImplementedError
